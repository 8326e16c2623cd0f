"""The PDF of a dossier by itself: whatever is typed fits on its pages, sign by sign."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from pypdf import PdfReader

from app.emergency.dossier import Dossier
from app.emergency.dossier_tables import Table
from app.emergency.paper import Imprint, pdf_of
from app.web import assets

IMPRINT = Imprint("打印 2026-11-22 10:00 值班员", "本系统为非涉密系统", demo=True)


def dossier(*rows: tuple[str, str], drill: bool = False) -> Dossier:
    table = Table("各环节填写的内容", ("环节", "填了什么"), rows, (1, 3), "没有")
    return Dossier(
        "首页被改", "YJ-2026-0001", drill, (("站点", "住建局门户"),), (table,), "A-B", "sha256 ab", 3, ("说明",)
    )


@pytest.fixture
def font(app: Flask) -> Path:
    """Return the font that the build brings along."""
    with app.test_request_context():
        return assets.built("paper.ttf")


def text_of(app: Flask, made: Dossier, font: Path) -> list[str]:
    with app.test_request_context():
        data = pdf_of(made, IMPRINT, font)
    return [re.sub(r"\s+", "", page.extract_text()) for page in PdfReader(BytesIO(data)).pages]


def test_a_text_longer_than_a_page_goes_on_on_the_next(app: Flask, font: Path) -> None:
    """A report of many thousand signs loses none of them."""
    long = "".join(f"第{place}句话。" for place in range(3000))
    pages = text_of(app, dossier(("书面初报", long)), font)
    assert len(pages) > 4
    found = "".join(re.findall(r"第\d+句话。", "".join(pages)))
    assert len(re.findall("句话", found)) > 2950
    assert f"第{2999}句话。" in "".join(pages)


def test_a_word_without_a_break_is_broken(app: Flask, font: Path) -> None:
    """An address of a thousand signs stays inside its column."""
    address = "https://www.example.gov.cn/" + "a1b2c3" * 160
    assert address in "".join(text_of(app, dossier(("网址", address)), font))


def test_nothing_typed_is_markup(app: Flask, font: Path) -> None:
    """Signs of markup, empty cells and signs of control are printed as what they are."""
    said = '<font color="red">&amp; </para> ]]>'
    text = "".join(text_of(app, dossier(("备注", said), ("空", ""), ("铃", "a\x07b\tc\r\nd")), font))
    assert re.sub(r"\s+", "", said) in text
    assert "a[U+0007]bcd" in text


@pytest.mark.parametrize("count", [0, 1, 40, 400])
def test_pages_are_counted(app: Flask, font: Path, count: int) -> None:
    """Every page says which it is and how many there are, and repeats the head of the table it goes on with."""
    pages = text_of(app, dossier(*[(f"环节{place}", "内容") for place in range(count)]), font)
    for place, page in enumerate(pages, 1):
        assert f"第{place}页，共{len(pages)}页" in page
        assert "演示数据" in page
    assert all("填了什么" in page for page in pages[1:-1])
    assert all(f"环节{place}内容" in "".join(pages) for place in range(count))

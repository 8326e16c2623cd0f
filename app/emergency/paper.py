"""The dossier as a PDF, A4, with the Chinese font that the front end's build brings along.

Only the signs that are used go into the file. A sign that the font lacks is printed as its number, never left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.lib.colors import Color, black, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    LongTable,
    PageTemplate,
    Paragraph,
    Spacer,
)

from app.emergency.dossier import Dossier
from app.emergency.dossier_tables import Table
from app.web.i18n import gettext, html_lang

SIDE, TOP, BOTTOM = 15 * mm, 22 * mm, 22 * mm
WIDTH = A4[0] - 2 * SIDE
LINE, HEAD = Color(0.33, 0.33, 0.33), Color(0.95, 0.95, 0.95)
GRID: Final = (
    ("GRID", (0, 0), (-1, -1), 0.5, LINE),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 3),
    ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ("TOPPADDING", (0, 0), (-1, -1), 2),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
)


@dataclass(frozen=True)
class Imprint:
    """What every page says beside the dossier: when it was printed, by whom, whether the data are invented."""

    printed: str
    notice: str
    demo: bool


def pdf_of(dossier: Dossier, imprint: Imprint, font_file: Path) -> bytes:
    """Return the dossier as a PDF."""
    font = _font(font_file)
    out = BytesIO()
    document = BaseDocTemplate(
        out,
        pagesize=A4,
        title=font.legible(f"{dossier.number} {dossier.title}"),
        author=font.legible(imprint.printed),
        lang=html_lang(),
    )
    frame = Frame(SIDE, BOTTOM, WIDTH, A4[1] - TOP - BOTTOM, 0, 0, 0, 0)
    on_page = partial(_page, dossier=dossier, imprint=imprint, font=font)
    document.addPageTemplates(PageTemplate(frames=[frame], onPage=on_page))
    document.build(list(_story(dossier, font)), canvasmaker=partial(_Counted, font=font))
    return out.getvalue()


# --- the font


@dataclass(frozen=True)
class _Font:
    name: str
    signs: frozenset[int]

    def legible(self, text: str) -> str:
        """Return a text with the numbers of signs instead of those that the font lacks."""
        plain = text.replace("\r\n", "\n").replace("\t", " ")
        return "".join(one if ord(one) in self.signs or one == "\n" else f"[U+{ord(one):04X}]" for one in plain)

    def style(self, size: float, **more: Any) -> ParagraphStyle:
        return ParagraphStyle("paper", fontName=self.name, fontSize=size, leading=size * 1.5, wordWrap="CJK", **more)

    def paragraph(self, text: str, style: ParagraphStyle) -> Paragraph:
        return Paragraph(escape(self.legible(text)).replace("\n", "<br/>"), style)


@lru_cache(maxsize=2)
def _font(path: Path) -> _Font:
    """Read the font once per process."""
    read = TTFont(path.stem, str(path))
    pdfmetrics.registerFont(read)
    return _Font(path.stem, frozenset(read.face.charToGlyph))


# --- what stands on the pages


def _story(dossier: Dossier, font: _Font) -> Iterator[Flowable]:
    yield font.paragraph(gettext("突发事件处置档案"), font.style(18, alignment=1, spaceAfter=4))
    yield font.paragraph(dossier.title, font.style(12, alignment=1, spaceAfter=8))
    yield _facts(dossier.facts, font)
    for table in dossier.tables:
        yield CondPageBreak(35 * mm)
        yield font.paragraph(table.title, font.style(12, spaceBefore=12, spaceAfter=4))
        yield _grid(table, font) if table.rows else font.paragraph(table.empty, font.style(9))
    yield Spacer(0, 10)
    yield from _proof(dossier, font)


def _facts(facts: Sequence[tuple[str, str]], font: _Font) -> LongTable:
    plain = font.style(9)
    rows = [[font.paragraph(name, plain), font.paragraph(value, plain)] for name, value in facts]
    return LongTable(
        rows, colWidths=[WIDTH * 0.18, WIDTH * 0.82], style=[*GRID, ("BACKGROUND", (0, 0), (0, -1), HEAD)]
    )


def _grid(table: Table, font: _Font) -> LongTable:
    plain = font.style(8)
    share = WIDTH / sum(table.widths)
    head = [font.paragraph(one, plain) for one in table.heads]
    rows = [[font.paragraph(cell, plain) for cell in row] for row in table.rows]
    return LongTable(
        [head, *rows],
        colWidths=[share * one for one in table.widths],
        repeatRows=1,
        splitInRow=1,
        style=[*GRID, ("BACKGROUND", (0, 0), (-1, 0), HEAD)],
    )


def _proof(dossier: Dossier, font: _Font) -> Iterator[Paragraph]:
    small = font.style(8)
    said = (
        gettext("核对码 %(code)s，记录 %(count)s 条。", code=dossier.check, count=dossier.records),
        gettext("链尾码 %(code)s", code=dossier.chain_end),
        *dossier.limits,
    )
    return (font.paragraph(one, small) for one in said)


def _page(canvas: Canvas, _document: BaseDocTemplate, *, dossier: Dossier, imprint: Imprint, font: _Font) -> None:
    """Draw what every page has: number, who printed it, and in a drill the frame and the word."""
    top = A4[1] - 14 * mm
    canvas.saveState()
    canvas.setFont(font.name, 8.5)
    canvas.drawString(SIDE, top, font.legible(gettext("突发事件处置档案 %(number)s", number=dossier.number)))
    canvas.drawRightString(A4[0] - SIDE, top, font.legible(imprint.printed))
    canvas.line(SIDE, top - 4, A4[0] - SIDE, top - 4)
    if dossier.drill:
        _mark_drill(canvas, font)
    if imprint.demo:
        canvas.drawCentredString(A4[0] / 2, top, gettext("演示数据"))
    canvas.setFont(font.name, 8)
    canvas.line(SIDE, 15 * mm, A4[0] - SIDE, 15 * mm)
    check = gettext("核对码 %(code)s", code=dossier.check)
    canvas.drawString(SIDE, 11 * mm, font.legible(" · ".join(filter(None, (check, imprint.notice)))))
    canvas.restoreState()


def _mark_drill(canvas: Canvas, font: _Font) -> None:
    canvas.saveState()
    canvas.setStrokeColor(black)
    canvas.setFillColor(white)
    canvas.setLineWidth(2.5)
    canvas.rect(7 * mm, 6 * mm, A4[0] - 14 * mm, A4[1] - 12 * mm, fill=0)
    canvas.rect(A4[0] / 2 - 32 * mm, A4[1] - 10.5 * mm, 64 * mm, 7.5 * mm, stroke=0, fill=1)
    canvas.setFillColor(black)
    canvas.setFont(font.name, 11)
    canvas.drawCentredString(A4[0] / 2, A4[1] - 8 * mm, gettext("演练：不对外报告，不计入统计"))
    canvas.restoreState()


class _Counted(Canvas):
    """A canvas that knows how many pages there are before it writes them out."""

    def __init__(self, *args: Any, font: _Font, **more: Any) -> None:
        super().__init__(*args, **more)
        self._paper = font
        self._drawn: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - the library's name
        """Keep the page until the number of pages is known."""
        self._drawn.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined] # as the library's own recipe does

    def save(self) -> None:
        """Write every page with its number."""
        for place, state in enumerate(self._drawn, 1):
            self.__dict__.update(state)
            self.setFont(self._paper.name, 8)
            self.setFillColor(black)
            words = gettext("第 %(page)s 页，共 %(pages)s 页", page=place, pages=len(self._drawn))
            self.drawRightString(A4[0] - SIDE, 11 * mm, words)
            super().showPage()
        super().save()

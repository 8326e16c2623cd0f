"""Error reports: anybody may send one, nobody is followed, a flood is refused; the office takes them up."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from app.content.models import ErrorReport
from app.db import db
from app.ledger.models import Record
from app.outbox.models import Notice
from tests.conftest import signed_in

PAGE = {"url": "/preview/housing/notice/1.html", "words": "布署"}


@pytest.fixture
def reader(app: Flask) -> FlaskClient:
    """A reader of a published page, unknown to the house."""
    return app.test_client()


def kept() -> list[ErrorReport]:
    db.session.rollback()
    return list(db.session.scalars(select(ErrorReport).order_by(ErrorReport.id)))


def picture(kind: str = "PNG") -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(out, kind)
    out.seek(0)
    return out


def test_a_reader_reports_without_signing_in_and_gets_no_cookie(reader: FlaskClient) -> None:
    """The words and the page are kept, the office is told, no cookie is set and no address is kept in the clear."""
    shown = reader.get("/report-error?s=housing&u=/notice/1.html")
    assert shown.status_code == 200
    assert 'value="/preview/housing/notice/1.html"' in shown.get_data(as_text=True)
    sent = reader.post("/report-error", data={**PAGE, "contact": "读者"})
    assert sent.status_code == 200
    assert [answer.headers.get("Set-Cookie") for answer in (shown, sent)] == [None, None]
    [row] = kept()
    assert (row.words, row.source, row.state, row.reporter_id) == ("布署", "reader", "new", None)
    assert "127.0.0.1" not in row.address
    assert db.session.scalar(select(Record.kind).where(Record.kind == "content:report:taken"))
    assert db.session.scalars(select(Notice.user_id)).all()


def test_what_is_missing_is_said_and_what_was_typed_stays(reader: FlaskClient) -> None:
    """Neither words nor picture: a sentence at the field, the remark is still there."""
    answer = reader.post("/report-error", data={"url": "x", "remark": "页脚盖住了正文"})
    assert answer.status_code == 422
    assert "写上错在哪几个字" in answer.get_data(as_text=True)
    assert "页脚盖住了正文" in answer.get_data(as_text=True)
    assert kept() == []


def test_a_machine_that_fills_every_field_is_thanked_and_ignored(reader: FlaskClient) -> None:
    """The hidden field is a trap."""
    assert reader.post("/report-error", data={**PAGE, "website": "http://spam"}).status_code == 200
    assert kept() == []


def test_the_sixth_report_of_an_hour_from_one_address_is_refused_and_nothing_typed_is_lost(
    reader: FlaskClient,
) -> None:
    """Five are taken, the sixth is refused with its text; another address still may."""
    for _ in range(5):
        assert reader.post("/report-error", data=PAGE).status_code == 200
    answer = reader.post("/report-error", data={**PAGE, "remark": "第六条"})
    assert answer.status_code == 429
    assert "第六条" in answer.get_data(as_text=True)
    elsewhere = reader.post("/report-error", data=PAGE, environ_base={"REMOTE_ADDR": "198.51.100.7"})
    assert elsewhere.status_code == 200
    assert len(kept()) == 6


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_is_drawn_anew_and_shown_to_the_office_with_its_mark(
    app: Flask, reader: FlaskClient, kind: str
) -> None:
    """A picture alone is enough; the office sees it with the marked part."""
    marked = {"area_x": "0.1", "area_y": "0.2", "area_width": "0.5", "area_height": "0.25"}
    sent = {"url": "x", "picture": (picture(kind), "截图.png"), **marked}
    assert reader.post("/report-error", data=sent).status_code == 200
    [row] = kept()
    assert row.area == {"x": 0.1, "y": 0.2, "width": 0.5, "height": 0.25}
    office = signed_in(app, "office")
    page = office.get(f"/reports/{row.id}").get_data(as_text=True)
    assert 'height="0.25"' in page
    with office.get(f"/reports/{row.id}/screenshot") as shot:
        assert shot.get_data()[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("data", [b"<svg/>", b"\x89PNG\r\n\x1a\nbroken", b"GIF89a"])
def test_what_is_no_picture_is_refused(reader: FlaskClient, data: bytes) -> None:
    """Only PNG and JPEG, whole."""
    answer = reader.post("/report-error", data={**PAGE, "picture": (io.BytesIO(data), "a.png")})
    assert answer.status_code == 422
    assert kept() == []


def test_the_office_puts_a_report_aside_with_a_reason_once(app: Flask, reader: FlaskClient) -> None:
    """Without a reason nothing happens; afterwards it is over for everybody."""
    reader.post("/report-error", data=PAGE)
    [row] = kept()
    office = signed_in(app, "office")
    assert "布署" in office.get("/reports").get_data(as_text=True)
    assert office.post(f"/reports/{row.id}/aside", data={"reason": " "}).status_code == 422
    assert office.post(f"/reports/{row.id}/aside", data={"reason": "原文如此，没有错"}).status_code == 303
    assert office.post(f"/reports/{row.id}/aside", data={"reason": "原文如此，没有错"}).status_code == 409
    assert [one.state for one in kept()] == ["aside"]


def test_a_report_about_no_known_page_asks_for_the_article(app: Flask, reader: FlaskClient) -> None:
    """Nothing can be corrected that is not named."""
    reader.post("/report-error", data=PAGE)
    [row] = kept()
    answer = signed_in(app, "office").post(f"/reports/{row.id}/take")
    assert answer.status_code == 422
    assert "先选出错的是哪一篇" in answer.get_data(as_text=True)


@pytest.mark.parametrize("url", ["//elsewhere.example/a", "https://elsewhere.example/a", "javascript:alert(1)"])
def test_an_address_that_a_reader_typed_is_no_link(app: Flask, reader: FlaskClient, url: str) -> None:
    """Only the preview of our own pages is a link; what else somebody typed is read, not followed."""
    reader.post("/report-error", data={**PAGE, "url": url})
    reader.post("/report-error", data=PAGE)
    office = signed_in(app, "office")
    typed, own = (office.get(f"/reports/{row.id}").get_data(as_text=True) for row in kept())
    assert url in typed
    assert f'href="{url}"' not in typed
    assert f'href="{PAGE["url"]}"' in own


@pytest.mark.parametrize("user_name", ["dept", "vendor_a_lead", "inspector"])
def test_others_see_no_reports(app: Flask, reader: FlaskClient, user_name: str) -> None:
    """Reports may hold how to reach a reader: only those who handle them see them."""
    reader.post("/report-error", data=PAGE)
    [row] = kept()
    browser = signed_in(app, user_name)
    for path in ("/reports", f"/reports/{row.id}", f"/reports/{row.id}/screenshot"):
        assert browser.get(path).status_code == 404

"""The media library: what goes in, what a picture no longer tells, who sees it."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image, PngImagePlugin

from app import clock
from app.content.models import Article, Media
from app.db import db, transaction
from app.errors import Invalid
from app.files.jobs import store, sweep
from tests.factories.content import (
    a_picture,
    a_version,
    an_article,
    columns_of,
    content_people,
    media_rows,
    site_named,
)
from tests.factories.small import viewer

SignIn = Callable[[str], FlaskClient]
SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def site_id(app: Flask) -> int:
    """The site of the housing bureau with its columns."""
    del app
    with transaction() as session:
        content_people(session)
        found = site_named(session).id
        columns_of(session, found)
        return found


def add(browser: FlaskClient, site_id: int, content: bytes, name: str, **data: str) -> Any:
    """Put a file into the library as the editor does."""
    sent = {"file": (BytesIO(content), name), **data}
    return browser.post(f"/sites/{site_id}/media", data=sent, headers=SCRIPT)


def photo(*, turned: bool = False) -> bytes:
    """Return a photograph that tells where and when it was taken."""
    exif = Image.Exif()
    exif[0x0110] = "Camera 7"
    exif.get_ifd(0x8825)[2] = (30.0, 15.0, 1.0)
    if turned:
        exif[0x0112] = 6
    return a_picture((400, 300), exif=exif.tobytes(), comment=b"taken at home")


def stored() -> bytes:
    """Return the bytes of the newest medium as the store keeps them."""
    db.session.rollback()
    with store().open(media_rows(db.session())[-1].digest) as file:
        return file.read()


def test_a_picture_is_measured_and_shown_with_its_words(sign_in: SignIn, site_id: int) -> None:
    browser = sign_in("editor")
    told = add(browser, site_id, a_picture(), "大厅.jpg", alt="市民在大厅选房").json
    assert (told["width"], told["height"], told["alt"]) == (320, 200, "市民在大厅选房")
    with browser.get(told["url"]) as shown:
        assert shown.status_code == 200
        assert shown.mimetype == "image/jpeg"
        assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert browser.get(f"/sites/{site_id}/media", headers=SCRIPT).json["media"][0]["name"] == "大厅.jpg"
    assert "大厅.jpg" in browser.get(f"/sites/{site_id}/media?q=选房").text
    assert "没有符合这些条件" in browser.get(f"/sites/{site_id}/media?q=别的").text


def test_a_photograph_no_longer_tells_where_it_was_taken(sign_in: SignIn, site_id: int) -> None:
    told = add(sign_in("editor"), site_id, photo(), "现场.jpg").json
    content = stored()
    assert b"Exif" not in content
    assert b"Camera 7" not in content
    assert b"taken at home" not in content
    with Image.open(BytesIO(content)) as image:
        assert not image.getexif()
        assert image.size == (400, 300)
    assert told["size"] == len(content)


def test_a_turned_photograph_stands_upright(sign_in: SignIn, site_id: int) -> None:
    told = add(sign_in("editor"), site_id, photo(turned=True), "竖.jpg").json
    assert (told["width"], told["height"]) == (300, 400)


def test_a_picture_that_tells_nothing_is_kept_as_it_is(sign_in: SignIn, site_id: int) -> None:
    for kind, name in (("JPEG", "a.jpg"), ("PNG", "a.png")):
        content = a_picture(kind=kind)
        add(sign_in("editor"), site_id, content, name)
        assert stored() == content


def test_remarks_inside_a_png_are_gone(sign_in: SignIn, site_id: int) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "某某")
    info.add_text("GPS", "30.1,120.2")
    add(sign_in("editor"), site_id, a_picture(kind="PNG", pnginfo=info), "图.png")
    assert b"GPS" not in stored()
    assert b"tEXt" not in stored()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"no picture at all", "x.jpg"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "x.svg"),
        (b"<html><script>alert(1)</script>", "x.png"),
        (b"<html><script>alert(1)</script>", "x.html"),
        (a_picture()[:-200], "half.jpg"),
        (a_picture(kind="PNG"), "wrong.jpg"),
        (b"", "empty.png"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(
    sign_in: SignIn, site_id: int, content: bytes, name: str
) -> None:
    answer = add(sign_in("editor"), site_id, content, name)
    assert answer.status_code == 422
    assert answer.json["error"]
    assert not media_rows(db.session())


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(sign_in: SignIn, site_id: int) -> None:
    out = BytesIO()
    Image.new("1", (30_000, 30_000)).save(out, "PNG")
    answer = add(sign_in("editor"), site_id, out.getvalue(), "bomb.png")
    assert answer.status_code == 422
    assert "五千万像素" in answer.json["error"]


def test_an_attachment_is_sent_as_a_download(sign_in: SignIn, site_id: int) -> None:
    browser = sign_in("editor")
    told = add(browser, site_id, b"name,number\n1,2\n", "名单.csv").json
    assert told["width"] is None
    with browser.get(told["url"]) as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("who", "sees", "adds"),
    [
        ("editor2", 200, 201),
        ("dept", 200, 404),
        ("publisher", 200, 404),
        ("health_editor", 200, 404),
        ("vendor_a_editor", 404, 404),
        ("sysadmin", 404, 404),
    ],
)
def test_who_may_see_and_who_may_add(sign_in: SignIn, site_id: int, who: str, sees: int, adds: int) -> None:
    url = add(sign_in("editor"), site_id, a_picture(), "a.jpg").json["url"]
    browser = sign_in(who)
    with browser.get(url) as shown:
        assert shown.status_code == sees
    assert add(browser, site_id, a_picture(), "b.jpg").status_code == adds


def test_a_picture_gets_its_words_later_and_leaves_the_list(sign_in: SignIn, site_id: int) -> None:
    browser = sign_in("editor")
    add(browser, site_id, a_picture(), "a.jpg")
    page = browser.get("/media/1").text
    assert "交过的稿件都没有用到" in page
    assert "说图上有什么" in browser.post("/media/1", data={"alt": " "}).text
    browser.post("/media/1", data={"alt": "窗口"})
    assert "窗口" in browser.get("/media/1").text
    browser.post("/media/1/take-out")
    assert "媒体库还是空的" in browser.get(f"/sites/{site_id}/media").text
    with browser.get("/content/media/1") as shown:
        assert shown.status_code == 200


def test_a_picture_needs_words_before_it_goes_out_and_its_use_is_known(sign_in: SignIn, site_id: int) -> None:
    add(sign_in("editor"), site_id, a_picture(), "a.jpg")
    with transaction() as session:
        editor = viewer(session, "editor")
        place = columns_of(session, site_id)["news"]
        silent = '<p>看图</p><img src="/content/media/1" alt="">'
        made = an_article(session, editor, place, body=silent).id
    with pytest.raises(Invalid) as refused, transaction() as session:
        a_version(session, viewer(session, "editor"), session.get_one(Article, made))
    assert "没有说明文字" in refused.value.fields["body"]
    with transaction() as session:
        row = session.get_one(Article, made)
        spoken = '<p>看图</p><img src="/content/media/1" alt="选房现场">'
        version = a_version(session, viewer(session, "editor"), row, body=spoken)
        assert [(one["media_id"], one["kind"]) for one in version.files] == [(1, "picture")]
    assert "公租房配租结果公示" in sign_in("editor").get("/media/1").text


def test_a_picture_of_another_site_cannot_go_out(sign_in: SignIn, site_id: int) -> None:
    with transaction() as session:
        other = site_named(session, "卫健委门户").id
        columns_of(session, other)
    add(sign_in("health_editor"), other, a_picture(), "a.jpg")
    with pytest.raises(Invalid), transaction() as session:
        place, editor = columns_of(session, site_id)["news"], viewer(session, "editor")
        body = '<p>图</p><img src="/content/media/1" alt="图">'
        a_version(session, editor, an_article(session, editor, place, body=body))


def test_the_file_of_a_library_is_never_swept_away(sign_in: SignIn, site_id: int) -> None:
    add(sign_in("editor"), site_id, a_picture(), "a.jpg")
    with transaction() as session:
        now = clock.now(session)
        clock.advance(session, now.replace(year=now.year + 1))
    sweep()
    db.session.rollback()
    assert db.session.get_one(Media, 1)
    assert stored() == a_picture()

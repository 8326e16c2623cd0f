"""The trace of a fault: the version that brought it in, everybody who passed it, the templates for the layout."""

from __future__ import annotations

import pytest
from flask import Flask

from app import clock
from app.content.marking import marked, pieces
from app.content.operations.sites import set_style
from app.content.queries import articles as queries
from app.content.queries.trace import Trace, trace
from app.content.tracing import FILE, LAYOUT, WORDS
from app.db import db, transaction
from app.errors import NotFound
from tests.factories import correcting as c
from tests.factories.content import a_version, content_people, site_named
from tests.factories.published import add_picture, site_id_of
from tests.factories.small import viewer


@pytest.fixture
def house(either_app: Flask) -> Flask:
    """A house with editors, reviewers and a publisher, on each database."""
    with transaction() as session:
        content_people(session)
    return either_app


def traced(article_id: int, words: str = "布署", by: str = "office", **more: str) -> Trace:
    db.session.rollback()
    return trace(db.session(), viewer(db.session(), by), article_id, words, **more)


def test_the_version_that_brought_a_wrong_word_in_and_all_who_passed_it_are_named(house: Flask) -> None:
    """Version 2 wrote it, four people passed exactly that, each with opening time and length; readers saw it."""
    found = traced(c.published_fault())
    assert found.origin.cause == WORDS
    step = found.step
    assert step is not None
    assert (step.version.number, step.version.created_by, step.is_online) == (2, "姜若谷", True)
    assert [one.name for one in step.passers] == ["黎照晚", "穆长歌", "孟清晏", "祁云阶"]
    assert {one.version for one in step.passers} == {2}
    assert all(one.started_at and one.characters > 10 for one in step.passers)
    assert [one.words for one in step.places] == ["布署"]
    [shown] = step.shown
    assert (shown.row.act, shown.until) == ("publish", None)
    assert not found.line[0].is_faulty


def test_a_pass_that_became_void_stays_in_the_line_and_is_marked(house: Flask) -> None:
    """Who passed and was voided is still shown, as void."""
    article_id = c.write_article(c.BAD)
    c.pass_all(article_id, ("review_1", "review_2"))
    c.void_last(article_id)
    step = traced(article_id).step
    assert step is not None
    assert [(one.level, one.is_void) for one in step.passers] == [("review_1", False), ("review_2", True)]


def test_a_layout_fault_leads_to_the_version_of_the_templates(house: Flask) -> None:
    """Words that no version has: the last templates in force when it was reported, with who changed what."""
    article_id = c.published_fault()
    c.wait(hours=1)
    with transaction() as session:
        office, now = viewer(session, "office"), clock.now(session)
        set_style(session, office, site_named(session).id, "h1 { color: #fff }", "标题改白", now)
    between = clock.now(db.session())
    c.wait(hours=1)
    with transaction() as session:
        office, now = viewer(session, "office"), clock.now(session)
        set_style(session, office, site_named(session).id, "h1 { color: #333 }", "标题改回深色", now)
    found = traced(article_id, "", at=between)
    assert found.origin.cause == LAYOUT
    drawing = found.drawing
    assert drawing is not None
    assert (drawing.row.note, drawing.row.changed_by) == ("标题改白", "沈明溪")
    assert drawing.changes == ("+ h1 { color: #fff }",)
    assert found.step is None
    latest = traced(article_id, "页脚的字").drawing
    assert latest is not None
    assert latest.changes == ("- h1 { color: #fff }", "+ h1 { color: #333 }")


def test_a_file_is_found_by_its_name_or_its_hash(house: Flask) -> None:
    """The version that attached it is the one that brought it in."""
    article_id = c.write_article()
    picture = add_picture(site_id_of(), "流程图.png")
    with transaction() as session:
        author = viewer(session, "editor")
        files = [{"media_id": picture["media_id"], "name": "附件一.png", "kind": "attachment"}]
        a_version(session, author, queries.article(session, author, article_id), files=files)
    for found in (traced(article_id, "附件一"), traced(article_id, "", file_digest=picture["digest"])):
        assert (found.origin.cause, found.origin.version) == (FILE, 2)
        assert found.step is not None
        assert found.step.files == ("附件一.png",)


def test_a_vendor_sees_no_trace_of_what_is_not_its_own(house: Flask) -> None:
    """The trace is as open as the article."""
    article_id = c.published_fault()
    with pytest.raises(NotFound):
        traced(article_id, by="vendor_b_editor")


@pytest.mark.parametrize(
    ("body", "words", "shown"),
    [
        ("<p>尽快布署。</p>", "布署", "<p>尽快<mark>布署</mark>。</p>"),
        ("<p>布<strong>署</strong></p>", "布署", "<p><mark>布</mark><strong><mark>署</mark></strong></p>"),
        ("<p>１２月 1日</p>", "12月1日", "<p><mark>１２月 1日</mark></p>"),
        ("<p>a&lt;b &amp; c</p>", "a<b", "<p><mark>a&lt;b</mark> &amp; c</p>"),
        ("<p>无</p>", "", "<p>无</p>"),
        ("<p>mark</p>", "<p>", "<p>mark</p>"),
    ],
)
def test_the_words_are_marked_wherever_they_stand(body: str, words: str, shown: str) -> None:
    """Across tags, spaces and widths; what is no text is never touched."""
    assert marked(body, words) == shown


def test_a_piece_of_text_shows_what_stands_around_the_words() -> None:
    """Some characters before and after, dots where more follows."""
    [one] = pieces("甲" * 50 + "布署" + "乙" * 50, "布署")
    assert (one.before[0], one.words, one.after[-1]) == ("…", "布署", "…")
    assert len(one.before) == len(one.after) == 37

"""Articles as pages: who sees which, what can be begun, copied, thrown away, linked."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.content.models import Article
from app.content.operations.articles import save_draft
from app.content.operations.findings import record_findings
from app.content.operations.grants import Wanted, grant
from app.content.queries import articles as queries
from app.db import db, transaction
from app.ledger.models import Record
from app.people.models import Unit
from tests.factories.content import a_version, an_article, columns_of, content_people, site_named
from tests.factories.small import viewer

SignIn = Callable[[str], FlaskClient]


@pytest.fixture(autouse=True)
def city(app: Flask) -> None:
    """Editors, columns of two sites, and one article of the housing bureau."""
    del app
    with transaction() as session:
        content_people(session)
        columns = columns_of(session, site_named(session).id)
        columns_of(session, site_named(session, "卫健委门户").id)
        an_article(session, viewer(session, "editor"), columns["news"], title="公租房配租结果公示")


def article(title: str = "公租房配租结果公示") -> Article:
    """Return an article by its title, as it is now."""
    db.session.rollback()
    return db.session.scalars(select(Article).where(Article.title == title)).one()


def column(slug: str, site: str = "住建局门户") -> int:
    """Return the number of a column."""
    with transaction() as session:
        return columns_of(session, site_named(session, site).id)[slug].id


def kinds(session: Session) -> list[str]:
    """Return the kinds of records of the house that are about content."""
    query = select(Record.kind).where(Record.kind.startswith("content:")).order_by(Record.id)
    session.rollback()
    return list(session.scalars(query))


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("editor", True),
        ("editor2", True),
        ("dept", True),
        ("office", True),
        ("publisher", True),
        ("health_editor", False),
        ("other_dept", False),
        ("vendor_a_editor", False),
        ("vendor_b_lead", False),
    ],
)
def test_an_unpublished_article_is_seen_by_its_house_and_the_office_only(
    sign_in: SignIn, who: str, sees: bool
) -> None:
    found = article()
    browser = sign_in(who)
    for path in (f"/articles/{found.id}",):
        assert browser.get(path).status_code == (200 if sees else 404)
    assert ("公租房配租结果公示" in browser.get("/articles").text) is sees


def test_an_administrator_without_content_opens_no_article(sign_in: SignIn) -> None:
    assert sign_in("sysadmin").get("/articles").status_code == 404
    assert sign_in("sysadmin").get(f"/articles/{article().id}").status_code == 404


@pytest.mark.parametrize("who", ["dept", "publisher", "reviewer1"])
def test_somebody_without_the_right_to_write_opens_no_editor(sign_in: SignIn, who: str) -> None:
    found = article()
    for path in (f"/articles/{found.id}/edit", f"/articles/{found.id}/draft"):
        assert sign_in(who).get(path).status_code == 404


@pytest.mark.parametrize("who", ["health_editor", "vendor_a_editor", "vendor_b_editor"])
def test_an_editor_of_elsewhere_changes_nothing(sign_in: SignIn, who: str) -> None:
    found, browser = article(), sign_in(who)
    asked = [
        browser.get(f"/articles/{found.id}/edit"),
        browser.get(f"/articles/{found.id}/draft"),
        browser.put(f"/articles/{found.id}/draft", json={"text": "{}", "row_version": 1}),
        browser.post(f"/articles/{found.id}/presence"),
        browser.post(f"/articles/{found.id}/copy"),
        browser.post(f"/articles/{found.id}/throw-away"),
        browser.post("/articles/new", data={"title": "x", "column": found.column_id}),
    ]
    assert [one.status_code for one in asked] == [404] * len(asked)


def test_a_vendor_writes_where_it_was_granted_and_sees_only_that(sign_in: SignIn) -> None:
    with transaction() as session:
        place = columns_of(session, site_named(session).id)["notice"]
        unit = session.scalars(select(Unit.id).where(Unit.code == "vendor_a")).one()
        grant(session, viewer(session, "owner"), place.site_id, Wanted("write", place.id, unit), clock.now(session))
    browser = sign_in("vendor_a_editor")
    page = browser.get("/articles/new").text
    assert f'value="{column("notice")}"' in page
    assert f'value="{column("news")}"' not in page
    answer = browser.post("/articles/new", data={"title": "关于停电的通知", "column": column("notice")})
    made = article("关于停电的通知")
    assert answer.location.endswith(f"/articles/{made.id}/edit")
    assert browser.get(answer.location).status_code == 200
    assert "公租房" not in browser.get("/articles").text
    assert sign_in("vendor_b_editor").get(f"/articles/{made.id}").status_code == 404


def test_a_new_article_names_what_is_missing(sign_in: SignIn) -> None:
    browser = sign_in("editor")
    assert "还没有选栏目。" in browser.post("/articles/new", data={"title": "x"}).text
    answer = browser.post("/articles/new", data={"title": " ", "column": column("news")})
    assert answer.status_code == 422
    assert "先写一个标题" in answer.text


def test_beginning_copying_and_throwing_away_leave_records(sign_in: SignIn, session: Session) -> None:
    browser = sign_in("editor")
    browser.post("/articles/new", data={"title": "新稿", "column": column("news")})
    browser.post(f"/articles/{article('新稿').id}/copy", data={"column": column("notice")})
    assert browser.post(f"/articles/{article().id}/throw-away").status_code == 303
    assert kinds(session)[-3:] == ["content:article:created"] * 2 + ["content:article:thrown_away"]
    assert "公租房" not in browser.get("/articles").text


def test_what_was_handed_in_once_cannot_be_thrown_away(sign_in: SignIn) -> None:
    with transaction() as session:
        a_version(session, viewer(session, "editor"), session.get_one(Article, article().id))
    answer = sign_in("editor").post(f"/articles/{article().id}/throw-away", follow_redirects=True)
    assert "已经交过，不能扔掉" in answer.text
    assert article()


def test_the_page_shows_versions_with_who_made_them(sign_in: SignIn) -> None:
    with transaction() as session:
        a_version(session, viewer(session, "editor"), session.get_one(Article, article().id))
    found = article()
    page = sign_in("dept").get(f"/articles/{found.id}").text
    assert "第 1 版" in page
    assert "姜若谷" in page
    assert "改稿" not in page
    version = sign_in("dept").get(f"/articles/{found.id}/versions/1")
    assert "412 户家庭" in version.text
    assert sign_in("dept").get(f"/articles/{found.id}/versions/2").status_code == 404


def test_what_was_found_is_shown_and_may_stand_for_a_reason(sign_in: SignIn) -> None:
    with transaction() as session:
        row = session.get_one(Article, article().id)
        version = a_version(session, viewer(session, "editor"), row, body="<p>定于2026年2月30日召开。</p>")
        found = [one for one in record_findings(session, version, clock.now(session)) if one.level == "block"]
        asked = {"rule": found[0].rule, "text": found[0].text, "reason": "原文如此，引用时不改"}
    browser = sign_in("editor")
    assert "为什么可以这样写" in browser.get(f"/articles/{article().id}").text
    answer = browser.post(f"/articles/{article().id}/waive", data=asked, follow_redirects=True)
    assert "原文如此，引用时不改" in answer.text
    assert "为什么可以这样写" not in sign_in("dept").get(f"/articles/{article().id}").text


def test_what_keeps_an_article_from_its_first_hand_in_may_stand_for_a_reason(sign_in: SignIn) -> None:
    """Before there is a version the writer sees what would stop it; too short a reason is refused with a sentence."""
    with transaction() as session:
        row, editor = session.get_one(Article, article().id), viewer(session, "editor")
        seen = queries.draft(session, row.id).row_version
        body = {"body": "<p>配租会议定于2026年2月30日召开，请准时参加。</p>"}
        save_draft(session, editor, row.id, body, seen, clock.now(session))
    browser, path = sign_in("editor"), f"/articles/{article().id}"
    assert "现在检查出的" in browser.get(path).text
    asked = {"rule": "date", "text": re.findall(r'name="text" value="([^"]+)"', browser.get(path).text)[0]}
    short = browser.post(f"{path}/waive", data={**asked, "reason": "好"}, follow_redirects=True)
    assert "至少 4 个字" in short.text
    given = browser.post(f"{path}/waive", data={**asked, "reason": "原文如此，引用时不改"}, follow_redirects=True)
    assert "已说明理由" in given.text
    assert 'name="reason"' not in given.text
    assert "现在检查出的" not in sign_in("dept").get(path).text


def test_a_policy_and_its_interpretation_are_linked_and_unlinked(sign_in: SignIn) -> None:
    with transaction() as session:
        columns, editor = columns_of(session, site_named(session).id), viewer(session, "editor")
        policy = an_article(session, editor, columns["policy"], title="公租房管理办法").id
        interpretation = an_article(session, editor, columns["interpretation"], title="一图读懂管理办法").id
    browser = sign_in("editor")
    answer = browser.post(f"/articles/{policy}/links", data={"other": interpretation}, follow_redirects=True)
    assert "一图读懂管理办法" in answer.text
    assert "公租房管理办法" in browser.get(f"/articles/{interpretation}").text
    browser.post(f"/articles/{interpretation}/links/{policy}/remove")
    assert "一图读懂" not in browser.get(f"/articles/{policy}").text.partition("连起来")[0]
    assert browser.post(f"/articles/{policy}/links", data={"other": article().id}).status_code == 404


def test_the_list_is_narrowed_and_says_so_when_nothing_fits(sign_in: SignIn) -> None:
    browser = sign_in("editor")
    assert "公租房配租结果公示" in browser.get("/articles?q=公租房&mine=1").text
    assert "没有符合这些条件的稿件" in browser.get("/articles?q=没有这个词").text
    assert "里没有稿件" in browser.get("/articles?state=review").text
    assert browser.get(f"/articles?column={column('notice')}&site=1&after=0").status_code == 200


def test_somebody_without_articles_reads_why(sign_in: SignIn) -> None:
    assert "还没有您能看的稿件" in sign_in("other_dept").get("/articles").text
    assert "还没有您能写稿的栏目" in sign_in("vendor_a_editor").get("/articles/new").text

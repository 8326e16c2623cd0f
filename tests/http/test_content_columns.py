"""Columns and rights: who manages them, what a column may be, what a grant opens."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.content.models import ColumnGrant, SiteColumn
from app.db import db, transaction
from app.people.models import Unit, User
from tests.factories.content import an_article, columns_of, content_people, site_named
from tests.factories.small import viewer

SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def site_id(app: Flask) -> int:
    """The site of the housing bureau with its columns."""
    del app
    with transaction() as session:
        content_people(session)
        found = site_named(session).id
        columns_of(session, found)
        return found


def housing() -> int:
    """Return the number of the housing bureau."""
    return db.session.scalars(select(Unit.id).where(Unit.code == "housing")).one()


def user(name: str) -> int:
    """Return the number of an account."""
    return db.session.scalars(select(User.id).where(User.user_name == name)).one()


def facts(**changed: object) -> dict[str, object]:
    """Return what is typed for a column."""
    typed = {
        "name": "办事指南",
        "slug": "bszn",
        "kind": "guide",
        "owner_id": housing(),
        "warn_days": 3,
        "state": "open",
    }
    return typed | changed


def named(slug: str) -> SiteColumn:
    """Return a column as it is now."""
    db.session.rollback()
    return db.session.scalars(select(SiteColumn).where(SiteColumn.slug == slug)).one()


def test_a_column_is_opened_changed_and_closed(sign_in: SignIn, site_id: int) -> None:
    browser = sign_in("owner")
    assert browser.post(f"/columns/sites/{site_id}/new", data=facts(update_days="30")).status_code == 303
    row = named("bszn")
    assert (row.update_days, row.position) == (30, 5)
    typed = facts(name="服务指南", state="closed", row_version=row.row_version, position=row.position)
    assert browser.post(f"/columns/{row.id}", data=typed).status_code == 303
    assert named("bszn").name == "服务指南"
    assert "服务指南" not in sign_in("editor").get("/articles/new").text
    assert "服务指南" in browser.get(f"/columns/sites/{site_id}").text


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": ""}, "栏目名要 1 到 80 个字"),
        ({"slug": "News"}, "网址名要以小写字母开头"),
        ({"slug": "../x"}, "网址名要以小写字母开头"),
        ({"slug": "news"}, "已有栏目用了这个网址名"),
        ({"slug": "assets"}, "网址名要以小写字母开头"),
        ({"kind": "x"}, "没有这种稿件"),
        ({"owner_id": ""}, "请选一个负责的单位"),
        ({"update_days": "0"}, "更新期限要是 1 到 366 天"),
        ({"update_days": "abc"}, "写一个整数"),
        ({"parent_id": "99999"}, "上级栏目要在同一个网站"),
    ],
)
def test_a_column_that_cannot_be_says_why(
    sign_in: SignIn, site_id: int, changed: dict[str, object], sentence: str
) -> None:
    answer = sign_in("owner").post(f"/columns/sites/{site_id}/new", data=facts(**changed))
    assert answer.status_code == 422
    assert sentence in answer.text


def test_a_column_cannot_stand_below_itself(sign_in: SignIn, site_id: int) -> None:
    browser = sign_in("owner")
    above = named("news")
    browser.post(f"/columns/sites/{site_id}/new", data=facts(parent_id=above.id))
    below = named("bszn").id
    typed = {"name": "工作动态", "slug": "news", "kind": "news", "owner_id": housing(), "state": "open"}
    answer = browser.post(f"/columns/{above.id}", data=typed | {"parent_id": below})
    assert "上级栏目要在同一个网站" in answer.text


def test_who_does_not_manage_columns_finds_none(sign_in: SignIn, site_id: int) -> None:
    row = named("news")
    for who in ("editor", "publisher", "vendor_a_editor", "dept_head"):
        browser = sign_in(who)
        asked = [
            browser.get(f"/columns/sites/{site_id}"),
            browser.get(f"/columns/sites/{site_id}/new"),
            browser.post(f"/columns/sites/{site_id}/new", data=facts()),
            browser.get(f"/columns/{row.id}"),
            browser.post(f"/columns/{row.id}", data=facts()),
            browser.post(f"/columns/sites/{site_id}/grants", data={"to": "user:1", "right": "manage"}),
        ]
        assert [one.status_code for one in asked] == [404] * len(asked), who
        assert "还没有归您管的栏目" in browser.get("/columns").text


def test_somebody_who_was_given_one_column_manages_that_one(sign_in: SignIn, site_id: int) -> None:
    news, notice = named("news").id, named("notice").id
    given = {"to": f"user:{user('dept_head')}", "right": "manage", "column": news}
    sign_in("owner").post(f"/columns/sites/{site_id}/grants", data=given)
    browser = sign_in("dept_head")
    assert "工作动态" in browser.get("/columns", follow_redirects=True).text
    assert browser.get(f"/columns/{news}").status_code == 200
    assert browser.get(f"/columns/{notice}").status_code == 404
    assert browser.post(f"/columns/sites/{site_id}/new", data=facts()).status_code == 404
    assert "管理栏目" in browser.get("/articles").text
    assert "管理栏目" not in sign_in("editor").get("/articles").text


def test_a_grant_opens_a_column_and_its_end_closes_it(sign_in: SignIn, site_id: int) -> None:
    owner, vendor = sign_in("owner"), sign_in("vendor_a_editor")
    owner.post(f"/columns/sites/{site_id}/grants", data={"to": f"user:{user('vendor_a_editor')}", "right": "write"})
    assert "工作动态" in vendor.get("/articles/new").text
    assert "宁若溪" in owner.get(f"/columns/sites/{site_id}").text
    db.session.rollback()
    given = db.session.scalars(select(ColumnGrant.id)).one()
    owner.post(f"/columns/sites/{site_id}/grants/{given}/withdraw")
    assert "工作动态" not in vendor.get("/articles/new").text


@pytest.mark.parametrize("right", ["publish", "manage"])
def test_a_vendor_is_given_nothing_but_writing(sign_in: SignIn, site_id: int, right: str) -> None:
    given = {"to": f"user:{user('vendor_a_editor')}", "right": right}
    answer = sign_in("owner").post(f"/columns/sites/{site_id}/grants", data=given)
    assert answer.status_code == 422
    assert "外包单位只能写稿" in answer.text


def test_the_page_counts_what_is_in_a_column(sign_in: SignIn, site_id: int) -> None:
    with transaction() as session:
        made = an_article(session, viewer(session, "editor"), columns_of(session, site_id)["news"])
        made.state = "review"
    page = sign_in("owner").get(f"/columns/sites/{site_id}").text
    assert '<td class="is-number" data-label="在办">1</td>' in page

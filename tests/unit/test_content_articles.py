"""Articles without pages: versions, their digests, who may write, what a version needs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app import clock
from app.content.models import Article, ArticleDraft
from app.content.operations.articles import copy_article, make_version, save_draft
from app.content.operations.grants import Wanted, grant
from app.content.queries import articles as queries
from app.content.queries.columns import columns_with, has_right
from app.content.rules import MANAGE, PUBLISH, REJECTED, WRITE
from app.db import db, transaction
from app.errors import Conflict, Invalid, NotFound
from tests.factories.content import a_version, an_article, columns_of, content_people, site_named
from tests.factories.small import viewer


@pytest.fixture
def article_id(either_app: Flask) -> int:
    """An article of the housing bureau, on each database."""
    del either_app
    with transaction() as session:
        content_people(session)
        columns_of(session, site_named(session, "卫健委门户").id)
        columns = columns_of(session, site_named(session).id)
        return an_article(session, viewer(session, "editor"), columns["news"]).id


def version(session: Session, article_id: int, **fields: Any) -> Any:
    """Fix an article as its next version after these changes."""
    return a_version(session, viewer(session, "editor"), session.get_one(Article, article_id), **fields)


def test_the_same_content_is_the_same_version_and_any_change_a_new_one(article_id: int) -> None:
    with transaction() as session:
        first = version(session, article_id)
        assert version(session, article_id) is first
        changed = [
            version(session, article_id, **fields)
            for fields in (
                {"title": "另一个标题"},
                {"body": "<p>另一段。</p>"},
                {"summary": ""},
                {"source": "市政府"},
                {"byline": ""},
                {"reprint": True},
                {"leader": True},
                {"sensitive": True},
                {"kind": "leader"},
            )
        ]
        digests = {first.digest, *(one.digest for one in changed)}
        assert len(digests) == len(changed) + 1
        assert [one.number for one in changed] == list(range(2, len(changed) + 2))
        article = session.get_one(Article, article_id)
        assert (article.version_id, article.title, article.kind) == (changed[-1].id, "另一个标题", "leader")


def test_when_and_how_urgent_is_no_part_of_what_is_reviewed(article_id: int) -> None:
    with transaction() as session:
        first = version(session, article_id)
        assert version(session, article_id, publish_at="2026-11-20T09:30", urgent=True) is first
        article = session.get_one(Article, article_id)
        assert article.publish_at == datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
        assert article.urgent


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": "  "}, "title"),
        ({"body": "<p> </p>"}, "body"),
        ({"body": '<p>x</p><img src="/content/media/99" alt="y">'}, "body"),
        ({"body": '<p>x</p><img src="/content/media/99">'}, "body"),
        ({"title": "长" * 201}, "title"),
        ({"summary": "长" * 1001}, "summary"),
        ({"kind": "poem"}, "kind"),
        ({"publish_at": "soon"}, "publish_at"),
    ],
)
def test_a_version_that_lacks_something_names_the_field(article_id: int, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused, transaction() as session:
        version(session, article_id, **fields)
    assert list(refused.value.fields) == [field]


def test_a_stale_save_names_who_was_faster_and_keeps_both_texts(article_id: int) -> None:
    db.session.rollback()
    seen = db.session.get_one(ArticleDraft, article_id).row_version
    with transaction() as session:
        now = clock.now(session)
        save_draft(session, viewer(session, "editor2"), article_id, {"body": "<p>快</p>"}, seen, now)
    with pytest.raises(Conflict) as refused, transaction() as session:
        now = clock.now(session)
        save_draft(session, viewer(session, "editor"), article_id, {"body": "<p>慢</p>"}, seen, now)
    assert refused.value.values["who"] == "安如初"
    db.session.rollback()
    assert db.session.get_one(ArticleDraft, article_id).fields["body"] == "<p>快</p>"


def test_a_rejected_article_is_copied_but_not_changed(article_id: int) -> None:
    with transaction() as session:
        version(session, article_id)
        session.get_one(Article, article_id).state = REJECTED
    with transaction() as session:
        editor, now = viewer(session, "editor"), clock.now(session)
        with pytest.raises(NotFound):
            make_version(session, editor, article_id, now)
        place = session.get_one(Article, article_id).column_id
        copy = copy_article(session, editor, article_id, place, now)
        assert queries.may_write(session, editor, copy)
        assert queries.draft(session, copy.id).fields["body"] == queries.draft(session, article_id).fields["body"]


def test_rights_follow_the_unit_and_the_grants(article_id: int) -> None:
    with transaction() as session:
        columns = columns_of(session, site_named(session).id)
        place, now = columns["notice"], clock.now(session)

        def may(who: str, right: str) -> bool:
            return has_right(session, viewer(session, who), place.id, right)

        assert may("editor", WRITE)
        assert not may("health_editor", WRITE)
        assert not may("dept", WRITE)
        assert may("publisher", PUBLISH)
        assert not may("editor", PUBLISH)
        assert may("owner", MANAGE)
        assert not may("publisher", MANAGE)
        assert not columns_with(session, viewer(session, "vendor_a_editor"), WRITE)
        vendor = viewer(session, "vendor_a_editor")
        grant(session, viewer(session, "owner"), place.site_id, Wanted(WRITE, place.id, None, vendor.user_id), now)
        assert [one.id for one in columns_with(session, vendor, WRITE)] == [place.id]
        assert not may("vendor_b_editor", WRITE)
        assert article_id


def test_a_vendor_sees_what_it_wrote_or_was_granted_and_nothing_else(article_id: int) -> None:
    with transaction() as session:
        columns, now = columns_of(session, site_named(session).id), clock.now(session)
        owner, vendor = viewer(session, "owner"), viewer(session, "vendor_a_editor")
        grant(session, owner, columns["notice"].site_id, Wanted(WRITE, columns["notice"].id, vendor.unit_id), now)
        own = an_article(session, vendor, columns["notice"], title="外包写的")
        other = an_article(session, viewer(session, "editor"), columns["notice"], title="编辑写的")
        seen = {one.id for one in queries.articles(session, vendor, queries.Filters()).rows}
        assert seen == {own.id, other.id}
        stranger = viewer(session, "vendor_b_editor")
        assert not queries.articles(session, stranger, queries.Filters()).rows
        with pytest.raises(NotFound):
            queries.article(session, vendor, article_id)

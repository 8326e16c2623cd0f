"""Freshness of columns: when its owner is reminded, when a case asks for news, when that closes by itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app import clock, runtime_of
from app.content.freshness import ASK, CLOSE, FRESH, NEVER, NOTHING, REMIND, SOON, STALE, Kept
from app.content.jobs import keep_columns
from app.content.models import Article, SiteColumn
from app.db import db, transaction
from app.ledger import Actor
from app.outbox.models import Notice
from app.processes.operations import publish
from app.processes.source import read_source
from app.work.models import Case, WorkItem
from app.work.operations import complete_work_item
from tests.factories.content import an_article, columns_of, content_people, site_named
from tests.factories.small import viewer

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 17, 1, 20, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("days_ago", "state", "step"),
    [(0, FRESH, NOTHING), (10.9, FRESH, NOTHING), (11, SOON, REMIND), (13.9, SOON, REMIND), (14, STALE, ASK)],
)
def test_a_column_is_reminded_before_and_asked_when_due(days_ago: float, state: str, step: str) -> None:
    kept = Kept(14, 3, published_at=NOW - days_ago * DAY)
    assert (kept.state(NOW), kept.step(NOW)) == (state, step)


def test_a_column_that_never_published_counts_from_its_first_reminder() -> None:
    assert (Kept(14, 3).state(NOW), Kept(14, 3).step(NOW), Kept(14, 3).due_at) == (NEVER, REMIND, None)
    told = Kept(14, 3, reminded_at=NOW - 5 * DAY)
    assert (told.state(NOW), told.step(NOW)) == (NEVER, NOTHING)
    assert Kept(14, 3, reminded_at=NOW - 14 * DAY).step(NOW) == ASK


def test_an_answer_begins_the_period_again_and_news_closes_what_was_asked() -> None:
    asked = Kept(14, 3, published_at=NOW - 20 * DAY, asked_at=NOW - 2 * DAY)
    assert asked.step(NOW) == NOTHING
    answered = Kept(14, 3, published_at=NOW - 20 * DAY, asked_at=NOW - 2 * DAY, answered_at=NOW - DAY)
    assert (answered.state(NOW), answered.step(NOW), answered.days_left(NOW)) == (FRESH, NOTHING, 13)
    assert Kept(14, 3, published_at=NOW - DAY, asked_at=NOW - 2 * DAY).step(NOW) == CLOSE


@given(st.integers(1, 40), st.integers(0, 60), st.lists(st.integers(1, 400), max_size=6))
def test_one_period_reminds_once_and_asks_once(update_days: int, warn_days: int, published: list[int]) -> None:
    """Looked at every hour of 500 days, each period brings at most one reminder and one case."""
    reminded = asked = answered = last = None
    steps: Counter[tuple[str, datetime | None]] = Counter()
    for hour in range(0, 500 * 24, 6):
        now = NOW + timedelta(hours=hour)
        if hour % 24 == 0 and hour // 24 in published:
            last = now
        kept = Kept(update_days, warn_days, last, reminded, asked, answered)
        step = kept.step(now)
        steps[step, kept.since] += 1
        reminded = now if step == REMIND else reminded
        asked, answered = (now, None) if step == ASK else (asked, now if step == CLOSE else answered)
    assert all(count == 1 for (step, _since), count in steps.items() if step in (REMIND, ASK))


# With a database


@pytest.fixture
def column_id(either_app: Flask) -> int:
    """A column of housing that must be updated every 14 days, last updated now."""
    del either_app
    with transaction() as session:
        now = clock.now(session)
        content_people(session)
        publish(session, read_source(ROOT / "bpmn", ROOT / "forms", "column_update"), Actor("setup", "setup"), now)
        rows = columns_of(session, site_named(session).id)
        for row in rows.values():
            row.update_days = None
        rows["news"].update_days, rows["news"].last_published_at = 14, now
        return rows["news"].id


def later(days: float) -> None:
    """Let time pass, then let the drain look twice."""
    with transaction() as session:
        clock.advance(session, clock.now(session) + timedelta(days=days))
    look()
    look()


def look() -> int:
    """Let the drain look once."""
    from flask import current_app  # noqa: PLC0415

    return keep_columns(runtime_of(current_app))


def column(column_id: int) -> SiteColumn:
    """Return the column as it is stored."""
    db.session.rollback()
    return db.session.get_one(SiteColumn, column_id, populate_existing=True)


def asked() -> list[Case]:
    """Return the cases that asked for news, oldest first."""
    db.session.rollback()
    query = select(Case).where(Case.slug == "column_update").order_by(Case.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def told() -> int:
    """Return how many reminders the editor was sent."""
    db.session.rollback()
    mine = Notice.user_id == viewer(db.session(), "editor").user_id
    rows = db.session.scalars(select(Notice).where(mine, Notice.url == "/content/freshness"))
    return len(rows.all())


def news(column_id: int) -> int:
    """Let an article be out in the column."""
    with transaction() as session:
        place, now = session.get_one(SiteColumn, column_id), clock.now(session)
        article = an_article(session, viewer(session, "editor"), place)
        article.published_id, article.published_at, article.state = 1, now, "published"
        place.last_published_at = now
        return article.id


def answer(**answers: object) -> None:
    """Answer the open case."""
    from flask import current_app  # noqa: PLC0415

    case_id = asked()[-1].id
    with transaction() as session:
        item = session.scalars(select(WorkItem).where(WorkItem.case_id == case_id, WorkItem.status == "open")).one()
        who, now = viewer(session, "editor"), clock.now(session)
        complete_work_item(session, runtime_of(current_app), item.id, who, answers, uuid4().hex, now)


def test_the_owner_is_reminded_once_then_asked_once(column_id: int) -> None:
    """The case stands in the name of the owner's head, begun by a rule, on the desks of its editors."""
    later(10)
    assert (told(), asked()) == (0, [])
    later(1.5)
    assert (told(), asked()) == (1, [])
    later(2)
    assert (told(), asked()) == (1, [])
    later(0.6)
    (case,) = asked()
    assert (case.title, case.starter_name) == ("栏目更新：住建局门户 工作动态", "许听澜")
    item = db.session.scalars(select(WorkItem).where(WorkItem.case_id == case.id)).one()
    assert (item.node, item.status) == ("update", "open")
    later(30)
    assert (told(), len(asked())) == (1, 1)
    assert column(column_id).due_case_id == case.id


def test_news_in_the_column_closes_the_case(column_id: int) -> None:
    later(15)
    news(column_id)
    look()
    (case,) = asked()
    assert (case.status, case.result) == ("ended", "已更新")
    later(10)
    assert len(asked()) == 1
    later(5)
    assert [one.status for one in asked()] == ["ended", "running"]


def test_an_answer_with_a_reason_begins_the_period_again(column_id: int) -> None:
    later(15)
    answer(decision="not_needed", update_note="这一期没有新的文件", reason="这一期没有新的文件")
    assert asked()[-1].result == "这一期不用更新"
    later(10)
    assert len(asked()) == 1
    later(5)
    assert len(asked()) == 2
    assert column_id


def test_only_an_article_of_this_column_and_period_is_taken(column_id: int) -> None:
    early = news(column_id)
    with transaction() as session:
        session.get_one(Article, early).published_at = clock.now(session) - DAY
    later(15)
    answer(decision="updated", column_article=early)
    assert asked()[-1].status == "running"
    fresh = news(column_id)
    answer(decision="updated", column_article=fresh)
    assert asked()[-1].result == "已更新"


def test_a_column_without_a_rule_or_closed_is_left_alone(column_id: int) -> None:
    with transaction() as session:
        session.get_one(SiteColumn, column_id).state = "closed"
    later(40)
    assert (told(), asked()) == (0, [])


def test_a_case_that_cannot_begin_leaves_nothing_half_written(column_id: int) -> None:
    """The owner wrote a limit that nobody can read: the look at the columns comes to its end, no case stands."""
    with transaction() as session:
        source = read_source(ROOT / "bpmn", ROOT / "forms", "column_update")
        diagram = source.diagram.replace(b'guanjia.limit" value="', b'guanjia.limit" value="${site_name}')
        publish(session, replace(source, diagram=diagram), Actor("setup", "setup"), clock.now(session))
    later(15)
    look()
    assert asked() == []
    assert column(column_id).due_case_id is None

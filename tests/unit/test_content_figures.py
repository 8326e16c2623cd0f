"""Figures of content: periods, what counts as too fast, and that every number is as long as its list."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app import clock
from app.content.figures import Decision, Period, by_level, by_reviewer, faults_of, period_of
from app.content.models import Article, Fault, Publication
from app.content.queries import figure_lists as lists
from app.content.queries.figures import Slice, figures_of, slice_for
from app.content.sites.snapshot import UPDATE
from app.db import db, transaction
from app.review.models import ReviewAct
from tests.factories.boards import a_case
from tests.factories.content import a_version, an_article, columns_of, content_people, site_named
from tests.factories.small import viewer

MONDAY = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)  # 9:30 in the office
ORDER = st.lists(st.sampled_from(["pass", "return", "reject"]), max_size=30)


def decision(act: str = "pass", *, seconds: float | None = 120, characters: int = 600, **facts: Any) -> Decision:
    """A decision that took so long by the wall clock and in the office alike."""
    took = timedelta(seconds=seconds or 0)
    started = MONDAY if seconds is not None else None
    named: dict[str, Any] = {
        "user_id": 7,
        "name": "黎照晚",
        "unit": "住建局",
        "level": "review_1",
        "level_name": "一审",
    }
    return Decision(
        act=act, started_at=started, at=MONDAY + took, characters=characters, **{"working": took, **named, **facts}
    )


@pytest.mark.parametrize(
    ("kind", "first", "last", "expected"),
    [
        ("month", None, None, (date(2026, 11, 1), date(2026, 11, 17))),
        ("quarter", None, None, (date(2026, 10, 1), date(2026, 11, 17))),
        ("year", None, None, (date(2026, 1, 1), date(2026, 11, 17))),
        ("own", date(2026, 9, 3), date(2026, 9, 9), (date(2026, 9, 3), date(2026, 9, 9))),
        ("own", date(2026, 9, 9), date(2026, 9, 3), (date(2026, 9, 3), date(2026, 9, 3))),
        ("own", date(2001, 1, 1), date(2026, 9, 9), (date(2025, 9, 8), date(2026, 9, 9))),
        ("nonsense", None, None, (date(2026, 11, 1), date(2026, 11, 17))),
    ],
)
def test_a_period_is_what_was_asked_for(
    kind: str, first: date | None, last: date | None, expected: tuple[date, date]
) -> None:
    """The last day counts whole, in the city's time; a chosen period is never longer than a year."""
    found = period_of(kind, date(2026, 11, 17), first, last)
    assert (found.first, found.last) == expected
    assert found.end - found.start == timedelta(days=(expected[1] - expected[0]).days + 1)
    assert found.start.hour == 0


@pytest.mark.parametrize(
    ("seconds", "characters", "expected"),
    [(9.9, 5, True), (10, 5, False), (10, 500, False), (10, 501, True), (60, 3001, True), (60, 3000, False)],
)
def test_a_pass_faster_than_anybody_reads_is_flagged(seconds: float, characters: int, expected: bool) -> None:
    assert decision(seconds=seconds, characters=characters).is_too_fast is expected
    assert not decision("return", seconds=seconds, characters=characters).is_too_fast


def test_a_pass_without_opening_is_not_a_reading_time() -> None:
    """A level that a clerk wrote down was decided elsewhere: neither fast nor unopened."""
    unopened, recorded = decision(seconds=None), decision(seconds=2, is_recorded=True)
    assert unopened.is_unopened
    assert not unopened.is_too_fast
    assert (recorded.is_too_fast, recorded.is_unopened, recorded.minutes) == (False, False, None)
    found = by_level([unopened, recorded, decision(seconds=120, characters=600)])["review_1"]
    assert (found.decided, found.unopened, found.minutes, found.typical_speed) == (3, 1, [2.0], 300.0)


def test_work_outside_office_hours_counts_by_the_wall_clock() -> None:
    evening = decision(seconds=300, working=timedelta())
    assert evening.minutes == 5


@given(ORDER)
def test_the_rate_of_returns_is_of_all_decisions(acts: list[str]) -> None:
    levels = by_level([decision(act) for act in acts])
    people = by_reviewer([decision(act) for act in acts], {}, {})
    for found in (*levels.values(), *people.values()):
        assert found.decided == len(acts)
        assert found.rate == acts.count("return") / len(acts)
        assert found.returned + found.rejected <= found.decided


def test_a_fault_counts_once_for_each_who_let_it_pass() -> None:
    """Whoever brought it in is no reviewer; who passed two faulty versions is named once."""
    author = {"user": 1, "name": "姜若谷", "unit": "住建局", "as": "带进来的人"}
    first = {"user": 7, "name": "黎照晚", "unit": "住建局", "level": "review_1"}
    third = {"user": 9, "name": "祁云阶", "unit": "网管办", "level": "review_3"}
    counts, names = faults_of([[author, first, first, third], [author, first]])
    assert counts == {7: 2, 9: 1}
    assert by_reviewer([], counts, names)[9].name == "祁云阶"


# What is read


@pytest.fixture
def article_id(either_app: Flask) -> int:
    """Two versions of an article of housing and one of health, reviewed, published, one fault found."""
    del either_app
    with transaction() as session:
        content_people(session)
        column = columns_of(session, site_named(session).id)["news"]
        found = an_article(session, viewer(session, "editor"), column)
        for title in ("配租结果公示", "配租结果再公示"):
            a_version(session, viewer(session, "editor"), found, title=title)
        health = columns_of(session, site_named(session, "卫健委门户").id)["news"]
        other = an_article(session, viewer(session, "health_editor"), health)
        a_version(session, viewer(session, "health_editor"), other)
        now = clock.now(session)
        act(session, "return", "reviewer1", f"article:{found.id}", seconds=300)
        act(session, "pass", "reviewer1", f"article:{found.id}", seconds=4)
        act(session, "pass", "reviewer3", f"article:{found.id}", seconds=None)
        act(session, "pass", "reviewer1", f"article:{found.id}", seconds=4, at=now - timedelta(days=400))
        act(session, "refused", "reviewer1", f"article:{found.id}", seconds=4)
        published(session, found)
        fault(session, found)
        return found.id


def act(
    session: Session, what: str, who: str, subject: str, *, seconds: float | None, at: datetime | None = None
) -> None:
    """Write an act of review."""
    person, now = viewer(session, who), at or clock.now(session)
    level = {"reviewer1": ("review_1", "一审"), "reviewer3": ("review_3", "三审签发")}[who]
    started = now - timedelta(seconds=seconds) if seconds is not None else None
    facts = {"level": level[0], "level_name": level[1], "started_at": started, "at": now, "characters": 400}
    people = {"user_id": person.user_id, "user_name": person.name, "unit_id": person.unit_id}
    row = ReviewAct(subject=subject, version=1, digest="d", act=what, unit_name=person.unit_name, **people, **facts)
    session.add(row)
    session.flush()


def published(session: Session, article: Article) -> None:
    """Write three acts on what readers see, of which two put something there."""
    for what in ("publish", UPDATE, "take_down"):
        row = Publication(
            article_id=article.id, version_id=article.version_id or 0, site_id=article.site_id, act=what
        )
        row.mode, row.digest, row.at, row.by = "own", "d", clock.now(session), "蓝采薇"
        session.add(row)
    session.flush()


def fault(session: Session, article: Article) -> None:
    """Write a confirmed fault that reviewer1 let pass."""
    who, case = viewer(session, "reviewer1"), a_case(session, "更正", at=clock.now(session))
    passer = {
        "user": who.user_id,
        "name": who.name,
        "unit_id": who.unit_id,
        "unit": who.unit_name,
        "level": "review_1",
    }
    facts = {"words": "四百一十二", "cause": "text", "severity": "ordinary", "by": "蓝采薇"}
    row = Fault(article_id=article.id, case_id=case.id, passers=[passer], at=clock.now(session), **facts)
    session.add(row)
    session.flush()


def part_for(who: str, **narrow: Any) -> Slice:
    """Return what somebody may count of this month."""
    session = db.session()
    today = clock.local(clock.now(session)).date()
    whole = slice_for(viewer(session, who), Period("own", today - timedelta(days=30), today))
    return Slice(whole.period, whole.own_unit, **narrow)


def test_every_number_is_as_long_as_its_list(article_id: int) -> None:
    """What lies outside the period is in neither; refused passes are no decisions."""
    session = db.session()
    found = figures_of(session, part_for("office"))
    editor = viewer(session, "editor").user_id
    work = found.people[editor]
    assert (work.articles, work.versions, work.published) == (1, 2, 2)
    assert lists.articles_handed_in(session, part_for("office", person=editor)).total == 1
    assert lists.versions(session, part_for("office", person=editor)).total == 2
    assert lists.publications(session, part_for("office", person=editor)).total == 2
    unit = viewer(session, "editor").unit_id
    assert found.units[unit].characters == work.characters
    assert lists.versions(session, part_for("office", unit=unit)).total == found.units[unit].versions
    first = found.levels["review_1"]
    assert (first.decided, first.returned, first.fast) == (2, 1, 1)
    for which, number in (("decided", 2), ("returned", 1), ("rejected", 0), ("fast", 1), ("unopened", 0)):
        assert lists.reviews(session, part_for("office", level="review_1"), which).total == number
    reviewer = viewer(session, "reviewer1").user_id
    assert found.reviewers[reviewer].faults == 1 == found.faults
    assert lists.faults(session, part_for("office", person=reviewer)).total == 1
    line = lists.reviews(session, part_for("office"), "fast").rows[0]
    assert (line.title, line.url) == ("配租结果公示", f"/articles/{article_id}")


def test_a_head_of_unit_sees_the_own_unit_only(article_id: int) -> None:
    session = db.session()
    own, house = figures_of(session, part_for("dept_head")), figures_of(session, part_for("office"))
    assert set(own.units) == {viewer(session, "editor").unit_id}
    assert set(own.people) == {viewer(session, "editor").user_id} < set(house.people)
    assert set(own.reviewers) == {viewer(session, "reviewer1").user_id} < set(house.reviewers)
    assert lists.versions(session, part_for("dept_head")).total == 2
    assert article_id

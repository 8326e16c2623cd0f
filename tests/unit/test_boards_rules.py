"""What the overview counts, as a truth table of cases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.boards import rules
from app.boards.rules import Choice, Due, Event, LateStep, Passage, Rating, Share, Standing, Step
from app.deadlines.rules import CALENDAR, OFFICE_SPANS, Calendar, Left

ZONE = ZoneInfo("Asia/Shanghai")
HOUSE = Calendar(spans=OFFICE_SPANS)
WORKING_DAY = 7.5


def at(text: str) -> datetime:
    """Read local wall time of November 2026."""
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=ZONE).astimezone(UTC)


NOW = at("19 10:24")  # a Thursday


def step(number: int = 1, due: str | None = None, **values: object) -> Step:
    """Return an open step of vendor 21, held by somebody, without a limit unless `due` says so."""
    limit = Due(at(due), at(due), calendar=HOUSE, paused=bool(values.pop("stopped", False))) if due else None
    facts = {
        "node": "do",
        "name": "执行",
        "name_en": "Do",
        "side": "vendor",
        "unit_id": 21,
        "round": 1,
        "holder": "某",
    }
    return Step(number, due=limit, opened_at=at("18 09:00"), **{**facts, **values})  # type: ignore[arg-type]


def standing(number: int, *steps: Step, **values: object) -> Standing:
    """Return a running case with these open steps, standing where the rules say."""
    shown = rules.stands_at(steps, NOW)
    facts = {
        "number": f"RW-{number}",
        "title": f"第 {number} 件",
        "priority": "normal",
        "vendor_id": 21,
        "department_id": 3,
        "place_id": shown.unit_id if shown else None,
        "opened_at": at("10 09:00"),
        "since": at("18 09:00"),
        "calendar": HOUSE,
        "step": shown,
        "steps": steps,
    }
    return Standing(number, **{**facts, **values})  # type: ignore[arg-type]


LATE = standing(1, step(due="18 09:00"))
TODAY = standing(2, step(due="19 17:30"))
TOMORROW = standing(3, step(due="20 00:00"))
FREE = standing(4, step(holder=None))
STOPPED = standing(5, step(due="18 09:00", paused_at=at("17 09:00")))
HELD = standing(6, step(due="18 09:00", stopped=True))
RATING = standing(7, step(node="rating", side="client", unit_id=3))
AUTOMATIC = standing(8)
HANDLING = standing(9, step(due="23 17:30"), handling=Due(at("19 08:30"), at("19 08:30"), calendar=HOUSE))
CASES = [LATE, TODAY, TOMORROW, FREE, STOPPED, HELD, RATING, AUTOMATIC, HANDLING]


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ("open", {1, 2, 3, 4, 5, 6, 7, 8, 9}),
        ("overdue", {1, 9}),
        ("today", {2}),
        ("unclaimed", {4}),
        ("paused", {5, 6}),
        ("to_rate", {7}),
    ],
)
def test_each_figure_counts_its_cases(which: str, expected: set[int]) -> None:
    """A stopped clock is never late, midnight belongs to tomorrow, the handling limit of a case counts too."""
    assert {case.case_id for case in Choice(which).of(CASES, NOW)} == expected


def test_places_add_up_to_all_running_cases() -> None:
    """Every running case stands at exactly one place."""
    found = {place.side: (place.count, place.overdue) for place in rules.places(CASES, NOW)}
    assert found == {"vendor": (5, 2), "client": (1, 0), "office": (0, 0), "paused": (2, 0), "automatic": (1, 0)}
    assert sum(count for count, _ in found.values()) == len(CASES)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((step(1, side="office"), step(2, side="vendor")), 2),
        ((step(1, side="office", due="18 09:00"), step(2, side="vendor")), 1),
        ((step(1, due="18 10:00"), step(2, due="18 09:00")), 2),
        ((step(1, side="client"), step(2, side="vendor", paused_at=NOW)), 1),
        ((), None),
    ],
)
def test_a_case_stands_where_it_is_held_up(steps: tuple[Step, ...], expected: int | None) -> None:
    """The step late longest first, else the leading side among the steps whose clock runs."""
    found = rules.stands_at(steps, NOW)
    assert (found.item_id if found else None) == expected


def test_lateness_is_counted_on_the_limits_own_clock() -> None:
    """A working limit counts office hours, a calendar limit every hour; out of hours plain time is said."""
    working = Due(at("18 16:30"), at("18 16:30"), calendar=HOUSE)
    assert working.exceeded(NOW) == Left(timedelta(hours=2, minutes=54), WORKING_DAY)
    assert Due(at("18 16:24"), at("18 16:24"), CALENDAR).exceeded(NOW) == Left(timedelta(hours=18), 24.0)
    night = Due(at("18 17:30"), at("18 17:30"), calendar=HOUSE)
    assert night.exceeded(at("18 19:30")) == Left(timedelta(hours=2), 24.0)


def test_a_vendor_is_late_only_while_it_has_the_turn() -> None:
    """A case waiting late at the office is the vendor's running case, not the vendor's late one."""
    office = standing(10, step(side="office", unit_id=1, due="18 09:00"))
    line = rules.vendor_line(21, [LATE, TODAY, office], [], NOW)
    assert (line.running, line.overdue) == (3, 1)


def test_shares_carry_their_numbers() -> None:
    """27 of 29 is 93.1%, 3 of 3 is 100%, nothing of nothing has no percentage."""
    assert [Share(27, 29).percent, Share(3, 3).percent, Share(0, 0).percent] == ["93.1%", "100%", ""]


def test_few_ratings_make_no_mean_and_unrated_is_not_five_stars() -> None:
    """Four ratings say nothing; an answer without a grade is no rating at all."""
    assert Rating(4, 20).mean == ""
    assert Rating(5, 22).mean == "4.4"
    assert [rules.read_rating(answers) for answers in (None, {}, {"grade": ""}, {"grade": 9}, {"grade": "4"})] == [
        None,
        None,
        None,
        None,
        4,
    ]


def test_departments_with_something_due_come_first() -> None:
    """Late before due today before many; the longest wait names its case."""
    cases = [
        standing(1, step(side="client", unit_id=3, due="19 17:30")),
        standing(2, step(side="client", unit_id=4, due="18 09:00"), department_id=4),
        standing(3, step(), department_id=5),
    ]
    lines = rules.department_lines([5, 3, 4], cases, NOW)
    assert [(line.unit_id, line.running, line.overdue, line.today) for line in lines] == [
        (4, 1, 1, 0),
        (3, 1, 0, 1),
        (5, 1, 0, 0),
    ]
    assert lines[2].longest is None
    assert lines[1].longest is cases[0]


def test_the_rules_pick_three_matters() -> None:
    """The longest overdue, the case in its third round, the vendor that refused twice; each once."""
    worst, late = standing(1, step(due="16 09:00")), standing(2, step(due="18 09:00"))
    again = standing(3, step())
    events = [
        *[Event("reworked", 3, 21, NOW)] * 2,
        *[Event("refused", number, 22, NOW) for number in (11, 12)],
        Event("ruled", 11, 22, NOW, good=False),
        Event("ruled", 12, 22, NOW, good=True),
        Event("refused", 13, 21, NOW),
    ]
    found = rules.asks([late, again, worst], events, NOW)
    assert [(ask.rule, ask.case.case_id if ask.case else None) for ask in found] == [
        ("late", 1),
        ("rework", 3),
        ("refusals", None),
    ]
    assert (found[2].vendor_id, found[2].refused, found[2].rejected) == (22, 2, 1)


def test_free_places_go_to_the_next_late_ones() -> None:
    """Without rework and refusals the three longest overdue are asked about, no case twice."""
    cases = [standing(number, step(due=f"{10 + number} 09:00")) for number in range(1, 6)]
    events = [Event("reworked", 1, 21, NOW)] * 2
    assert [ask.case.case_id for ask in rules.asks(cases, events, NOW) if ask.case] == [1, 2, 3]
    assert rules.asks([TODAY], [], NOW) == []


def test_blame_names_the_unit_with_the_most_late_days() -> None:
    """Nine of twelve late days at the office, by step; days of both clocks add up."""
    found = rules.blame(
        [
            LateStep(1, "分拣", "Triage", Left(timedelta(hours=37.5), WORKING_DAY)),
            LateStep(21, "执行", "Do", Left(timedelta(days=3), 24.0)),
            LateStep(1, "裁定", "Rule", Left(timedelta(hours=30), WORKING_DAY)),
        ]
    )
    assert found is not None
    assert (found.total, found.share, found.unit_id, found.is_whole) == (12.0, 9.0, 1, False)
    assert found.steps == (("分拣", "Triage", 5.0), ("裁定", "Rule", 4.0))
    assert rules.blame([]) is None


def test_thirty_days_end_today() -> None:
    """Days are local days; median and nine in ten are of the closed ones, in working time."""
    passages = [Passage(number, at("16 08:30"), at(f"{15 + number} 17:30")) for number in (1, 2, 3)]
    passages.append(Passage(4, datetime(2026, 10, 20, 15, 59, tzinfo=UTC), at("18 08:30")))
    passages.append(Passage(5, datetime(2026, 10, 20, 16, 0, tzinfo=UTC), None))
    found = rules.flow(passages, HOUSE, NOW)
    assert (found.days[0][0], found.days[-1][0], len(found.days)) == (date(2026, 10, 21), date(2026, 11, 19), 30)
    assert found.days[0][1:] == (1, 0)
    assert (len(found.received), len(found.closed)) == (4, 4)
    assert found.closed[0] == 4
    assert found.middle == timedelta(hours=18.75)
    assert found.most == rules.working_time(passages[3], HOUSE)
    empty = rules.flow([], HOUSE, NOW)
    assert (empty.middle, empty.most) == (None, None)


def test_periods_begin_at_local_midnight() -> None:
    """The day, the week and the month begin in Shanghai, not in UTC."""
    early = datetime(2026, 10, 31, 16, 30, tzinfo=UTC)  # 1 November 00:30 there, a Sunday
    assert rules.month_start(early) == datetime(2026, 10, 31, 16, 0, tzinfo=UTC)
    assert rules.week_start(early) == datetime(2026, 10, 25, 16, 0, tzinfo=UTC)

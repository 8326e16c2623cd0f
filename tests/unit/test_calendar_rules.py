"""Working time against a minute-by-minute count."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.deadlines import rules
from app.deadlines.rules import Calendar, Change, Limit
from app.errors import Invalid

ZONE = ZoneInfo("Asia/Shanghai")
MINUTE = timedelta(minutes=1)
FIRST = date(2026, 1, 26)
HOLIDAYS = frozenset(date(2026, 2, day) for day in range(15, 24))
MAKEUP = frozenset({date(2026, 2, 14), date(2026, 2, 28)})
OFFICE = Calendar(holidays=HOLIDAYS, makeup_days=MAKEUP, known_years=frozenset({2026}))


def at(text: str) -> datetime:
    """Read local wall time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


days = st.integers(0, 40).map(lambda offset: FIRST + timedelta(days=offset))
instants = st.builds(
    lambda day, minute: datetime.combine(day, datetime.min.time(), ZONE).astimezone(UTC) + minute * MINUTE,
    days,
    st.integers(0, 1439),
)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Draw spans with gaps, any weekdays, scattered holidays and make-up days."""
    cuts = sorted(draw(st.sets(st.integers(0, 1440), min_size=2, max_size=6)))
    cuts = cuts[: len(cuts) // 2 * 2]
    spans = tuple(zip(cuts[::2], cuts[1::2], strict=True))
    weekdays = draw(st.frozensets(st.integers(0, 6), min_size=1))
    return Calendar(spans, weekdays, draw(st.frozensets(days)), draw(st.frozensets(days, max_size=5)))


def counted(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Count working minutes one by one."""
    total, instant = timedelta(0), start
    while instant < end:
        total += MINUTE * rules.is_working(calendar, instant)
        instant += MINUTE
    return total


def first_after(calendar: Calendar, start: datetime, amount: timedelta) -> datetime:
    """Walk minute by minute until `amount` of working time has passed."""
    instant = start
    while amount > timedelta(0):
        amount -= MINUTE * rules.is_working(calendar, instant)
        instant += MINUTE
    return instant


@settings(max_examples=60, deadline=None)
@given(calendars(), instants, st.integers(0, 6 * 1440))
def test_time_between_is_what_a_minute_count_finds(calendar: Calendar, start: datetime, minutes: int) -> None:
    """The closed formula equals counting minutes, for any calendar and any two instants."""
    end = start + minutes * MINUTE
    assert rules.working_between(calendar, start, end) == counted(calendar, start, end)


@settings(max_examples=60, deadline=None)
@given(calendars(), instants, st.integers(1, 600))
def test_adding_ends_at_the_first_minute_that_is_enough(calendar: Calendar, start: datetime, minutes: int) -> None:
    """Adding working minutes ends exactly where a minute count has seen enough of them."""
    if calendar.day_length < timedelta(hours=2):
        minutes = minutes % 60 + 1
    end = rules.add_working(calendar, start, Limit(minutes, "working_minutes"))
    assert end == first_after(calendar, start, minutes * MINUTE)


@settings(max_examples=150, deadline=None)
@given(calendars(), instants, st.integers(1, 15))
def test_working_days_keep_the_clock_time_and_are_worth_whole_days(
    calendar: Calendar, start: datetime, amount: int
) -> None:
    """N working days end at the same clock time as the counted start and hold N days of working time."""
    begin = rules.next_opening(calendar, start)
    end = rules.add_working(calendar, start, Limit(amount, "working_days"))
    assert end.astimezone(ZONE).time() == begin.astimezone(ZONE).time()
    assert rules.working_between(calendar, start, end) == amount * calendar.day_length
    assert rules.working_between(calendar, start, begin) == timedelta(0)


@settings(max_examples=150, deadline=None)
@given(calendars(), instants, instants, instants)
def test_time_between_adds_up(calendar: Calendar, a: datetime, b: datetime, c: datetime) -> None:
    """Stretches in a row sum to the whole, in either direction."""
    between = rules.working_between
    assert between(calendar, a, b) + between(calendar, b, c) == between(calendar, a, c)


@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        ("2026-02-02 10:00", "2 工作日", "2026-02-04 10:00"),
        ("2026-02-06 16:00", "1 工作日", "2026-02-09 16:00"),
        ("2026-02-07 10:00", "1 工作日", "2026-02-10 08:30"),
        ("2026-02-02 12:40", "1 工作日", "2026-02-03 13:30"),
        ("2026-02-02 17:30", "1 工作日", "2026-02-03 17:30"),
        ("2026-02-02 20:00", "1 工作日", "2026-02-04 08:30"),
        ("2026-02-13 09:00", "1 工作日", "2026-02-14 09:00"),
        ("2026-02-13 09:00", "3 工作日", "2026-02-25 09:00"),
        ("2026-02-02 11:00", "4 工作小时", "2026-02-02 16:30"),
        ("2026-02-02 15:30", "2 工作小时", "2026-02-02 17:30"),
        ("2026-02-14 16:30", "4 工作小时", "2026-02-24 11:30"),
        ("2026-02-14 16:30", "4 小时", "2026-02-14 20:30"),
        ("2026-02-14 16:30", "3 天", "2026-02-17 16:30"),
    ],
)
def test_limits_end_where_a_clerk_would_say(start: str, limit: str, due: str) -> None:
    """Lunch, weekends, the spring festival and its make-up days are counted as an office counts them."""
    assert rules.add_working(OFFICE, at(start), rules.parse_limit(limit)) == at(due)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("2 工作日", Limit(2, "working_days")),
        ("２个工作日", Limit(2, "working_days")),
        ("4 工作小时", Limit(4, "working_hours")),
        ("15 分钟", Limit(15, "minutes")),
        ("30 min", Limit(30, "minutes")),
        ("3天", Limit(3, "days")),
        ("24 小时", Limit(24, "hours")),
        ("2 working days", Limit(2, "working_days")),
        ("PT30M", Limit(30, "minutes")),
        ("PT1H30M", Limit(90, "minutes")),
        ("PT24H", Limit(24, "hours")),
        ("P2D", Limit(2, "days")),
        ("P1W", Limit(7, "days")),
    ],
)
def test_a_limit_is_read_as_people_write_it(text: str, limit: Limit) -> None:
    """Chinese, English and ISO-8601 wordings give the same value, and its own wording reads back."""
    assert rules.parse_limit(text) == limit
    assert rules.parse_limit(limit.text) == limit


@pytest.mark.parametrize(
    "text", ["", "尽快", "0 天", "两天", "-1 天", "1.5 天", "P", "PT", "PT0M", "P1Y", "99999 天", "2"]
)
def test_anything_else_is_refused_with_a_sentence(text: str) -> None:
    """A wording that is no limit is refused, and the sentence shows how to write one."""
    with pytest.raises(Invalid, match="2 工作日"):
        rules.parse_limit(text)


def test_the_clock_of_the_node_decides_about_plain_hours() -> None:
    """`limit.clock` working makes plain time working time; working time on the calendar clock is refused."""
    assert rules.parse_limit("PT30M", "working") == Limit(30, "working_minutes")
    assert rules.parse_limit("3 天", "working") == Limit(3, "working_days")
    assert rules.parse_limit("3 天", "calendar") == Limit(3, "days")
    with pytest.raises(Invalid):
        rules.parse_limit("3 工作日", "calendar")
    with pytest.raises(Invalid):
        rules.parse_limit("3 工作日", "lunar")


@pytest.mark.parametrize("text", ["08:30-12:00, 13:30-17:30", "8:30–12:00、13:30–17:30", "08:30至12:00 13:30至17:30"])
def test_spans_are_read_as_people_write_them(text: str) -> None:
    """Dashes, commas and 至 all do; what comes out reads back."""
    assert rules.parse_spans(text) == rules.OFFICE_SPANS
    assert rules.parse_spans(rules.write_spans(rules.OFFICE_SPANS)) == rules.OFFICE_SPANS


@pytest.mark.parametrize(
    "text", ["", "全天", "12:00-08:00", "08:30-12:00, 11:00-17:00", "08:70-09:80", "08:00-25:00"]
)
def test_spans_that_make_no_day_are_refused(text: str) -> None:
    """Reversed, overlapping, impossible or missing hours are refused."""
    with pytest.raises(Invalid):
        rules.parse_spans(text)


def test_a_calendar_without_working_time_is_refused() -> None:
    """A calendar on which no deadline could ever end cannot be made."""
    with pytest.raises(ValueError, match="never"):
        Calendar(weekdays=frozenset())


def test_a_year_without_data_is_known_to_be_unknown() -> None:
    """A deadline that reaches into a year without imported holidays can be told."""
    assert OFFICE.knows(at("2026-12-01"), at("2026-12-31 23:00"))
    assert not OFFICE.knows(at("2026-12-01"), at("2027-01-01 00:30"))


def test_eighty_percent_is_of_working_time() -> None:
    """A limit of one working day turns amber after six of its seven and a half hours."""
    plan = rules.schedule(OFFICE, at("2026-02-02 08:30"), Limit(1, "working_days"))
    assert plan.amber == at("2026-02-02 16:00")
    assert plan.due == at("2026-02-03 08:30")
    assert plan.escalations == (at("2026-02-04 08:30"), at("2026-02-06 08:30"))


def test_the_calendar_clock_reports_by_its_own_length() -> None:
    """A fifteen-minute limit is reported upwards after minutes, not after a working day."""
    plan = rules.schedule(OFFICE, at("2026-02-07 03:00"), Limit(15, "minutes"))
    assert plan.due == at("2026-02-07 03:15")
    assert plan.escalations == (at("2026-02-07 03:30"), at("2026-02-07 04:00"))


@settings(max_examples=150, deadline=None)
@given(
    calendars(),
    instants,
    st.integers(1, 5),
    st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 3000)), max_size=4),
)
def test_pauses_keep_the_working_time_that_was_left(
    calendar: Calendar, start: datetime, amount: int, gaps: list[tuple[int, int]]
) -> None:
    """Due minus start holds the limit plus exactly the working time paused before it was due."""
    changes, instant = [], start
    for wait, length in gaps:
        begin = instant + wait * MINUTE
        instant = begin + length * MINUTE
        changes.append(Change(begin, instant))
    due = rules.schedule(calendar, start, Limit(amount, "working_days"), changes).due
    expected = amount * calendar.day_length
    paused = timedelta(0)
    for change in changes:
        before_due = rules.schedule(
            calendar, start, Limit(amount, "working_days"), changes[: changes.index(change)]
        ).due
        if change.start < before_due and change.end:
            paused += rules.working_between(calendar, change.start, change.end)
    assert rules.working_between(calendar, start, due) == expected + paused


def test_an_extension_adds_to_the_end_and_the_lamp_goes_back_to_green() -> None:
    """After an extension the amber point is 80 % of the whole allowance."""
    start = at("2026-02-02 08:30")
    plan = rules.schedule(
        OFFICE, start, Limit(1, "working_days"), [Change(at("2026-02-02 16:00"), limit=Limit(4, "working_days"))]
    )
    assert plan.due == at("2026-02-09 08:30")
    assert rules.working_between(OFFICE, start, plan.amber) == 4 * OFFICE.day_length


def test_a_pause_over_a_weekend_changes_nothing() -> None:
    """No working time passed, so a deadline at an opening stays there and does not slip to the last closing."""
    pause = Change(at("2026-02-07 09:00"), at("2026-02-08 21:00"))
    plan = rules.schedule(OFFICE, at("2026-02-05 20:00"), Limit(1, "working_days"), [pause])
    assert plan.due == at("2026-02-09 08:30")


@pytest.mark.parametrize(
    ("now", "paused", "state"),
    [
        ("2026-02-02 15:59", False, "g"),
        ("2026-02-02 16:00", False, "a"),
        ("2026-02-03 08:30", False, "a"),
        ("2026-02-03 08:31", False, "r"),
        ("2026-02-03 08:31", True, "p"),
    ],
)
def test_the_lamp_turns_at_eighty_percent_and_after_the_due_instant(now: str, paused: bool, state: str) -> None:
    """Green, amber at 80 %, red after the due instant, grey while paused."""
    plan = rules.schedule(OFFICE, at("2026-02-02 08:30"), Limit(1, "working_days"))
    assert rules.lamp(at(now), due=plan.due, amber=plan.amber, paused=paused) == state


def test_no_limit_has_its_own_lamp() -> None:
    """Without a limit the lamp says so."""
    assert rules.lamp(at("2026-02-02 15:29"), due=None, amber=None) == "n"


def test_what_is_left_is_working_time_and_negative_when_over() -> None:
    """On the working clock a weekend is nothing; after the due instant the amount turns negative."""
    due = at("2026-02-02 17:30")
    for now, amount in (
        ("2026-02-02 10:54", timedelta(hours=5, minutes=6)),
        ("2026-02-01 10:00", timedelta(hours=7.5)),
        ("2026-02-04 10:00", -timedelta(hours=9)),
    ):
        assert rules.left(OFFICE, "working", at(now), due) == rules.Left(amount, 7.5)
    assert rules.left(OFFICE, "calendar", at("2026-02-01 17:30"), due) == rules.Left(timedelta(days=1), 24)

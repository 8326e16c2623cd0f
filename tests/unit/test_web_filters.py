"""How times and lengths of time are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web import filters
from tests.unit.test_web_shell import shell_app

SPAN = re.compile(r"(\d+ 天)?( ?\d+ 小时)?( ?\d\d 分)?|\d+ 分钟|不到 1 分钟")


@pytest.fixture(scope="module", autouse=True)
def request_at_1024(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Draw a page at 10:24 on 19 November 2026 in Shanghai."""
    with shell_app(tmp_path_factory.mktemp("filters")).test_request_context("/"):
        yield


def at(*parts: int) -> datetime:
    """Return the instant of a Shanghai wall clock time."""
    return datetime(*parts, tzinfo=UTC) - timedelta(hours=8)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (at(2026, 11, 19, 10, 2, 37), "11-19 10:02"),
        (at(2025, 12, 31, 23, 59), "2025-12-31 23:59"),
        (at(2026, 1, 1, 0, 0), "01-01 00:00"),
        (None, ""),
    ],
)
def test_local_time(value: datetime | None, written: str) -> None:
    """This year's times leave the year out; other years name it."""
    assert filters.local_time(value) == written


def test_other_forms_of_a_time() -> None:
    """Records show seconds, prints the full date, the timeline today's word."""
    value = at(2026, 11, 19, 10, 2, 37)
    assert filters.instant(value) == "2026-11-19 10:02:37"
    assert filters.print_time(value) == "2026-11-19 10:02"
    assert filters.print_day(date(2026, 11, 19)) == "2026-11-19"
    assert filters.clock_time(value) == "10:02:37"
    assert filters.iso(value) == "2026-11-19T10:02:37+08:00"
    assert filters.moment(value) == "今天 10:02"
    assert filters.moment(at(2026, 11, 18, 10, 2)) == "11-18 10:02"
    assert filters.day(date(2026, 11, 20)) == "11-20"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (at(2026, 11, 19, 10, 23, 30), "刚刚"),
        (at(2026, 11, 19, 10, 4), "20 分钟前"),
        (at(2026, 11, 19, 0, 1), "今天"),
        (at(2026, 11, 18, 23, 59), "昨天"),
        (at(2026, 11, 16, 9, 12), "3 天前"),
        (at(2026, 10, 1, 9, 0), "10-01"),
        (at(2026, 11, 20, 9, 0), "刚刚"),
    ],
)
def test_ago(value: datetime, written: str) -> None:
    """Days are calendar days of Shanghai, not stretches of 24 hours."""
    assert filters.ago(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (at(2026, 11, 19, 17, 30), "今日 17:30 前"),
        (at(2026, 11, 19, 9, 44), "应于 今日 09:44 前"),
        (at(2026, 11, 20, 15, 0), "11-20 15:00 前"),
        (at(2026, 11, 18, 8, 30), "应于 11-18 08:30 前"),
    ],
)
def test_due_time(value: datetime, written: str) -> None:
    """A limit that is past reads differently from one that is not."""
    assert filters.due_time(value) == written


@pytest.mark.parametrize(
    ("value", "day", "written"),
    [
        (timedelta(hours=5, minutes=36), 7.5, "5 小时 36 分"),
        (timedelta(hours=1, minutes=6), 7.5, "1 小时 06 分"),
        (timedelta(hours=9, minutes=30), 7.5, "1 天 2 小时"),
        (timedelta(hours=15), 7.5, "2 天"),
        (timedelta(minutes=40), 7.5, "40 分钟"),
        (timedelta(hours=4), 7.5, "4 小时"),
        (timedelta(hours=26), 24, "1 天 2 小时"),
        (timedelta(seconds=20), 24, "不到 1 分钟"),
        (timedelta(0), 24, "不到 1 分钟"),
    ],
)
def test_span(value: timedelta, day: float, written: str) -> None:
    """A length is written in at most two units; a working day has the hours it is given."""
    assert filters.span(value, day) == written


def test_remaining() -> None:
    """What is left and what is exceeded have their own word; no limit says so."""
    assert filters.remaining(timedelta(hours=5, minutes=36), 7.5) == "剩 5 小时 36 分"
    assert filters.remaining(timedelta(minutes=-40), 7.5) == "超 40 分钟"
    assert filters.remaining(None) == "无时限"


LENGTHS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=4000))
DAYS = st.sampled_from([6.0, 7.0, 7.5, 8.0, 24.0])


@given(LENGTHS, DAYS)
def test_span_names_at_most_two_units(value: timedelta, day: float) -> None:
    """Whatever the length, the text has one or two units and never a zero one."""
    written = filters.span(value, day)
    assert SPAN.fullmatch(written)
    assert len(re.findall(r"天|小时|分", written)) <= 2
    assert not re.search(r"(^| )0+ ", written)


@given(LENGTHS, DAYS)
def test_units_add_up(value: timedelta, day: float) -> None:
    """Days, hours and minutes together are the whole length, less than a minute short."""
    days, hours, minutes = filters.units(value, day)
    whole = timedelta(hours=day) * days + timedelta(hours=hours, minutes=minutes)
    assert timedelta(0) <= value - whole < timedelta(minutes=1)
    assert filters.units(-value, day) == (days, hours, minutes)


@given(LENGTHS)
def test_a_longer_length_never_reads_shorter(value: timedelta) -> None:
    """An hour more is never fewer units of the same kind."""
    assert filters.units(value + timedelta(hours=1), 7.5) > filters.units(value, 7.5)


@pytest.mark.parametrize(
    ("size", "written"),
    [(0, "0 B"), (900, "900 B"), (18432, "18 KB"), (421888, "412 KB"), (1150000, "1.1 MB"), (None, "")],
)
def test_file_size(size: int | None, written: str) -> None:
    """Sizes read as people say them."""
    assert filters.file_size(size) == written


def test_fingerprint_is_grouped_by_four() -> None:
    """The first characters of a digest stand in groups to be read out."""
    assert filters.fingerprint("3f9ca2710be455d8ffff") == "3f9c a271 0be4 55d8"
    assert filters.fingerprint("3f9ca2710be4", 8) == "3f9c a271"
    assert filters.fingerprint(None) == ""


def test_templates_know_the_filters(tmp_path: Path) -> None:
    """Every filter can be used in a page by its name."""
    app = shell_app(tmp_path)
    assert {write.__name__ for write in filters.FILTERS} <= set(app.jinja_env.filters)

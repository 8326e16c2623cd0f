"""How times, lengths of time, sizes and fingerprints are written on a page."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask import Flask, current_app, g

from app.clock import local
from app.web.i18n import gettext

DAY = 24.0
_KILO = 1024
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_YESTERDAY = 1
_RECENT_DAYS = 30


def now() -> datetime:
    """Return the one instant at which this page is drawn."""
    if "gj_now" not in g:
        g.gj_now = current_app.extensions["guanjia_web"].now()
    instant: datetime = g.gj_now
    return instant


def local_time(value: datetime | None) -> str:
    """Write 11-19 10:02 in this year, 2025-11-19 10:02 in another."""
    return "" if value is None else f"{day(value)} {local(value):%H:%M}"


def day(value: datetime | date | None) -> str:
    """Write 11-19 in this year, 2025-11-19 in another."""
    if value is None:
        return ""
    shown = _date(value)
    return f"{shown:%m-%d}" if shown.year == local(now()).year else f"{shown:%Y-%m-%d}"


def clock_time(value: datetime | None) -> str:
    """Write 10:23:41, for what happened just now."""
    return "" if value is None else f"{local(value):%H:%M:%S}"


def instant(value: datetime | None) -> str:
    """Write a time of record to the second: 2026-11-19 10:26:12."""
    return "" if value is None else f"{local(value):%Y-%m-%d %H:%M:%S}"


def print_time(value: datetime | None) -> str:
    """Write 2026-11-19 10:24, the form of printed pages."""
    return "" if value is None else f"{local(value):%Y-%m-%d %H:%M}"


def print_day(value: datetime | date | None) -> str:
    """Write 2026-11-19, the form of printed pages."""
    return "" if value is None else f"{_date(value):%Y-%m-%d}"


def iso(value: datetime | None) -> str:
    """Write the value of a `datetime` attribute."""
    return "" if value is None else local(value).isoformat(timespec="seconds")


def moment(value: datetime | None) -> str:
    """Write 今天 10:02 for today, 11-19 10:02 otherwise."""
    if value is None:
        return ""
    if _days_ago(value) == 0:
        return gettext("今天 %(time)s", time=f"{local(value):%H:%M}")
    return local_time(value)


def ago(value: datetime | None) -> str:
    """Say roughly how long ago; the exact time stands beside it on every page."""
    if value is None:
        return ""
    minutes = (now() - value) // _MINUTE
    days = _days_ago(value)
    if days <= 0:
        return _minutes_ago(minutes)
    if days == _YESTERDAY:
        return gettext("昨天")
    return gettext("%(count)s 天前", count=days) if days < _RECENT_DAYS else day(value)


def due_time(value: datetime | None) -> str:
    """Write by when: 今日 17:30 前, 11-20 15:00 前, and 应于 11-18 08:30 前 once it is past."""
    if value is None:
        return ""
    shown = gettext("今日 %(time)s", time=f"{local(value):%H:%M}") if _days_ago(value) == 0 else local_time(value)
    return gettext("应于 %(time)s 前", time=shown) if value < now() else gettext("%(time)s 前", time=shown)


def units(value: timedelta, hours_per_day: float = DAY) -> tuple[int, int, int]:
    """Split a length of time into whole days, hours and minutes; a day has `hours_per_day` hours."""
    days, rest = divmod(abs(value), timedelta(hours=hours_per_day))
    hours, rest = divmod(rest, _HOUR)
    return days, hours, rest // _MINUTE


def span(value: timedelta | None, hours_per_day: float = DAY) -> str:
    """Write a length of time in at most two units: 1 天 2 小时, 5 小时 36 分, 40 分钟.

    Give the hours of a working day when the value is working time.
    """
    if value is None:
        return ""
    days, hours, minutes = units(value, hours_per_day)
    if days:
        return _pair(gettext("%(count)s 天", count=days), gettext("%(count)s 小时", count=hours) if hours else "")
    if hours:
        written = gettext("%(count)s 分", count=f"{minutes:02d}") if minutes else ""
        return _pair(gettext("%(count)s 小时", count=hours), written)
    return gettext("%(count)s 分钟", count=minutes) if minutes else gettext("不到 1 分钟")


def remaining(value: timedelta | None, hours_per_day: float = DAY) -> str:
    """Write what is left of a limit, or by how much it is exceeded: 剩 2 天, 超 40 分钟."""
    if value is None:
        return gettext("无时限")
    written = span(value, hours_per_day)
    return gettext("超 %(span)s", span=written) if value < timedelta(0) else gettext("剩 %(span)s", span=written)


def file_size(value: int | None) -> str:
    """Write 18 KB, 412 KB, 1.1 MB."""
    if value is None:
        return ""
    if value < _KILO:
        return f"{value} B"
    kilo = value / _KILO
    return f"{kilo:.0f} KB" if kilo < _KILO else f"{kilo / _KILO:.1f} MB"


def fingerprint(digest: str | None, length: int = 16) -> str:
    """Write the first characters of a digest in groups of four: 3f9c a271 0be4 55d8."""
    shown = (digest or "")[:length]
    return " ".join(shown[start : start + 4] for start in range(0, len(shown), 4))


def in_language(value: str | None) -> str:
    """Write a stored word of the product in the reader's language; a name people gave stays as it is."""
    return gettext(value) if value else ""


FILTERS = (
    local_time,
    day,
    clock_time,
    instant,
    print_time,
    print_day,
    iso,
    moment,
    ago,
    due_time,
    span,
    remaining,
    file_size,
    fingerprint,
    in_language,
)


def install(app: Flask) -> None:
    """Make the filters known to every template."""
    for write in FILTERS:
        app.add_template_filter(write)


def _date(value: datetime | date) -> date:
    return local(value).date() if isinstance(value, datetime) else value


def _days_ago(value: datetime) -> int:
    return (local(now()).date() - local(value).date()).days


def _minutes_ago(minutes: int) -> str:
    if minutes < 1:
        return gettext("刚刚")
    if minutes < _HOUR // _MINUTE:
        return gettext("%(count)s 分钟前", count=minutes)
    return gettext("今天")


def _pair(first: str, second: str) -> str:
    return f"{first} {second}" if second else first

"""Words and rules of emergencies that need no database: kinds, groups, grades, limits, grids. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from app.deadlines.rules import Limit, parse_limit
from app.i18n import N_

PROCESS: Final = "emergency_plan"
DRILL_MARK: Final = N_("演练")

TAMPER, DDOS, OUTAGE, LEAK = "tamper", "ddos", "outage", "leak"
MALWARE, CONTENT_ERROR, SUPPLY = "malware", "content_error", "supply"
KINDS: Final[Mapping[str, str]] = {
    TAMPER: N_("网页篡改"),
    DDOS: N_("拒绝服务攻击"),
    OUTAGE: N_("网站瘫痪"),
    LEAK: N_("数据泄露"),
    MALWARE: N_("挂马"),
    CONTENT_ERROR: N_("严重内容差错"),
    SUPPLY: N_("供应链事件"),
}

DUTY, COMMANDER, TECH, PUBLICITY, LIAISON = "duty", "commander", "tech", "publicity", "liaison"
GROUPS: Final[Mapping[str, str]] = {
    DUTY: N_("值班"),
    COMMANDER: N_("指挥"),
    TECH: N_("技术"),
    PUBLICITY: N_("宣传"),
    LIAISON: N_("联络"),
}
# whose holders are called where a roster names nobody; the technical group has no role of its own
GROUP_ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    DUTY: ("duty", "office"),
    COMMANDER: ("commander", "director", "office"),
    TECH: ("duty", "office"),
    PUBLICITY: ("publicity", "office"),
    LIAISON: ("liaison", "office"),
}

IV: Final = 4  # the lowest grade; 1 is the gravest
GRADES: Final[Mapping[int, str]] = {1: N_("特别重大"), 2: N_("重大"), 3: N_("较大"), IV: N_("一般")}
ROMAN: Final[Mapping[int, str]] = {1: "I", 2: "II", 3: "III", IV: "IV"}

CLOSED, FALSE_ALARM = "closed", "false_alarm"
ENDINGS: Final[Mapping[str, str]] = {CLOSED: N_("已结束"), FALSE_ALARM: N_("误报")}

REACHED, NO_ANSWER, BUSY, WRONG_NUMBER = "reached", "no_answer", "busy", "wrong_number"
OUTCOMES: Final[Mapping[str, str]] = {
    REACHED: N_("已接通"),
    NO_ANSWER: N_("无人接"),
    BUSY: N_("占线"),
    WRONG_NUMBER: N_("号码错误"),
}

CHANNELS: Final[Mapping[str, str]] = {
    "phone": N_("电话"),
    "fax": N_("传真"),
    "mail": N_("电子邮件"),
    "system": N_("上级系统"),
    "paper": N_("纸质公文"),
}

PHONE, WRITTEN, FOLLOWUP, POLICE, CLOSING = "phone", "written", "followup", "police", "closing"
REPORTS: Final[Mapping[str, str]] = {
    PHONE: N_("电话报告"),
    WRITTEN: N_("书面初报"),
    FOLLOWUP: N_("续报"),
    POLICE: N_("向公安机关报案"),
    CLOSING: N_("终报"),
}

DECISION, NOTE, RESOURCE, STATUS, INJECT, ALARM = "decision", "note", "resource", "status", "inject", "alarm"
LOG_KINDS: Final[Mapping[str, str]] = {
    DECISION: N_("决定"),
    NOTE: N_("动态"),
    RESOURCE: N_("调用资源"),
    STATUS: N_("处置进展"),
    INJECT: N_("演练情节"),
    ALARM: N_("警报"),
}
# what people write into the log themselves
WRITTEN_KINDS: Final = (DECISION, NOTE, RESOURCE)

PLANNED, RUNNING, PASSED, FAILED, DROPPED = "planned", "running", "passed", "failed", "dropped"
DRILL_STATES: Final[Mapping[str, str]] = {
    PLANNED: N_("已安排"),
    RUNNING: N_("进行中"),
    PASSED: N_("达标"),
    FAILED: N_("未达标"),
    DROPPED: N_("不办了"),
}

TARGETS: Final[Mapping[str, str]] = {
    "confirm": N_("确认"),
    "contain": N_("先行控制"),
    "phone": N_("电话报告"),
    "written": N_("书面初报"),
    "restore": N_("恢复"),
}

NUMBERS: Final = ("leaked_people", "forwarded", "viewed", "loss", "affected_people")
REGRADE_EVERY: Final = timedelta(minutes=30)
# of days that are typed or stand in an address: beyond them no week can be reckoned
YEARS: Final = range(2000, 2101)


class Graded(Protocol):
    """A grade from an instant on."""

    @property
    def at(self) -> datetime:
        """Since when."""

    @property
    def after(self) -> int:
        """The grade."""


def grade_at(changes: Iterable[Graded], instant: datetime) -> int | None:
    """Return the grade in force at an instant; None before the first grading."""
    known = [one for one in changes if one.at <= instant]
    return max(known, key=lambda one: one.at).after if known else None


# what `overruled` is while nobody overruled the rule: no grade is lower
NOT_OVERRULED: Final = IV + 1


def grade_in_force(by_rule: int, standing: int, overruled: int) -> int:
    """Return the grade after a grading by rule: a rule only raises.

    `standing` is the grade before, `overruled` what the rule said when the commander set another: that one stands
    until the rule says more than it did then.
    """
    return standing if by_rule >= overruled else min(by_rule, standing)


def next_grading(began: datetime, now: datetime) -> datetime:
    """Return the next turn of the half-hour grid that begins with the alarm."""
    return began + ((now - began) // REGRADE_EVERY + 1) * REGRADE_EVERY


def limit_left(text: str | None, spent: int) -> str | None:
    """Return a limit that began `spent` minutes ago, as the limit that is left; at least a minute."""
    if not text or spent <= 0:
        return text
    minutes = parse_limit(text).duration // timedelta(minutes=1) - spent
    return Limit(max(minutes, 1), "minutes").text


def minutes_between(start: datetime, end: datetime) -> int:
    """Return whole minutes, none when the end lies before the start."""
    return max((end - start) // timedelta(minutes=1), 0)


def minutes_against(start: datetime, end: datetime, limit: timedelta) -> int:
    """Return whole minutes beside a limit: one that was missed by seconds is missed by a minute, not kept."""
    whole = minutes_between(start, end)
    return whole + 1 if timedelta(minutes=whole) <= limit < end - start else whole


# where the time of a target begins; everything else counts from the alarm
SINCE_CONFIRMED: Final = frozenset({"contain", "phone"})


def compare(
    targets: Mapping[str, Any],
    began: datetime,
    confirmed: datetime | None,
    reached: Mapping[str, datetime | None],
    owed_since: datetime | None = None,
) -> dict[str, dict[str, Any]]:
    """Compare what was reached when with the targets of a plan: name → target, minutes and whether it was met.

    A name that is not in `reached` was not asked for and is left out; one reached at no time was not met. Reports
    that were not owed from the first grading on count from `owed_since`.
    """
    found = {}
    for name in TARGETS:
        text = targets.get(name)
        if text and name in reached:
            since, at = target_begins(name, began, confirmed, owed_since), reached[name]
            limit = parse_limit(str(text)).duration
            minutes = minutes_against(since or began, at, limit) if at else None
            is_met = minutes is not None and timedelta(minutes=minutes) <= limit
            found[name] = {"target": text, "minutes": minutes, "met": is_met}
    return found


def target_begins(
    name: str, began: datetime, confirmed: datetime | None, owed_since: datetime | None
) -> datetime | None:
    """Return from when the time of a target counts; None while that has not come."""
    if name in {PHONE, WRITTEN} and owed_since is not None:
        return owed_since
    return confirmed if name in SINCE_CONFIRMED else began

"""The object header: the same on the task page, the case page and the prints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from app.web import filters
from app.web.i18n import gettext, locale, pgettext
from app.work.models import WorkItem
from app.work.pages.bands import bands_of
from app.work.pages.lamps import Lamp, Seal, case_seal, closed_lamp, item_lamp, item_seal, limit_lamp
from app.work.pages.words import case_result_word, name_of, priority_word, round_word
from app.work.queries.casefile import CaseFile


@dataclass(frozen=True)
class Fact:
    """One fact of the header: label, value, and a quieter addition."""

    label: str
    value: str
    extra: str = ""


@dataclass(frozen=True)
class Header:
    """Seal, title, number, at most five facts, lamp; `drill` when it is an exercise, `bands` stand above."""

    seal: Seal
    title: str
    number: str
    facts: tuple[Fact, ...]
    lamp: Lamp | None
    late: bool
    drill: bool = False
    bands: tuple[Markup, ...] = ()


def case_header(file: CaseFile, version: int, now: datetime) -> Header:
    """Return the header of a case: what is being done, by whom, since which version, how long it has."""
    shown = _case_lamp(file, now)
    late = shown is not None and shown.state == "red" and file.case.status == "running"
    open_ = file.open
    paused = bool(open_) and all(item.paused_at is not None for item in open_)
    return Header(
        seal=case_seal(file.case, late=late, paused=paused),
        title=file.case.title,
        number=file.case.number,
        facts=tuple(
            fact
            for fact in (
                Fact(gettext("在办环节"), _steps(open_)),
                Fact(gettext("结果"), case_result_word(file.case.result) if file.case.status != "running" else ""),
                Fact(pgettext("who", "发起"), file.people.starter, file.people.starter_unit),
                Fact(gettext("承办"), file.people.vendor or ""),
                Fact(gettext("优先级"), priority_word(file.case.priority)),
                Fact(gettext("流程版本"), f"v{version}"),
            )
            if fact.value
        ),
        lamp=shown,
        late=late,
        drill=file.case.drill,
        bands=bands_of(file.case),
    )


def item_header(file: CaseFile, item: WorkItem, now: datetime, *, mine: bool) -> Header:
    """Return the header of one step."""
    shown = item_lamp(item, file.limits.get(item.id), now) if item.status == "open" else closed_lamp(item)
    return Header(
        seal=item_seal(item, now, mine=mine),
        title=file.case.title,
        number=file.case.number,
        facts=tuple(
            fact
            for fact in (
                Fact(gettext("环节"), name_of(item, locale()), round_word(item.round)),
                Fact(pgettext("who", "发起"), file.people.starter, file.people.starter_unit),
                Fact(gettext("承办"), file.people.vendor or ""),
                Fact(gettext("站点"), file.people.site or ""),
                Fact(gettext("优先级"), priority_word(file.case.priority)),
            )
            if fact.value
        ),
        lamp=shown,
        late=shown.state == "red" and item.status == "open",
        drill=file.case.drill,
        bands=bands_of(file.case),
    )


def _case_lamp(file: CaseFile, now: datetime) -> Lamp | None:
    """Return the lamp of the handling limit; while others have the turn, that of the most urgent step."""
    if file.case.status != "running":
        return Lamp("none", gettext("%(time)s 办结", time=filters.local_time(file.case.closed_at)))
    if file.handling is not None and file.handling.paused_at is None:
        return limit_lamp(file.handling, now)
    timed = [item for item in file.open if item.due_at is not None]
    if timed:
        first = min(timed, key=lambda item: (item.paused_at is not None, item.due_at))
        return item_lamp(first, file.limits.get(first.id), now)
    return limit_lamp(file.handling, now) if file.handling is not None else None


def _steps(items: list[WorkItem]) -> str:
    return gettext("、").join(dict.fromkeys(name_of(item, locale()) for item in items))

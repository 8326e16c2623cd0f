"""The overview (概览), its one-page print and the lists its numbers open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from app.boards import queries, rules, words
from app.boards.blueprint import asked, asked_id, bp
from app.boards.queries import Overview, Units
from app.boards.rules import Ask, Blame, Choice, Event, Passage, Standing
from app.db import db
from app.deadlines.rules import Left, lamp, left
from app.people.rules import DEPARTMENT, VENDOR
from app.people.session import current_viewer
from app.web import filters, permission
from app.web.i18n import gettext, locale
from app.work.models import Case

__all__ = ["bp"]

SHOWN_DEPARTMENTS = 6
LAMPS = {"g": "green", "a": "amber", "r": "red", "n": "none"}


@bp.get("/overview")
@permission("work.overview")
def overview() -> ResponseReturnValue:
    """Show how the house stands, from six figures down to thirty days."""
    shown = None if asked("departments") == "all" else SHOWN_DEPARTMENTS
    return render_template("boards/overview.html", shown=shown, **_overview_values())


@bp.get("/overview/print")
@permission("work.overview")
def overview_print() -> ResponseReturnValue:
    """Print the overview on one A4, every department listed."""
    return render_template("boards/overview_print.html", shown=None, **_overview_values())


@bp.get("/overview/list")
@permission("work.overview")
def overview_list() -> ResponseReturnValue:
    """List exactly the cases a number of the overview counted."""
    which = asked("which")
    return _past_list(which) if which in words.PAST else _running_list()


# The overview


def _overview_values() -> dict[str, Any]:
    now = filters.now()
    found = queries.overview(db.session(), current_viewer(), now)
    names = _names(found.house.units)
    return {
        "o": found,
        "now": now,
        "names": names,
        "figures": _figures(found, now),
        "places": [_place_line(place) for place in found.places],
        "asks": [_ask_line(ask, found, names, now) for ask in found.asks],
        "departments": [_department_line(line, now) for line in found.departments],
        "categories": {
            unit: gettext("、").join(_name(one) for one in named) for unit, named in found.categories.items()
        },
        "month": rules.month_start(now),
        "url": _list_url,
        "rating_needs": rules.ENOUGH_RATINGS,
    }


@dataclass(frozen=True)
class Figure:
    """One of the six figures: its list, and below it one fact that may have a list of its own."""

    which: str
    label: str
    lamp: str
    count: int
    note: str
    note_url: str = ""


def _figures(found: Overview, now: datetime) -> list[Figure]:
    lists = {which: Choice(which).of(found.cases, now) for which in rules.FIGURES}
    notes = {
        "open": (gettext("本周新收 %(count)s", count=found.new_this_week), _list_url("received_week")),
        "overdue": (_longest(rules.longest_overdue(lists["overdue"], now)), ""),
        "today": _today_note(lists["today"]),
        "unclaimed": (_longest(rules.longest_unclaimed(lists["unclaimed"], now)), ""),
        "paused": (_longest(rules.longest_wait(lists["paused"], now)), ""),
        "to_rate": (gettext("不评不算五星"), ""),
    }
    return [
        Figure(which, gettext(words.FIGURES[which]), words.LAMPS.get(which, ""), len(cases), *notes[which])
        for which, cases in lists.items()
    ]


def _longest(amount: Left | None) -> str:
    return gettext("最久 %(span)s", span=written(amount)) if amount else gettext("没有")


def _today_note(cases: list[Standing]) -> tuple[str, str]:
    if not cases:
        return gettext("没有"), ""
    sides = [case.side for case in cases]
    side = max(rules.PLACES, key=sides.count)
    note = gettext("%(count)s 件在%(side)s", count=sides.count(side), side=gettext(words.PLACES[side]))
    return note, _list_url("today", side=side)


@dataclass(frozen=True)
class PlaceLine:
    """One bar of 谁在等谁."""

    label: str
    url: str
    late_url: str
    count: int
    overdue: int
    longest: str
    is_paused: bool


def _place_line(place: rules.Place) -> PlaceLine:
    return PlaceLine(
        gettext(words.PLACES[place.side]),
        _list_url("open", side=place.side),
        _list_url("overdue", side=place.side),
        place.count,
        place.overdue,
        _longest(place.longest) if place.longest else "",
        place.side == rules.PAUSED,
    )


@dataclass(frozen=True)
class AskLine:
    """One matter to ask about: what it is, why, where it opens, and its seal or mark."""

    title: str
    url: str
    reason: str
    seal: str


def _ask_line(ask: Ask, found: Overview, names: Mapping[int, str], now: datetime) -> AskLine:
    if ask.case is None:
        url = _list_url("refused", vendor=ask.vendor_id)
        return AskLine(names[ask.vendor_id or 0], url, _refusal_reason(ask), "trend")
    case = ask.case
    reason = (
        _late_reason(case, found.blames.get(case.case_id), found, names, now)
        if ask.rule == "late"
        else _rework_reason(ask, case, names)
    )
    return AskLine(case.title, case_url(case.number), reason, "late" if case.is_overdue(now) else "run")


def _late_reason(
    case: Standing, whose: Blame | None, found: Overview, names: Mapping[int, str], now: datetime
) -> str:
    late = written(case.due.exceeded(now)) if case.due else ""
    if whose is None or (whose.is_whole and len(whose.steps) == 1):
        step, unit = _step_name(case), names.get(case.place_id or 0, "")
        return gettext("超 %(late)s，停在%(unit)s的“%(step)s”。", late=late, unit=unit, step=step)
    hours = found.flow.hours_per_day
    steps = gettext("，").join(
        gettext("%(step)s %(span)s", step=_either(name, name_en), span=_written_days(amount, hours))
        for name, name_en, amount in whose.steps
    )
    values = {
        "late": late,
        "total": _written_days(whose.total, hours),
        "share": _written_days(whose.share, hours),
        "unit": names[whose.unit_id],
        "steps": steps,
    }
    if whose.is_whole:
        return gettext("超 %(late)s。各环节一共超 %(total)s，都在%(unit)s：%(steps)s。", **values)
    return gettext("超 %(late)s。各环节一共超 %(total)s，其中 %(share)s在%(unit)s：%(steps)s。", **values)


def _rework_reason(ask: Ask, case: Standing, names: Mapping[int, str]) -> str:
    return gettext(
        "退回返工 %(count)s 次，已到第 %(round)s 轮，现在停在%(unit)s的“%(step)s”。",
        count=ask.returned,
        round=ask.returned + 1,
        unit=names.get(case.place_id or 0, ""),
        step=_step_name(case),
    )


def _refusal_reason(ask: Ask) -> str:
    if not ask.rejected:
        return gettext("本月退单 %(count)s 件。", count=ask.refused)
    return gettext("本月退单 %(count)s 件，%(rejected)s 件裁定不成立。", count=ask.refused, rejected=ask.rejected)


@dataclass(frozen=True)
class DepartmentRow:
    """One department's line as it is read."""

    unit_id: int
    running: int
    overdue: int
    today: int
    longest: str = ""
    step: str = ""
    url: str = ""


def _department_line(line: rules.DepartmentLine, now: datetime) -> DepartmentRow:
    counts = (line.unit_id, line.running, line.overdue, line.today)
    case = line.longest
    if case is None:
        return DepartmentRow(*counts)
    return DepartmentRow(*counts, written(case.waited(now)), _step_name(case), case_url(case.number))


# The lists


def _running_list() -> ResponseReturnValue:
    which, side = asked("which"), asked("side")
    choice = Choice(
        which if which in rules.FIGURES else "open",
        side if side in words.PLACES else "",
        asked_id("vendor"),
        asked_id("department"),
        asked_id("unit"),
    )
    now, house = filters.now(), queries.world(db.session())
    names = _names(house.units)
    found = queries.running(db.session(), current_viewer(), house, choice, now=now, after=asked_id("after") or 0)
    return _list_page(
        choice,
        house.units,
        rows=[_running_row(case, names, now) for case in found.rows],
        total=found.total,
        after=found.after,
    )


def _past_list(which: str) -> ResponseReturnValue:
    choice = Choice(which, vendor=asked_id("vendor"))
    now, house = filters.now(), queries.world(db.session())
    found = queries.past(db.session(), current_viewer(), which, choice.vendor, now=now, after=asked_id("after") or 0)
    names = _names(house.units)
    return _list_page(
        choice,
        house.units,
        rows=[_past_row(case, mark, names) for case, mark in found.rows],
        total=found.total,
        after=found.after,
    )


def _list_page(
    choice: Choice, units: Units, *, rows: list[ListRow], total: int, after: int | None
) -> ResponseReturnValue:
    return render_template(
        "boards/list.html",
        choice=choice,
        titles={**words.FIGURES, **words.PAST},
        is_past=choice.which in words.PAST,
        places=words.PLACES,
        vendors=_choices(units, VENDOR),
        departments=_choices(units, DEPARTMENT),
        names=_names(units),
        rows=rows,
        total=total,
        more=_list_url(**_query(choice), after=after) if after else None,
        without=_without(choice),
    )


@dataclass(frozen=True)
class ListRow:
    """One line of a list: lamp, case, where it stands or stood, and since when."""

    url: str
    title: str
    number: str
    state: str
    lamp: str
    lamp_sub: str
    step: str
    step_sub: str
    unit: str
    unit_sub: str
    at: datetime


def _running_row(case: Standing, names: Mapping[int, str], now: datetime) -> ListRow:
    state, text, sub = _lamp(case, now)
    step = case.step
    return ListRow(
        url=case_url(case.number),
        title=case.title,
        number=case.number,
        state=state,
        lamp=text,
        lamp_sub=sub,
        step=_step_name(case) or gettext("等自动环节"),
        step_sub=gettext("第 %(number)s 轮", number=step.round) if step and step.round > 1 else "",
        unit=names.get(case.place_id or 0, ""),
        unit_sub=(step.holder or gettext("没人接")) if step else "",
        at=case.since,
    )


def _past_row(case: Case, mark: Event | Passage, names: Mapping[int, str]) -> ListRow:
    state, text = _event_lamp(mark) if isinstance(mark, Event) else _passage_lamp(case)
    return ListRow(
        url=case_url(case.number),
        title=case.title,
        number=case.number,
        state=state,
        lamp=text,
        lamp_sub="",
        step=gettext("在办") if case.status == "running" else gettext("办结"),
        step_sub=filters.local_time(case.closed_at),
        unit=names.get(case.starter_unit_id, ""),
        unit_sub=names.get(case.vendor_id or 0, ""),
        at=mark.at if isinstance(mark, Event) else case.opened_at,
    )


def _event_lamp(event: Event) -> tuple[str, str]:
    if event.kind == "rated":
        return "none", gettext("评 %(rating)s 分", rating=event.rating)
    if event.kind == "refused":
        return "amber", gettext("退单")
    if event.kind == "handled":
        return ("green", gettext("按时")) if event.good else ("red", gettext("超期"))
    return ("green", gettext("一次通过")) if event.good else ("amber", gettext("没有一次通过"))


def _passage_lamp(case: Case) -> tuple[str, str]:
    return ("none", gettext("在办")) if case.status == "running" else ("green", gettext("已办结"))


def _lamp(case: Standing, now: datetime) -> tuple[str, str, str]:
    due = case.due
    if case.is_paused:
        return "paused", gettext("已暂停 %(span)s", span=written(case.waited(now))), ""
    if due is None:
        return "none", filters.remaining(None), ""
    if due.at < now:
        return "red", gettext("超 %(span)s", span=written(due.exceeded(now))), filters.due_time(due.at)
    rest = left(due.calendar, due.clock, now, due.at)
    state = LAMPS[lamp(now, due=due.at, amber=due.amber)]
    return state, filters.remaining(rest.amount, rest.hours_per_day), filters.due_time(due.at)


def _choices(units: Units, kind: str) -> list[tuple[int, str]]:
    return [(unit.id, _name(unit)) for unit in units.tops(kind)]


def _without(choice: Choice) -> list[tuple[str, str]]:
    """Return each condition that is set with the address of the list without it."""
    query = _query(choice)
    return [
        (name, _list_url(**{key: value for key, value in query.items() if key != name}))
        for name in query
        if name != "which"
    ]


def _query(choice: Choice) -> dict[str, Any]:
    return {name: value for name, value in asdict(choice).items() if value not in ("", None)}


# Words


def case_url(number: str) -> str:
    """Return the address of a case."""
    return url_for("work.case", number=number)


def written(amount: Left | None) -> str:
    """Write a length of time in the days of its own clock."""
    return filters.span(amount.amount, amount.hours_per_day) if amount else ""


def _written_days(amount: float, hours_per_day: float) -> str:
    return filters.span(timedelta(minutes=round(amount * hours_per_day * 60)), hours_per_day)


def _list_url(which: str = "open", **values: Any) -> str:
    return url_for("boards.overview_list", which=which, **values)


def _names(units: Units) -> dict[int, str]:
    return {unit.id: _name(unit) for unit in units.by_id.values()}


def _name(thing: Any) -> str:
    return _either(thing.name, thing.name_en)


def _either(name: str, name_en: str) -> str:
    return (locale() == "en" and name_en) or name


def _step_name(case: Standing) -> str:
    return _either(case.step.name, case.step.name_en) if case.step else ""

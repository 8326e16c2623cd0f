"""Rows of the five boxes and of the lists of cases: one anatomy for all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import url_for

from app.engine import Node
from app.people.rules import Viewer
from app.web import filters
from app.web.i18n import gettext
from app.work.models import Case, Copy, Draft, WorkItem
from app.work.pages.lamps import Lamp, Seal, case_seal, closed_lamp, item_lamp, seal
from app.work.pages.transcribed import MARKS as RECORDED_MARKS
from app.work.pages.words import GROUPS, case_result_word, name_of, priority_word, result_word, round_word, unit_word
from app.work.queries.boxes import group_of
from app.work.queries.casefile import Limit
from app.work.queries.names import Names
from app.work.queries.transcriptions import Recorded

FindNode = Callable[[Case, str], Node | None]
MARKS = 2
OPEN_STEPS = 2


@dataclass(frozen=True)
class Mark:
    """A small fact on a row; `kind` is empty unless it asks for something."""

    text: str
    kind: str = ""


@dataclass(frozen=True)
class Row:
    """One line of a list. Every column has a first and a second line."""

    url: str
    title: str
    number: str
    facts: tuple[str, ...]
    lamp: Lamp | None = None
    seal: Seal | None = None
    marks: tuple[Mark, ...] = ()
    step: str = ""
    round: str = ""
    step_sub: str = ""
    origin: str = ""
    origin_sub: str = ""
    time: datetime | None = None


@dataclass(frozen=True)
class Group:
    """Rows under one heading with the number of all of them, shown or not."""

    title: str
    count: int
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Reader:
    """Who reads a list, in which language, and the names they may know.

    `recorded` are the listed cases with a decision a clerk wrote down that is not confirmed, by its state.
    """

    viewer: Viewer
    locale: str
    names: Names
    now: datetime
    recorded: Mapping[int, str] = field(default_factory=dict)

    def recorded_marks(self, case: Case) -> tuple[Mark, ...]:
        """Return the mark of a case in which a clerk wrote down what is not confirmed, or objected to."""
        words = RECORDED_MARKS.get(self.recorded.get(case.id, ""))
        return (Mark(gettext(words[0]), words[1]),) if words else ()

    def source(self, item: WorkItem) -> tuple[str, str]:
        """Return unit and person an item came from; another vendor reads as its side."""
        if item.from_unit in self.names.foreign:
            return unit_word("", "vendor"), ""
        return item.from_unit or gettext("规则"), item.from_name

    def facts(self, case: Case) -> tuple[str, ...]:
        """Return the process, the three summary fields and the priority of a case."""
        return (self.names.process(case.slug, self.locale), *case.summary[:3], priority_word(case.priority))


def todo_rows(
    reader: Reader,
    rows: Iterable[tuple[WorkItem, Case]],
    limits: Mapping[int, Limit],
    totals: Mapping[str, int],
) -> list[Group]:
    """Group open items by how soon they are due, in the order they came."""
    found: dict[str, list[Row]] = {}
    for item, case in rows:
        found.setdefault(group_of(item, reader.now), []).append(_todo_row(reader, item, case, limits.get(item.id)))
    return [
        Group(gettext(GROUPS[name]), max(totals.get(name, 0), len(lines)), tuple(lines))
        for name, lines in found.items()
    ]


def _todo_row(reader: Reader, item: WorkItem, case: Case, limit: Limit | None) -> Row:
    origin, person = reader.source(item)
    claimed = gettext("由您办理") if item.assignee_id == reader.viewer.user_id else gettext("可认领")
    return Row(
        url=url_for("work.task", item_id=item.id),
        title=case.title,
        number=case.number,
        facts=reader.facts(case),
        lamp=item_lamp(item, limit, reader.now),
        marks=(*reader.recorded_marks(case), *marks_of(item))[:MARKS],
        step=name_of(item, reader.locale),
        round=round_word(item.round),
        step_sub=claimed,
        origin=origin,
        origin_sub=person,
        time=item.opened_at,
    )


def marks_of(item: WorkItem) -> tuple[Mark, ...]:
    """Return at most two facts that change what one does first."""
    found = []
    if item.urged:
        found.append(Mark(gettext("催办 %(count)s 次", count=item.urged), "urgent"))
    if item.pause_text:
        found.append(Mark(gettext("已暂停对方计时"), "warn"))
    if item.returned:
        found.append(Mark(gettext("退回后再交"), "warn"))
    return tuple(found[:MARKS])


def done_rows(
    reader: Reader, rows: Iterable[tuple[WorkItem, Case]], nodes: FindNode, recorded: Mapping[int, Recorded]
) -> list[Row]:
    """Return what one completed, or had a clerk write down: my decision, when, and where the case stands now."""
    return [
        Row(
            url=url_for("work.task", item_id=item.id),
            title=case.title,
            number=case.number,
            facts=reader.facts(case),
            lamp=closed_lamp(item),
            marks=_done_marks(recorded.get(item.id)),
            step=name_of(item, reader.locale),
            round=round_word(item.round),
            step_sub=result_word(nodes(case, item.node), item.result, reader.locale),
            origin=case_seal(case).text if case.status == "running" else gettext("办件已办结"),
            origin_sub=case_result_word(case.result) if case.status != "running" else "",
            time=item.closed_at,
        )
        for item, case in rows
    ]


def _done_marks(recorded: Recorded | None) -> tuple[Mark, ...]:
    if recorded is None:
        return ()
    words = RECORDED_MARKS.get(recorded.state)
    return (Mark(gettext("代录")), *((Mark(gettext(words[0]), words[1]),) if words else ()))


def case_rows(
    reader: Reader, rows: Iterable[Case], steps: Mapping[int, Sequence[WorkItem]], limits: Mapping[int, Limit]
) -> list[Row]:
    """Return cases with what is being done in them now."""
    return [_case_row(reader, case, steps.get(case.id, ()), limits) for case in rows]


def copy_rows(
    reader: Reader,
    rows: Iterable[tuple[Case, Copy]],
    steps: Mapping[int, Sequence[WorkItem]],
    limits: Mapping[int, Limit],
) -> list[Row]:
    """Return cases copied to the reader; unread ones say so."""
    return [
        _case_row(
            reader,
            case,
            steps.get(case.id, ()),
            limits,
            marks=() if copy.read_at else (Mark(gettext("未读"), "key"),),
            time=copy.at,
        )
        for case, copy in rows
    ]


def _case_row(
    reader: Reader,
    case: Case,
    steps: Sequence[WorkItem],
    limits: Mapping[int, Limit],
    *,
    marks: tuple[Mark, ...] = (),
    time: datetime | None = None,
) -> Row:
    first = steps[0] if steps else None
    late = any(one.due_at is not None and one.due_at < reader.now and one.paused_at is None for one in steps)
    sign = case_seal(case, late=late, paused=bool(steps) and all(one.paused_at is not None for one in steps))
    return Row(
        url=url_for("work.case", number=case.number),
        title=case.title,
        number=case.number,
        facts=reader.facts(case),
        lamp=_case_lamp(reader, case, first, limits),
        seal=sign,
        marks=(*marks, *_case_marks(reader, case))[:MARKS],
        step=gettext("、").join(dict.fromkeys(name_of(one, reader.locale) for one in steps[:OPEN_STEPS]))
        or _no_step(case),
        round=round_word(first.round) if first else "",
        step_sub=sign.text,
        origin=first.unit_name if first else "",
        origin_sub=(first.assignee_name or gettext("待认领")) if first else "",
        time=time or case.opened_at,
    )


def _case_marks(reader: Reader, case: Case) -> tuple[Mark, ...]:
    stopped = (Mark(gettext("自动环节出错"), "urgent"),) if case.incident else ()
    return (*stopped, *reader.recorded_marks(case))


def _case_lamp(reader: Reader, case: Case, first: WorkItem | None, limits: Mapping[int, Limit]) -> Lamp:
    if first is not None:
        return item_lamp(first, limits.get(first.id), reader.now)
    if case.status == "running":
        return Lamp("none", gettext("无时限"))
    return Lamp("none", case_result_word(case.result), filters.local_time(case.closed_at))


def _no_step(case: Case) -> str:
    return gettext("等自动环节") if case.status == "running" else gettext("办结")


def draft_rows(reader: Reader, rows: Iterable[Draft]) -> list[Row]:
    """Return what was typed and not submitted."""
    return [
        Row(
            url=_draft_url(draft),
            title=draft.title or gettext("还没有标题"),
            number="",
            facts=(reader.names.process(draft.slug, reader.locale),) if draft.slug else (),
            seal=seal("hold"),
            step=gettext("还没有发起") if not draft.item_id else gettext("还没有提交"),
            step_sub=gettext("接着填"),
            origin=gettext("草稿"),
            origin_sub=gettext("仅您可见"),
            time=draft.saved_at,
        )
        for draft in rows
    ]


def _draft_url(draft: Draft) -> str:
    if draft.item_id:
        return url_for("work.task", item_id=draft.item_id)
    values: dict[str, Any] = {"slug": draft.slug, "as": draft.node or None}
    return url_for("work.start_form", **values)

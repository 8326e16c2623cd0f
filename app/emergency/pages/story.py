"""The log of a command board (决定与动态): lines people wrote, steps, calls and grades, merged by time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.clock import local
from app.emergency.models import CallAttempt, GradeChange, LogEntry
from app.emergency.queries.board import BoardFile, is_call
from app.emergency.rules import ALARM, DECISION, INJECT, LOG_KINDS, OUTCOMES, RESOURCE, ROMAN
from app.engine import Node
from app.ledger.models import Record
from app.people.rules import Viewer
from app.web import filters
from app.web.i18n import gettext, locale
from app.work.models import WorkItem
from app.work.pages.words import RECORDS, choice_word, name_of

MARKED = {DECISION: "outline", RESOURCE: "outline", INJECT: "warn", ALARM: "urgent"}


@dataclass(frozen=True)
class Line:
    """One line: when, who (empty: the rules), a mark before the text."""

    at: datetime
    time: str
    who: str
    text: str
    mark: str = ""
    mark_kind: str = ""


@dataclass(frozen=True)
class Story:
    """What the log is told from."""

    file: BoardFile
    viewer: Viewer
    nodes: Mapping[str, Node]

    def lines(self) -> list[Line]:
        """Return everything this viewer may read, the latest first."""
        told = [*self._written(), *self._steps(), *self._calls(), *self._grades(), *self._recorded()]
        return sorted(told, key=lambda one: one.at, reverse=True)

    def _written(self) -> Iterator[Line]:
        for one in self.file.log:
            if not self.viewer.is_vendor or one.by_id == self.viewer.user_id or one.kind == INJECT:
                yield _said(one)

    def _steps(self) -> Iterator[Line]:
        for one in self.file.done:
            if not is_call(one) and (not self.viewer.is_vendor or one.unit_id == self.viewer.unit_id):
                yield self._step(one)

    def _step(self, item: WorkItem) -> Line:
        node = self.nodes.get(item.node)
        words = (name_of(node or item, locale()), choice_word(node, item.result, locale()))
        at = item.closed_at or item.opened_at
        return Line(at, clock(at), item.done_by_name or "", gettext("：").join(filter(None, words)))

    def _calls(self) -> Iterator[Line]:
        if not self.viewer.is_vendor:
            yield from (_called(one) for one in self.file.calls if one.outcome)

    def _grades(self) -> Iterator[Line]:
        for one in self.file.grades:
            yield Line(one.at, clock(one.at), "" if self.viewer.is_vendor else one.by_name, graded(one))

    def _recorded(self) -> Iterator[Line]:
        for one in self.file.records:
            if one.kind == "work:message:received" and one.actor_kind != "person":
                continue  # what the diagram tells itself is no news
            who = "" if self.viewer.is_vendor and one.unit_id != self.viewer.unit_id else _person(one)
            words = (gettext(RECORDS[one.kind]), one.node_name or "")
            yield Line(one.at, clock(one.at), who, gettext("：").join(filter(None, words)))


def graded(change: GradeChange) -> str:
    """Say how the grade changed and by which rule."""
    if change.before is None:
        return gettext("定为 %(roman)s 级：%(basis)s", roman=ROMAN[change.after], basis=_basis(change))
    if change.after < change.before:
        return gettext("由 %(old)s 级升为 %(new)s 级：%(basis)s", **_pair(change))
    return gettext("由 %(old)s 级降为 %(new)s 级：%(basis)s", **_pair(change))


def clock(at: datetime) -> str:
    """Write the time of day, with the day when it is not today."""
    today = local(at).date() == local(filters.now()).date()
    return f"{local(at):%H:%M}" if today else filters.local_time(at)


def _pair(change: GradeChange) -> dict[str, str]:
    return {"old": ROMAN[change.before or 4], "new": ROMAN[change.after], "basis": _basis(change)}


def _basis(change: GradeChange) -> str:
    """Return the rule and, behind it, how certain its source is, in one line."""
    return gettext("；").join(filter(None, map(str.strip, change.basis.splitlines())))


def _said(entry: LogEntry) -> Line:
    mark = gettext(LOG_KINDS[entry.kind]) if entry.kind in MARKED else ""
    return Line(entry.at, clock(entry.at), entry.by_name, entry.text, mark, MARKED.get(entry.kind, ""))


def _called(call: CallAttempt) -> Line:
    at = call.outcome_at or call.asked_at
    text = gettext("呼叫%(name)s：%(outcome)s", name=call.name, outcome=gettext(OUTCOMES[call.outcome]))
    return Line(at, clock(at), call.by_name, text)


def _person(record: Record) -> str:
    return record.actor_name if record.actor_kind == "person" else ""

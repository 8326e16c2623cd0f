"""Put together what the pages of one case are drawn from: its file, its outlook, its story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from app.deadlines.queries import calendar_for
from app.deadlines.rules import Calendar
from app.engine import Node
from app.errors import UserError
from app.formkit import CompiledForm
from app.people.operations import resolve
from app.people.rules import Viewer
from app.processes.library import Bundle
from app.web.i18n import gettext, locale
from app.work.models import Case
from app.work.pages import diagram
from app.work.pages.charged import Charged, charge
from app.work.pages.header import Header, case_header
from app.work.pages.records import INCIDENTS, Line, record_lines
from app.work.pages.route import Cast, Outlook
from app.work.pages.sections import Reading
from app.work.pages.timeline import Entry, Story
from app.work.pages.transcribed import Told, tellings
from app.work.queries import casefile
from app.work.queries.casefile import CaseFile
from app.work.runtime import Call
from app.work.views.blueprint import now, reading, runtime
from app.work.views.sources import sources_for

FEW = 3


@dataclass(frozen=True)
class Telling:
    """One case as one viewer may read it; every part is worked out when it is asked for."""

    viewer: Viewer
    file: CaseFile
    bundle: Bundle
    calendar: Calendar

    @property
    def case(self) -> Case:
        """Return the case itself."""
        return self.file.case

    @cached_property
    def outlook(self) -> Outlook:
        """Return what can be said about the steps to come."""
        return self.outlook_from(self.names)

    def outlook_from(self, names: Mapping[str, Any]) -> Outlook:
        """Return the same, seen from a step whose token knows `names`."""
        cast = Cast(self.case.starter_id, self.file.done_by, self._people(), locale(), self._climb)
        return Outlook(self.bundle.definition, names, cast, self.file.rounds, locale(), self._foresee)

    def _climb(self, role: str, unit: Any, barred: Sequence[int]) -> str:
        """Name who will be asked when a role is sought in a unit; a vendor reads the role alone."""
        if self.viewer.is_vendor:
            return ""
        rule = {"rule": "climb", "role": role, "unit": unit, "barred": list(barred)}
        found = resolve(reading(), rule, starter_id=None, earlier={})
        if found.fell_back:
            return ""
        known = {**casefile.names_of(reading(), found.user_ids[:FEW]), self.viewer.user_id: gettext("您")}
        names = gettext("、").join(known[one] for one in found.user_ids[:FEW])
        count = len(found.user_ids)
        return gettext("%(names)s等 %(count)s 人", names=names, count=count) if count > FEW else names

    def _foresee(self, node: Node, known: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Ask the product's handler of a service task what it would write."""
        topic = runtime().topics.get(node.topic or "")
        if topic is None or topic.foresee is None:
            return None
        call = Call(self.case, "", topic.name, {}, known, casefile.case_data(self.case), now())
        try:
            return topic.foresee(reading(), call)
        except UserError:
            return None

    def _people(self) -> dict[int, str]:
        """Return the names a coming step may be given: who began, who acted, and 您 for the reader."""
        acted = {item.done_by_id: item.done_by_name or "" for item in self.file.done if item.done_by_id is not None}
        return {self.case.starter_id: self.file.people.starter, **acted, self.viewer.user_id: gettext("您")}

    @cached_property
    def forms(self) -> Mapping[str, CompiledForm]:
        """Return the forms of the case's version, and by digest those of earlier versions that were answered."""
        present = self.bundle.form_digests
        asked = {one.form_digest for one in self.file.done if one.form_digest != present.get(one.form or "")}
        return {**self.bundle.forms, **runtime().library.forms(reading(), {one for one in asked if one})}

    @cached_property
    def names(self) -> dict[str, Any]:
        """Return the data that expressions of coming steps may read, as far as it is known."""
        answers: dict[str, Any] = {}
        for item in self.file.done:
            answers.update(item.answers or {})
        return {**answers, "case": casefile.case_data(self.case)}

    @cached_property
    def header(self) -> Header:
        """Return the object header of the case."""
        return case_header(self.file, self.bundle.number, now())

    def timeline(self) -> list[Entry]:
        """Return past, present and future in one list."""
        session = reading()
        waiting = [item for item in self.file.open if item.assignee_id is None]
        names = {item.id: tuple(casefile.candidates_of(session, self.viewer, item.id)) for item in waiting}
        outlook = self.outlook_from({**self.names, **self._at_hand()})
        return Story(self.file, self.forms, outlook, self.calendar, now(), names).entries()

    def _at_hand(self) -> dict[str, Any]:
        """Return the data of the only step that is open; several may know the same name differently."""
        open_ = self.file.open
        return casefile.token_data(reading(), self.case.id, open_[0].token) if len(open_) == 1 else {}

    def charged(self) -> Charged:
        """Return whose time it was."""
        return charge(
            self.file.stretches,
            self.calendar,
            opened=self.case.opened_at,
            until=self.case.closed_at or now(),
            incomplete=self.file.stretches_hidden,
        )

    def records(self) -> list[Line]:
        """Return the records in words, newest first; a vendor does not read the values repaired in an incident."""
        lines = record_lines(self.file.records, self.bundle.definition, locale(), self.file.recorded)
        if not self.viewer.is_vendor:
            return lines
        return [replace(line, details=()) if line.kind in INCIDENTS else line for line in lines]

    def recorded(self) -> list[Told]:
        """Return the decisions a clerk wrote down that are not confirmed, or objected to."""
        return tellings(self.file.recorded, self.file.steps, self.viewer.user_id, locale())

    def marks(self) -> dict[str, Any]:
        """Return the state of the diagram."""
        return diagram.marks_of(self.file, self.bundle.definition, now())

    def reading(self, hidden: frozenset[str] = frozenset()) -> Reading:
        """Return how earlier answers are read here."""
        sources = sources_for(reading(), self.viewer)
        return Reading(
            self.forms, self.bundle.definition.nodes, locale(), sources, hidden, self.file.recorded, self.file.records
        )


def tell(viewer: Viewer, case: Case) -> Telling:
    """Read one case for one viewer."""
    session = reading()
    bundle = runtime().library.bundle(session, case.version_id, case.called)
    return Telling(viewer, casefile.load(session, viewer, case), bundle, calendar_for(session, case.starter_unit_id))

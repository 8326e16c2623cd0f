"""What was asked and what was delivered: earlier answers as the task page and the case page show them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from app.engine import Node
from app.formkit import CompiledForm, ReadField, Sources
from app.ledger.models import Record
from app.web import filters
from app.web.i18n import gettext
from app.work.models import WorkItem
from app.work.pages import transcribed
from app.work.pages.words import choice_word, name_of, round_word
from app.work.queries.casefile import CaseFile
from app.work.queries.transcriptions import Recorded

SERVICE: Final = "work:service:done"


@dataclass(frozen=True)
class Section:
    """The frozen answers of one step."""

    title: str
    who: str
    time: str
    note: str
    result: str
    fields: tuple[ReadField, ...]
    receipt: str


@dataclass(frozen=True)
class Reading:
    """How answers are read: the forms and nodes of the version, for whom, without which fields.

    Forms that earlier versions asked are among `forms` by their digests; `recorded` are decisions a clerk wrote down.
    `records` tell what automatic steps had put in the data by then: a choice from such a list is read by its name.
    """

    forms: Mapping[str, CompiledForm]
    nodes: Mapping[str, Node]
    locale: str
    sources: Sources
    hidden: Collection[str] = frozenset()
    recorded: Mapping[int, Recorded] = field(default_factory=dict)
    records: Sequence[Record] = ()

    def section(self, item: WorkItem, *, first: bool = False) -> Section:
        """Return the answers of one step with their labels."""
        form = self.forms.get(item.form_digest or "") or self.forms.get(item.form or "")
        answers = item.answers or {}
        sources = replace(self.sources, given=self._given(form, item)) if form else self.sources
        read = form.read_view(answers, self.locale, sources, self.hidden) if form else []
        node = self.nodes.get(item.node)
        name = gettext(" ").join(filter(None, (name_of(node or item, self.locale), round_word(item.round))))
        return Section(
            title=name,
            who=self._who(item),
            time=filters.moment(item.closed_at),
            note=gettext("提交后冻结，之后不可改") if first else "",
            result=choice_word(node, item.result, self.locale),
            fields=tuple(field for field in read if _is_answered(answers.get(field.key))),
            receipt=item.receipt_code or "",
        )

    def _given(self, form: CompiledForm, item: WorkItem) -> dict[str, Any]:
        """Return the lists this form took from the data, as automatic steps had written them by then."""
        wanted = {part.options_key for part in form.scope.leaves.values() if part.options_key}
        found: dict[str, Any] = {}
        for record in sorted(self.records, key=lambda one: one.seq) if wanted else ():
            if record.kind == SERVICE and record.seq < (item.receipt_seq or 0):
                written = json.loads(record.body)["payload"].get("data") or {}
                found.update((name, written[name]) for name in wanted & written.keys())
        return found

    def _who(self, item: WorkItem) -> str:
        recorded = self.recorded.get(item.id)
        if recorded is not None:
            return transcribed.sentence(recorded)
        return " ".join(filter(None, (item.done_by_name, item.unit_name)))


def before(file: CaseFile, item: WorkItem, reading: Reading) -> list[Section]:
    """Return what to read before deciding: what `shows` names, else what was asked, delivered and came last."""
    return [
        reading.section(one, first=index == 0)
        for index, one in enumerate(_worth_reading(file, item, _shown(reading, item)))
        if one.answers
    ]


def everything(file: CaseFile, reading: Reading) -> list[Section]:
    """Return the answers of every completed step, in order."""
    return [reading.section(one, first=index == 0) for index, one in enumerate(file.done) if one.answers]


def _shown(reading: Reading, item: WorkItem) -> list[str]:
    node = reading.nodes.get(item.node)
    return [name.strip() for name in (node.properties.get("shows", "") if node else "").split(",") if name.strip()]


def _worth_reading(file: CaseFile, item: WorkItem, shows: Sequence[str]) -> Iterator[WorkItem]:
    earlier = [one for one in file.done if one.id != item.id and _is_before(one, item)]
    if shows:
        # the demand once, as it was corrected last; of every other step its latest round, from everybody asked in it
        newest = {one.form or one.node: one for one in earlier if one.node in shows}
        for last in newest.values():
            yield from (one for one in earlier if (one.node, one.round) == (last.node, last.round))
    elif earlier:
        yield from _usual(file, earlier)


def _usual(file: CaseFile, earlier: Sequence[WorkItem]) -> Iterator[WorkItem]:
    asked = next(one for one in reversed(earlier) if one.form == earlier[0].form)
    with_files = {attachment.item.id for attachment in file.files}
    delivered = next((one for one in reversed(earlier) if one.id in with_files and one is not asked), None)
    yield asked
    yield from (one for one in earlier if one is not asked and one in (delivered, earlier[-1]))


def _is_before(one: WorkItem, item: WorkItem) -> bool:
    if one.closed_at is None:
        return False
    return item.closed_at is None or one.closed_at <= item.closed_at


def _is_answered(value: object) -> bool:
    return value not in (None, "", [], {})

"""The timeline (办理过程): past, now and future of a case in one list."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.deadlines.rules import Calendar, working_between
from app.engine import Node
from app.formkit import CompiledForm
from app.ledger.models import Record
from app.web import filters
from app.web.i18n import gettext
from app.work.models import WorkItem
from app.work.pages.lamps import working_span
from app.work.pages.records import ANSWERED, INCIDENTS, message_word, solved_word, who
from app.work.pages.route import Outlook
from app.work.pages.transcribed import sentence, times
from app.work.pages.words import ACTOR_WORDS, RECORDS, choice_word, migrated_words, name_of, round_word
from app.work.queries.casefile import CaseFile, Concealed
from app.work.rules import actions_of

QUOTED = ("opinion", "reason", "restatement", "note", "remark", "comment")
WRITTEN = frozenset({"opinion", "textarea"})
LONG = 300
MINUTE = timedelta(minutes=1)
AUTOMATIC = frozenset({"work:decision:made", "work:timer:fired", "work:incident:raised"})
SERVICE = "work:service:done"
MOVES = frozenset(
    {
        "work:item:sent_back",
        "work:item:taken_back",
        "work:item:due_changed",
        "work:item:signer_added",
        "work:item:signer_removed",
        "work:case:jumped",
        "work:case:terminated",
        "work:case:suspended",
        "work:case:resumed",
        "work:case:migrated",
        *ANSWERED,
    }
)
BACK = frozenset({"work:message:sent", "work:item:sent_back", "work:item:taken_back", "work:transcription:objected"})
SAID = frozenset({"work:item:transferred", "work:item:progressed", "work:message:sent", *INCIDENTS, *MOVES})


@dataclass(frozen=True)
class Entry:
    """One entry of the list, as the part `timeline` draws it."""

    state: str
    title: str
    time: str = ""
    round: str = ""
    who: str = ""
    unit: str = ""
    extra: str = ""
    quote: str = ""
    note: str = ""
    receipt: str = ""
    receipt_url: str = ""


@dataclass(frozen=True)
class Story:
    """What the timeline is told from."""

    file: CaseFile
    forms: Mapping[str, CompiledForm]
    outlook: Outlook
    calendar: Calendar
    now: datetime
    candidates: Mapping[int, tuple[str, ...]]

    def entries(self) -> list[Entry]:
        """Return the whole list: what happened, what is being done, what is still to come."""
        return [*self._past(), *self._present(), *self._future()]

    @property
    def locale(self) -> str:
        """Return the reader's language."""
        return self.outlook.locale

    def _node(self, node_id: str | None) -> Node | None:
        return self.outlook.definition.nodes.get(node_id or "")

    def _past(self) -> Iterator[Entry]:
        items = {item.id: item for item in self.file.steps}
        told: list[tuple[datetime, int, Entry]] = []
        for record in self.file.records:
            entry = self._recorded(record, items.get(record.item_id or 0))
            if entry:
                told.append((record.at, record.seq, entry))
        told += [(one.at, 0, self._foreign(one)) for one in self.file.concealed if one.status != "open"]
        told += [
            (item.closed_at, 0, self._withdrawn(item))
            for item in self.file.steps
            if item.status not in {"open", "done"} and item.closed_at
        ]
        yield from (entry for _at, _seq, entry in sorted(told, key=lambda one: one[:2]))

    def _recorded(self, record: Record, item: WorkItem | None) -> Entry | None:
        if record.kind == "work:item:completed" and item is not None:
            return self._completed(record, item)
        if record.kind in AUTOMATIC or (record.kind == SERVICE and record.result):
            return self._automatic(record)
        return self._said(record) if record.kind in SAID else None

    def _completed(self, record: Record, item: WorkItem) -> Entry:
        node = self._node(item.node)
        action = next((one for one in actions_of(node.properties) if one.code == item.result), None) if node else None
        back = action is not None and action.style == "danger"
        name = name_of(node or item, self.locale)
        verb = choice_word(node, item.result, self.locale)
        recorded = self.file.recorded.get(item.id)
        return Entry(
            state="back" if back else "clerk" if recorded else "done",
            title=verb if back and verb else gettext("：").join(filter(None, (name, verb))),
            time=filters.moment(record.at),
            round=round_word(item.round),
            who=who(record, json.loads(record.body)),
            unit=record.unit_name,
            extra=self._spent(item, record.at),
            quote=self._quote(item),
            note=gettext("。").join((sentence(recorded), times(recorded))) if recorded else "",
            receipt=record.code,
        )

    def _automatic(self, record: Record) -> Entry:
        node = self._node(record.node)
        name = name_of(node, self.locale) if node and node.name else (record.node_name or "")
        failed = record.kind == "work:incident:raised"
        return Entry(
            state="back" if failed else "auto",
            title=gettext("：").join(filter(None, (name, record.result))),
            time=filters.moment(record.at),
            who=gettext(ACTOR_WORDS.get(record.actor_kind, ACTOR_WORDS["rule"])),
            extra=gettext("没有办成，停在这里")
            if failed
            else gettext("流程版本 v%(number)s", number=self._version(record)),
            receipt=record.code,
        )

    def _said(self, record: Record) -> Entry:
        payload: dict[str, Any] = json.loads(record.body)["payload"]
        title, quote, unit = self._saying(record, payload)
        return Entry(
            state="back" if record.kind in BACK else "done",
            title=title,
            time=filters.moment(record.at),
            who=record.actor_name,
            unit=unit,
            quote=_short(quote),
            receipt=record.code,
        )

    def _version(self, record: Record) -> int:
        """Return the version under which it was done; the case may have moved since."""
        return int(json.loads(record.body)["payload"].get("version") or self.file.people.version)

    def _saying(self, record: Record, payload: Mapping[str, Any]) -> tuple[str, str, str]:
        if record.kind == "work:item:transferred":
            return gettext("转办"), str(payload.get("reason", "")), f"→ {payload.get('to', '')}"
        if record.kind == "work:item:progressed":
            percent = payload.get("percent")
            done = gettext("完成 %(percent)s%%", percent=percent) if percent is not None else ""
            title = gettext("：").join(filter(None, (gettext("进展说明"), done)))
            return title, str(payload.get("text", "")), record.unit_name
        if record.kind == "work:case:migrated":
            return migrated_words(payload), str(payload.get("reason", "")), record.unit_name
        if record.kind in {*INCIDENTS, *MOVES}:
            node = self._node(record.node)
            name = name_of(node, self.locale) if node and node.name else (record.node_name or "")
            return self._turned(record.kind, name), str(payload.get("reason", "")), record.unit_name
        return message_word(str(payload.get("message", ""))), str(payload.get("reason") or ""), record.unit_name

    def _turned(self, kind: str, name: str) -> str:
        if kind in INCIDENTS:
            return solved_word(kind, name)
        return gettext("：").join(filter(None, (gettext(RECORDS[kind]), name)))

    def _foreign(self, step: Concealed) -> Entry:
        """Tell a step that is not this vendor's to read: a role, without person, time or content."""
        return Entry("done", name_of(step, self.locale), who=_role(step))

    def _withdrawn(self, item: WorkItem) -> Entry:
        title = gettext("%(step)s：已收回", step=name_of(item, self.locale))
        return Entry("auto", title, filters.moment(item.closed_at), round_word(item.round), unit=item.unit_name)

    def _present(self) -> Iterator[Entry]:
        for item in self.file.open:
            yield Entry(
                state="now",
                title=name_of(item, self.locale),
                time=gettext("现在"),
                round=round_word(item.round),
                who=item.assignee_name or self._waiting(item),
                unit=item.unit_name,
                extra=self._since(item),
                note=self._seen(item),
            )
        for step in self.file.concealed:
            if step.status == "open":
                yield Entry("now", name_of(step, self.locale), gettext("现在"), who=_role(step))

    def _waiting(self, item: WorkItem) -> str:
        names = self.candidates.get(item.id, ())
        if not names:
            return gettext("待认领")
        return gettext("待认领：%(names)s", names=gettext("、").join(names))

    def _since(self, item: WorkItem) -> str:
        spent = working_between(self.calendar, item.opened_at, self.now)
        return gettext("已 %(span)s", span=working_span(self.calendar, spent)) if spent >= MINUTE else ""

    def _spent(self, item: WorkItem, until: datetime) -> str:
        spent = working_between(self.calendar, item.opened_at, until)
        return gettext("用时 %(span)s", span=working_span(self.calendar, spent)) if spent >= MINUTE else ""

    def _seen(self, item: WorkItem) -> str:
        if item.first_opened_at is None:
            return gettext("还没有打开过")
        at, who = filters.local_time(item.first_opened_at), item.first_opened_by or ""
        # of several who are asked the reader may not know all: a vendor reads no name of another
        known = item.assignee_id is not None or who in self.candidates.get(item.id, ())
        return gettext("首次打开 %(time)s %(who)s（已阅）", time=at, who=who if known else "")

    def _future(self) -> Iterator[Entry]:
        if self.file.case.status != "running":
            return
        open_nodes = [*(item.node for item in self.file.open), *self._foreign_open()]
        for name, *facts in self.outlook.coming(open_nodes):
            yield Entry("future", name, who=gettext("，").join(facts))

    def _foreign_open(self) -> list[str]:
        return [step.node for step in self.file.concealed if step.status == "open"]

    def _quote(self, item: WorkItem) -> str:
        """Return the opinion of a step: what was written in its own words, if anything."""
        answers = item.answers or {}
        form = self.forms.get(item.form_digest or "") or self.forms.get(item.form or "")
        leaves = form.scope.leaves if form else {}
        first = self.file.steps[0]
        keys = [key for key in QUOTED if key in answers]
        if item.node != first.node:
            keys += [key for key, part in leaves.items() if part.kind in WRITTEN and key in answers]
        texts = (answers[key] for key in keys if isinstance(answers[key], str) and answers[key].strip())
        return _short(next(texts, ""))


def _short(text: str) -> str:
    return text if len(text) <= LONG else f"{text[:LONG]}…"


def _role(step: Concealed) -> str:
    return gettext("主管单位内部") if step.inside else gettext("其他外包单位")

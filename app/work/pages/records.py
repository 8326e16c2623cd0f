"""The table of records (记录): each line of the ledger in words a person reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.deadlines.rules import parse_limit
from app.engine import Definition, Node
from app.i18n import N_
from app.ledger.models import Record
from app.web.i18n import gettext
from app.work.pages.transcribed import state_word
from app.work.pages.words import (
    ACTOR_WORDS,
    MESSAGES,
    RECORDS,
    case_result_word,
    limit_word,
    name_of,
    result_word,
    round_word,
)
from app.work.queries.transcriptions import Recorded

BY_PEOPLE = frozenset({"person", "stand_in", "transcriber"})
SHORT = 60
# what was done about an incident; the values it changed may be anybody's and are told in the details only
INCIDENTS = ("work:incident:retried", "work:incident:repaired", "work:incident:skipped")
ANSWERED = ("work:transcription:confirmed", "work:transcription:objected")


@dataclass(frozen=True)
class Line:
    """One line: number, step, who, when, what came out, receipt."""

    seq: int
    step: str
    who: str
    unit: str
    rule: bool
    at: datetime
    result: str
    code: str
    kind: str
    round: str = ""
    details: tuple[str, ...] = ()


def record_lines(
    records: Iterable[Record],
    definition: Definition,
    locale: str,
    recorded: Mapping[int, Recorded] | None = None,
) -> list[Line]:
    """Return the records in words, in the order they came; `recorded` are decisions a clerk wrote down, by step."""
    known = recorded or {}
    return [record_line(record, definition, locale, known.get(record.item_id or 0)) for record in records]


def record_line(record: Record, definition: Definition, locale: str, recorded: Recorded | None = None) -> Line:
    """Return one record in words."""
    node = definition.nodes.get(record.node or "")
    node_name = name_of(node, locale) if node and node.name else (record.node_name or "")
    body = json.loads(record.body)
    word = gettext(RECORDS[record.kind]) if record.kind in RECORDS else ""
    return Line(
        seq=record.seq,
        step=word or node_name or record.kind,
        who=_who(record, body, recorded),
        unit=record.unit_name if record.actor_kind in BY_PEOPLE else "",
        rule=record.actor_kind not in BY_PEOPLE,
        at=record.at,
        result=_way(record, definition, locale) or _result(record, body["payload"], node, node_name, locale),
        code=record.code,
        kind=record.kind,
        # the payload of a changed case names its values, and one of them is called round, too
        round="" if record.kind == "work:case:changed" else round_word(int(body["payload"].get("round") or 1)),
        details=_details(record, body["payload"]),
    )


def who(record: Record, body: Mapping[str, Any]) -> str:
    """Name who did it: a person, somebody for somebody, a clerk for somebody, or a rule."""
    acting_for = body["actor"].get("acting_for")
    if record.actor_kind in BY_PEOPLE:
        if acting_for and record.actor_kind == "stand_in":
            return gettext("%(who)s 代 %(other)s", who=record.actor_name, other=acting_for)
        if acting_for:
            return gettext("%(who)s 代录（%(other)s）", who=record.actor_name, other=acting_for)
        return record.actor_name
    return gettext(ACTOR_WORDS.get(record.actor_kind, ACTOR_WORDS["rule"]))


def _who(record: Record, body: Mapping[str, Any], recorded: Recorded | None) -> str:
    said = who(record, body)
    if recorded is None or record.actor_kind != "transcriber":
        return said
    return gettext("%(who)s，%(state)s", who=said, state=state_word(recorded))


def _way(record: Record, definition: Definition, locale: str) -> str:
    """Return the ways a gateway chose as they are named in the diagram; one without a name by where it leads."""
    if record.kind != CHOSEN or not record.node or not record.result:
        return ""
    said: dict[str, str] = {}
    for flow in definition.leaving(record.node):
        words = name_of(flow, locale) or name_of(definition.nodes[flow.target], locale)
        said |= {flow.id: words, flow.name or flow.id: words}
    return gettext("、").join(said.get(one, one) for one in record.result.split("、"))


def _result(record: Record, payload: Mapping[str, Any], node: Node | None, node_name: str, locale: str) -> str:
    describe = DESCRIBE.get(record.kind)
    if describe is not None:
        return describe(payload, node_name)
    if record.kind == "work:item:completed":
        return result_word(node, record.result, locale) or "—"
    if record.kind == "work:case:closed":
        return case_result_word(record.result)
    return record.result or "—"


def _details(record: Record, payload: Mapping[str, Any]) -> tuple[str, ...]:
    """Return each case-wide value that changed, old and new."""
    changed = payload.get("values", {}) if record.kind in INCIDENTS else payload
    if record.kind != "work:case:changed" and record.kind not in INCIDENTS:
        return ()
    return tuple(
        f"{name}{gettext('：')}{_value(pair.get('old'))} → {_value(pair.get('new'))}"
        for name, pair in changed.items()
    )


def _value(value: Any) -> str:
    if value is None:
        return gettext("无")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"


def _sent(payload: Mapping[str, Any], _node: str) -> str:
    name = str(payload.get("message", ""))
    reason = payload.get("reason")
    return gettext("：").join(filter(None, (message_word(name), str(reason) if reason else "")))


def message_word(name: str) -> str:
    """Return the verb of a message; its own name where the process made one up."""
    return gettext(MESSAGES[name]) if name in MESSAGES else name


def solved_word(kind: str, node: str) -> str:
    """Return what was done about an incident at a step."""
    return gettext("：").join(filter(None, (gettext(RECORDS[kind]), node)))


def _solved(payload: Mapping[str, Any], node: str) -> str:
    return gettext("：").join(filter(None, (node, str(payload.get("reason", "")))))


def _progress(payload: Mapping[str, Any], _node: str) -> str:
    percent = payload.get("percent")
    return gettext("完成 %(percent)s%%", percent=percent) if percent is not None else _value(payload.get("text"))


def _due_changed(payload: Mapping[str, Any], node: str) -> str:
    """Return the step and, where a rule changed its limit, the new one."""
    limit = limit_word(parse_limit(payload["limit"])) if payload.get("limit") else ""
    return gettext("：").join(filter(None, (node, limit)))


DESCRIBE: Mapping[str, Callable[[Mapping[str, Any], str], str]] = {
    "work:case:migrated": lambda payload, _node: f"v{payload.get('from')} → v{payload.get('to')}",
    "work:item:opened": lambda _payload, node: node,
    "work:item:claimed": lambda _payload, node: node,
    "work:item:released": lambda _payload, node: node,
    "work:item:transferred": lambda payload, _node: gettext("转给%(who)s", who=payload.get("to", "")),
    "work:item:urged": lambda payload, _node: gettext("第 %(count)s 次", count=payload.get("count", 1)),
    "work:item:progressed": _progress,
    "work:item:due_changed": _due_changed,
    "work:case:changed": lambda payload, _node: gettext("%(count)s 项", count=len(payload)),
    "work:message:sent": _sent,
    **dict.fromkeys(INCIDENTS, _solved),
    **dict.fromkeys(ANSWERED, _solved),
    "work:transcription:overdue": lambda _payload, node: node,
    "work:incident:raised": lambda payload, node: gettext("：").join(filter(None, (node, payload.get("reason")))),
}

CHOSEN = "work:gateway:chosen"
LIMITS = N_(
    "核对只能证明库里的记录前后相接、没有改动、缺失或调换。"
    "它不能证明最新的几条没有被截掉，也不能证明整条链没有被重写；要证明这些，请与留在外面的链尾码比对。"
)

"""Confirmed errors after publication: who had a hand in them, how they are registered, who is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import local
from app.content.models import Article, ErrorReport, Fault
from app.content.queries.trace import Step, Trace
from app.content.tracing import FILE, LAYOUT, UNKNOWN
from app.i18n import N_
from app.ledger import Actor, Entry, append
from app.outbox.operations import notify
from app.people.models import User
from app.people.operations import resolve
from app.people.rules import Viewer
from app.review.queries import Passer
from app.work.models import WorkItem
from app.work.runtime import Call

Result = Mapping[str, Any]
Person = dict[str, Any]
AUTHOR, DRAWER = N_("带进来的人"), N_("改版式的人")
MEASURES: Final[Mapping[str, str]] = {
    "remind": N_("提醒"),
    "criticize": N_("批评教育"),
    "circulate": N_("通报批评"),
    "deduct": N_("考核扣分"),
    "none": N_("不追究"),
}
BROUGHT: Final = N_("第 %(number)s 版带进来的，%(who)s在 %(when)s 交的。")
DREW: Final = N_("版式第 %(number)s 版带进来的，%(who)s在 %(when)s 改的：%(note)s")
IN_FILE: Final = N_("错在图片或附件里。")
NOWHERE: Final = N_("“%(words)s”在任何一版的文字和文件名里都没有。")
PASSED: Final = N_("%(who)s（%(unit)s）%(level)s，%(when)s 通过第 %(number)s 版，%(reading)s。")
READ, UNOPENED = N_("打开 %(minutes)s 分 %(seconds)s 秒"), N_("没有打开的记录")
NOBODY: Final = N_("没有人通过过这几个版本。")
WHOLE_LINE: Final = N_("完整的版本线在稿件的“追溯”页。")
NOT_WRONG: Final = N_("您报告的“%(title)s”经核实没有错：%(why)s")
CORRECTED: Final = N_("您报告的“%(title)s”已经更正，谢谢。")
TELL_READER: Final = N_("“%(title)s”的报告人留了联系方式，请把结果告诉他。")
CIRCULATED: Final = N_("“%(title)s”发布后的差错已更正并定责，请在本单位通报。")
ON_PLATFORM: Final = N_("“%(title)s”不再发布，请到外部平台撤下网页。")


def people_of(session: Session, found: Trace) -> list[Person]:
    """Return who had a hand in a fault: who brought it in, then everybody whose pass saw it, in order."""
    if found.drawing is not None:
        row = found.drawing.row
        return [_person(session, row.changed_by_id, row.changed_by, DRAWER)] if row.changed_by_id else []
    step = found.step
    if step is None:
        return []
    version = step.version
    author = _person(session, version.created_by_id, version.created_by, AUTHOR)
    author |= {"version": version.number, "digest": version.digest, "at": version.created_at.isoformat()}
    return [author, *(_passed(session, one) for one in passes_of(found.line))]


def passes_of(line: Iterable[Step]) -> list[Passer]:
    """Return the passes that count among those given to versions that show the fault."""
    return [one for step in line if step.is_faulty for one in step.passers if not one.is_void]


def named(people: Sequence[Person], user_id: int) -> str:
    """Return a person with everything they did in the fault."""
    mine = [one for one in people if one["user"] == user_id]
    return f"{mine[0]['name']}（{'、'.join(dict.fromkeys(one['as'] for one in mine))}）"


def kept(found: Trace, people: Sequence[Person]) -> dict[str, Any]:
    """Return a trace as the case keeps it."""
    step, drawing = found.step, found.drawing
    return {
        "cause": found.origin.cause,
        "words": found.words,
        "version": step.version.number if step else None,
        "version_id": step.version.id if step else None,
        "digest": step.version.digest if step else None,
        "template": drawing.row.number if drawing else None,
        "template_id": drawing.row.id if drawing else None,
        "faulty": sorted(found.origin.faulty),
        "people": list(people),
    }


def text_of(found: Trace) -> str:
    """Return a trace as lines for a form."""
    passes = passes_of(found.line)
    lines = [*_origin_lines(found), *(_pass_line(one) for one in passes)]
    if not passes and found.step is not None:
        lines.append(NOBODY)
    return "\n".join([*lines, WHOLE_LINE])


def record_fault(session: Session, call: Call) -> Result:
    """Register a confirmed fault with everybody who had a hand in it and what was decided; tell who reported it."""
    data, trace = call.data, call.data.get("trace_found") or {}
    row = Fault(
        article_id=data["article"],
        report_id=data.get("report"),
        case_id=call.case.id,
        version_id=trace.get("version_id"),
        template_id=trace.get("template_id"),
        cause=trace.get("cause") or UNKNOWN,
        severity=str(data.get("severity") or "ordinary"),
        words=str(data.get("words") or "")[:500],
        passers=_with_statements(session, call, trace.get("people") or []),
        decision=_decision(data, trace.get("people") or []),
        at=call.now,
        by=_decider(session, call),
    )
    session.add(row)
    session.flush()
    payload = {"fault": row.id, "article": row.article_id, "severity": row.severity, "cause": row.cause,
               "version": trace.get("version"), "template": trace.get("template")}  # fmt: skip
    entry = Entry("content:fault:recorded", Actor("rule", row.by), payload, case_id=call.case.id)
    append(session, f"case:{call.case.id}", [entry], call.now)
    _tell_reporter(session, call, CORRECTED)
    return {"fault": row.id}


def answer_reporter(session: Session, call: Call) -> Result:
    """Tell whoever reported that nothing is wrong; a reader is told by whoever handled the report."""
    return {"reporter_told": _tell_reporter(session, call, NOT_WRONG)}


def tell_units(session: Session, call: Call) -> Result:
    """Tell the heads of the units concerned, and everybody named, that a fault was decided about."""
    people = (call.data.get("trace_found") or {}).get("people") or []
    units = {one["unit_id"] for one in people if one.get("unit_id")} | {call.data["article_unit"]}
    told = [one["user"] for one in people if one.get("user")]
    for unit in sorted(units):
        told += resolve(session, {"rule": "head", "unit": unit}, starter_id=None, earlier={}).user_ids
    values, url = {"title": call.data.get("title")}, f"/cases/{call.case.number}"
    count = notify(session, told, CIRCULATED, values=values, url=url, now=call.now, kind="content")
    return {"units_told": sorted(units), "people_told": count}


def ask_platform(session: Session, call: Call, article: Article, who: Viewer) -> None:
    """Ask whoever confirmed the fault to remove the page from a platform that is not ours."""
    url = article.outside_url if article.outside_url.startswith("/") else f"/articles/{article.id}"
    notify(
        session, [who.user_id], ON_PLATFORM, values={"title": article.title}, url=url, now=call.now, kind="content"
    )


def _person(session: Session, user_id: int | None, name: str, role: str) -> Person:
    user = session.get(User, user_id) if user_id else None
    unit_id, unit = (user.unit_id, user.unit.name) if user else (None, "")
    return {"user": user_id, "name": name, "unit_id": unit_id, "unit": unit, "as": role}


def _passed(session: Session, one: Passer) -> Person:
    return {
        **_person(session, one.user_id, one.name, one.level_name),
        "unit": one.unit,
        "level": one.level,
        "version": one.version,
        "digest": one.digest,
        "opened_at": one.started_at.isoformat() if one.started_at else None,
        "at": one.at.isoformat(),
        "characters": one.characters,
        "act": one.act_id,
    }


def _origin_lines(found: Trace) -> list[str]:
    step, drawing = found.step, found.drawing
    if step is not None:
        version = step.version
        values = {"number": version.number, "who": version.created_by, "when": _time(version.created_at)}
        return [BROUGHT % values, *([IN_FILE] if found.origin.cause == FILE else [])]
    lines = [NOWHERE % {"words": found.words}] if found.words else []
    if drawing is not None and found.origin.cause == LAYOUT:
        row = drawing.row
        facts = {"number": row.number, "who": row.changed_by, "when": _time(row.changed_at), "note": row.note}
        lines.append(DREW % facts)
    return lines


def _pass_line(one: Passer) -> str:
    reading = UNOPENED
    if one.started_at is not None:
        minutes, seconds = divmod(int((one.at - one.started_at).total_seconds()), 60)
        reading = READ % {"minutes": minutes, "seconds": seconds}
    facts = {"who": one.name, "unit": one.unit, "level": one.level_name, "number": one.version}
    return PASSED % {**facts, "when": _time(one.at), "reading": reading}


def _time(at: Any) -> str:
    return local(at).strftime("%m-%d %H:%M:%S")


def _with_statements(session: Session, call: Call, people: Sequence[Person]) -> list[Person]:
    query = select(WorkItem).where(
        WorkItem.case_id == call.case.id, WorkItem.node == "statement", WorkItem.status == "done"
    )
    said = {one.done_by_id: (one.answers or {}).get("statement") for one in session.scalars(query)}
    liable = call.data.get("liable") or ()
    return [
        {**one, "statement": said.get(one["user"]), "is_liable": one["user"] in liable if liable else None}
        for one in people
    ]


def _decision(data: Mapping[str, Any], people: Sequence[Person]) -> str:
    measure = MEASURES.get(str(data.get("measure") or ""), "")
    who = "、".join(dict.fromkeys(one["name"] for one in people if one["user"] in (data.get("liable") or ())))
    parts = [part for part in (measure, who, str(data.get("decision_text") or "")) if part]
    return "；".join(parts)[:1000]


def _decider(session: Session, call: Call) -> str:
    """Return who decided: about responsibility, else about the fault itself."""
    wanted = "decide_responsibility" if call.data.get("decision_text") else "confirm"
    query = select(WorkItem.done_by_name).where(
        WorkItem.case_id == call.case.id, WorkItem.node == wanted, WorkItem.status == "done"
    )
    return session.scalar(query.order_by(WorkItem.id.desc()).limit(1)) or call.case.starter_name


def _tell_reporter(session: Session, call: Call, sentence: str) -> bool:
    row = session.get(ErrorReport, call.data.get("report") or 0)
    if row is None:
        return False
    values = {"title": call.data.get("title"), "why": str(call.data.get("confirm_note") or "")}
    if row.reporter_id is not None:
        url = f"/articles/{row.article_id}"
        return bool(
            notify(session, [row.reporter_id], sentence, values=values, url=url, now=call.now, kind="content")
        )
    if not row.contact:
        return False
    handler = select(WorkItem.done_by_id).where(WorkItem.case_id == call.case.id, WorkItem.node == "confirm")
    told = [one for one in session.scalars(handler.where(WorkItem.status == "done")) if one]
    url = f"/reports/{row.id}"
    return bool(notify(session, told, TELL_READER, values=values, url=url, now=call.now, kind="content"))

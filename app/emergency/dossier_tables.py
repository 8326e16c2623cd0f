"""The tables of a dossier: each reads its rows and says them in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.deadlines.rules import parse_limit
from app.emergency.models import CallAttempt, Emergency, EmergencyReport, GradeChange, Inject, LogEntry
from app.emergency.queries import targets_of
from app.emergency.rules import (
    CHANNELS,
    GRADES,
    GROUPS,
    LOG_KINDS,
    OUTCOMES,
    REPORTS,
    ROMAN,
    TARGETS,
)
from app.formkit import ReadField
from app.ledger.models import Record
from app.web.filters import instant
from app.web.i18n import gettext
from app.work.models import WorkItem
from app.work.pages.records import Line
from app.work.pages.sections import Section
from app.work.pages.words import limit_word
from app.work.queries.casefile import Attachment, CaseFile, case_data

NONE: Final = "—"
LOG_PREFIX: Final = "emergency:log:"


@dataclass(frozen=True)
class Table:
    """One table of the dossier. `widths` are shares of the line; `codes` are columns written without breaks."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    empty: str
    codes: frozenset[int] = frozenset({0})


def grade_word(grade: int | None) -> str:
    """Return a grade as it is printed; the time before grading has none."""
    if grade is None:
        return NONE
    return gettext("%(roman)s 级（%(name)s）", roman=ROMAN[grade], name=gettext(GRADES[grade]))


def targets(emergency: Emergency, file: CaseFile, reports: Sequence[EmergencyReport]) -> Table:
    """Return what was reached when beside what the plan asks."""
    found = targets_of(emergency, reports, case_data(file.case))
    rows = tuple(
        (gettext(TARGETS[name]), limit_word(parse_limit(one["target"])), _minutes(one), _met(one))
        for name, one in found.items()
    )
    heads = (gettext("目标"), gettext("预案要求"), gettext("实际"), gettext("对照"))
    return Table(gettext("对照预案目标"), heads, rows, (3, 3, 3, 2), gettext("还没有可以对照的"))


def _minutes(one: Mapping[str, Any]) -> str:
    return NONE if one["minutes"] is None else gettext("%(count)s 分钟", count=one["minutes"])


def _met(one: Mapping[str, Any]) -> str:
    return gettext("达标") if one["met"] else gettext("未达标")


def grades(changes: Sequence[GradeChange]) -> Table:
    """Return how the grade changed and why."""
    rows = tuple(
        (instant(one.at), grade_word(one.before), grade_word(one.after), one.basis, one.by_name or gettext("规则"))
        for one in changes
    )
    heads = (gettext("时间"), gettext("原级别"), gettext("新级别"), gettext("依据"), gettext("谁定"))
    return Table(gettext("级别变化"), heads, rows, (9, 6, 6, 15, 5), gettext("没有定过级"))


def timeline(lines: Sequence[Line], records: Iterable[Record]) -> Table:
    """Return every record, oldest first; what was written into the log stands with its words."""
    told = {one.seq: _text_of(one) for one in records if one.kind.startswith(LOG_PREFIX)}
    rows = tuple(
        (
            str(one.seq),
            instant(one.at),
            _what(one),
            " ".join(filter(None, (one.who, one.unit))),
            told.get(one.seq) or "\n".join((one.result, *one.details)),
            one.code,
        )
        for one in sorted(lines, key=lambda line: line.seq)
    )
    heads = (gettext("序"), gettext("时间"), gettext("环节"), gettext("经办"), gettext("结果"), gettext("回执"))
    title = gettext("时间线：全部记录 %(count)s 条", count=len(rows))
    return Table(title, heads, rows, (4, 16, 15, 16, 19, 10), gettext("没有记录"), frozenset({0, 1, 5}))


def _what(line: Line) -> str:
    if line.kind.startswith(LOG_PREFIX):
        return gettext("日志：%(kind)s", kind=gettext(LOG_KINDS.get(line.kind[len(LOG_PREFIX) :], NONE)))
    return f"{line.step}{gettext('（%(text)s）', text=line.round)}" if line.round else line.step


def _text_of(record: Record) -> str:
    return str(json.loads(record.body)["payload"].get("text", ""))


def calls(calls: Sequence[CallAttempt]) -> Table:
    """Return who was called, with which outcome, and when they took it up."""
    rows = tuple(
        (
            instant(one.asked_at),
            gettext(GROUPS.get(one.group, one.group)),
            gettext("第 %(round)s 轮 %(place)s", round=one.round, place=one.position),
            " ".join(filter(None, (one.name, one.title, one.phone))),
            gettext(OUTCOMES[one.outcome]) if one.outcome in OUTCOMES else gettext("还没有结果"),
            " ".join(filter(None, (instant(one.outcome_at), one.by_name))) or NONE,
            instant(one.acknowledged_at) or NONE,
        )
        for one in calls
    )
    heads = (
        gettext("要求呼叫"),
        gettext("组"),
        gettext("次序"),
        gettext("呼叫谁"),
        gettext("结果"),
        gettext("结果时间、谁呼叫"),
        gettext("到位"),
    )
    return Table(gettext("呼叫和到位"), heads, rows, (12, 5, 7, 14, 7, 13, 12), gettext("没有呼叫过"))


def reports(reports: Sequence[EmergencyReport]) -> Table:
    """Return what was reported outside, to whom, when and with which receipt."""
    rows = tuple(
        (
            _report_name(one),
            gettext(CHANNELS.get(one.channel, one.channel)) or NONE,
            one.receiver or NONE,
            instant(one.sent_at),
            instant(one.due_at) or NONE,
            one.receipt or NONE,
            " ".join(filter(None, (one.by_name, instant(one.recorded_at)))),
        )
        for one in reports
    )
    heads = (
        gettext("报告"),
        gettext("方式"),
        gettext("接报"),
        gettext("报出"),
        gettext("应报"),
        gettext("回执号"),
        gettext("谁登记、何时"),
    )
    return Table(gettext("对外报告"), heads, rows, (9, 6, 10, 11, 11, 10, 13), gettext("没有登记过报告"))


def _report_name(one: EmergencyReport) -> str:
    name = gettext(REPORTS.get(one.kind, one.kind))
    return gettext("%(name)s（%(number)s）", name=name, number=one.number) if one.number > 1 else name


def log(log: Sequence[LogEntry]) -> Table:
    """Return decisions, news, resources, progress and alarms."""
    rows = tuple(
        (instant(one.at), gettext(LOG_KINDS.get(one.kind, one.kind)), one.text, one.by_name or gettext("规则"))
        for one in log
    )
    heads = (gettext("时间"), gettext("种类"), gettext("内容"), gettext("谁记"))
    return Table(gettext("决定与动态"), heads, rows, (9, 6, 22, 5), gettext("没有记过"))


def injects(session: Session, emergency: Emergency) -> list[Table]:
    """Return what the script of a drill brought in; nothing for what is real."""
    if not emergency.drill:
        return []
    query = select(Inject).where(Inject.emergency_id == emergency.id).order_by(Inject.due_at, Inject.id)
    rows = tuple(
        (instant(one.due_at), instant(one.delivered_at) or gettext("没有送到"), one.text)
        for one in session.scalars(query)
    )
    heads = (gettext("按脚本"), gettext("送到"), gettext("情节"))
    return [Table(gettext("演练情节"), heads, rows, (9, 9, 22), gettext("脚本里没有情节"), frozenset({0, 1}))]


def answers(sections: Iterable[Section], done: Iterable[WorkItem]) -> Table:
    """Return what people filled in at each step."""
    closed = {item.receipt_code: instant(item.closed_at) for item in done}
    rows = tuple(
        (one.title, _answered(one), " ".join((one.who, closed.get(one.receipt, one.time))), one.receipt)
        for one in sections
    )
    heads = (gettext("环节"), gettext("填了什么"), gettext("谁、何时"), gettext("回执"))
    return Table(gettext("各环节填写的内容"), heads, rows, (9, 24, 9, 7), gettext("还没有办过的环节"), frozenset({3}))


def _answered(section: Section) -> str:
    said = [section.result] if section.result else []
    return "\n".join([*said, *(_field(one) for one in section.fields if one.kind != "files")])


def _field(one: ReadField) -> str:
    return gettext("%(label)s：%(value)s", label=one.label, value=_value(one))


def _value(one: ReadField) -> str:
    return one.value.striptags() if isinstance(one.value, Markup) else one.value


def files(files: Sequence[Attachment]) -> Table:
    """Return every file with its whole digest."""
    rows = tuple(
        (one.upload.name, f"{one.upload.size}", one.upload.digest, one.item.name, instant(one.upload.bound_at))
        for one in files
    )
    heads = (gettext("文件"), gettext("字节"), gettext("指纹（SHA-256）"), gettext("环节"), gettext("交来"))
    return Table(gettext("文件"), heads, rows, (11, 5, 18, 8, 9), gettext("没有文件"), frozenset({1}))

"""Topics of the emergency processes. All run inside the completing transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.emergency.operations import calling, ending, grading, incidents, opening, reporting
from app.i18n import N_
from app.work.runtime import Call, Runtime, Topic

Record = Callable[[Session, Call], Mapping[str, Any]]


def register_topics(runtime: Runtime) -> None:
    """Add the handlers of emergencies and incident reports to the machinery."""
    for name, record, title in (*_emergency(runtime), *_incident(runtime)):
        runtime.add_topic(Topic(name, record, title=title))


def _emergency(runtime: Runtime) -> tuple[tuple[str, Record, str], ...]:
    return (
        ("emergency.open", opening.opened, N_("登记突发事件")),
        ("emergency.confirmed", opening.confirmed, N_("记下确认的情况")),
        ("emergency.false_alarm", opening.false_alarm, N_("记为误报")),
        ("emergency.next_call", calling.next_call, N_("找下一个要呼叫的人")),
        ("emergency.record_call", calling.record_call, N_("记下呼叫结果")),
        ("emergency.nobody", calling.nobody, N_("名单上没有人接通，报警")),
        ("emergency.measure", grading.measure, N_("计算持续时间和影响")),
        ("emergency.graded", grading.graded, N_("定级，定各项时限")),
        ("emergency.activated", grading.activated, N_("记下指挥的决定")),
        ("emergency.note_status", grading.note_status, N_("记下处置进展")),
        ("emergency.draft", reporting.draft, N_("起草报告")),
        ("emergency.report_sent", reporting.report_sent, N_("登记报告")),
        ("emergency.contained", ending.contained, N_("记下控制住的时间")),
        ("emergency.restored", ending.restored, N_("记下恢复的时间")),
        ("emergency.closed", ending.closed, N_("结束响应，对照目标")),
        ("emergency.reviewed", _with(ending.reviewed, runtime), N_("派发整改任务")),
    )


def _incident(runtime: Runtime) -> tuple[tuple[str, Record, str], ...]:
    return (
        ("incident.opened", incidents.opened, N_("登记事件汇报")),
        ("incident.match", incidents.match, N_("匹配合同")),
        ("incident.summarised", incidents.summarised, N_("核对是否迟报")),
        ("incident.improve", _with(incidents.improve, runtime), N_("派发根治任务")),
        ("incident.close", incidents.close, N_("办结事件汇报")),
    )


def _with(act: Callable[[Session, Runtime, Call], Mapping[str, Any]], runtime: Runtime) -> Record:
    return lambda session, call: act(session, runtime, call)

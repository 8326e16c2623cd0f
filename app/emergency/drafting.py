"""Reports to those above, drafted from the record: as far as it knows, and “待查” where it does not.

A report goes outside to Chinese authorities, so its text is Chinese whoever reads the page. A person finishes and
sends it; a draft is no report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from app.clock import local
from app.emergency.models import Emergency
from app.emergency.queries.known import Known, Step, known
from app.emergency.rules import (
    CLOSING,
    FOLLOWUP,
    GRADES,
    KINDS,
    PHONE,
    POLICE,
    REPORTS,
    RESOURCE,
    ROMAN,
    STATUS,
    WRITTEN,
)

UNKNOWN: Final = "待查"
DRILL: Final = "【演练】"
MEASURES: Final[Mapping[str, str]] = {
    "static": "换成静态页",
    "isolate": "断网隔离",
    "take_down": "下线",
    "block": "封堵来源",
    "other": "其他措施",
}
# what a step says it did, the first of them that was answered
NOTES: Final = (
    "contain_note",
    "removed_note",
    "harden_note",
    "restore_note",
    "takedown_note",
    "carrier_note",
    "supplier_note",
    "unlist_note",
    "reprints",
    "told_text",
    "check_note",
    "verify_note",
)
CLUES: Final[Mapping[str, str]] = {
    "clues": "线索",
    "sample_digest": "样本指纹",
    "hole_number": "漏洞编号",
    "component": "组件",
    "ransom_note": "勒索情况",
}
LASTED: Final[Mapping[str, str]] = {
    "down_minutes": "网站打不开",
    "harmful_home_minutes": "首页出现有害内容",
    "harmful_other_minutes": "其他页面出现有害内容",
}
COUNTED: Final[Mapping[str, tuple[str, str]]] = {
    "leaked_people": ("泄露个人信息涉及", "人"),
    "forwarded": ("被转发", "次"),
    "viewed": ("被浏览", "次"),
    "loss": ("直接经济损失", "元"),
    "affected_people": ("影响", "人"),
}
Part = tuple[str, Sequence[str]]


def draft(
    session: Session, emergency: Emergency, kind: str, now: datetime, facts: Mapping[str, Any] | None = None
) -> str:
    """Return a report of this kind as far as the record knows: phone, written, followup, police or closing.

    `facts` are those that the act in hand has just told and the case does not hold yet.
    """
    return written(known(session, emergency, now, facts), kind, now)


def written(found: Known, kind: str, now: datetime) -> str:
    """Return the text of a report about what is known."""
    head = f"{DRILL if found.emergency.drill else ''}{_title(found, kind)}"
    parts = PARTS[kind](found)
    numbered = [f"{_numeral(place)}、{name}：{_joined(lines)}" for place, (name, lines) in enumerate(parts, 1)]
    return "\n".join([head, *_opening(found, kind, now), *numbered, *_ending(kind)])


def moment(at: datetime | None) -> str:
    """Write an instant as a report does; one that is not known is to be found out."""
    if at is None:
        return UNKNOWN
    here = local(at)
    return f"{here.year}年{here.month}月{here.day}日{here:%H:%M}"


# --- the parts of each kind


def _phone(found: Known) -> list[Part]:
    """Say it in short sentences that are read out."""
    return [
        ("什么事", [f"{_place(found)}发生{KINDS[found.emergency.kind]}。{found.emergency.told}"]),
        ("什么时候", _times(found)),
        ("级别", [_grade(found)]),
        ("影响", _impact(found)),
        ("做了什么", _done(found)[-3:]),
        ("现在怎样", [_trend(found)]),
        ("原因", [_cause(found)]),
        ("请求", _wanted(found)),
    ]


def _first(found: Known) -> list[Part]:
    return [
        ("单位和系统", _whose(found)),
        ("时间和地点", [*_times(found), f"地点：{_place(found)}"]),
        ("类型和级别", [KINDS[found.emergency.kind], _grade(found)]),
        ("基本情况", [found.emergency.told]),
        ("影响和危害", _impact(found)),
        ("已采取的措施和效果", _done(found)),
        ("发展趋势", [_trend(found)]),
        ("初步原因", [_cause(found)]),
        ("溯源线索", _clues(found)),
        ("拟采取的措施", _next(found)),
        ("需要的帮助", _wanted(found)),
    ]


def _again(found: Known) -> list[Part]:
    """Say what is new since the last report that went out, and how things stand."""
    since = found.told_until
    return [
        ("前次报告", [_last_report(found)]),
        ("新情况", [f"{_hour(at)} {text}" for at, text in _told(found) if since is None or at > since]),
        (
            "级别变化",
            [_change(one.at, one.before, one.after, one.basis) for one in found.grades if _new(one.at, since)],
        ),
        ("影响和危害", _impact(found)),
        ("新采取的措施和效果", _done(found, since)),
        ("发展趋势", [_trend(found)]),
        ("原因", [_cause(found)]),
        ("需要的帮助", _wanted(found)),
    ]


def _police(found: Known) -> list[Part]:
    return [
        ("报案单位和系统", _whose(found)),
        ("时间和地点", [*_times(found), f"地点：{_place(found)}"]),
        ("案件情况", [KINDS[found.emergency.kind], found.emergency.told]),
        ("损失和影响", _impact(found)),
        ("侵入途径和原因", [_cause(found)]),
        ("线索", _clues(found)),
        ("已固定的证据", [f"{name}（SHA-256 {digest}）" for name, digest in found.files]),
        ("已采取的措施", _done(found)),
        ("请求", ["立案侦查，指导固定证据"]),
    ]


def _last(found: Known) -> list[Part]:
    return [
        ("单位和系统", _whose(found)),
        ("时间和地点", [*_times(found), f"地点：{_place(found)}"]),
        ("类型和级别", [KINDS[found.emergency.kind], _grade(found), *_grade_history(found)]),
        ("事件经过", [found.emergency.told, *(f"{_hour(at)} {text}" for at, text in _told(found))]),
        ("影响和危害", _impact(found)),
        ("采取的措施和效果", _done(found)),
        ("原因分析", [_cause(found)]),
        ("溯源情况", _clues(found)),
        ("责任认定", [_text(found.answer("liability"))]),
        ("教训和改进", [_text(found.answer("lessons")), _text(found.answer("measures"))]),
        ("报告情况", [_sent(one.kind, one.sent_at, one.receiver) for one in found.reports]),
        ("结论", [_trend(found)]),
    ]


PARTS: Final[Mapping[str, Callable[[Known], list[Part]]]] = {
    PHONE: _phone,
    WRITTEN: _first,
    FOLLOWUP: _again,
    POLICE: _police,
    CLOSING: _last,
}


# --- what is said in them


def _title(found: Known, kind: str) -> str:
    number = sum(one.kind == FOLLOWUP for one in found.reports) + 1
    which = f"（第 {number} 号）" if kind == FOLLOWUP else ""
    return f"{_place(found)}{KINDS[found.emergency.kind]}事件{REPORTS[kind]}{which}"


def _opening(found: Known, kind: str, now: datetime) -> list[str]:
    if kind == PHONE:
        return [f"（照着念）您好，这里是{found.unit}，现在报告一起网络安全事件，编号 {found.number}。"]
    return [f"编号：{found.number}　　起草：{moment(now)}"]


def _ending(kind: str) -> list[str]:
    if kind == PHONE:
        return ["书面报告随后报送。请问您贵姓、什么职务？（记下接报人和时间）"]
    return [f"报告人：{UNKNOWN}　　联系电话：{UNKNOWN}"]


def _whose(found: Known) -> list[str]:
    site = found.site
    if site is None:
        return [found.unit, f"系统：{UNKNOWN}"]
    return [f"{found.unit}，{site.name}（标识码 {site.code or UNKNOWN}，网址 {site.url or UNKNOWN}）"]


def _place(found: Known) -> str:
    return found.site.name if found.site else f"{found.unit}的系统"


def _times(found: Known) -> list[str]:
    one = found.emergency
    happened = found.answer("happened_at")
    lines = [f"发生：{_said(happened)}", f"发现：{moment(one.began_at)}", f"确认：{moment(one.confirmed_at)}"]
    later = (("先行控制", one.contained_at), ("启动响应", one.activated_at), ("恢复", one.restored_at))
    return [*lines, *(f"{name}：{moment(at)}" for name, at in later if at is not None)]


def _grade(found: Known) -> str:
    grade = found.emergency.grade
    return f"级别{UNKNOWN}" if grade is None else f"{ROMAN[grade]} 级（{GRADES[grade]}）"


def _grade_history(found: Known) -> list[str]:
    return [_change(one.at, one.before, one.after, one.basis) for one in found.grades]


def _change(at: datetime, before: int | None, after: int, basis: str) -> str:
    was = "" if before is None else f"{ROMAN[before]} 级改为 "
    return f"{_hour(at)} {was}{ROMAN[after]} 级（{basis}）"


def _impact(found: Known) -> list[str]:
    lasted = [_duration(found, name, text) for name, text in LASTED.items() if found.measured.get(name)]
    counted = [
        f"{text} {found.measured[name]} {unit}" for name, (text, unit) in COUNTED.items() if found.measured.get(name)
    ]
    return [*lasted, *counted]


def _duration(found: Known, name: str, text: str) -> str:
    goes_on = bool(found.facts.get(name.replace("_minutes", "_from"))) and found.emergency.restored_at is None
    return f"{text} {found.measured[name]} 分钟{'，还在继续' if goes_on else ''}"


def _done(found: Known, since: datetime | None = None) -> list[str]:
    return [line for line in (_action(one) for one in found.steps if _new(one.at, since)) if line]


def _action(step: Step) -> str:
    """Return what a step says it did; nothing of a step that only decided or reported."""
    note = next((step.answers[name] for name in NOTES if step.answers.get(name)), "")
    measure = MEASURES.get(str(step.answers.get("measure") or ""), "")
    said = "，".join(filter(None, (measure, _text(note) if note else "")))
    return f"{_hour(step.at)} {step.name}：{said}" if said else ""


def _trend(found: Known) -> str:
    one = found.emergency
    if one.closed_at is not None:
        return f"响应已于 {moment(one.closed_at)} 结束"
    if one.restored_at is not None:
        return "已恢复，继续观察"
    if one.contained_at is not None:
        return "已先行控制，正在处置"
    return "尚未控制" if one.confirmed_at is not None else "正在核实"


def _cause(found: Known) -> str:
    return _text(found.answer("cause") or found.answer("analysis_note"))


def _clues(found: Known) -> list[str]:
    return [f"{text}：{_text(found.answer(name))}" for name, text in CLUES.items() if found.answer(name)]


def _next(found: Known) -> list[str]:
    return [f"正在办：{'、'.join(found.open_steps)}"] if found.open_steps else []


def _wanted(found: Known) -> list[str]:
    return [one.text for one in found.log if one.kind == RESOURCE]


def _told(found: Known) -> list[tuple[datetime, str]]:
    """Return status reports and new facts, in order of time."""
    status = [(one.at, one.text) for one in found.log if one.kind == STATUS and one.text]
    return sorted([*status, *found.new_facts], key=lambda one: one[0])


def _last_report(found: Known) -> str:
    if not found.reports:
        return "没有登记过报告"
    one = max(found.reports, key=lambda report: report.recorded_at)
    return _sent(one.kind, one.sent_at, one.receiver)


def _sent(kind: str, sent_at: datetime, receiver: str) -> str:
    return f"{moment(sent_at)} {REPORTS.get(kind, kind)}，接报：{receiver or UNKNOWN}"


# --- how it is written


def _joined(lines: Iterable[str]) -> str:
    """Return the lines of a part; a single one stays in the line of its name, none is to be found out."""
    said = [line.strip() for line in lines if line and line.strip() and line.strip() != UNKNOWN]
    if not said:
        return UNKNOWN
    return said[0] if len(said) == 1 else "".join(f"\n　　{line}" for line in said)


def _text(value: Any) -> str:
    text = "、".join(map(str, value)) if isinstance(value, list) else str(value or "")
    return "；".join(line.strip() for line in text.splitlines() if line.strip()) or UNKNOWN


def _said(value: Any) -> str:
    return moment(value if isinstance(value, datetime) else datetime.fromisoformat(str(value))) if value else UNKNOWN


def _hour(at: datetime) -> str:
    here = local(at)
    return f"{here.month}月{here.day}日{here:%H:%M}"


def _new(at: datetime, since: datetime | None) -> bool:
    return since is None or at > since


def _numeral(number: int) -> str:
    return ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")[number - 1]

"""Times as other tools and people write them, in the words of this engine."""

from __future__ import annotations

import re
from typing import Any

from app.engine.diagram import Event, TimerKind
from app.engine.parts import read_timer
from app.engine.repairs.drawing import Drawing
from app.engine.repairs.hands import by_hand
from app.engine.repairs.texts import readable
from app.engine.repairs.tree import children, definitions_of, elements, kind_of, label_of, tag_of
from app.engine.xml import BPMN
from app.expressions import ExpressionRefused
from app.i18n import N_

_WAITING = frozenset({"intermediateCatchEvent", "boundaryEvent"})
_SIGNS: dict[str, TimerKind] = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}
_TAGS = {kind: tag for tag, kind in _SIGNS.items()}
_UNITS = {
    "S": ("s", "sec", "second", "秒", "sekunde"),
    "M": ("min", "minute", "分钟", "分"),
    "H": ("h", "hour", "小时", "stunde", "heure", "hora"),
    "D": ("d", "day", "天", "日", "tag", "jour", "dia"),
    "W": ("w", "week", "周", "星期", "woche", "semaine", "semana"),
    "MO": ("month", "个月", "monat", "mois"),
    "Y": ("y", "year", "年", "jahr"),
}
_ENDINGS = ("", "s", "n", "en", "e")
_LENGTHS = {word + end: unit for unit, words in _UNITS.items() for word in words for end in _ENDINGS}
_WORDS = re.compile(r"(\d{1,4})\s*([^\W\d_]+)")
_CRON = re.compile(r"0 (?:0/(\d+) (?:\*|0/1)|0 (?:0/(\d+)|\*)) (?:\*|1/1) \* \?(?: \*)?")


def repair_timers(drawing: Drawing) -> None:
    """Write times as this engine reads them; where there is none, a person says when."""
    for node in drawing.nodes():
        if tag_of(node) in _WAITING and kind_of(node) == "timer":
            _repair_timer(drawing, node)


def _repair_timer(drawing: Drawing, node: Any) -> None:
    definition = definitions_of(node)[0]
    kind, text = _time_of(definition)
    once = tag_of(node) == "intermediateCatchEvent" or node.get("cancelActivity", "true") != "false"
    if _reads(kind, text) and not (kind == "cycle" and once):
        return
    found = _rewritten(kind, text, once=once) or (not text and _in_words(label_of(node), once=once)) or None
    if found is None:
        message = N_("“%(name)s”没有能用的时间，改为由人触发。")
        by_hand(drawing, node, "timer", message, text or "")
        return
    message = N_("“%(name)s”的时间改写为 %(time)s。")
    if drawing.repair("timer", node, message, old=text, new=found[1], time=found[1]):
        _write_time(definition, *found)


def _time_of(definition: Any) -> tuple[TimerKind | None, str | None]:
    for one in elements(definition):
        if tag_of(one) in _SIGNS:
            return _SIGNS[tag_of(one)], str(one.xpath("string()")).strip() or None
    return None, None


def _reads(kind: TimerKind | None, text: str | None) -> bool:
    try:
        read_timer(Event("timer", timer=kind, text=text))
    except (ExpressionRefused, ValueError, OverflowError):
        return False
    return True


def _rewritten(kind: TimerKind | None, text: str | None, *, once: bool) -> tuple[TimerKind, str] | None:
    """Return another way to write a time; `once` asks for no repetition."""
    text = (text or "").strip().strip("'\"").strip()
    if not text or kind is None:
        return None
    tries: list[tuple[TimerKind, str]] = [(kind, text), ("duration", text), ("date", text), ("cycle", text)]
    if told := readable(text):
        tries.append((kind, told))
    if cron := _CRON.fullmatch(text):
        tries.append(("cycle", f"R/PT{cron[1]}M" if cron[1] else f"R/PT{cron[2] or 1}H"))
    for one, time in tries:
        if not _reads(one, time):
            continue
        if one != "cycle" or not once:
            return one, time
        if "${" not in time:
            return "duration", time.rsplit("/", 1)[-1]
    return _in_words(text, once=True)


def _in_words(text: str, *, once: bool) -> tuple[TimerKind, str] | None:
    """Read a time as people write it beside a clock: `2 days`, `3天`."""
    for number, word in _WORDS.findall(text):
        unit = _LENGTHS.get(word.lower())
        if unit and int(number):
            span = f"PT{number}{unit}" if unit in {"S", "M", "H"} else f"P{number}{unit[0]}"
            return ("duration", span) if once else ("cycle", f"R1/{span}")
    return None


def _write_time(definition: Any, kind: TimerKind, text: str) -> None:
    old = children(definition, *_SIGNS)
    written = old[0] if old else definition.makeelement(f"{{{BPMN}}}{_TAGS[kind]}")
    for one in old[1:]:
        definition.remove(one)
    for child in list(written):
        written.remove(child)
    written.tag, written.text = f"{{{BPMN}}}{_TAGS[kind]}", text
    if not old:
        definition.insert(0, written)

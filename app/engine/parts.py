"""Compiled parts of a node: who handles it, what goes in and out, script lines, timers, branches."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from app.engine.diagram import Element, Event, Handed, Parameter, Repeat, ThrownKind, TimerKind
from app.engine.durations import Cycle, parse_cycle, parse_duration, parse_instant
from app.engine.outside import RESERVED
from app.expressions import Expression, ExpressionRefused, juel
from app.i18n import N_

Evaluate = Callable[[Expression], Any]
TARGET = re.compile(r"(case\.)?([^\W\d]\w*)")
_KEYWORDS = frozenset({"true", "false", "null", "and", "or", "not", "empty", "eq", "ne", "lt", "le", "gt", "ge"})
_ASSIGNMENT = re.compile(r"\s*((?:case\.)?[^\W\d]\w*)\s*=(?!=)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the diagram: plain, or one `${…}`."""

    plain: str | None
    expression: Expression | None

    def value(self, evaluate: Evaluate) -> Any:
        """Return the plain text or the value of the expression."""
        return self.plain if self.expression is None else evaluate(self.expression)


@dataclass(frozen=True, slots=True)
class Assignment:
    """One `name = value`; the name may be `case.name`."""

    target: str
    text: Text


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of `assignee`, `candidateUsers`, `candidateGroups`; plain names in it mean a user or a role."""

    text: Text
    kind: str

    def rules(self, evaluate: Evaluate, starter: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the rule values it stands for now."""
        value = self.text.value(evaluate)
        if self.text.expression is None:
            value = [name.strip() for name in str(value).split(",") if name.strip()]
        if isinstance(value, Mapping) and value == starter:
            return [{"rule": "starter"}]
        items = value if isinstance(value, list) else [value]
        return [rule for item in items if (rule := self._rule(item)) is not None]

    def _rule(self, item: Any) -> dict[str, Any] | None:
        if item is None or item == "":
            return None
        if isinstance(item, Mapping) and "rule" in item:
            return dict(item)
        if isinstance(item, str | int) and not isinstance(item, bool):
            return {"rule": "role", "role": item, "unit": None} if self.kind == "role" else _user(item)
        raise ExpressionRefused(N_("这个表达式得到的不是办理人。"))


@dataclass(frozen=True, slots=True)
class Branch:
    """One way out of a gateway; `target` is the name of the specification it leads to."""

    flow: str
    name: str
    target: str
    condition: Expression | None


@dataclass(frozen=True, slots=True)
class Timer:
    """When a timer is due; `reads_due` tells that it follows a limit and moves with it."""

    kind: TimerKind
    text: Text

    @property
    def reads_due(self) -> bool:
        """Whether the timer asks for a limit by `${due('name')}`."""
        return self.text.expression is not None and "due" in self.text.expression.functions

    def arm(self, evaluate: Evaluate, now: datetime) -> dict[str, Any]:
        """Return the state of the timer that begins to wait now; a null instant waits for being re-armed."""
        value = self.text.value(evaluate)
        if value is None:
            return {"due": None}
        try:
            if self.kind == "cycle":
                return _first(parse_cycle(str(value)), now, str(value))
            return {"due": _instant(value, now).isoformat()}
        except (ValueError, OverflowError) as error:
            raise ExpressionRefused(N_("“%(text)s”不是时间。"), text=str(value)) from error


@dataclass(frozen=True, slots=True)
class Thrown:
    """What an event throws or catches; an error or escalation is known by its code, None catches every one."""

    kind: ThrownKind
    name: str | None


@dataclass(frozen=True, slots=True)
class Handover:
    """What goes into a called process, or comes out of it: everything, chosen values, or nothing."""

    everything: bool = False
    chosen: tuple[Assignment, ...] = ()

    def __bool__(self) -> bool:
        return self.everything or bool(self.chosen)


@dataclass(frozen=True, slots=True)
class Repetition:
    """How often a node runs; `condition` ends a multi-instance and keeps a standard loop going."""

    sequential: bool = False
    cardinality: Text | None = None
    collection: Expression | None = None
    element: str | None = None
    condition: Expression | None = None
    collect: str = ""
    test_before: bool = False
    maximum: int | None = None


def next_turn(timer: Mapping[str, Any], now: datetime) -> tuple[dict[str, Any] | None, int]:
    """Return the cycle's next turn after `now`, None when it is over, and how many turns were due at once."""
    cycle = parse_cycle(timer["cycle"])
    left = timer["left"]
    try:
        due, passed = _skip(cycle, datetime.fromisoformat(timer["first"]), timer["turn"], now)
    except (ValueError, OverflowError):
        return None, 1
    if left is not None and passed >= left:
        return None, left
    rest = None if left is None else left - passed
    return {**timer, "due": due.isoformat(), "left": rest, "turn": timer["turn"] + passed}, passed


def _skip(cycle: Cycle, first: datetime, turn: int, now: datetime) -> tuple[datetime, int]:
    """Return the first instant of the cycle after `now` and how many came before it since `turn`."""
    due, passed = cycle.step.after(first, turn), 0
    if not cycle.step.months:
        passed = max(0, (now - due) // cycle.step.span + 1)
    while (due := cycle.step.after(first, turn + passed)) <= now:
        passed += 1
    return due, passed


def read_text(text: str) -> Text:
    """Read a plain text or one `${…}`; raise ExpressionRefused."""
    expression = juel.braced(text)
    return Text(None if expression else text, expression)


def read_script(script: str) -> tuple[Assignment, ...]:
    """Read lines of `name = expression`; raise ExpressionRefused naming the line."""
    found = []
    for number, line in enumerate(script.splitlines(), 1):
        if not line.strip() or line.strip().startswith("#"):
            continue
        try:
            found.append(_read_line(line))
        except ExpressionRefused as error:
            raise ExpressionRefused(
                N_("脚本第 %(line)s 行：%(why)s"), error.column, line=number, why=error
            ) from error
    return tuple(found)


def _read_line(line: str) -> Assignment:
    match = _ASSIGNMENT.fullmatch(line)
    if match is None:
        raise ExpressionRefused(N_("每行只能写“名称 = 表达式”。"))
    return Assignment(check_target(match[1]), Text(None, juel.parse(match[2].strip())))


def read_parameters(parameters: tuple[Parameter, ...]) -> tuple[Assignment, ...]:
    """Read the entries of `camunda:inputOutput`; raise ExpressionRefused."""
    return tuple(_read_parameter(one) for one in parameters)


def _read_parameter(parameter: Parameter) -> Assignment:
    if parameter.text is None:
        raise ExpressionRefused(N_("参数“%(name)s”只能是文字或一个 ${…}。"), name=parameter.name)
    return Assignment(check_target(parameter.name), read_text(parameter.text))


def read_candidates(element: Element) -> tuple[Candidate, ...]:
    """Read who handles a human node; raise ExpressionRefused."""
    kinds = (("assignee", "user"), ("candidateUsers", "user"), ("candidateGroups", "role"))
    return tuple(
        Candidate(read_text(element.settings[setting]), kind)
        for setting, kind in kinds
        if element.settings.get(setting)
    )


def read_timer(event: Event) -> Timer:
    """Read a timer; a plain text must be a time already. Raise ExpressionRefused."""
    if event.timer is None or not event.text:
        raise ExpressionRefused(N_("没有写时间。"))
    timer = Timer(event.timer, read_text(event.text))
    if timer.text.expression is None:
        timer.arm(_no_expression, datetime(2000, 1, 1, tzinfo=UTC))
    return timer


def read_handover(handed: tuple[Handed, ...]) -> Handover:
    """Read the entries `camunda:in` or `camunda:out` of a call; raise ExpressionRefused."""
    chosen = [one for one in handed if not one.everything]
    return Handover(len(chosen) < len(handed), tuple(_read_handed(one) for one in chosen))


def _read_handed(one: Handed) -> Assignment:
    expression = juel.braced(one.source) or juel.parse(one.source)
    return Assignment(check_target(one.target), Text(None, expression))


def read_repetition(repeat: Repeat) -> Repetition:
    """Read how often a node runs; raise ExpressionRefused."""
    if repeat.kind == "loop":
        return _read_loop(repeat)
    if not repeat.collection and not repeat.cardinality:
        raise ExpressionRefused(N_("多实例没有写名单或者次数。"))
    return Repetition(
        sequential=repeat.kind == "sequential",
        cardinality=_read_count(repeat.cardinality) if repeat.cardinality else None,
        collection=_read_condition(repeat.collection),
        element=check_target(repeat.element) if repeat.element else None,
        condition=_read_condition(repeat.condition),
        collect=check_target(repeat.collect),
    )


def _read_loop(repeat: Repeat) -> Repetition:
    if not repeat.condition and not repeat.maximum:
        raise ExpressionRefused(N_("循环没有写条件，也没有写最多几次。"))
    if repeat.maximum and not repeat.maximum.isdecimal():
        raise ExpressionRefused(N_("循环最多几次要写整数，不能是“%(text)s”。"), text=repeat.maximum)
    return Repetition(
        condition=_read_condition(repeat.condition),
        test_before=repeat.test_before,
        maximum=int(repeat.maximum) if repeat.maximum else None,
    )


def _read_count(text: str) -> Text:
    read = read_text(text)
    if read.expression is None and not text.isdecimal():
        raise ExpressionRefused(N_("多实例的次数要写整数或者 ${…}，不能是“%(text)s”。"), text=text)
    return read


def _read_condition(text: str | None) -> Expression | None:
    return (juel.braced(text) or juel.parse(text)) if text else None


def check_target(name: str) -> str:
    """Return a name that may be written to; raise ExpressionRefused."""
    match = TARGET.fullmatch(name)
    if match is None or match[2] in _KEYWORDS or (not match[1] and match[2] in RESERVED):
        raise ExpressionRefused(N_("“%(name)s”不能作名称。"), name=name)
    return name


def _user(item: str | int) -> dict[str, Any]:
    return {"rule": "user", "name": item}


def _first(cycle: Cycle, now: datetime, text: str) -> dict[str, Any]:
    first = cycle.start or cycle.step.after(now)
    return {"due": first.isoformat(), "cycle": text, "left": cycle.times, "first": first.isoformat(), "turn": 0}


def _instant(value: Any, now: datetime) -> datetime:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, date):
        return parse_instant(value.isoformat())
    text = str(value).strip()
    if text.upper().startswith("P"):
        return parse_duration(text).after(now)
    return parse_instant(text)


def _no_expression(_expression: Expression) -> Any:
    raise ExpressionRefused

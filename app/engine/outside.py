"""What an expression of a diagram can ask of the world outside its data: functions over the environment.

Those that name people only build a rule value; `people` finds who that is when the work item is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from app.engine.durations import HOME
from app.engine.port import Environment
from app.expressions import ExpressionRefused
from app.i18n import N_

RESERVED = frozenset({"case", "starter", "round"})
# what the engine tells a repeated node: each run, and the condition that ends them
LOOP_NAMES = frozenset({"loopCounter", "nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances"})
COUNTED = LOOP_NAMES | {"total", "finished", "votes"}
MAX_CHAIN = 20


def role(name: str, unit: Any = None) -> dict[str, Any]:
    """Name whoever holds a role, in one unit or anywhere."""
    return {"rule": "role", "role": name, "unit": unit}


def user(name: Any) -> dict[str, Any]:
    """Name one person, by user name or id."""
    return {"rule": "user", "name": name}


def head(unit: Any) -> dict[str, Any]:
    """Name the head of a unit."""
    return {"rule": "head", "unit": unit}


def chain(unit: Any, n: Any = 1) -> dict[str, Any]:
    """Name the heads of a unit and of the units above it, `n` of them."""
    if not isinstance(n, int) or not 1 <= n <= MAX_CHAIN:
        raise ExpressionRefused(N_("chain 的级数应在 1 到 %(most)s 之间。"), most=MAX_CHAIN)
    return {"rule": "chain", "unit": unit, "n": n}


def earlier(node: str) -> dict[str, Any]:
    """Name whoever completed a node of this case before."""
    return {"rule": "earlier", "node": node}


def duty(post: str) -> dict[str, Any]:
    """Name whoever is on duty at a post."""
    return {"rule": "duty", "post": post}


def climb(role: str, unit: Any, barred: Any = None) -> dict[str, Any]:
    """Name whoever holds a role in a unit, or where nobody but `barred` people does, in the next unit above it."""
    if barred is not None and not isinstance(barred, list):
        raise ExpressionRefused(N_("climb 的第三个参数要是人员编号的列表。"))
    return {"rule": "climb", "role": role, "unit": unit, "barred": barred or []}


def tally(items: Any, name: str, value: Any) -> int:
    """Count the maps of a list whose entry `name` is `value`, for example the votes that agree."""
    if items is not None and not isinstance(items, list):
        raise ExpressionRefused(N_("tally 的第一个参数要是列表，例如 votes。"))
    return sum(isinstance(one, Mapping) and name in one and one[name] == value for one in items or ())


def functions_of(env: Environment) -> Mapping[str, Callable[..., Any]]:
    """Return the functions that expressions may call besides the built-in ones."""

    def due(name: str) -> datetime | None:
        return env.due.get(name)

    def now() -> datetime:
        return env.now

    def today() -> date:
        return env.now.astimezone(HOME).date()

    def add_working(start: Any, limit: str) -> datetime | None:
        if start is None:
            return None
        if env.add_working is None or not isinstance(start, datetime):
            raise ExpressionRefused(N_("这里不能计算工作时间。"))
        return env.add_working(start, limit)

    return {**PEOPLE, "tally": tally, "due": due, "now": now, "today": today, "add_working": add_working}


PEOPLE: Mapping[str, Callable[..., Any]] = {
    "role": role,
    "user": user,
    "head": head,
    "chain": chain,
    "earlier": earlier,
    "duty": duty,
    "climb": climb,
}
FUNCTIONS = frozenset({*PEOPLE, "tally", "due", "now", "today", "add_working"})

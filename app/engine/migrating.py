"""Whether a case that runs can go on under another version of its process. Pure: nothing of the case is changed.

A case is its rows, and a row names the specification its token stands at. So a case can move when every row finds
the same kind of node under the same name, when what its open tokens wait for is the same, and when from there the
tokens can still come to an end. Everything else is refused, with the node that is in the way.
"""
# ruff: noqa: SLF001 - the engine's own protocol with its tokens

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.engine.definition import Definition
from app.engine.flat import Flat
from app.engine.live import Live, restore
from app.engine.outcome import open_nodes
from app.engine.port import TaskRow
from app.engine.specs import Boundary, Call, EventChoice, Inclusive, Multiple, Parallel, Service
from app.engine.specs.events import Waiting
from app.engine.specs.gateways import Join
from app.engine.token import Token
from app.engine.walking import TooManyWays, look_ahead
from app.i18n import N_

GONE = N_("环节“%(node)s”在新版里没有了，办件正在这里。")
PASSED_GONE = N_("环节“%(node)s”在新版里没有了，办件刚从这里过来。")
OTHER_KIND = N_("环节“%(node)s”在新版里换了类型。")
SEVERAL = N_("“%(node)s”正由几个人分别办，办完这一步才能换版本。")
EVENTS = N_("“%(node)s”上面挂的定时或者消息，新版里不一样了。")
OTHER_MESSAGE = N_("“%(node)s”正在等“%(wanted)s”，新版里等的不是它。")
OTHER_TOPIC = N_("自动环节“%(node)s”正在办，新版里换成了别的服务。")
OTHER_CALL = N_("“%(node)s”正在办它调用的流程，新版里调用的不一样。")
BRANCHES = N_("几条分支正在同时办，新版改了“%(node)s”处的分合，办件可能停在那里。")
STUCK = N_("办件以后会停在“%(node)s”：那里要等的分支，这件办件没有走过。")
UNCLEAR = N_("新版分支太多，看不全办件以后会不会停住。")
OTHER_PROCESS = N_("新版里流程的 id 换了。")
FAILED = N_("按新版重建这件办件没有成功。")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a case cannot move: a sentence and the node it is about."""

    message: str
    node: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


def obstacles(
    old: Definition, new: Definition, rows: Sequence[TaskRow], header: Mapping[str, Any]
) -> tuple[Obstacle, ...]:
    """Return what keeps a case that is stored under `old` from going on under `new`; nothing when it is safe.

    A safe case was rebuilt under `new` and looked ahead to its end.
    """
    live = restore(old, rows, header)
    found = list(_in_the_way(live, new))
    if found:
        return tuple({(one.message, one.node): one for one in found}.values())
    return () if _rebuilds(live, new, rows, header) else (Obstacle(FAILED),)


def _rebuilds(live: Live, new: Definition, rows: Sequence[TaskRow], header: Mapping[str, Any]) -> bool:
    """Rebuild the case under the new definition and compare what it waits for."""
    try:
        moved = open_nodes(restore(new, rows, header).workflow)
    except (KeyError, AttributeError, StopIteration):
        return False
    before = open_nodes(live.workflow)
    return {(one.token, one.node, one.wait) for one in moved.values()} == {
        (one.token, one.node, one.wait) for one in before.values()
    }


def _in_the_way(live: Live, new: Definition) -> Iterator[Obstacle]:
    for run in live.workflow.everywhere():
        scope = _scope(run, live, new)
        if scope is None:
            # what is inside a task that has no place is told of with that task
            if run.owner is None:
                yield Obstacle(OTHER_PROCESS)
            continue
        found = [one for token in run.tasks.values() for one in _of_token(token, scope, live.definition, new)]
        yield from found or _of_ways(run, scope, new)


def _scope(run: Flat, live: Live, new: Definition) -> Any:
    """Return what a run becomes under the new definition; None when it has no place there."""
    if run.owner is None:
        return new.specs.get(new.process_id) if new.process_id == live.definition.process_id else None
    owner: Token = run.owner
    around = _scope(owner.workflow, live, new)
    moved = around.task_specs.get(owner.task_spec.name) if around is not None else None
    return new.specs.get(getattr(moved, "spec", ""))


def _of_token(token: Token, scope: Any, old: Definition, new: Definition) -> Iterator[Obstacle]:
    spec = token.task_spec
    there = scope.task_specs.get(spec.name)
    if there is None:
        yield _about(spec, PASSED_GONE if token.finished else GONE)
    elif type(there) is not type(spec) or there.kind != spec.kind:
        yield _about(spec, OTHER_KIND)
    elif not token.finished:
        yield from _of_open(token, there, old, new)


def _of_open(token: Token, there: Any, old: Definition, new: Definition) -> Iterator[Obstacle]:
    spec = token.task_spec
    if spec.whole is not None or spec.run is not None:
        yield _about(spec, SEVERAL)
    if _events_on(old, spec.place) != _events_on(new, spec.place) or _guarded(token) != _is_guarded(there):
        yield _about(spec, EVENTS)
    if isinstance(spec, Waiting) and _awaited(spec) != _awaited(there):
        yield _about(spec, OTHER_MESSAGE, wanted=spec.message or "")
    if isinstance(spec, Service) and spec.node and there.node and spec.node.topic != there.node.topic:
        yield _about(spec, OTHER_TOPIC)
    if isinstance(spec, Call) and (spec.spec, spec.shares) != (there.spec, there.shares):
        yield _about(spec, OTHER_CALL)


def _awaited(spec: Any) -> tuple[Any, ...]:
    """Return what an event waits for; when its time comes was settled as it began to wait."""
    return spec.message, spec.signal, spec.cancel_activity, spec.timer.kind if spec.timer else None


def _events_on(definition: Definition, node: str) -> set[tuple[str, str]]:
    return {(one.id, one.kind) for one in definition.nodes.values() if one.attached_to == node}


def _guarded(token: Token) -> bool:
    return token.parent is not None and _guard_name(token.task_spec) == token.parent.task_spec.name


def _is_guarded(spec: Any) -> bool:
    return _guard_name(spec) in spec._wf_spec.task_specs and not isinstance(spec, Boundary)


def _guard_name(spec: Any) -> str:
    return f"{spec.name}.Guard"


def _of_ways(run: Flat, scope: Any, new: Definition) -> Iterator[Obstacle]:
    """Look at the ways ahead of one run: the branches under way, and whether every way ends."""
    standing = [one for one in run.live() if not isinstance(one.task_spec, Boundary)]
    if len(standing) > 1 and (changed := _changed_parting(run, standing, scope)):
        yield Obstacle(BRANCHES, changed, {"node": _name_of(new, changed)})
        return
    if any(isinstance(one.task_spec, Multiple) for one in standing):
        return
    try:
        stuck = look_ahead(scope, [(one.task_spec.name, _arrived_from(one)) for one in standing])
    except TooManyWays:
        yield Obstacle(UNCLEAR)
        return
    if stuck is not None:
        yield Obstacle(STUCK, stuck, {"node": _name_of(new, stuck)})


def _arrived_from(token: Token) -> str | None:
    """Return the node from which a token came to the gateway it waits at."""
    waits = isinstance(token.task_spec, Join) and token.parent is not None
    return str(token.parent.task_spec.name) if waits else None


def _changed_parting(run: Flat, standing: Sequence[Token], scope: Any) -> str | None:
    """Return a gateway of the branches under way whose flows are others in the new version."""
    old = run.spec.task_specs
    starts = {one.task_spec.name for one in standing}
    near = {one.task_spec.name for one in run.tasks.values()} | _reach(old, starts) | _reach(scope.task_specs, starts)
    for name in sorted(near):
        before, after = old.get(name), scope.task_specs.get(name)
        if _parts(before) != _parts(after):
            return name
    return None


def _parts(spec: Any) -> tuple[list[str], list[str]] | None:
    """Return the flows of a node at which branches part or meet."""
    if not isinstance(spec, Parallel | Inclusive) and (spec is None or len(spec._outputs) < 2 or _chooses(spec)):  # noqa: PLR2004
        return None
    return sorted(spec._inputs), sorted(spec._outputs)


def _chooses(spec: Any) -> bool:
    return isinstance(spec, EventChoice) or hasattr(spec, "branches") or spec.name.endswith(".Guard")


def _reach(specs: Mapping[str, Any], starts: set[str]) -> set[str]:
    seen: set[str] = set()
    stack = [one for one in starts if one in specs]
    while stack:
        name = stack.pop()
        if name not in seen:
            seen.add(name)
            stack += specs[name]._outputs
    return seen


def _about(spec: Any, message: str, **values: Any) -> Obstacle:
    known = spec.node or spec.origin
    name = known.name if known is not None else spec.place
    return Obstacle(message, spec.place, {"node": name, **values})


def _name_of(definition: Definition, place: str) -> str:
    node = definition.nodes.get(place)
    return node.name if node is not None else place

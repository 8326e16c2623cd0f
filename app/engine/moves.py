"""Going back, and jumping: withdraw what lies on the way, and set the work going again at another node.

The engine keeps only live tokens and the tasks at which their branches parted. So nothing is reset: tokens are
withdrawn and one new token is planted. How much is withdrawn follows from the drawing. For each parting above the
token, from the innermost outwards: if the node lies in the token's own branch, only that branch goes; else
everything below the parting goes, and the next one outwards is asked.
"""
# ruff: noqa: SLF001 - the engine's own protocol with its tokens

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import Any

from SpiffWorkflow.util.task import TaskState

from app.engine.port import MoveRefused
from app.engine.shape import Shape
from app.engine.specs.base import Guard, leave_guard
from app.engine.specs.events import Boundary, EventChoice
from app.engine.specs.gateways import Join
from app.engine.specs.scopes import SubProcess
from app.engine.token import Token, meet
from app.errors import UserError
from app.i18n import N_

Path = tuple[Any, ...]


@dataclass(frozen=True)
class Move:
    """One move, decided but not made: what goes, and where the new token begins."""

    above: Token
    gone: tuple[Token, ...]
    path: Path

    def make(self, data: Mapping[str, Any] | None = None) -> None:
        """Withdraw, then plant the new token with what the withdrawn ones had, or with `data`."""
        whole = [one for one in self.gone if one.task_spec.whole is None]
        merged = meet([(one, one.task_spec.so_far(one)) for one in whole])[0]
        for one in self.gone:
            one.cancel()
            if not isinstance(one.task_spec, Boundary):
                leave_guard(one)
        _plant(self.above, self.path, merged if data is None else data)


def decide(token: Token, node: str, known: Mapping[str, Any], *, passed: bool) -> Move:
    """Return the move of an open token to a node; with `passed`, only to one that was reached before.

    Raise MoveRefused with what is in the way. `known` are the nodes of the definition.
    """
    names = {"node": known[node].name if node in known else node}
    if passed and not token.case.rounds.get(node):
        raise MoveRefused(N_("“%(node)s”还没有办到过，退不回去。"), **names)
    if isinstance(token.task_spec, Boundary) and "fired" not in token.internal_data:
        raise MoveRefused(N_("边界事件不能单独移动，请从它所在的那一步办理。"))
    stand = _stand(token)
    path = max(_paths(token.case, node), key=partial(_shared, stand), default=None)
    if path is None or isinstance(path[-1], Boundary | Guard) or _joins(path[-1]):
        raise MoveRefused(N_("“%(node)s”不是可以办理的一步，请选一步具体的工作。"), **names)
    level = _shared(stand, path)
    path = path[level:]
    if any(one.whole is not None for one in path):
        raise MoveRefused(N_("“%(node)s”在几个人同时办的子流程里面，请选那个子流程本身。"), **names)
    return Move(*_retreat(_whole(stand[level]), path[0], names), path)


def possible(token: Token, node: str, known: Mapping[str, Any]) -> bool:
    """Say whether a token can be sent back to a node."""
    try:
        decide(token, node, known, passed=True)
    except MoveRefused:
        return False
    return True


def _joins(spec: Any) -> bool:
    return isinstance(spec, Join) and len(spec._inputs) > 1


def _stand(token: Token) -> list[Token]:
    """Return the tokens of the runs in which a token lies, the outermost first, itself last."""
    found = [token]
    while (owner := found[0].workflow.owner) is not None:
        found.insert(0, owner)
    return found


def _paths(case: Any, node: str) -> Iterator[Path]:
    """Yield every way into a node: the sub-processes around it, the outermost first, then the node itself."""
    waiting: list[tuple[Path, Any]] = [((), case.spec)]
    while waiting:
        around, process = waiting.pop()
        for spec in process.task_specs.values():
            if spec.node is not None and spec.node.id == node and spec.whole is None:
                yield (*around, spec)
            if isinstance(spec, SubProcess) and spec.spec in case.subprocess_specs:
                waiting.append(((*around, spec), case.subprocess_specs[spec.spec]))


def _shared(stand: Sequence[Token], path: Path) -> int:
    """Return how many runs the token and the node have in common."""
    pairs = zip(stand[:-1], path[:-1], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0].task_spec is pair[1], pairs))


def _whole(token: Token) -> Token:
    """Return the whole repetition of which a token is one run, else the token."""
    return token.parent if token.task_spec.whole is not None else token


def _retreat(token: Token, target: Any, names: Mapping[str, Any]) -> tuple[Token, tuple[Token, ...]]:
    """Return the task below which the new token hangs, and the tokens that go."""
    shape = Shape(token.workflow.spec)
    child, at = token, token.parent
    while at is not None:
        if len(at.children) > 1 and not isinstance(at.task_spec, EventChoice):
            own = _branch_of(shape, child)
            if target.name in shape.branch(at.task_spec.name, own):
                return at, tuple(one for one in _below(at) if _branch_of(shape, _child(at, one)) & own)
            _refuse_other_branch(shape, at, target, names)
        child, at = at, at.parent
    root = token.workflow.task_tree
    return root, tuple(_below(root))


def _branch_of(shape: Shape, child: Token) -> set[str]:
    """Return the first nodes of the branches of the parting above `child` in which it may lie."""
    return shape.firsts(child.parent.task_spec.name, child.task_spec.name)


def _refuse_other_branch(shape: Shape, split: Token, target: Any, names: Mapping[str, Any]) -> None:
    for other in split.children:
        waits = isinstance(other.task_spec, Boundary) and not other.finished
        firsts = set() if waits else _branch_of(shape, other)
        if target.name in shape.branch(split.task_spec.name, firsts):
            stands = next(iter(_below(other)), other)
            drawn = stands.task_spec.node or stands.parent.task_spec.node
            raise MoveRefused(
                N_("“%(node)s”在另一条分支上，那条分支现在到了“%(where)s”，从这里退不过去。"),
                **names,
                where=drawn.name if drawn is not None else stands.task_spec.place,
            )


def _child(above: Token, token: Token) -> Token:
    """Return the child of `above` under which a token lies."""
    while token.parent is not above:
        token = token.parent
    return token


def _below(token: Token) -> Iterator[Token]:
    """Yield the live tokens at and below a task, in order of creation."""
    found, stack = [], [token]
    while stack:
        one = stack.pop()
        stack += one.children
        found.append(one)
    return iter(sorted((one for one in found if not one.finished), key=lambda one: one.seq))


def _plant(above: Token, path: Path, data: Mapping[str, Any]) -> None:
    """Begin at a node below `above`; the joins ahead that can never fill any more get their missing arrivals."""
    spec, *inner = path
    entry = _entry(spec)
    above = _fill_joins(Shape(above.workflow.spec), above, entry.name, data)
    if entry is not spec:
        above = _passed(entry, above, data)
        for event in entry._outputs:
            if event != spec.name:
                _reach(Token(above.workflow, above.workflow.spec.task_specs[event], above), data)
    token = Token(above.workflow, spec, above)
    if inner:
        _enter(token, tuple(inner), data)
    else:
        _reach(token, data)


def _entry(spec: Any) -> Any:
    """Return the guard before a node with boundary events, else the node."""
    before = (spec._wf_spec.task_specs[name] for name in spec._inputs)
    return next((one for one in before if isinstance(one, Guard)), spec)


def _reach(token: Token, data: Mapping[str, Any]) -> None:
    token.data = dict(data)
    token.task_spec._update(token)


def _enter(token: Token, path: Path, data: Mapping[str, Any]) -> None:
    """Start the run of a sub-process with one token, at the node that `path` leads to."""
    token.data = dict(data)
    token.open()
    try:
        given = token.task_spec.hands_in(token)
    except UserError as error:
        token.fault(error)
        return
    token._set_state(TaskState.STARTED)
    sub = token.case.start_sub(token)
    sub.task_tree = Token(sub, sub.spec.start, None, TaskState.COMPLETED)
    sub.task_tree.data = dict(given)
    _plant(sub.task_tree, path, given)


def _fill_joins(shape: Shape, above: Token, name: str, data: Mapping[str, Any]) -> Token:
    """Plant what the joins around a node miss; return the task below which the node's own token belongs."""
    held = {one.task_spec.name: one for one in _upwards(above)}
    around = sorted(shape.joins_around(name), key=lambda one: shape.depth(one[0]))
    for split, join, missing in around:
        if split in held:
            _leave_out_coming(shape, held[split], join, missing)
        if not missing.total():
            continue
        if split not in held:
            above = held[split] = _passed(shape.specs[split], above, data)
        for source, count in missing.items():
            for _ in range(count):
                _arrive(held[split], shape.specs[source], shape.specs[join])
    return above


def _leave_out_coming(shape: Shape, split: Token, join: str, missing: Counter[str]) -> None:
    """Strike out what has arrived or may still come from the branches that stand."""
    for one in _below(split):
        at = one.task_spec.name
        came = {one.parent.task_spec.name} if at == join else shape.reach([at], [join, split.task_spec.name])
        for source in came & missing.keys():
            missing[source] -= 1
    for source in list(missing):
        missing[source] = max(0, missing[source])


def _arrive(split: Token, source: Any, join: Any) -> None:
    """Let a branch count as done: it arrives with the data it began with."""
    before = split if source is split.task_spec else _passed(source, split, split.data)
    arrival = Token(split.workflow, join, before)
    arrival.data = dict(split.data)
    arrival._set_state(TaskState.WAITING)


def _passed(spec: Any, above: Token, data: Mapping[str, Any]) -> Token:
    """Return a task that stands for a node passed before; no record says that it was passed again."""
    token = Token(above.workflow, spec, above, TaskState.COMPLETED)
    token.data = dict(data)
    return token


def _upwards(token: Token | None) -> Iterator[Token]:
    while token is not None:
        yield token
        token = token.parent

"""Joins that wait in vain: every way through a process is walked with tokens, whatever its data may say.

A walk knows no data, so it goes more ways than cases do. What never happens in it never happens in a case: a join
that no walk passes is an error. A join that some walk gets stuck at is only a warning, since the data may forbid
that way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from app.engine.checks.saying import problem
from app.engine.checks.subject import Subject
from app.engine.checks.ways import after
from app.engine.coverage import ACTIVITIES
from app.engine.diagram import Diagram, Element
from app.engine.port import Problem
from app.i18n import N_

MAX_STATES = 4000
MAX_TOKENS = 40
MAX_SUBSETS = 5
ENOUGH = 2
Arrivals = frozenset[tuple[tuple[str, str], int]]
"""How many tokens wait at a join from each source: `((join, source), count)`."""


class _TooManyError(Exception):
    """There are more ways than are worth walking."""


@dataclass(frozen=True, slots=True)
class _State:
    """Tokens on their way as (source, node), tokens that wait at joins, and whether a terminating end was met."""

    moving: tuple[tuple[str, str], ...]
    waiting: Arrivals
    over: bool = False


@dataclass
class _Walk:
    """What the walks through one process or sub-process have met."""

    diagram: Diagram
    elements: tuple[Element, ...]
    passed: set[str] = field(default_factory=set)
    stuck: set[str] = field(default_factory=set)
    complete: bool = True

    def __post_init__(self) -> None:
        self.following = after(self.diagram)
        self.ids = {one.id for one in self.elements}
        self.starts = [one.id for one in self.elements if one.tag == "startEvent"]
        self.ways: dict[str, list[tuple[str, ...]]] = {}
        self.sources = {
            one.id: Counter(flow.source for flow in self.diagram.incoming[one.id] if flow.source in self.ids)
            for one in self.elements
            if one.tag in {"parallelGateway", "inclusiveGateway"} and len(self.diagram.incoming[one.id]) > 1
        }
        self.reached: dict[str, Mapping[str, frozenset[str]]] = {}

    def go(self) -> _Walk:
        """Walk all ways, or as many as are worth it."""
        seen: set[_State] = set()
        stack = [_State((("", one),), frozenset()) for one in self.starts]
        try:
            while stack:
                state = stack.pop()
                if state not in seen:
                    seen.add(state)
                    stack += self._next(state)
                    if len(seen) > MAX_STATES:
                        raise _TooManyError  # noqa: TRY301 - one way out for all limits
        except _TooManyError:
            self.complete = False
        return self

    def _next(self, state: _State) -> Iterator[_State]:
        if not state.moving:
            yield from self._settle(state)
            return
        if len(state.moving) > MAX_TOKENS:
            raise _TooManyError
        *rest, (source, node) = state.moving
        if node in self.sources:
            yield from self._arrive(state, rest, source, node)
            return
        over = state.over or self._terminates(node)
        for way in self._ways(node):
            yield _State(_moving(rest, node, way), state.waiting, over)

    def _terminates(self, node: str) -> bool:
        one = self.diagram.elements[node]
        return one.tag == "endEvent" and one.event.kind in {"terminate", "error", "escalation"}

    def _arrive(self, state: _State, rest: list[tuple[str, str]], source: str, node: str) -> Iterator[_State]:
        waiting = Counter(dict(state.waiting))
        waiting[node, source] = min(waiting[node, source] + 1, ENOUGH * self.sources[node][source])
        if self.diagram.elements[node].tag == "parallelGateway" and self._complete(node, source, waiting):
            yield from self._pass(node, rest, waiting, over=state.over)
        else:
            yield _State(tuple(rest), _frozen(waiting), state.over)

    def _complete(self, node: str, source: str, waiting: Counter[tuple[str, str]]) -> bool:
        """Take one token for each flow that is waited for together with this one, if all are there."""
        entries = self._before(node, "")
        together = [one for one in self.sources[node] if (one in entries) == (source in entries)]
        if any(waiting[node, one] < self.sources[node][one] for one in together):
            return False
        for one in together:
            waiting[node, one] -= self.sources[node][one]
        return True

    def _settle(self, state: _State) -> Iterator[_State]:
        """Let an inclusive join pass that nothing else can reach any more; else whatever waits is stuck."""
        waiting = Counter(dict(state.waiting))
        at = sorted({node for node, _source in waiting})
        parallel = {node for node in at if self.diagram.elements[node].tag == "parallelGateway"}
        free = next((node for node in at if node not in parallel and not self._may_come(node, waiting)), None)
        if free is not None:
            for source in self.sources[free]:
                waiting[free, source] -= min(waiting[free, source], self.sources[free][source])
            yield from self._pass(free, [], waiting, over=state.over)
        elif not state.over:
            self.stuck |= parallel or set(at)

    def _may_come(self, node: str, waiting: Counter[tuple[str, str]]) -> bool:
        filled = {source for join, source in waiting if join == node}
        others = {join for join, _source in waiting if join != node}
        reached = [self._before(node, other) for other in others]
        return any(one - filled and not one & filled for one in reached)

    def _pass(
        self, node: str, rest: list[tuple[str, str]], waiting: Counter[tuple[str, str]], *, over: bool
    ) -> Iterator[_State]:
        self.passed.add(node)
        for way in self._ways(node):
            yield _State(_moving(rest, node, way), _frozen(waiting), over)

    def _before(self, node: str, start: str) -> frozenset[str]:
        """Return the sources of a join that a token at `start` can get to without passing the join."""
        known = self.reached.setdefault(node, {})
        if start not in known:
            seen: set[str] = set()
            stack = [start] if start else list(self.starts)
            while stack:
                one = stack.pop()
                if one not in seen and one != node and one in self.ids:
                    seen.add(one)
                    stack += self.following(one)
            known = self.reached[node] = {**known, start: frozenset(seen & set(self.sources[node]))}
        return known[start]

    def _ways(self, node: str) -> list[tuple[str, ...]]:
        if node not in self.ways:
            self.ways[node] = _ways(self.diagram, self.diagram.elements[node], self.ids)
        return self.ways[node]


def find(subject: Subject) -> Iterator[Problem]:
    """Yield the joins at which a case waits in vain."""
    diagram = subject.diagram
    for elements in diagram.scopes.values():
        walk = _Walk(diagram, elements)
        if not walk.sources:
            continue
        walk.go()
        for id_ in sorted(walk.stuck):
            yield _stuck(diagram.elements[id_], never=walk.complete and id_ not in walk.passed)


def _stuck(one: Element, *, never: bool) -> Problem:
    if never:
        fix = N_("只走其中一条的线，请用排他网关汇合；要等齐的线，请用并行网关分开。")
        return problem("join-never", one, N_("这里永远等不齐：进来的线不会都走到。"), fix)
    fix = N_("看看是不是有一条线会绕开这里，或者改用包容网关汇合。")
    return problem("join-stuck", one, N_("有的走法到这里等不齐，会一直等下去。"), fix, "warning")


def _moving(rest: list[tuple[str, str]], node: str, way: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted([*rest, *((node, target) for target in way)]))


def _frozen(waiting: Counter[tuple[str, str]]) -> Arrivals:
    return frozenset((key, count) for key, count in waiting.items() if count)


def _ways(diagram: Diagram, one: Element, ids: set[str]) -> list[tuple[str, ...]]:
    """Return the ways a token can leave a node: in each, the nodes it is at next."""
    main = [way for way in _main_ways(diagram, one) if all(target in ids for target in way)] or [()]
    if one.tag not in ACTIVITIES:
        return main
    attached = [event for event in diagram.attached(one.id) if event.id in ids]
    events = [event for event in attached if event.event.kind != "compensate"]
    beside = tuple(event.id for event in events if not event.interrupting) * ENOUGH
    more = [(*way, *beside) for way in main] if beside else []
    return [*main, *more, *((event.id,) for event in events if event.interrupting)]


def _main_ways(diagram: Diagram, one: Element) -> list[tuple[str, ...]]:
    outgoing = diagram.outgoing[one.id]
    targets = [flow.target for flow in outgoing]
    if one.tag in {"exclusiveGateway", "eventBasedGateway", "complexGateway"}:
        return [(target,) for target in targets]
    if one.tag == "inclusiveGateway":
        return _subsets(targets) if len(targets) > 1 else [tuple(targets)]
    asked = [flow.target for flow in outgoing if flow.condition]
    always = [flow.target for flow in outgoing if not flow.condition and flow.id != one.default]
    otherwise = [flow.target for flow in outgoing if flow.id == one.default]
    if not asked:
        return [tuple(targets)]
    return [*((*always, *some) for some in _subsets(asked)), (*always, *otherwise)]


def _subsets(targets: list[str]) -> list[tuple[str, ...]]:
    if len(targets) > MAX_SUBSETS:
        raise _TooManyError
    return [some for size in range(1, len(targets) + 1) for some in combinations(targets, size)]

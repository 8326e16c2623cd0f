"""Looks ahead in one drawn scope: whether tokens that stand at these nodes can always come to an end.

Only the flows count, not the data: a gateway that chooses may choose every way. Tokens go one after the other, the
first that can move at all; branches do not disturb each other until they meet.
"""
# ruff: noqa: SLF001 - the flows of the library's specifications

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from app.engine.specs import Boundary, Choice, End, EndJoin, EventChoice, Guard, Inclusive, Parallel, Split
from app.engine.specs.base import reach
from app.engine.specs.gateways import Join

MOST = 5000
Place = tuple[str, str]  # where a token stands, and from where it came to a gateway that waits
Marking = tuple[Place, ...]


class TooManyWays(Exception):
    """More ways lie ahead than can be looked at."""


def look_ahead(process: Any, standing: Iterable[tuple[str, str | None]]) -> str | None:
    """Return the gateway at which a token would wait for ever; None when every way ends. Raise TooManyWays."""
    walk = _Walk(process)
    seen: set[Marking] = set()
    waiting = [_sorted((name, source or "") for name, source in standing)]
    while waiting:
        marking = waiting.pop()
        if marking in seen:
            continue
        seen.add(marking)
        if len(seen) > MOST:
            raise TooManyWays
        following = walk.after(marking)
        if following is None:
            return marking[0][0]
        waiting += following
    return None


def _sorted(places: Iterable[Place]) -> Marking:
    return tuple(sorted(places))


class _Walk:
    def __init__(self, process: Any) -> None:
        self.specs: dict[str, Any] = process.task_specs
        self.start: str = process.start.name

    def after(self, marking: Marking) -> list[Marking] | None:
        """Return what may come next; nothing at the end, None when the tokens wait for ever."""
        for place in marking:
            if not self._waits(place[0]):
                rest = list(marking)
                rest.remove(place)
                return [_sorted([*rest, *out]) for out in self._outcomes(place[0])]
        for name in {place[0] for place in marking}:
            passed = self._pass(name, marking)
            if passed is not None:
                return [passed]
        return None if marking else []

    def _waits(self, name: str) -> bool:
        spec = self.specs[name]
        return isinstance(spec, Join) and not isinstance(spec, EndJoin) and len(spec._inputs) > 1

    def _outcomes(self, name: str) -> Iterator[list[Place]]:
        """Yield where a token may go from a node that waits for no other."""
        spec = self.specs[name]
        if isinstance(spec, EndJoin) or (isinstance(spec, End) and (spec.terminates or spec.throws)):
            yield []
            return
        yield from self._choices(spec)
        for event in self._events_on(spec):
            own = self._to(event, event._outputs)
            yield own if event.cancel_activity else [*own, *self._to(spec, spec._outputs)]

    def _choices(self, spec: Any) -> Iterator[list[Place]]:
        if isinstance(spec, Guard):
            yield self._to(spec, [one for one in spec._outputs if not isinstance(self.specs[one], Boundary)])
        elif isinstance(spec, Choice | EventChoice):
            yield from (self._to(spec, [one]) for one in spec._outputs)
        elif isinstance(spec, Inclusive | Split):
            yield self._to(spec, spec._outputs)
            yield from (self._to(spec, [one]) for one in spec._outputs)
        else:
            yield self._to(spec, spec._outputs)

    def _events_on(self, spec: Any) -> list[Any]:
        guard = self.specs.get(f"{spec.name}.Guard")
        outputs = guard._outputs if guard is not None else ()
        return [self.specs[one] for one in outputs if isinstance(self.specs[one], Boundary)]

    def _to(self, spec: Any, outputs: Iterable[str]) -> list[Place]:
        return [(one, spec.name if self._waits(one) else "") for one in outputs]

    def _pass(self, name: str, marking: Marking) -> Marking | None:
        """Return the marking behind a gateway that has what it waits for."""
        spec = self.specs[name]
        here = Counter(source for at, source in marking if at == name)
        used = here if isinstance(spec, Inclusive) else self._needed(spec, here)
        if used is None:
            return None
        rest = Counter(marking) - Counter({(name, source): count for source, count in used.items()})
        return _sorted([*rest.elements(), *self._to(spec, spec._outputs)])

    def _needed(self, spec: Parallel, here: Counter[str]) -> Counter[str] | None:
        """Return the arrivals that pass together at a parallel gateway; None while one is missing."""
        entries = reach(self.specs, self.start, spec.name) & set(spec._inputs)
        for first in (True, False):
            needed = Counter(one for one in spec._inputs if (one in entries) is first)
            if needed and not needed - here:
                return needed
        return None

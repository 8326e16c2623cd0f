"""What the drawing of one process says about its branches: where they part, how far they reach, where they meet.

Everything follows from the flows alone. It is asked only when somebody goes back or jumps, so nothing is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from app.engine.specs.gateways import Join, Parallel


class Shape:
    """One process or sub-process as a graph of the names of its specifications."""

    def __init__(self, process: Any) -> None:
        self.specs: dict[str, Any] = dict(process.task_specs)
        self.start: str = process.start.name

    def outputs(self, name: str) -> list[str]:
        """Return what a node's flows lead to."""
        return list(self.specs[name]._outputs)  # noqa: SLF001 - the library's name

    def inputs(self, name: str) -> list[str]:
        """Return what leads to a node, once for each flow."""
        return list(self.specs[name]._inputs)  # noqa: SLF001

    def reach(self, starts: Iterable[str], without: Iterable[str] = ()) -> set[str]:
        """Return the nodes a token can get to from `starts`, these included, without entering `without`."""
        barred = set(without)
        seen = set(barred)
        stack = list(starts)
        while stack:
            name = stack.pop()
            if name not in seen:
                seen.add(name)
                stack += self.outputs(name)
        return seen - barred

    @cached_property
    def _before(self) -> dict[str, set[str]]:
        """For each node that can be reached, those that every way to it passes."""
        everything = self.reach([self.start])
        found: dict[str, set[str]] = {name: set() for name in everything}
        for one in everything:
            for name in everything - self.reach([self.start], [one]) - {one}:
                found[name].add(one)
        return found

    def always_before(self, one: str, other: str) -> bool:
        """Say whether every way to `other` passes `one` first."""
        return one in self._before.get(other, ())

    def depth(self, name: str) -> int:
        """Return how many nodes every way to this one passes."""
        return len(self._before[name])

    def parting(self, join: str) -> str | None:
        """Return the node at which the branches that meet at `join` part."""
        return max(self._before.get(join, ()), key=self.depth, default=None)

    def ends(self, split: str) -> set[str]:
        """Return the joins at which all branches of `split` meet again."""
        ways = [self.reach([one], [split]) for one in self.outputs(split)]
        met = set.intersection(*ways) if ways else set()
        return {name for name in met if isinstance(self.specs[name], Join) and self.parting(name) == split}

    def branch(self, split: str, firsts: Iterable[str]) -> set[str]:
        """Return the nodes between `split` and where all its branches meet, on the ways that begin at `firsts`."""
        reached = self.reach(firsts, [split, *self.ends(split)])
        return {name for name in reached if self.always_before(split, name)}

    def firsts(self, split: str, name: str) -> set[str]:
        """Return the branches of `split` that lead to a node, each by its first node."""
        return {one for one in self.outputs(split) if name in self.branch(split, [one])}

    def joins_around(self, name: str) -> Iterator[tuple[str, str, Counter[str]]]:
        """Yield the joins to which a token at `name` comes from inside: the parting, the join, what else it needs."""
        for join in (one for one in self._before if isinstance(self.specs[one], Parallel)):
            split = self.parting(join)
            if split is None or not self._inside(split, join, name):
                continue
            entries = self.reach([self.start], [join])
            came = self.reach([name], [join, split])
            needed = Counter(one for one in self.inputs(join) if one in entries)
            if came & needed.keys():
                yield split, join, Counter({one: n for one, n in needed.items() if one not in came})

    def _inside(self, split: str, join: str, name: str) -> bool:
        between = self.always_before(split, name) and not self.always_before(join, name)
        return name != join and between and join in self.reach([name], [split])

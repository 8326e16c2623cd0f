"""Random processes as trees of blocks: grown from a seed, and made smaller when one of them fails.

A block says what is drawn and what will be chosen in it. `random_drawing` draws it, `random_oracle` says what must
come out, and neither knows the other.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

EVENTS = ("timer", "message", "signal")
NAMED = ("message", "signal")


@dataclass(frozen=True)
class Block:
    """One block. `how` is its variant; `pattern` is what is chosen the first, second … time, then from the start."""

    kind: str
    id: str
    parts: tuple[Block, ...] = ()
    pattern: tuple[Any, ...] = (None,)
    how: str = ""

    def choice(self, turn: int) -> Any:
        """Return what is chosen the `turn`-th time, counted from one."""
        return self.pattern[(turn - 1) % len(self.pattern)]


def told(block: Block) -> str:
    """Return a block in one line."""
    inner = ", ".join(told(part) for part in block.parts)
    how = f":{block.how}" if block.how else ""
    pattern = "" if block.pattern == (None,) else f"{list(block.pattern)}"
    return f"{block.kind}{how}#{block.id}{pattern}" + (f"({inner})" if inner else "")


@dataclass(frozen=True)
class Place:
    """Where a block stands. `alone`: never twice at the same time; `tight`: no token may be left behind in it."""

    depth: int = 0
    alone: bool = True
    tight: bool = False


class Grower:
    """Grows one tree."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self.count = 0
        self.budget = self.random.randint(2, 11)

    def grow(self, place: Place) -> Block:
        """Return a random block that may stand here."""
        self.budget -= 1
        kinds = LEAVES if place.depth >= 4 or self.budget <= 0 else {**LEAVES, **NODES}
        if not place.alone:
            kinds = {one: weight for one, weight in kinds.items() if one not in ONLY_ALONE}
        if place.tight:
            kinds = {one: weight for one, weight in kinds.items() if one not in LEAVES_TOKENS}
        kind = self.random.choices(list(kinds), list(kinds.values()))[0]
        return getattr(self, f"_{kind}")(place) if hasattr(self, f"_{kind}") else self._make(kind)

    def _make(self, kind: str, *parts: Block, how: str = "", pattern: tuple[Any, ...] = (None,)) -> Block:
        self.count += 1
        return Block(kind, f"{kind[0]}{self.count}", parts, pattern, how)

    def _several(self, place: Place, least: int = 2, most: int = 3) -> list[Block]:
        below = replace(place, depth=place.depth + 1)
        return [self.grow(below) for _ in range(self.random.randint(least, most))]

    def _inner(self, place: Place, **changed: bool) -> Block:
        return self.grow(replace(place, depth=place.depth + 1, **changed))

    def _pattern(self, place: Place, choose: Callable[[], Any]) -> tuple[Any, ...]:
        return tuple(choose() for _ in range(self.random.randint(1, 3) if place.alone else 1))

    def _maybe(self) -> bool:
        return self.random.random() < 0.5

    def _task(self, _place: Place) -> Block:
        return self._make("task", how=self.random.choice(("userTask", "userTask", "manualTask", "task")))

    def _service(self, place: Place) -> Block:
        return self._make("service", pattern=self._pattern(place, lambda: self.random.choice((0, 0, 1, 2))))

    def _mended(self, _place: Place) -> Block:
        return self._make("mended", how=self.random.choice(("repair", "skip")))

    def _wait(self, _place: Place) -> Block:
        return self._make("wait", how=self.random.choice((*EVENTS, "receive")))

    def _again(self, _place: Place) -> Block:
        return self._make("again", how=self.random.choice(("before", "after")), pattern=(self.random.randint(1, 3),))

    def _each(self, _place: Place) -> Block:
        times = self.random.randint(1, 3)
        needed = self.random.choice((0, self.random.randint(1, times)))
        order = self.random.choice(("parallel", "sequential"))
        return self._make("each", how=f"{order} {self.random.choice(('count', 'votes'))}", pattern=((times, needed),))

    def _signers(self, _place: Place) -> Block:
        times = self.random.randint(1, 3)
        pattern = ((times, self.random.randint(0, times - 1)),)
        return self._make("signers", how=self.random.choice(NAMED), pattern=pattern)

    def _watch(self, _place: Place) -> Block:
        return self._make("watch", how=self.random.choice(EVENTS), pattern=(self._maybe(),))

    def _reminder(self, place: Place) -> Block:
        how = self.random.choice(EVENTS if place.alone else ("timer",))
        host = self.random.choice(("task", "sub", "each"))
        parts = [self._inner(place, tight=True)] if host == "sub" else []
        return self._make("reminder", *parts, how=f"{how} {host}")

    def _broken(self, place: Place) -> Block:
        return self._make("broken", pattern=self._pattern(place, self._maybe))

    def _seq(self, place: Place) -> Block:
        return self._make("seq", *self._several(place))

    def _xor(self, place: Place) -> Block:
        parts = self._several(place)
        pattern = self._pattern(place, lambda: self.random.randrange(len(parts)))
        return self._make("xor", *parts, how=self.random.choice(("gateway", "merge")), pattern=pattern)

    def _and(self, place: Place) -> Block:
        return self._make("and", *self._several(place), how=self.random.choice(("gateway", "task")))

    def _or(self, place: Place) -> Block:
        parts = self._several(place)
        some = range(len(parts) - 1)
        pattern = self._pattern(place, lambda: tuple(i for i in some if self._maybe()))
        return self._make("or", *parts, how=self.random.choice(("gateway", "flows")), pattern=pattern)

    def _loop(self, place: Place) -> Block:
        pattern = (*self._pattern(place, self._maybe), False)
        how = self.random.choice(("gateway", "merge"))
        return self._make("loop", self._inner(place), how=how, pattern=pattern)

    def _sub(self, place: Place) -> Block:
        return self._make("sub", self._inner(place))

    def _call(self, place: Place) -> Block:
        return self._make("call", self._inner(place), how=self.random.choice(("shared", "mapped")))

    def _every(self, place: Place) -> Block:
        how, times = self.random.choice(("parallel", "sequential")), self.random.randint(1, 3)
        return self._make("every", self._inner(place, alone=False), how=how, pattern=(times,))

    def _guarded(self, place: Place) -> Block:
        inner = self._inner(place, tight=True)
        return self._make("guarded", inner, how=self.random.choice(NAMED), pattern=(self._maybe(),))

    def _failing(self, place: Place) -> Block:
        inner = self._inner(place, tight=True)
        return self._make("failing", inner, pattern=self._pattern(place, self._maybe))

    def _risen(self, place: Place) -> Block:
        how = "interrupting" if place.tight else self.random.choice(("interrupting", "beside"))
        inner = self._inner(place, tight=place.tight or how == "interrupting")
        return self._make("risen", inner, how=how)

    def _race(self, place: Place) -> Block:
        parts = self._several(place)
        timed = self._maybe()
        pattern = self._pattern(place, lambda: self.random.randrange(len(parts)))
        return self._make("race", *parts, how="timer" if timed else "", pattern=pattern[:1] if timed else pattern)

    def _open(self, place: Place) -> Block:
        return self._make("open", self._inner(place))


LEAVES: Mapping[str, int] = {
    "task": 12,
    "script": 2,
    "service": 2,
    "decision": 1,
    "mended": 1,
    "wait": 2,
    "again": 2,
    "each": 3,
    "signers": 1,
    "watch": 2,
    "reminder": 2,
    "broken": 1,
    "tell": 1,
    "cut": 1,
    "link": 1,
    "shout": 1,
}
NODES: Mapping[str, int] = {
    "seq": 10,
    "xor": 5,
    "and": 7,
    "or": 6,
    "loop": 7,
    "sub": 4,
    "call": 4,
    "every": 4,
    "guarded": 3,
    "failing": 3,
    "risen": 2,
    "race": 3,
    "open": 2,
}
ONLY_ALONE = frozenset({"loop"})  # how often it goes round is told by the number of the round
LEAVES_TOKENS = frozenset({"open", "reminder"})


def grow(seed: int) -> Block:
    """Return the process of a seed."""
    grower = Grower(seed)
    return Block("seq", "top", (grower.grow(Place()), grower.grow(Place())))


def smaller(block: Block) -> Iterator[Block]:
    """Yield blocks with something left out."""
    yield from (part for part in block.parts if block.id != "top")
    if block.kind in {"seq", "and"} and len(block.parts) > 1:
        for i in range(len(block.parts)):
            yield replace(block, parts=block.parts[:i] + block.parts[i + 1 :])
    if block.parts and block.id != "top":
        yield Block("task", f"t{block.id}", how="userTask")
    if len(block.pattern) > 1 and block.kind != "loop":
        yield replace(block, pattern=block.pattern[:1])
    for i, part in enumerate(block.parts):
        for one in smaller(part):
            yield replace(block, parts=(*block.parts[:i], one, *block.parts[i + 1 :]))


def shrink(block: Block, fails: Callable[[Block], bool]) -> Block:
    """Return a smallest block found that still fails."""
    while (found := next((one for one in smaller(block) if fails(one)), None)) is not None:
        block = found
    return block

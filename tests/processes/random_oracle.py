"""What must come out of a block: which people's steps are done how often, and what is known at the end.

Walks the tree, one branch after the other; it knows nothing of tokens, joins or the engine.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.processes.random_blocks import Block


class Oracle:
    """Walks a tree once. `done` counts the steps done by people, `faults` the incidents, `data` is what is known."""

    def __init__(self, block: Block) -> None:
        self.done: Counter[str] = Counter()
        self.faults = 0
        self.signals: Counter[str] = Counter()
        self.turns: Counter[str] = Counter()
        self.data: dict[str, Any] = {}
        self.log = "log"
        self.prefix = ""
        self._walk(block)

    def _walk(self, block: Block) -> None:
        getattr(self, f"_{block.kind}")(block)

    def _walk_all(self, block: Block) -> None:
        for part in block.parts:
            self._walk(part)

    def _did(self, node: str, **data: Any) -> None:
        self.done[self.prefix + node] += 1
        self.data |= {self.log: [*self.data.get(self.log, []), node], **data}

    def _turn(self, block: Block) -> Any:
        self.turns[block.id] += 1
        return block.choice(self.turns[block.id])

    def _task(self, block: Block) -> None:
        self._did(block.id)

    def _script(self, block: Block) -> None:
        self.data |= {f"{block.id}v": 7, f"{block.id}w": 14}

    def _service(self, block: Block) -> None:
        self.faults += self._turn(block)
        self.data[f"{block.id}v"] = "served"

    def _decision(self, block: Block) -> None:
        self.data |= {f"{block.id}q": 5, f"{block.id}v": "many"}

    def _mended(self, block: Block) -> None:
        self.faults += 1
        self.data |= {f"{block.id}q": 2 if block.how == "repair" else 0, f"{block.id}v": 3}

    def _wait(self, block: Block) -> None:
        if block.how != "timer":
            self.data[f"{block.id}p"] = "came"

    def _again(self, block: Block) -> None:
        for _ in range(block.choice(1)):
            self._did(block.id)

    def _each(self, block: Block) -> None:
        times, needed = block.choice(1)
        count = needed or times
        self._signed(block, count, [{"ok": i + 1 == needed} for i in range(count)])

    def _signed(self, block: Block, count: int, answers: list[dict[str, Any]]) -> None:
        self.done[self.prefix + block.id] += count
        self.data[f"{block.id}_answers"] = answers

    def _signers(self, block: Block) -> None:
        _times, count = block.choice(1)
        self._signed(block, count, [{"ok": False}] * count)
        self.data[f"{block.id}p"] = "came"
        self._did(f"{block.id}r")

    def _watch(self, block: Block) -> None:
        if not block.choice(1):
            self._did(block.id)
            return
        if block.how != "timer":
            self.data[f"{block.id}p"] = "came"
        self._did(f"{block.id}r")

    def _reminder(self, block: Block) -> None:
        event, host = block.how.split()
        if host == "task":
            self._did(block.id)
        elif host == "each":
            self._signed(block, 2, [{"ok": False}] * 2)
        else:
            self._walk_all(block)
            self._did(f"{block.id}z")
        if event != "timer":
            self.data[f"{block.id}p"] = "came"
        self._did(f"{block.id}r")

    def _broken(self, block: Block) -> None:
        if self._turn(block):
            self._did(f"{block.id}r")
        else:
            self.data[f"{block.id}v"] = "served"

    def _tell(self, block: Block) -> None:
        self._did(f"{block.id}a")
        self._did(f"{block.id}b")
        self.signals[f"{block.id}g"] += 1

    def _cut(self, block: Block) -> None:
        self._did(f"{block.id}a")

    def _link(self, block: Block) -> None:
        self._did(block.id)

    def _shout(self, block: Block) -> None:
        self.signals[f"{block.id}g"] += 1

    _seq = _walk_all

    def _xor(self, block: Block) -> None:
        chosen = self._turn(block)
        self._did(f"{block.id}d", **{f"{block.id}c": chosen})
        self._walk(block.parts[chosen])
        if block.how == "merge":
            self._did(f"{block.id}m")

    def _and(self, block: Block) -> None:
        if block.how == "task":
            self._did(f"{block.id}d")
        self._walk_all(block)

    def _or(self, block: Block) -> None:
        chosen = self._turn(block)
        self._did(f"{block.id}d", **{f"{block.id}c{i}": i in chosen for i in range(len(block.parts) - 1)})
        for i in chosen or (len(block.parts) - 1,):
            self._walk(block.parts[i])

    def _loop(self, block: Block) -> None:
        more = True
        while more:
            if block.how == "merge":
                self._did(f"{block.id}f")
            self._walk_all(block)
            more = self._turn(block)
            self._did(f"{block.id}l", **{f"{block.id}c": more})

    _sub = _walk_all

    def _call(self, block: Block) -> None:
        outer = self.prefix, self.log, self.data
        self.prefix = f"{block.id}p:"
        if block.how == "mapped":
            self.log, self.data = f"{block.id}log", {}
        self._did(f"{block.id}a")
        self._walk_all(block)
        inner, (self.prefix, self.log, self.data) = self.data, outer
        if block.how == "mapped":
            self.data[f"{block.id}got"] = inner[f"{block.id}log"]

    def _every(self, block: Block) -> None:
        outer, found = (self.log, self.data), []
        for _ in range(block.choice(1)):
            self.log, self.data = f"{block.id}log", {}
            self._walk_all(block)
            found.append(self.data)
        self.log, self.data = outer
        self.data[f"{block.id}_answers"] = found

    def _guarded(self, block: Block) -> None:
        self._walk_all(block)
        self._did(f"{block.id}z")
        if block.choice(1):
            self.data[f"{block.id}p"] = "came"
            self._did(f"{block.id}r")
        else:
            self._did(f"{block.id}h")

    def _failing(self, block: Block) -> None:
        fails = self._turn(block)
        self._walk_all(block)
        self._did(f"{block.id}d", **{f"{block.id}c": fails})
        self._did(f"{block.id}r" if fails else f"{block.id}h")

    def _risen(self, block: Block) -> None:
        self._walk_all(block)
        self._did(f"{block.id}a")
        if block.how == "beside":
            self._did(f"{block.id}z")
        self._did(f"{block.id}r")

    def _race(self, block: Block) -> None:
        chosen = self._turn(block)
        if not (block.how == "timer" and chosen == 0):
            self.data[f"{block.id}p"] = "came"
        self._walk(block.parts[chosen])

    def _open(self, block: Block) -> None:
        self._walk_all(block)
        self._did(f"{block.id}r")

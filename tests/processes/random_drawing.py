"""Draws a tree of blocks, and says for each node that waits who does what there, and when it may be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from app.engine import OpenNode
from tests.processes import diagrams as d
from tests.processes.random_blocks import Block

NEVER = "P1000D"
SOON = "PT1H"
Ends = tuple[str, str]


class Seen(Protocol):
    """What a rule may ask of the case that runs."""

    done: Counter[str]
    fired: Counter[str]
    in_round: Counter[tuple[str, int]]

    def waiting(self, node: str) -> list[OpenNode]: ...


Rule = Callable[[Seen, OpenNode], bool]


def _always(_seen: Seen, _one: OpenNode) -> bool:
    return True


def _never(_seen: Seen, _one: OpenNode) -> bool:
    return False


@dataclass
class Duty:
    """What is done at a node: `log` is the list that names it, `answers` what else is said in a round, the n-th time.

    `faults` says how often a service fails first, `code` with which error it fails for good.
    """

    name: str = ""
    log: str | None = None
    answers: Callable[[int, int], Mapping[str, Any]] = field(default=lambda _round, _nth: {})
    may: Rule = _always
    faults: Callable[[int], int] = field(default=lambda _round: 0)
    code: Callable[[int], str | None] = field(default=lambda _round: None)
    mend: str = ""


class Drawing:
    """The whole: diagram, called processes, decision tables, and duties by node."""

    def __init__(self, block: Block) -> None:
        self.duties: dict[str, Duty] = {}
        self.called: dict[str, bytes] = {}
        self.tables: dict[str, bytes] = {}
        self.names: list[str] = []
        self.xml = Pen(self, "", "log").process(block)


class Pen:
    """Draws into one process."""

    def __init__(self, drawing: Drawing, prefix: str, log: str) -> None:
        self.drawing, self.prefix, self.log = drawing, prefix, log
        self.parts: list[str] = []

    def process(self, block: Block, first: str = "") -> bytes:
        """Draw a whole process; `first` is a person's step at its beginning."""
        names, self.drawing.names = self.drawing.names, []
        if first:
            self._person(first)
        self._scope("", block, *([first] if first else []))
        xml = d.diagram(*self.parts, outside=d.named(*self.drawing.names))
        self.drawing.names = names
        return xml

    def _scope(self, id_: str, block: Block, *before: str, after: tuple[str, ...] = ()) -> None:
        """Draw a start, a block with drawn nodes before and after it, and an end."""
        entry, way_out = self._draw(block)
        self._add(d.start(f"{id_}s"), d.end(f"{id_}e"))
        self._chain(f"{id_}s", *before, entry)
        self._chain(way_out, *after, f"{id_}e")

    def _inside(self, draw: Callable[[], Any]) -> str:
        """Return what `draw` draws, to be put into a sub-process."""
        outer, self.parts = self.parts, []
        draw()
        inner, self.parts = "".join(self.parts), outer
        return inner

    def _add(self, *parts: str) -> None:
        self.parts += parts

    def _chain(self, *ids: str) -> None:
        self._add(d.chain(*ids))

    def _duty(self, id_: str, **own: Any) -> None:
        self.drawing.duties[self.prefix + id_] = Duty(id_, **own)

    def _person(self, id_: str, marker: str = "", tag: str = "userTask", **own: Any) -> None:
        self._add(d.node(tag, id_, marker, camunda_assignee="${starter}"))
        self._duty(id_, **{"log": self.log, **own})

    def _draw(self, block: Block) -> Ends:
        ends: Ends = getattr(self, f"_{block.kind}")(block)
        return ends

    def _event(self, block: Block, how: str, time: str) -> str:
        """Name an event of a block and return its definition."""
        if how == "timer":
            return d.timer("Duration", time)
        self.drawing.names.append(f"{block.id}n")
        return d.signal(f"{block.id}n") if how == "signal" else d.message(f"{block.id}n")

    def _came(self, block: Block) -> Callable[[int, int], Mapping[str, Any]]:
        return lambda _round, _nth: {f"{block.id}p": "came"}

    # --- single nodes

    def _task(self, block: Block) -> Ends:
        self._person(block.id, tag=block.how)
        return block.id, block.id

    def _script(self, block: Block) -> Ends:
        self._add(d.script(block.id, f"{block.id}v = 3 + 4\n{block.id}w = {block.id}v * 2"))
        return block.id, block.id

    def _service(self, block: Block) -> Ends:
        self._add(d.service(block.id))
        self._duty(block.id, faults=block.choice, answers=lambda _round, _nth: {f"{block.id}v": "served"})
        return block.id, block.id

    def _decision(self, block: Block) -> Ends:
        x = block.id
        settings = {"decisionRef": f"{x}t", "resultVariable": f"{x}v", "mapDecisionResult": "singleEntry"}
        self._add(d.script(f"{x}a", f"{x}q = 5"))
        self._add(d.node("businessRuleTask", x, **{f"camunda_{key}": value for key, value in settings.items()}))
        rules = [(["< 3"], ['"few"']), ([">= 3"], ['"many"'])]
        self.drawing.tables[f"{x}t.dmn"] = d.table(f"{x}t", [f"{x}q"], ["r"], rules)
        self._chain(f"{x}a", x)
        return f"{x}a", x

    def _mended(self, block: Block) -> Ends:
        x = block.id
        self._add(d.script(f"{x}a", f"{x}q = 0"), d.script(x, f"{x}v = 6 / {x}q"))
        self._duty(x, mend=block.how, answers=lambda _r, _n: {f"{x}q": 2} if block.how == "repair" else {f"{x}v": 3})
        self._chain(f"{x}a", x)
        return f"{x}a", x

    def _wait(self, block: Block) -> Ends:
        definition = self._event(block, block.how, SOON)
        if block.how == "receive":
            self._add(d.node("receiveTask", block.id, messageRef=f"m_{block.id}n"))
        else:
            self._add(d.catch(block.id, definition))
        self._duty(block.id, answers=self._came(block))
        return block.id, block.id

    def _link(self, block: Block) -> Ends:
        x = block.id
        self._add(d.throw(f"{x}o", d.link(x)), d.catch(f"{x}i", d.link(x)))
        self._person(x)
        self._chain(f"{x}i", x)
        return f"{x}o", x

    def _shout(self, block: Block) -> Ends:
        self.drawing.names.append(f"{block.id}g")
        self._add(d.throw(block.id, d.signal(f"{block.id}g")))
        return block.id, block.id

    # --- repetitions

    def _again(self, block: Block) -> Ends:
        marker = d.again(f"${{loopCounter < {block.choice(1)}}}", first=block.how == "before")
        self._person(block.id, marker)
        return block.id, block.id

    def _each(self, block: Block) -> Ends:
        (times, needed), (order, how) = block.choice(1), block.how.split()
        condition = f"finished >= {needed}" if how == "count" else "tally(votes, 'ok', true) >= 1"
        marker = d.several(
            times=str(times), until=f"${{{condition}}}" if needed else "", one_by_one=order == "sequential"
        )
        self._person(block.id, marker, log=None, answers=lambda _round, nth: {"ok": nth == needed})
        return block.id, block.id

    def _signers(self, block: Block) -> Ends:
        x, (times, count) = block.id, block.choice(1)
        self._person(
            x,
            d.several(times=str(times)),
            log=None,
            answers=lambda _round, _nth: {"ok": False},
            may=lambda seen, one: seen.in_round[self.prefix + x, one.round] < count,
        )

        def may(seen: Seen, _one: OpenNode) -> bool:
            return all(
                seen.in_round[self.prefix + x, one.round] == count for one in seen.waiting(self.prefix + f"{x}b")
            )

        return self._left_by(block, x, may)

    def _left_by(self, block: Block, host: str, may: Rule) -> Ends:
        """Draw an interrupting event on `host` that leads to a step and to where the host leads."""
        x = block.id
        time = NEVER if may is _never else SOON
        self._add(d.boundary(f"{x}b", host, self._event(block, block.how, time)), d.gateway("exclusive", f"{x}j"))
        self._duty(f"{x}b", may=may, answers=self._came(block))
        self._person(f"{x}r")
        self._add(d.flows(f"{x}b>{x}r", f"{x}r>{x}j", f"{host}>{x}j"))
        return host, f"{x}j"

    def _every(self, block: Block) -> Ends:
        x, outer = block.id, self.log
        self.log = f"{x}log"
        inner = self._inside(lambda: self._scope(x, block.parts[0]))
        self.log = outer
        marker = d.several(times=str(block.choice(1)), one_by_one=block.how == "sequential")
        self._add(d.sub(x, inner, marker))
        return x, x

    # --- events on the border

    def _watch(self, block: Block) -> Ends:
        fires = block.choice(1)
        self._person(block.id, may=_never if fires else _always)
        return self._left_by(block, block.id, _always if fires else _never)

    def _reminder(self, block: Block) -> Ends:
        x, (event, host) = block.id, block.how.split()
        event_id = self.prefix + f"{x}b"

        def fired(seen: Seen, one: OpenNode) -> bool:
            waits = seen.waiting(event_id) if event == "timer" else seen.fired[event_id] < one.round
            return not waits

        if host == "sub":

            def draw() -> None:
                self._person(f"{x}z", may=fired)
                self._scope(x, block.parts[0], after=(f"{x}z",))

            self._add(d.sub(x, self._inside(draw)))
        elif host == "each":
            last: Rule = lambda seen, one: seen.in_round[self.prefix + x, one.round] == 0 or fired(seen, one)  # noqa: E731
            self._person(x, d.several(times="2"), log=None, answers=lambda _r, _n: {"ok": False}, may=last)
        else:
            self._person(x, may=fired)
        self._add(
            d.boundary(f"{x}b", x, self._event(block, event, SOON), interrupting=False),
            d.end(f"{x}f"),
            d.flows(f"{x}b>{x}r", f"{x}r>{x}f"),
        )
        again: Rule = lambda seen, _one: event == "timer" or self._due_again(seen, x, host)  # noqa: E731
        self._duty(f"{x}b", may=again, answers=self._came(block))
        self._person(f"{x}r")
        return x, x

    def _due_again(self, seen: Seen, x: str, host: str) -> bool:
        """Say whether the present round of a host has not heard its message yet."""
        fired = seen.fired[self.prefix + f"{x}b"]
        if host == "sub":
            return fired <= seen.done[self.prefix + f"{x}z"]
        return any(fired < one.round for one in seen.waiting(self.prefix + x))

    def _broken(self, block: Block) -> Ends:
        x = block.id
        self.drawing.names.append(f"{x}n")
        self._add(d.service(x), d.boundary(f"{x}b", x, d.error(f"{x}n")), d.gateway("exclusive", f"{x}j"))
        self._duty(
            x,
            code=lambda turn: f"{x}n" if block.choice(turn) else None,
            answers=lambda _round, _nth: {f"{x}v": "served"},
        )
        self._person(f"{x}r")
        self._add(d.flows(f"{x}b>{x}r", f"{x}r>{x}j", f"{x}>{x}j"))
        return x, f"{x}j"

    def _beside(self, block: Block, *side: str, main: tuple[str, ...]) -> None:
        """Draw a split into a block with steps behind it, and other steps, and their join."""
        x = block.id
        entry, way_out = self._draw(block.parts[0])
        self._add(
            d.start(f"{x}s"),
            d.gateway("parallel", f"{x}g"),
            d.gateway("parallel", f"{x}k"),
            d.end(f"{x}e"),
        )
        self._chain(f"{x}s", f"{x}g", entry)
        self._chain(way_out, *main, f"{x}k", f"{x}e")
        self._chain(f"{x}g", *side, f"{x}k")

    def _guarded(self, block: Block) -> Ends:
        x, fires = block.id, block.choice(1)

        def draw() -> None:
            self._person(f"{x}z")
            self._person(f"{x}h", may=_never if fires else _always)
            self._beside(block, f"{x}h", main=(f"{x}z",))

        self._add(d.sub(x, self._inside(draw)))

        def done(seen: Seen, _one: OpenNode) -> bool:
            last = max(one.round for one in seen.waiting(self.prefix + f"{x}b"))
            return seen.done[self.prefix + f"{x}z"] >= last

        return self._left_by(block, x, done if fires else _never)

    def _failing(self, block: Block) -> Ends:
        x = block.id

        def draw() -> None:
            self._person(f"{x}h", may=lambda _seen, one: not block.choice(one.round))
            self._person(f"{x}d", answers=lambda turn, _nth: {f"{x}c": block.choice(turn)})
            self._add(d.gateway("exclusive", f"{x}x", f"{x}y"), d.end(f"{x}t", d.error(f"{x}n")))
            self._add(d.flows(f"{x}x>{x}t[${{{x}c}}]"))
            entry, way_out = self._draw(block.parts[0])
            self._add(d.start(f"{x}s"), d.gateway("parallel", f"{x}g"), d.gateway("parallel", f"{x}k"))
            self._add(d.end(f"{x}e"), d.flows(f"{x}y:{x}x>{x}k"))
            self._chain(f"{x}s", f"{x}g", entry)
            self._chain(way_out, f"{x}d", f"{x}x")
            self._chain(f"{x}g", f"{x}h", f"{x}k", f"{x}e")

        self.drawing.names.append(f"{x}n")
        self._add(d.sub(x, self._inside(draw)))
        self._add(d.boundary(f"{x}b", x, d.error(f"{x}n")), d.gateway("exclusive", f"{x}j"))
        self._person(f"{x}r")
        self._add(d.flows(f"{x}b>{x}r", f"{x}r>{x}j", f"{x}>{x}j"))
        return x, f"{x}j"

    def _risen(self, block: Block) -> Ends:
        x, leaves = block.id, block.how == "interrupting"

        def draw() -> None:
            self._add(d.throw(f"{x}t", d.escalation(f"{x}n")))
            self._person(f"{x}a")
            self._person(f"{x}z")
            self._scope(x, block.parts[0], after=(f"{x}a", f"{x}t", f"{x}z"))

        self.drawing.names.append(f"{x}n")
        self._add(d.sub(x, self._inside(draw)))
        self._add(d.boundary(f"{x}b", x, d.escalation(f"{x}n"), interrupting=leaves))
        self._person(f"{x}r")
        self._add(d.flows(f"{x}b>{x}r"))
        if not leaves:
            self._add(d.end(f"{x}f"), d.flows(f"{x}r>{x}f"))
            return x, x
        self._add(d.gateway("exclusive", f"{x}j"), d.flows(f"{x}r>{x}j", f"{x}>{x}j"))
        return x, f"{x}j"

    # --- inside one scope

    def _tell(self, block: Block) -> Ends:
        x = block.id
        self.drawing.names.append(f"{x}g")
        self._add(d.catch(f"{x}c", d.signal(f"{x}g")), d.throw(f"{x}t", d.signal(f"{x}g")))
        self._add(d.gateway("parallel", f"{x}i"), d.gateway("parallel", f"{x}o"))
        self._duty(f"{x}c", may=_never)
        self._person(f"{x}a")
        self._person(f"{x}b")
        self._chain(f"{x}i", f"{x}c", f"{x}b", f"{x}o")
        self._chain(f"{x}i", f"{x}a", f"{x}t", f"{x}o")
        return f"{x}i", f"{x}o"

    def _cut(self, block: Block) -> Ends:
        x = block.id

        def draw() -> None:
            self._person(f"{x}a")
            self._person(f"{x}b", may=_never)
            self._add(d.start(f"{x}s"), d.gateway("parallel", f"{x}g"), d.end(f"{x}e"))
            self._add(d.end(f"{x}t", "<terminateEventDefinition/>"))
            self._chain(f"{x}s", f"{x}g", f"{x}b", f"{x}e")
            self._chain(f"{x}g", f"{x}a", f"{x}t")

        self._add(d.sub(x, self._inside(draw)))
        return x, x

    def _seq(self, block: Block) -> Ends:
        ends = [self._draw(part) for part in block.parts]
        for i in range(1, len(ends)):
            self._chain(ends[i - 1][1], ends[i][0])
        return ends[0][0], ends[-1][1]

    def _xor(self, block: Block) -> Ends:
        x, last = block.id, len(block.parts) - 1
        self._person(f"{x}d", answers=lambda turn, _nth: {f"{x}c": block.choice(turn)})
        self._add(d.gateway("exclusive", f"{x}x", f"{x}y"), d.flows(f"{x}d>{x}x"))
        if block.how == "merge":
            self._person(f"{x}m")
        else:
            self._add(d.gateway("exclusive", f"{x}m"))
        for i, part in enumerate(block.parts):
            entry, way_out = self._draw(part)
            condition = "" if i == last else f"[${{{x}c == {i}}}]"
            self._add(d.flows(f"{x}y{'' if i == last else i}:{x}x>{entry}{condition}", f"{way_out}>{x}m"))
        return f"{x}d", f"{x}m"

    def _and(self, block: Block) -> Ends:
        x = block.id
        if block.how == "task":
            self._person(f"{x}d")
        else:
            self._add(d.gateway("parallel", f"{x}d"))
        self._add(d.gateway("parallel", f"{x}k"))
        for part in block.parts:
            entry, way_out = self._draw(part)
            self._add(d.flows(f"{x}d>{entry}", f"{way_out}>{x}k"))
        return f"{x}d", f"{x}k"

    def _or(self, block: Block) -> Ends:
        x, last = block.id, len(block.parts) - 1
        answers = lambda turn, _nth: {f"{x}c{i}": i in block.choice(turn) for i in range(last)}  # noqa: E731
        source = f"{x}o" if block.how == "gateway" else f"{x}d"
        if block.how == "gateway":
            self._add(d.gateway("inclusive", source, f"{x}y"), d.flows(f"{x}d>{source}"))
            self._person(f"{x}d", answers=answers)
        else:
            self._add(d.user(source, default=f"{x}y"))
            self._duty(source, log=self.log, answers=answers)
        self._add(d.gateway("inclusive", f"{x}k"))
        for i, part in enumerate(block.parts):
            entry, way_out = self._draw(part)
            condition = "" if i == last else f"[${{{x}c{i}}}]"
            self._add(d.flows(f"{x}y{'' if i == last else i}:{source}>{entry}{condition}", f"{way_out}>{x}k"))
        return f"{x}d", f"{x}k"

    def _loop(self, block: Block) -> Ends:
        x = block.id
        if block.how == "merge":
            self._person(f"{x}f")
        else:
            self._add(d.gateway("exclusive", f"{x}f"))
        self._person(f"{x}l", answers=lambda turn, _nth: {f"{x}c": block.choice(turn)})
        self._add(d.gateway("exclusive", f"{x}x", f"{x}y"), d.gateway("exclusive", f"{x}o"))
        entry, way_out = self._draw(block.parts[0])
        self._chain(f"{x}f", entry)
        self._chain(way_out, f"{x}l", f"{x}x")
        self._add(d.flows(f"{x}x>{x}f[${{{x}c}}]", f"{x}y:{x}x>{x}o"))
        return f"{x}f", f"{x}o"

    def _sub(self, block: Block) -> Ends:
        self._add(d.sub(block.id, self._inside(lambda: self._scope(block.id, block.parts[0]))))
        return block.id, block.id

    def _call(self, block: Block) -> Ends:
        x, mapped = block.id, block.how == "mapped"
        pen = Pen(self.drawing, f"{x}p:", f"{x}log" if mapped else self.log)
        self.drawing.called[f"{x}p"] = pen.process(block.parts[0], f"{x}a")
        self._add(d.call(x, f"{x}p", f'<camunda:out source="{x}log" target="{x}got"/>' if mapped else ""))
        return x, x

    def _race(self, block: Block) -> Ends:
        x = block.id
        self._add(d.gateway("eventBased", f"{x}x"), d.gateway("exclusive", f"{x}m"))
        for i, part in enumerate(block.parts):
            entry, way_out = self._draw(part)
            self.drawing.names.append(f"{x}n{i}")
            definition = d.signal(f"{x}n{i}") if i % 2 else d.message(f"{x}n{i}")
            if block.how == "timer" and i == 0:
                definition = d.timer("Duration", SOON if block.choice(1) == 0 else NEVER)
            self._add(d.catch(f"{x}b{i}", definition))
            chosen: Rule = lambda _seen, one, i=i: block.choice(one.round) == i  # type: ignore[misc]  # noqa: E731
            self._duty(f"{x}b{i}", may=chosen, answers=self._came(block))
            self._chain(f"{x}x", f"{x}b{i}", entry)
            self._chain(way_out, f"{x}m")
        return f"{x}x", f"{x}m"

    def _open(self, block: Block) -> Ends:
        x = block.id
        self._person(f"{x}r")
        self._add(d.gateway("parallel", f"{x}g"), d.end(f"{x}f"))
        entry, way_out = self._draw(block.parts[0])
        self._chain(f"{x}g", f"{x}r", f"{x}f")
        self._chain(f"{x}g", entry)
        return f"{x}g", way_out

"""What a case says of itself, added up step by step and compared with what it is."""

from __future__ import annotations

import json
from typing import Any

from app.engine import Advance, Definition, Engine, Live, OpenNode, TaskRow, restore
from tests.processes.diagrams import tree_of


class Differs(AssertionError):
    """A case is not what it said, or went another way than it should."""


def agree(what: str, found: Any, wanted: Any) -> None:
    """Raise Differs unless both are the same."""
    if found != wanted:
        raise Differs(f"{what}: {found} instead of {wanted}")


class Kept:
    """One case as it was stored: its rows and its header, who waits in it, and which tokens are over."""

    def __init__(self, engine: Engine, definition: Definition) -> None:
        self.engine, self.definition = engine, definition
        self.rows: dict[str, TaskRow] = {}
        self.header = ""
        self.known: set[str] = set()
        self.gone: set[str] = set()
        self.stopped: set[str] = set()
        self.open: tuple[OpenNode, ...] = ()

    def take(self, live: Live, step: Advance) -> None:
        """Keep what a step says, and see that it fits what was kept before and what the case is now."""
        for token in step.removed:
            del self.rows[token]
        self.rows |= {row.id: row for row in step.changed}
        self.header = json.dumps(self.engine.header(live))
        over = {one.token for one in step.completed} | set(step.withdrawn)
        agree("tokens that are over twice", over & self.gone, set())
        self.gone |= over
        self.known = (self.known | {one.token for one in step.opened}) - over
        self.known -= {one.token for one in step.incidents} & set(self.engine.stopped(live))
        self._look(live, step)

    def rebuilt(self) -> Live:
        """Build the case from what was stored."""
        return restore(self.definition, list(self.rows.values()), json.loads(self.header))

    def _look(self, live: Live, step: Advance) -> None:
        self.open = self.engine.open_nodes(live)
        agree("what was said to wait", self.known, {one.token for one in self.open})
        agree("stored", tree_of(self.rebuilt()), tree_of(live))
        agree("the next time", step.next_due, min((one.due for one in self.open if one.due), default=None))
        agree("who lives", bool(live.workflow.all_live()), not live.ended)
        agree("the end", step.ended, live.ended)
        agree("standing still", self.engine.stalled(live), False)
        self._weigh(live)

    def _weigh(self, live: Live) -> None:
        """See that what is kept is bounded by the tokens: itself, where it came from and began, a parting."""
        scopes = list(live.workflow.everywhere())
        tokens = len(live.workflow.all_live())
        runs = sum(one.finished for part in scopes for one in part.tasks.values() if one.task_spec.whole is not None)
        most = 4 * tokens + 2 * runs + 2 * len(scopes)
        agree(f"{live.size} tasks, more than {most} for {tokens} tokens", live.size > most, False)

"""The tasks of a case or of one sub-process: which hold a token, what they know together, what can be dropped."""
# ruff: noqa: SLF001 - the hooks of the library are its private names

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from operator import attrgetter
from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

from app.engine.beside import hang
from app.engine.token import Token, meet

_SEQ = attrgetter("seq")


class Flat:
    """What the whole case and its sub-processes have in common."""

    tasks: dict[UUID, Token]
    task_tree: Token
    spec: Any
    completed: bool
    owner: Any
    # whether something happened that may leave tasks behind; the runs of a repetition stay until it ends
    loose = False

    def plant(self, data: Mapping[str, Any], at: str | None = None) -> None:
        """Create the first task and set it going; `at` names another start event than the usual one."""
        self.task_tree = Token(self, self.spec.start)
        self.task_tree.data = dict(data)
        if at is not None:
            self.task_tree.internal_data["at"] = at
        self.task_tree._set_state(TaskState.READY)

    def live(self) -> list[Token]:
        """Return the tasks that hold a token, in order of creation."""
        found = [token for token in self.tasks.values() if not token._state & TaskState.FINISHED_MASK]
        found.sort(key=_SEQ)
        return found

    @property
    def around(self) -> Mapping[str, Any]:
        """What every token in here sees besides its own data."""
        owner = self.owner
        return owner.around if owner is not None and owner.task_spec.shares else {}

    def gathered(self, *more: Token) -> dict[str, Any]:
        """Return the data of all tokens together, as if they met now, with those of `more`."""
        live = [one for one in self.live() if one.task_spec.whole is None and one._state != TaskState.FUTURE]
        ends = [one for one in (*live, *more) if one.parent is not None]
        if not ends:
            return dict(self.task_tree.data)
        return meet([(one, one.task_spec.so_far(one)) for one in ends])[0]

    def cancel_all(self) -> None:
        """Withdraw every token."""
        for token in self.live():
            token.cancel()

    def _gather_ends(self) -> None:
        """Let tokens that wait at the end become one, where nothing else is left of the branches they came by.

        Otherwise a reminder that starts a short branch every day would leave one waiting token for each day.
        """
        while (ends := [one for one in self.live() if one.task_spec is self.spec.end]) and len(ends) > 1:
            below = _children_by_parent(list(_upwards(one)) for one in self.live())
            groups: dict[UUID, list[Token]] = {}
            for one in ends:
                groups.setdefault(_parting(one, below), []).append(one)
            several = [group for group in groups.values() if len(group) > 1]
            if not several:
                return
            for group in several:
                _gather(group)

    def fold(self) -> list[Token]:
        """Drop finished tasks that nothing depends on any more and return them.

        Kept are the root, every task with a token, the task each came from, and where their branches parted.
        """
        if not self.loose:
            return []
        self.loose = False
        self._gather_ends()
        live = [self.task_tree] if self.completed else self.live()
        keep = self._needed([*live, *_finished_runs(live)])
        gone = [self.tasks.pop(id_) for id_ in list(self.tasks) if id_ not in keep]
        for token, parent in keep.values():
            token._children = []
            if parent is not None and token._parent != parent.id:
                token.parent = parent
                token.touch()
        for token, parent in sorted(keep.values(), key=lambda pair: pair[0].seq):
            if parent is not None:
                parent._children.append(token.id)
        return gone

    def _needed(self, live: list[Token]) -> dict[UUID, tuple[Token, Token | None]]:
        """Return the tasks to keep, each with its nearest ancestor that is kept."""
        paths = [list(_upwards(token)) for token in live]
        below = _children_by_parent(paths)
        wanted = {self.task_tree.id, *(one.id for path in paths for one in path[:2])}
        wanted |= {one.id for path in paths for one in path if "heard" in one.internal_data}
        wanted |= {id_ for id_, children in below.items() if len(children) > 1}
        keep: dict[UUID, tuple[Token, Token | None]] = {self.task_tree.id: (self.task_tree, None)}
        for path in paths:
            chosen = [one for one in path if one.id in wanted]
            keep |= {one.id: (one, above) for one, above in zip(chosen, [*chosen[1:], None], strict=True)}
        return keep


def _children_by_parent(paths: Iterable[list[Token]]) -> dict[UUID, set[UUID]]:
    below: dict[UUID, set[UUID]] = {}
    for path in paths:
        for child, parent in pairwise(path):
            below.setdefault(parent.id, set()).add(child.id)
    return below


def _parting(token: Token, below: Mapping[UUID, set[UUID]]) -> UUID:
    """Return the nearest task above the token from which another live branch starts too, else the first task."""
    at: Any = token.parent
    while len(below[at.id]) == 1 and at.parent is not None:
        at = at.parent
    found: UUID = at.id
    return found


def _gather(group: list[Token]) -> None:
    *others, last = group
    last.data, _conflicts, at = meet([(one, one.data) for one in group])
    hang(last, at)
    last.touch()
    for one in others:
        one._set_state(TaskState.CANCELLED)


def _finished_runs(live: list[Token]) -> Iterator[Token]:
    """Yield the finished runs of repetitions that go on; what they wrote is still needed."""
    for token in live:
        if token.task_spec.run is not None:
            yield from (one for one in token.children if one.finished)


def _upwards(token: Token) -> Iterator[Token]:
    at: Token | None = token
    while at is not None:
        yield at
        at = at.parent

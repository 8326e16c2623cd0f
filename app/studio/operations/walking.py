"""Walks (路线): a try-out is kept as one, and every walk of a process is walked again on a new version.

For the page that publishes:

    failing_walks(session, runtime, source, slug) -> tuple[Walked, ...]

names the walks that would now fail; each has `walk` (its row), `at_step`, `sentence` (Chinese) and, for the reader's
language, `message` with `values`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.deadlines.queries import calendar_for
from app.errors import Conflict
from app.i18n import N_
from app.people.rules import Viewer
from app.processes.models import Walk
from app.processes.source import Source
from app.processes.walks import record_walk, walks_of
from app.studio import queries, queries_try
from app.studio.operations.trying import CHANGED, NOT_BEGUN, stale
from app.studio.trying import Result, Step, outcome_of, replay
from app.work.operations.act import person
from app.work.runtime import Runtime

KEPT = ("act", "node", "which", "answers", "result", "name", "values", "signal", "to", "code", "reason", "data")
SHOWN = ("title", "choice", "then")
TOO_SHORT = N_("还没有走，没有路线可存。")
STOOD_STILL = N_("这一遍停在出错的地方，不能存成路线。先退回一步。")


@dataclass(frozen=True)
class Walked:
    """One walk as it goes on another version."""

    walk: Walk
    result: Result

    @property
    def ok(self) -> bool:
        """Whether it goes as it was recorded."""
        return self.result.ok

    @property
    def at_step(self) -> int:
        """The step, from 1, after which it goes otherwise."""
        return self.result.at_step

    @property
    def message(self) -> str:
        """The sentence to translate, with `values`."""
        return self.result.message

    @property
    def values(self) -> Mapping[str, Any]:
        """What the sentence's placeholders stand for."""
        return self.result.values

    @property
    def sentence(self) -> str:
        """What was expected and what came, in Chinese."""
        return self.result.sentence


def walked_on(session: Session, runtime: Runtime, source: Source, slug: str) -> tuple[Walked, ...]:
    """Walk every kept walk of `slug` again on `source`; return all of them with how they went.

    Raise DiagramRefused when the source cannot run at all.
    """
    walks = walks_of(session, slug)
    if not walks:
        return ()
    pins = queries_try.pins_of(session, runtime, source)
    machine = queries_try.machine_for(session, runtime, source, pins)
    found = []
    for walk in walks:
        calendar = calendar_for(session, walk.outcome["starter"]["unit"])
        found.append(Walked(walk, replay(machine, walk, calendar)))
    return tuple(found)


def failing_walks(session: Session, runtime: Runtime, source: Source, slug: str) -> tuple[Walked, ...]:
    """Return the kept walks of `slug` that would fail on `source`, each with the step and what is different."""
    return tuple(one for one in walked_on(session, runtime, source, slug) if not one.ok)


def keep_walk(session: Session, runtime: Runtime, viewer: Viewer, draft_id: int, name: str, now: datetime) -> Walk:
    """Keep what was walked in the viewer's try-out of a draft under a name."""
    draft = queries.draft_for(session, viewer, draft_id)
    row = queries_try.try_out_of(session, viewer, draft_id)
    if row is None:
        raise Conflict(NOT_BEGUN)
    if len(row.steps) == 1:
        raise Conflict(TOO_SHORT)
    if any(step["stopped"] for step in row.steps):
        raise Conflict(STOOD_STILL)
    source = queries.source_of(session, draft)
    if stale(row, source.digest):
        raise Conflict(CHANGED)
    machine = queries_try.machine_for(session, runtime, source, row.state["called"])
    play = queries_try.play_of(session, machine, row)
    steps = [_kept(step) for step in row.steps]
    return record_walk(session, draft.slug, None, name, steps, outcome_of(play, row.steps), person(viewer), now)


def _kept(step: Step) -> Step:
    return {name: step[name] for name in (*KEPT, *SHOWN) if name in step}

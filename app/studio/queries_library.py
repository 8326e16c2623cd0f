"""Reads of the library: all processes with what one asks about them first; one of them in full."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.people.models import Unit, User
from app.people.rules import Viewer
from app.processes.favourites import favourites_of
from app.processes.models import Process, ProcessManager, ProcessVersion, Walk
from app.studio.models import OPEN, PROPOSED, ProcessDraft
from app.work.models import Case


@dataclass(frozen=True)
class Line:
    """One process of the library; without `process` it has only drafts so far."""

    slug: str
    name: str
    name_en: str
    process: Process | None
    version: ProcessVersion | None
    running: int
    managers: tuple[str, ...]
    drafts: tuple[ProcessDraft, ...]
    favourite: bool

    @property
    def category(self) -> str:
        """Return under which heading the process stands."""
        return self.process.category if self.process else ""

    def fits(self, text: str) -> bool:
        """Say whether the line holds what somebody searches."""
        words = (self.slug, self.name, self.name_en, self.process.description if self.process else "", self.category)
        return all(any(part in word.lower() for word in words) for part in text.lower().split())


@dataclass(frozen=True)
class Group:
    """The processes of one category, favourites first."""

    category: str
    lines: tuple[Line, ...]


def library(session: Session, viewer: Viewer, text: str = "", category: str | None = None) -> list[Group]:
    """Return the processes by category, as far as they fit."""
    found = [one for one in _lines(session, viewer) if one.fits(text) and category in (None, one.category)]
    ordered = sorted(found, key=lambda one: (one.category == "", one.category, not one.favourite, one.name))
    return [Group(key, tuple(lines)) for key, lines in groupby(ordered, key=lambda one: one.category)]


def categories(session: Session) -> Sequence[str]:
    """Return the categories there are."""
    return session.scalars(
        select(Process.category).where(Process.category != "").distinct().order_by(Process.category)
    ).all()


def line_of(session: Session, viewer: Viewer, slug: str) -> Line | None:
    """Return one process of the library."""
    return next((one for one in _lines(session, viewer) if one.slug == slug), None)


def _lines(session: Session, viewer: Viewer) -> list[Line]:
    rows = session.execute(
        select(Process, ProcessVersion).outerjoin(ProcessVersion, ProcessVersion.id == Process.running_version_id)
    ).all()
    drafts, running, managers = _drafts(session), _running(session), _managers(session)
    loved = favourites_of(session, viewer.user_id)
    known = [
        Line(
            process.slug,
            process.name,
            process.name_en,
            process,
            version,
            running.get(process.id, 0),
            tuple(managers[process.id]),
            tuple(drafts[process.slug]),
            process.slug in loved,
        )
        for process, version in rows
    ]
    new = drafts.keys() - {one.slug for one in known}
    return known + [
        Line(slug, drafts[slug][0].name, "", None, None, 0, (), tuple(drafts[slug]), slug in loved) for slug in new
    ]


def _drafts(session: Session) -> defaultdict[str, list[ProcessDraft]]:
    found: defaultdict[str, list[ProcessDraft]] = defaultdict(list)
    query = (
        select(ProcessDraft).where(ProcessDraft.state.in_((OPEN, PROPOSED))).order_by(ProcessDraft.updated_at.desc())
    )
    for draft in session.scalars(query):
        found[draft.slug].append(draft)
    return found


def _running(session: Session) -> dict[int, int]:
    query = select(Case.process_id, func.count()).where(Case.status != "ended").group_by(Case.process_id)
    return {process_id: int(count) for process_id, count in session.execute(query)}


def _managers(session: Session) -> defaultdict[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    query = (
        select(ProcessManager.process_id, User.name).join(User, User.id == ProcessManager.user_id).order_by(User.name)
    )
    for process_id, name in session.execute(query):
        found[process_id].append(name)
    return found


def versions_of(session: Session, process: Process) -> Sequence[ProcessVersion]:
    """Return the versions of a process, the newest first."""
    query = select(ProcessVersion).where(ProcessVersion.process_id == process.id)
    return session.scalars(query.order_by(ProcessVersion.number.desc())).all()


def all_walks(session: Session, slug: str) -> Sequence[Walk]:
    """Return the walks of a process, those that are no longer walked last."""
    return session.scalars(
        select(Walk).where(Walk.slug == slug).order_by(Walk.retired_at.is_not(None), Walk.id)
    ).all()


def managing(session: Session, process: Process) -> frozenset[int]:
    """Return who manages a process."""
    query = select(ProcessManager.user_id).where(ProcessManager.process_id == process.id)
    return frozenset(session.scalars(query))


def units(session: Session) -> Sequence[Unit]:
    """Return the units that may be given start rights."""
    return session.scalars(select(Unit).where(Unit.disabled_at.is_(None)).order_by(Unit.kind, Unit.name)).all()

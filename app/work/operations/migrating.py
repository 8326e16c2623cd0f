"""Move a running case to another version of its process: looked at first, one case at a time, on record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine import Definition
from app.engine.migrating import Obstacle, obstacles
from app.errors import Conflict, NotFound, Refused
from app.i18n import N_
from app.ledger import Entry, append
from app.people.rules import Viewer
from app.processes.library import Bundle
from app.processes.models import ProcessVersion
from app.processes.rights import EDIT, refuse_unless_manager
from app.work.models import Case, WorkItem
from app.work.operations.act import person
from app.work.operations.cases import lock_case, rows_of
from app.work.rules import reason_of
from app.work.runtime import Runtime

MOST = 200  # cases in one preview
DONE_GONE = N_("环节“%(node)s”已经办过，新版里没有了。")
UNDER_WAY = ("running", "suspended")


class MigrationRefused(Conflict):
    """The case cannot go on under that version; the sentence says at which step and why."""

    default = N_("“%(title)s”不能换到 v%(version)s：%(why)s")


@dataclass(frozen=True)
class Candidate:
    """A case under way: where it stands, and what keeps it from moving, if anything does."""

    case_id: int
    number: str
    title: str
    version: int
    steps: tuple[str, ...]
    reasons: tuple[Obstacle, ...]

    @property
    def safe(self) -> bool:
        """Whether the case can move."""
        return not self.reasons


def preview(session: Session, runtime: Runtime, slug: str, to_version_id: int) -> list[Candidate]:
    """Look at the cases of a process that could move to a version, the oldest first, `MOST` at once.

    Each is rebuilt from its rows under the new version and looked ahead to its end; nothing is changed.
    """
    target = _target(session, runtime, to_version_id)
    query = select(Case).where(Case.slug == slug, Case.status.in_(UNDER_WAY)).order_by(Case.id)
    cases = [one for one in session.scalars(query) if not _is_there(one, target)][:MOST]
    steps = _open_steps(session, [one.id for one in cases])
    return [
        Candidate(
            case_id=one.id,
            number=one.number,
            title=one.title,
            version=_bundle(session, runtime, one).number,
            steps=tuple(dict.fromkeys(steps.get(one.id, ()))),
            reasons=_reasons(session, runtime, one, target),
        )
        for one in cases
    ]


def migrate(
    session: Session,
    runtime: Runtime,
    case_id: int,
    to_version_id: int,
    viewer: Viewer,
    reason: str,
    now: datetime,
) -> None:
    """Let a case go on under another version; raise MigrationRefused with what is in the way.

    Its engine rows, open items and their clocks stay; open items get the name and form of the new version.
    """
    if not viewer.may(EDIT):
        raise Refused(N_("换版本由流程负责人来做。"))
    case = lock_case(session, case_id)
    refuse_unless_manager(session, case.slug, viewer.user_id)
    reason, old = reason_of(reason), _bundle(session, runtime, case)
    target = _target(session, runtime, to_version_id)
    if target.bundle.process_id != case.process_id:
        raise Conflict(N_("这个版本不是“%(title)s”的流程。"), title=case.title)
    if case.status not in UNDER_WAY:
        raise Conflict(N_("“%(title)s”已经办结。"), title=case.title)
    if _is_there(case, target):
        raise Conflict(N_("“%(title)s”已经在 v%(version)s。"), title=case.title, version=target.bundle.number)
    found = _reasons(session, runtime, case, target)
    if found:
        why = " ".join(one.message % one.values for one in found)
        raise MigrationRefused(title=case.title, version=target.bundle.number, why=why)
    payload = {"reason": reason, "from": old.number, "to": target.bundle.number}
    payload |= _called(session, case.called, target.called)
    # the live case in memory was built under the old version: the row's own version number keeps it from use
    case.version_id, case.called = target.bundle.version_id, dict(target.called)
    _rename_items(session, case, target.bundle)
    session.flush()
    append(session, f"case:{case.id}", [Entry("work:case:migrated", person(viewer), payload, case_id=case.id)], now)


@dataclass(frozen=True)
class _Target:
    """A version with the versions that the processes it calls have now."""

    bundle: Bundle
    called: Mapping[str, int]


def _target(session: Session, runtime: Runtime, version_id: int) -> _Target:
    if session.get(ProcessVersion, version_id) is None:
        raise NotFound(N_("没有这个流程版本。"))
    called = runtime.library.pins(session, version_id)
    return _Target(runtime.library.bundle(session, version_id, called), called)


def _is_there(case: Case, target: _Target) -> bool:
    return case.version_id == target.bundle.version_id and dict(case.called) == dict(target.called)


def _bundle(session: Session, runtime: Runtime, case: Case) -> Bundle:
    return runtime.library.bundle(session, case.version_id, case.called)


def _reasons(session: Session, runtime: Runtime, case: Case, target: _Target) -> tuple[Obstacle, ...]:
    old, new = _bundle(session, runtime, case).definition, target.bundle.definition
    found = obstacles(old, new, rows_of(session, case.id), case.header)
    return found or tuple(_done_and_gone(session, case, new))


def _done_and_gone(session: Session, case: Case, new: Definition) -> Iterator[Obstacle]:
    """Yield the steps that people did and that the new version has no more: their records would lose their place."""
    query = select(WorkItem.node, WorkItem.name).where(WorkItem.case_id == case.id, WorkItem.status == "done")
    for node, name in {row.node: row.name for row in session.execute(query.order_by(WorkItem.id))}.items():
        if node not in new.nodes or not new.nodes[node].human:
            yield Obstacle(DONE_GONE, node, {"node": name})


def _open_steps(session: Session, case_ids: Sequence[int]) -> dict[int, list[str]]:
    query = select(WorkItem.case_id, WorkItem.name).where(WorkItem.case_id.in_(case_ids), WorkItem.status == "open")
    found: dict[int, list[str]] = {}
    for case_id, name in session.execute(query.order_by(WorkItem.id)):
        found.setdefault(case_id, []).append(name)
    return found


def _called(session: Session, before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, Any]:
    """Return which called processes change their version, by their numbers."""
    slugs = [slug for slug in {**before, **after} if before.get(slug) != after.get(slug)]
    ids = {one[slug] for slug in slugs for one in (before, after) if slug in one}
    query = select(ProcessVersion.id, ProcessVersion.number).where(ProcessVersion.id.in_(ids))
    numbers: dict[int, int] = {row.id: row.number for row in session.execute(query)}
    changed = {slug: [numbers.get(one.get(slug, 0)) for one in (before, after)] for slug in sorted(slugs)}
    return {"called": changed} if changed else {}


def _rename_items(session: Session, case: Case, bundle: Bundle) -> None:
    """Give the open items of a case the names and forms of its new version."""
    query = select(WorkItem).where(WorkItem.case_id == case.id, WorkItem.status == "open")
    for item in session.scalars(query):
        node = bundle.definition.nodes[item.node]
        item.name, item.name_en = node.name, node.name_en or node.name
        item.form, item.form_digest = node.form, bundle.form_digests.get(node.form or "")
        item.pause_text = node.properties.get("pauses")

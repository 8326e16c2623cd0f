"""Publish: the only way to a running version. People come here through `app.processes.proposals`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.engine import DiagramRefused, calls_of, compile_definition
from app.errors import NotFound
from app.i18n import N_
from app.ledger import Actor, Entry, append
from app.processes.models import Process, ProcessVersion, VersionPart
from app.processes.source import Source, digest_of, find_slugs, in_order, problems_of, read_source


def publish(
    session: Session,
    source: Source,
    actor: Actor,
    now: datetime,
    *,
    note: str = "",
    topics: frozenset[str] | None = None,
) -> tuple[int, bool]:
    """Make `source` the running version of its process at once; return (version id, whether it is new).

    The same texts again change nothing. Raise DiagramRefused with all problems when one is an error.
    """
    refuse_errors(session, source, topics)
    return install(session, source, actor, now, note=note)


def refuse_errors(session: Session, source: Source, topics: frozenset[str] | None = None) -> None:
    """Raise DiagramRefused with all errors of a source."""
    called = known_calls(session) if calls_of(source.diagram) else None
    errors = [problem for problem in problems_of(source, topics, called) if problem.severity == "error"]
    if errors:
        raise DiagramRefused(tuple(errors))


def install(
    session: Session,
    source: Source,
    actor: Actor,
    now: datetime,
    *,
    note: str = "",
    published_by: str | None = None,
    approved_by: str | None = None,
) -> tuple[int, bool]:
    """Make a source that was found sound the running version; return (version id, whether it is new).

    The process is locked until the commit, so that versions are numbered one after the other. A case that starts
    meanwhile runs on the version it read.
    """
    process = _process(session, source)
    running = process.running_version_id and session.get(ProcessVersion, process.running_version_id)
    if running and running.digest == source.digest:
        return running.id, False
    version = _store(session, process, source, now, note, published_by or actor.name, approved_by)
    process.running_version_id = version.id
    payload = {"slug": source.slug, "version": version.number, "digest": source.digest, "note": note}
    people = {"published_by": published_by, "approved_by": approved_by}
    payload |= {name: who for name, who in people.items() if who}
    append(session, "house", [Entry("processes:version:published", actor, payload)], now)
    return version.id, True


def running_with(session: Session, source: Source) -> int | None:
    """Return the running version of a source's process if it has exactly these texts."""
    query = select(ProcessVersion.id).join(Process, Process.running_version_id == ProcessVersion.id)
    return session.scalar(query.where(Process.slug == source.slug, ProcessVersion.digest == source.digest))


def stored_source(session: Session, version_id: int) -> Source:
    """Return the texts of a published version."""
    query = select(Process.slug).join(ProcessVersion, ProcessVersion.process_id == Process.id)
    slug = session.scalar(query.where(ProcessVersion.id == version_id))
    if slug is None:
        raise NotFound(N_("没有这个流程版本。"))
    parts = session.scalars(select(VersionPart).where(VersionPart.version_id == version_id)).all()
    (diagram,) = [part.text for part in parts if part.kind == "bpmn"]
    tables = {part.name: part.text.encode() for part in parts if part.kind == "table"}
    return Source(slug, diagram.encode(), tables, {part.name: part.text for part in parts if part.kind == "form"})


def load_folders(
    session: Session, bpmn: Path, forms: Path, actor: Actor, now: datetime, topics: frozenset[str] | None = None
) -> dict[str, bool]:
    """Publish every process folder that differs from its running version; return slug → whether it was new.

    This is how a new database begins: nobody is there yet who could approve.
    """
    sources = in_order([read_source(bpmn, forms, slug) for slug in find_slugs(bpmn)])
    return {one.slug: publish(session, one, actor, now, topics=topics)[1] for one in sources}


def known_calls(session: Session) -> dict[str, frozenset[str]]:
    """Return the running processes and which others each of them calls."""
    texts = (
        select(Process.slug, VersionPart.text)
        .join(VersionPart, VersionPart.version_id == Process.running_version_id)
        .where(VersionPart.kind == "bpmn")
    )
    return {slug: calls_of(text.encode()) for slug, text in session.execute(texts)}


def _process(session: Session, source: Source) -> Process:
    process = session.scalar(select(Process).where(Process.slug == source.slug).with_for_update())
    definition = compile_definition(source.diagram, source.tables)
    if process is None:
        process = Process(slug=source.slug)
        session.add(process)
    process.name = definition.name
    process.name_en = definition.name_en or definition.name
    session.flush()
    return process


def _store(
    session: Session,
    process: Process,
    source: Source,
    now: datetime,
    note: str,
    published_by: str,
    approved_by: str | None,
) -> ProcessVersion:
    last = session.scalar(select(func.max(ProcessVersion.number)).where(ProcessVersion.process_id == process.id))
    version = ProcessVersion(
        process_id=process.id,
        number=(last or 0) + 1,
        digest=source.digest,
        note=note,
        published_at=now,
        published_by=published_by,
        approved_by=approved_by,
    )
    session.add(version)
    session.flush()
    session.add_all(
        VersionPart(version_id=version.id, kind=kind, name=name, text=text, digest=digest_of(text))
        for kind, name, text in source.parts()
    )
    session.flush()
    return version

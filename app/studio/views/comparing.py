"""A draft or version against another: graph, properties, forms, tables; the table of amendments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.db import transaction
from app.errors import Invalid, NotFound
from app.i18n import N_
from app.people.session import current_viewer
from app.processes.models import Process, ProcessVersion
from app.processes.operations import stored_source
from app.processes.source import Source
from app.studio import queries
from app.studio import queries_versions as versions
from app.studio.models import ProcessDraft
from app.studio.operations.publishing import keep_reason
from app.studio.views.blueprint import EDIT, VIEW, bp, draft_for, reading
from app.studio.views.changes import differences
from app.studio.views.modeler import frame
from app.web import permission
from app.web.i18n import gettext


@dataclass(frozen=True)
class Side:
    """One of two things that are compared: its name for people, its texts, where its diagram is."""

    name: str
    source: Source
    diagram: str | None


@bp.get("/studio/drafts/<int:draft_id>/compare")
@permission(EDIT)
def compare_draft(draft_id: int) -> ResponseReturnValue:
    """Show what a draft would change of the running version, or of another."""
    draft = draft_for(draft_id)
    version = compared_with(draft)
    old, new = side_of_version(draft.slug, version), side_of_draft(draft)
    found = differences(old.source, new.source, draft.reasons)
    process = versions.process_named(reading(), draft.slug) if version else None
    return render_template(
        "studio/compare_draft.html",
        found=found,
        old=old,
        new=new,
        version=version,
        base=draft.base_version_id and reading().get(ProcessVersion, draft.base_version_id),
        running=versions.running_of(reading(), draft.slug),
        choices=versions.versions_of(reading(), process) if process else (),
        **frame(draft),
    )


@bp.get("/studio/drafts/<int:draft_id>/amendments")
@permission(EDIT)
def draft_amendments(draft_id: int) -> ResponseReturnValue:
    """Print what a draft changes as a table of amendments."""
    draft = draft_for(draft_id)
    old, new = side_of_version(draft.slug, compared_with(draft)), side_of_draft(draft)
    chosen: dict[str, Any] = {"with": request.args.get("with", type=int)}
    back = url_for("studio.compare_draft", draft_id=draft_id, **chosen)
    return amendments(draft.name, old, new, draft.reasons, back)


@bp.put("/studio/drafts/<int:draft_id>/reasons")
@permission(EDIT)
def save_reason(draft_id: int) -> ResponseReturnValue:
    """Keep why one thing was changed."""
    viewer, body = current_viewer(), request.get_json(silent=True)
    key, text = (body.get("key"), body.get("text")) if isinstance(body, dict) else (None, None)
    if not isinstance(key, str) or not isinstance(text, str) or not key:
        raise Invalid(N_("理由没有存上，请再写一次。"))
    with transaction() as session:
        keep_reason(session, viewer, draft_id, key, text)
    return {"saved": True}


@bp.get("/studio/processes/<slug>/compare")
@permission(VIEW)
def compare_versions(slug: str) -> ResponseReturnValue:
    """Show what differs between two versions."""
    process, before, after = _two(slug)
    old, new = side_of_version(slug, before), side_of_version(slug, after)
    return render_template(
        "studio/compare.html",
        process=process,
        before=before,
        after=after,
        old=old,
        new=new,
        choices=versions.versions_of(reading(), process),
        found=differences(old.source, new.source, versions.reasons_of(reading(), after)),
    )


@bp.get("/studio/processes/<slug>/amendments")
@permission(VIEW)
def version_amendments(slug: str) -> ResponseReturnValue:
    """Print what differs between two versions as a table of amendments."""
    process, before, after = _two(slug)
    back = url_for("studio.compare_versions", slug=slug, old=before.number, new=after.number)
    reasons = versions.reasons_of(reading(), after)
    return amendments(process.name, side_of_version(slug, before), side_of_version(slug, after), reasons, back)


@bp.get("/studio/drafts/<int:draft_id>/diagram.bpmn")
@permission(EDIT)
def draft_diagram(draft_id: int) -> ResponseReturnValue:
    """Send the diagram of a draft."""
    return diagram(queries.source_of(reading(), draft_for(draft_id)))


@bp.get("/studio/processes/<slug>/versions/<int:number>/diagram.bpmn")
@permission(VIEW)
def version_diagram(slug: str, number: int) -> ResponseReturnValue:
    """Send the diagram of a version."""
    version = versions.version_numbered(reading(), versions.process_named(reading(), slug), number)
    return diagram(stored_source(reading(), version.id))


def diagram(source: Source) -> Response:
    """Answer a diagram as XML."""
    return Response(source.diagram, content_type="application/xml; charset=utf-8")


def compared_with(draft: ProcessDraft) -> ProcessVersion | None:
    """Return the version a draft is compared with: the one asked for or the running one; None for none."""
    number = request.args.get("with", type=int)
    if number is None:
        return versions.running_of(reading(), draft.slug)
    return versions.version_numbered(reading(), versions.process_named(reading(), draft.slug), number)


def side_of_version(slug: str, version: ProcessVersion | None) -> Side:
    """Return a version as one side; nothing at all when a process has none yet."""
    if version is None:
        return Side(gettext("还没有版本"), Source(slug, versions.EMPTY), None)
    url = url_for("studio.version_diagram", slug=slug, number=version.number)
    return Side(f"v{version.number}", stored_source(reading(), version.id), url)


def side_of_draft(draft: ProcessDraft) -> Side:
    """Return a draft as one side."""
    url = url_for("studio.draft_diagram", draft_id=draft.id)
    return Side(gettext("草稿"), queries.source_of(reading(), draft), url)


def amendments(name: str, old: Side, new: Side, reasons: Any, back: str) -> str:
    """Draw the table of amendments."""
    found = differences(old.source, new.source, reasons)
    return render_template("studio/amendments_print.html", name=name, old=old, new=new, found=found, back=back)


def _two(slug: str) -> tuple[Process, ProcessVersion, ProcessVersion]:
    """Return a process and the two versions of the address; without numbers the newest against the one before."""
    process = versions.process_named(reading(), slug)
    all_ = versions.versions_of(reading(), process)
    newest = all_[0].number
    after = request.args.get("new", newest, type=int)
    before = request.args.get("old", max(after - 1, 1), type=int)
    known = {one.number: one for one in all_}
    if before not in known or after not in known:
        raise NotFound(versions.NO_VERSION)
    return process, known[before], known[after]

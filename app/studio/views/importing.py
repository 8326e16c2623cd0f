"""Bring diagrams in: upload, the repairs to accept line by line."""

from __future__ import annotations

from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.db import transaction
from app.engine import Repair
from app.errors import Conflict, Invalid, UserError
from app.i18n import N_
from app.people.session import current_viewer
from app.processes.operations import known_calls
from app.studio.models import ProcessDraft
from app.studio.operations import importing
from app.studio.operations.uploads import Upload
from app.studio.views.blueprint import EDIT, SEE_OTHER, bp, draft_for, reading, runtime
from app.studio.views.modeler import frame
from app.studio.views.publishing import Found, checked
from app.web import permission
from app.web.i18n import gettext

NO_FILE = N_("还没有选文件。选一张流程图，或者装着流程图、表单和决策表的压缩包。")


@dataclass(frozen=True)
class Line:
    """One repair in words, with the place it is about."""

    id: str
    name: str
    url: str | None
    sentence: str
    old: str
    new: str


@bp.get("/studio/import")
@permission(EDIT)
def import_process() -> ResponseReturnValue:
    """Ask for the files."""
    return _form()


@bp.post("/studio/import")
@permission(EDIT)
def import_upload() -> ResponseReturnValue:
    """Begin a draft with the uploaded files; show the repairs it needs, if any."""
    viewer, slug, apart = current_viewer(), request.form.get("slug", "").strip(), request.form.get("as") == "another"
    uploads = [Upload(one.filename, one.read()) for one in request.files.getlist("files") if one.filename]
    if not uploads:
        return _form(gettext(NO_FILE), slug, apart=apart), Invalid.status
    try:
        with transaction() as session:
            made = importing.import_files(session, viewer, uploads, slug, clock.now(session), apart=apart)
            draft_id = made.draft.id
    except Invalid as error:
        return _form(_told(error), slug, apart=apart), error.status
    if made.sentence:
        flash(gettext(made.sentence, **made.values), "warn")
    draft = draft_for(draft_id)
    needed = _repairs(draft) or _errors(draft)
    return redirect(url_for("studio.draft_repairs" if needed else "studio.draft", draft_id=draft_id), SEE_OTHER)


@bp.get("/studio/drafts/<int:draft_id>/repairs")
@permission(EDIT)
def draft_repairs(draft_id: int) -> ResponseReturnValue:
    """Show what would have to change so that the draft runs, line by line."""
    return _page(draft_for(draft_id))


@bp.post("/studio/drafts/<int:draft_id>/repairs")
@permission(EDIT)
def accept_repairs(draft_id: int) -> ResponseReturnValue:
    """Make the ticked repairs and go on to the diagram."""
    viewer, accepted = current_viewer(), set(request.form.getlist("repair"))
    seen = request.form.get("row_version", 0, type=int)
    draft_for(draft_id)
    called = known_calls(reading()).keys()
    topics = frozenset(runtime().topics)
    try:
        with transaction() as session:
            now = clock.now(session)
            importing.accept_repairs(session, viewer, draft_id, accepted, seen, now, topics=topics, called=called)
    except (Conflict, Invalid) as error:
        return _page(draft_for(draft_id), _told(error), accepted), error.status
    flash(gettext("改好了 %(count)s 处。没有接受的照原样留着。", count=len(accepted)), "ok")
    return redirect(url_for("studio.draft", draft_id=draft_id), SEE_OTHER)


def _form(error: str = "", slug: str = "", *, apart: bool = False) -> str:
    return render_template("studio/import.html", error=error, slug=slug, apart=apart)


def _page(draft: ProcessDraft, error: str = "", accepted: set[str] | None = None) -> str:
    lines = [_line(draft, one) for one in _repairs(draft)]
    ticked = accepted if accepted is not None else {one.id for one in lines}
    left = [] if lines else _errors(draft)
    return render_template("studio/repairs.html", lines=lines, left=left, ticked=ticked, error=error, **frame(draft))


def _errors(draft: ProcessDraft) -> list[Found]:
    """Return what the checker says that no repair mends."""
    return [one for one in checked(draft) if one.severity == "error"]


def _repairs(draft: ProcessDraft) -> tuple[Repair, ...]:
    return importing.find_repairs(reading(), draft, frozenset(runtime().topics), known_calls(reading()).keys())


def _line(draft: ProcessDraft, one: Repair) -> Line:
    url = url_for("studio.draft", draft_id=draft.id, element=one.element) if one.element else None
    sentence = gettext(one.message, **one.values) if one.values else gettext(one.message)
    return Line(one.id, one.name or one.element or "", url, sentence, one.old or "", one.new or "")


def _told(error: UserError) -> str:
    return gettext(error.message, **error.values)

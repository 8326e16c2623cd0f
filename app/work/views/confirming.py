"""The page on which people say of decisions recorded in their name: mine, or not mine (代录确认)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.db import db, transaction
from app.errors import Conflict, Invalid
from app.files.models import Upload
from app.i18n import N_
from app.people.rules import Viewer
from app.people.session import current_viewer
from app.web import permission
from app.web.i18n import gettext, locale
from app.work import operations as work
from app.work.pages.sections import Reading, Section
from app.work.pages.transcribed import sentence, times
from app.work.pages.words import result_word
from app.work.queries.transcriptions import CONFIRMED, OBJECTED, Waiting, waiting
from app.work.views.blueprint import SEE_OTHER, bp, reading, runtime
from app.work.views.sources import sources_for

DONE: Mapping[str, str] = {
    CONFIRMED: N_("已确认，这是您本人的决定。"),
    OBJECTED: N_("已记下您的异议，书记员和网管办会收到消息。"),
}


@dataclass(frozen=True)
class Line:
    """One recorded decision as its person reads it before answering."""

    waiting: Waiting
    section: Section
    result: str
    said: str
    times: str
    scan: Upload | None
    error: str
    note: str


@bp.get("/transcriptions")
@permission("work.inbox")
def transcriptions() -> ResponseReturnValue:
    """Show what was recorded in this person's name and waits for their word."""
    return _page(current_viewer())


@bp.post("/transcriptions/<int:transcription_id>/answer")
@permission("work.act")
def answer_transcription(transcription_id: int) -> ResponseReturnValue:
    """Confirm, or object with words."""
    viewer, answer, note = current_viewer(), request.form.get("answer", ""), request.form.get("note", "")
    try:
        with transaction() as session:
            now = clock.now(session)
            work.answer_transcription(session, runtime(), viewer, transcription_id, answer, note, now)
    except Invalid as error:
        db.session.rollback()
        wrong = gettext(next(iter(error.fields.values()), error.message), **error.values)
        return _page(viewer, {transcription_id: wrong}, {transcription_id: note}), error.status
    except Conflict as error:
        flash(gettext(error.message, **error.values), "error")
    else:
        flash(gettext(DONE[answer]), "ok")
    return redirect(url_for("work.transcriptions"), SEE_OTHER)


def _page(viewer: Viewer, errors: Mapping[int, str] | None = None, notes: Mapping[int, str] | None = None) -> str:
    found = waiting(reading(), viewer)
    lines = [_line(viewer, one, errors or {}, notes or {}) for one in found]
    return render_template("work/transcriptions.html", lines=lines)


def _line(viewer: Viewer, one: Waiting, errors: Mapping[int, str], notes: Mapping[int, str]) -> Line:
    session, item, row = reading(), one.item, one.recorded.row
    bundle = runtime().library.bundle(session, one.case.version_id, one.case.called)
    asked = runtime().library.forms(session, [item.form_digest]) if item.form_digest else {}
    read = Reading({**bundle.forms, **asked}, bundle.definition.nodes, locale(), sources_for(session, viewer))
    return Line(
        waiting=one,
        section=read.section(item),
        result=result_word(bundle.definition.nodes.get(item.node), item.result, locale()),
        said=sentence(one.recorded),
        times=times(one.recorded),
        scan=session.get(Upload, row.upload_id) if row.upload_id else None,
        error=errors.get(row.id, ""),
        note=notes.get(row.id, ""),
    )

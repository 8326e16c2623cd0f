"""The page on which a clerk writes down what somebody else decided by phone or on paper (代录)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.datastructures import FileStorage, MultiDict

from app import clock
from app.clock import ZONE
from app.db import db, transaction
from app.errors import Conflict, Invalid, NotFound, Refused, UserError
from app.files import views as files
from app.files.models import DRAFT, Upload
from app.formkit import BoundForm
from app.formkit.bound import Pane
from app.people.session import current_viewer
from app.web import permission
from app.web.errors import Problem
from app.web.i18n import gettext
from app.work import operations as work
from app.work.operations import Receipt
from app.work.operations.cases import receipt_of, refuse_if_closed
from app.work.operations.transcribing import Dictated, problems_of, refuse_unless_allowed
from app.work.pages.actions import buttons
from app.work.pages.header import item_header
from app.work.pages.sections import before
from app.work.queries import casefile
from app.work.queries.transcriptions import deciders_for, transcription_of
from app.work.views.blueprint import SEE_OTHER, bp, now, reading, runtime
from app.work.views.desk import OWN_REASON, Desk, desk_for
from app.work.views.telling import tell

FORM: Final = "transcribe-form"
OWN: Final = "told_"  # the page's own controls begin with it; everything else is the form of the step


@dataclass(frozen=True)
class Typed:
    """What stands in the clerk's own part of the page."""

    for_user_id: int = 0
    medium: str = ""
    at: str = ""
    note: str = ""
    scan: Upload | None = None

    @property
    def dictated(self) -> Dictated:
        """Return it as the operation takes it."""
        return Dictated(
            self.for_user_id, self.medium, _instant(self.at), self.scan.id if self.scan else None, self.note
        )


@bp.get("/tasks/<int:item_id>/transcribe")
@permission("work.transcribe")
def transcribe(item_id: int) -> ResponseReturnValue:
    """Show the step's form with what the record must say of a decision given elsewhere."""
    desk = desk_for(current_viewer(), item_id)
    if desk.item.status != "open":
        return redirect(url_for("work.task", item_id=item_id))
    refuse_unless_allowed(reading(), desk.viewer, desk.item, desk.node)
    return _page(desk, desk.draw(), Typed(at=f"{clock.local(now()):%Y-%m-%dT%H:%M}"))


@bp.post("/tasks/<int:item_id>/transcribe")
@permission("work.transcribe")
def record_transcription(item_id: int) -> ResponseReturnValue:
    """Complete the step with the recorded decision; whatever comes of it, nothing typed is lost."""
    desk = desk_for(current_viewer(), item_id)
    typed, bound = Typed(), None
    try:
        done = _stored(desk)
        if done is None:
            refuse_if_closed(desk.item)
            refuse_unless_allowed(reading(), desk.viewer, desk.item, desk.node)
            typed, bound = _typed(desk), _bind(desk)
            if bound is not None and bound.reshaped:
                return _page(desk, bound, typed)
            done = _submit(desk, bound, typed)
    except (Conflict, Refused, Invalid) as error:
        return _refused(item_id, bound, typed, error)
    flash(gettext("已代录，等本人确认。"), "ok")
    return redirect(url_for("work.receipt", item_id=done.item_id), SEE_OTHER)


@bp.post("/tasks/<int:item_id>/transcribe/form")
@permission("work.transcribe")
def transcribed_form(item_id: int) -> ResponseReturnValue:
    """Answer with the step's form anew: what was typed decides what else is asked."""
    desk = desk_for(current_viewer(), item_id)
    refuse_unless_allowed(reading(), desk.viewer, desk.item, desk.node)
    return _html(desk, desk.redraw(_of_the_step(request.form)), pane="open")


def _stored(desk: Desk) -> Receipt | None:
    """Return the receipt of this very submit if it was completed before: the same key by the same clerk."""
    item, key = desk.item, request.form.get("key", "")
    recorded = transcription_of(reading(), item.id) if key and item.key == key else None
    if recorded is None or recorded.row.clerk_id != desk.viewer.user_id:
        return None
    return receipt_of(desk.case, item, repeated=True)


def _typed(desk: Desk) -> Typed:
    """Read the clerk's own part; a scan that came with it is stored first and kept whatever comes of the rest."""
    form = request.form
    return Typed(
        for_user_id=form.get("told_for", 0, type=int),
        medium=form.get("told_medium", ""),
        at=form.get("told_at", ""),
        note=form.get("told_note", ""),
        scan=_scan(desk),
    )


def _scan(desk: Desk) -> Upload | None:
    file = request.files.get("told_scan")
    if file is not None and file.filename:
        return files.receive(file, owner_id=desk.viewer.user_id, item_id=desk.item.id)
    ids = [int(one) for one in request.form.getlist("told_scan_id") if one.isdecimal()]
    kept = reading().get(Upload, ids[-1]) if ids else None
    mine = kept is not None and kept.state == DRAFT and kept.owner_id == desk.viewer.user_id
    return kept if mine else None


def _bind(desk: Desk) -> BoundForm | None:
    bound = desk.bind(_of_the_step(request.form), _files_of_the_step())
    for name, found in (bound.pending_files if bound else {}).items():
        kept = [files.receive(one, owner_id=desk.viewer.user_id, item_id=desk.item.id).id for one in found]
        if bound is not None:
            bound.attach(name, kept)
    return bound


def _submit(desk: Desk, bound: BoundForm | None, typed: Typed) -> Receipt:
    """Judge both parts before saying what is wrong with either."""
    told = typed.dictated
    wrong: dict[str, str] = problems_of(reading(), desk.viewer, desk.item, desk.node, told, now())
    answers: dict[str, Any] = {}
    try:
        answers = desk.judge(bound, request.form.get("decision"), request.form.get(OWN_REASON, ""))
    except Invalid as error:
        wrong = {**wrong, **error.fields}
    if wrong:
        raise Invalid(fields=wrong)
    item_id, key = desk.item.id, request.form.get("key") or uuid4().hex
    with transaction() as session:
        return work.transcribe(
            session,
            runtime(),
            item_id,
            desk.viewer,
            told.for_user_id,
            answers,
            told.medium,
            told.claimed_at,
            told.upload_id,
            key,
            clock.now(session),
            note=told.note,
        )


def _refused(item_id: int, bound: BoundForm | None, typed: Typed, error: UserError) -> ResponseReturnValue:
    """Draw the same page again with everything that was typed; where the step is gone, the page of the step."""
    db.session.rollback()
    try:
        desk = desk_for(current_viewer(), item_id)
    except NotFound:
        raise error from None
    if not deciders_for(reading(), desk.viewer, desk.item, desk.node):
        raise error
    fields = dict(error.fields) if isinstance(error, Invalid) else {}
    sentence, kind = gettext(error.message, **error.values), "error" if isinstance(error, Invalid) else "warn"
    problem = Problem(error.status, sentence, kind, fields=_beside(fields, bound))
    bound = bound or desk.redraw(_of_the_step(request.form))
    return _page(desk, bound, typed, problem=problem, errors=fields), error.status


def _beside(fields: Mapping[str, str], bound: BoundForm | None) -> dict[str, str]:
    """Return the sentences with the ids of the controls they belong to."""
    known = bound.fields if bound else {}
    return {(f"gj-{name}" if name in known else name): gettext(sentence) for name, sentence in fields.items()}


def _page(
    desk: Desk,
    bound: BoundForm | None,
    typed: Typed,
    *,
    problem: Problem | None = None,
    errors: Mapping[str, str] | None = None,
) -> str:
    g.by_clerk = True  # the parts of the page must not say 您 where it is the decider's turn
    told = tell(desk.viewer, desk.case)
    data = casefile.token_data(reading(), desk.case.id, desk.item.token)
    outlook = told.outlook_from({**told.names, **data, "case": casefile.case_data(desk.case)})
    return render_template(
        "work/transcribe.html",
        desk=desk,
        item=desk.item,
        case=desk.case,
        header=item_header(told.file, desk.item, now(), mine=False),
        sections=before(told.file, desk.item, told.reading(desk.rights.hidden)),
        deciders=deciders_for(reading(), desk.viewer, desk.item, desk.node),
        typed=typed,
        form=_html(desk, bound),
        buttons=buttons(desk.node, outlook),
        reviewed=bound.reviewed if bound is not None else None,
        timeline=told.timeline(),
        key=request.form.get("key") or uuid4().hex,
        reason=request.form.get(OWN_REASON, ""),
        problem=problem,
        errors=errors or {},
        form_id=FORM,
    )


def _html(desk: Desk, bound: BoundForm | None, pane: Pane = "apart") -> Markup:
    if bound is None:
        return Markup()
    refresh_url = url_for("work.transcribed_form", item_id=desk.item.id)
    return bound.html(refresh_url=refresh_url, upload_url=url_for("files.add"), pane=pane)


def _of_the_step(posted: MultiDict[str, str]) -> MultiDict[str, Any]:
    return MultiDict([(name, text) for name, text in posted.items(multi=True) if not name.startswith(OWN)])


def _files_of_the_step() -> MultiDict[str, FileStorage]:
    return MultiDict([(name, one) for name, one in request.files.items(multi=True) if not name.startswith(OWN)])


def _instant(text: str) -> datetime | None:
    try:
        chosen = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return chosen if chosen.tzinfo else chosen.replace(tzinfo=ZONE)

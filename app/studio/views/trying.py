"""The try-out (试走): a draft is played in the browser, in everybody's part, with a clock of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import clock
from app.db import db, transaction
from app.deadlines.queries import calendar_for
from app.deadlines.rules import add_working, parse_limit
from app.engine import OpenNode, TokenNotReady
from app.errors import Invalid, NotFound, UserError
from app.formkit import BoundForm
from app.i18n import N_
from app.people.session import current_viewer
from app.studio import queries, queries_try
from app.studio.operations import trying, walking
from app.studio.trying import Step, steps
from app.studio.views.blueprint import EDIT, SEE_OTHER, bp, draft_for, reading, runtime
from app.studio.views.trying_desk import SEEN, TryDesk, desk_of, played, values_of
from app.studio.views.trying_page import form_html, page_of, person_played, play_of, row_of
from app.web import permission
from app.web.errors import wants_fragment
from app.web.i18n import gettext, locale
from app.work.pages.actions import chosen
from app.work.views.desk import OWN_REASON

NO_PERSON = N_("先选由谁发起。")


@bp.get("/studio/drafts/<int:draft_id>/try")
@permission(EDIT)
def try_out(draft_id: int) -> ResponseReturnValue:
    """Show how far the try-out is, or what it begins with."""
    return page_of(draft_id)


@bp.get("/studio/drafts/<int:draft_id>/try/diagram")
@permission(EDIT)
def try_diagram(draft_id: int) -> ResponseReturnValue:
    """Answer the diagram of the draft as it is saved."""
    source = queries.source_of(reading(), draft_for(draft_id))
    return Response(source.diagram, mimetype="application/xml")


@bp.post("/studio/drafts/<int:draft_id>/try")
@permission(EDIT)
def begin_try_out(draft_id: int) -> ResponseReturnValue:
    """Begin, or begin anew."""
    viewer, posted = current_viewer(), request.form
    starter = posted.get("starter", 0, type=int)

    def act(session: Session, at: datetime) -> None:
        if not starter:
            raise Invalid(fields={"starter": NO_PERSON})
        data, start = values_of(posted.get("values", "")), posted.get("start") or None
        trying.begin(session, runtime(), viewer, draft_id, starter, at, at=start, data=data)

    return _act(draft_id, act)


@bp.post("/studio/drafts/<int:draft_id>/try/steps/<token>")
@permission(EDIT)
def try_step(draft_id: int, token: str) -> ResponseReturnValue:
    """Complete a step in the part of the person chosen; what was typed stays whatever comes of it."""
    desk = _desk(draft_id, token)
    bound = desk.bind(request.form, request.files)
    _hand_in(draft_id, bound)
    if bound is not None and bound.reshaped:
        return page_of(draft_id, on=token, bound=bound)

    def act(session: Session, at: datetime) -> None:
        decision = request.form.get("decision")
        answers = desk.judge(bound, decision, request.form.get(OWN_REASON, ""))
        action = chosen(desk.node, decision)
        choice = action.label(locale()) if action else ""
        _take(session, draft_id, steps.answer(answers, _who(desk), choice), at, token)

    return _act(draft_id, act, on=token, bound=bound)


@bp.post("/studio/drafts/<int:draft_id>/try/form/<token>")
@permission(EDIT)
def try_form(draft_id: int, token: str) -> ResponseReturnValue:
    """Answer with the form anew: what was typed decides what else is asked."""
    bound = _desk(draft_id, token).redraw(request.form)
    return form_html(draft_id, token, bound)


@bp.post("/studio/drafts/<int:draft_id>/try/back/<token>")
@permission(EDIT)
def try_back(draft_id: int, token: str) -> ResponseReturnValue:
    """Send a step back to an earlier one."""
    desk = _desk(draft_id, token)
    to, reason = request.form.get("back_to", ""), request.form.get("reason", "")

    def act(session: Session, at: datetime) -> None:
        _take(session, draft_id, steps.back(to, reason, _who(desk)), at, token)

    return _act(draft_id, act, on=token)


@bp.post("/studio/drafts/<int:draft_id>/try/services/<token>")
@permission(EDIT)
def try_service(draft_id: int, token: str) -> ResponseReturnValue:
    """Answer an automatic step, or let it fail."""
    posted = request.form

    def act(session: Session, at: datetime) -> None:
        if posted.get("how") == "fail":
            code, reason = posted.get("code", "").strip(), posted.get("reason", "").strip()
            said = reason or code or gettext("没有办成")
            step = steps.fail(code, said)
        else:
            step = steps.serve(values_of(posted.get("values", "")))
        _take(session, draft_id, step, at, token)

    return _act(draft_id, act, on=token)


@bp.post("/studio/drafts/<int:draft_id>/try/messages")
@permission(EDIT)
def try_message(draft_id: int) -> ResponseReturnValue:
    """Let a message or signal arrive."""
    posted = request.form

    def act(session: Session, at: datetime) -> None:
        values, signal = values_of(posted.get("values", "")), posted.get("signal") == "1"
        name = posted.get("name", "")
        _take(session, draft_id, steps.message(name, values, signal=signal), at)

    return _act(draft_id, act)


@bp.post("/studio/drafts/<int:draft_id>/try/clock")
@permission(EDIT)
def try_clock(draft_id: int) -> ResponseReturnValue:
    """Move the try-out's clock to the next timer, or on by an amount."""
    text = request.form.get("by", "").strip()

    def act(session: Session, at: datetime) -> None:
        row = row_of(draft_id)
        calendar = calendar_for(session, row.state["starter"]["unit"])
        by: timedelta | None = add_working(calendar, row.now, parse_limit(text)) - row.now if text else None
        _take(session, draft_id, steps.wait(by), at)

    return _act(draft_id, act)


@bp.post("/studio/drafts/<int:draft_id>/try/undo")
@permission(EDIT)
def try_undo(draft_id: int) -> ResponseReturnValue:
    """Take back the last step."""
    viewer = current_viewer()
    return _act(draft_id, lambda session, at: trying.undo(session, runtime(), viewer, draft_id, _seen(), at))


@bp.post("/studio/drafts/<int:draft_id>/try/again")
@permission(EDIT)
def try_again(draft_id: int) -> ResponseReturnValue:
    """Walk the same way on the draft as it is now, as far as it goes."""
    viewer = current_viewer()
    return _act(draft_id, lambda session, at: trying.again(session, runtime(), viewer, draft_id, at))


@bp.post("/studio/drafts/<int:draft_id>/try/walk")
@permission(EDIT)
def keep_walk(draft_id: int) -> ResponseReturnValue:
    """Keep the way walked under a name, to be walked again on every later publish."""
    viewer, name = current_viewer(), request.form.get("walk", "")
    said = gettext("已存成路线“%(name)s”，以后每次发布前都会重走。", name=name.strip())

    def act(session: Session, at: datetime) -> None:
        walking.keep_walk(session, runtime(), viewer, draft_id, name, at)

    return _act(draft_id, act, done=said)


def _act(
    draft_id: int,
    act: Callable[[Session, datetime], object],
    *,
    on: str = "",
    bound: BoundForm | None = None,
    done: str = "",
) -> ResponseReturnValue:
    """Carry out what a button asks for; what cannot be done is said on the same page."""
    draft_for(draft_id)
    try:
        with transaction() as session:
            act(session, clock.now(session))
    except NotFound:
        raise
    except UserError as error:
        db.session.rollback()
        return page_of(draft_id, on=on, bound=bound, error=error), error.status
    db.session.rollback()
    if wants_fragment():
        return page_of(draft_id, done=done)
    if done:
        flash(done, "ok")
    return redirect(url_for("studio.try_out", draft_id=draft_id), SEE_OTHER)


def _desk(draft_id: int, token: str) -> TryDesk:
    """Return the open step of the address in the part of the person chosen; raise when it is over."""
    draft_for(draft_id)
    row = row_of(draft_id)
    play, _diagram = play_of(row)
    opened: OpenNode | None = next((one for one in play.open if one.token == token), None)
    if opened is None:
        raise TokenNotReady
    usual = queries_try.people_for(reading(), play, row.steps, opened).user_ids[0]
    return desk_of(row, play, opened, played(person_played() or usual))


def _who(desk: TryDesk) -> dict[str, Any]:
    return {"id": desk.viewer.user_id, "name": desk.viewer.name}


def _take(session: Session, draft_id: int, step: Step, at: datetime, token: str | None = None) -> None:
    trying.take(session, runtime(), current_viewer(), draft_id, _seen(), step, at, token=token)


def _seen() -> int:
    return request.form.get(SEEN, 0, type=int)


def _hand_in(draft_id: int, bound: BoundForm | None) -> None:
    """Take the names of the files that came with the form; their content goes nowhere."""
    for name, files in (bound.pending_files if bound is not None else {}).items():
        told = [(one.filename or "", len(one.read())) for one in files]
        with transaction() as session:
            ids = trying.note_files(session, current_viewer(), draft_id, told, clock.now(session))
        db.session.rollback()
        if bound is not None:
            bound.attach(name, ids)

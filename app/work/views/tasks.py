"""The task page: read, decide, submit; claim, release, hand on, note progress, keep a draft."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import structlog
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app import clock
from app.db import db, transaction
from app.errors import Conflict, Invalid, NotFound, Refused, Unavailable, UserError
from app.formkit import BoundForm
from app.formkit.bound import Pane, Reviewed
from app.people.rules import Viewer
from app.people.session import current_viewer
from app.web import filters, permission
from app.web.errors import Problem, wants_json
from app.web.i18n import gettext, locale
from app.work import operations as work
from app.work.models import WorkItem
from app.work.operations import Receipt, WayBack
from app.work.operations.cases import refuse_if_closed
from app.work.pages.actions import Button, buttons
from app.work.pages.header import Header, item_header
from app.work.pages.lamps import item_lamp
from app.work.pages.sections import Section, before
from app.work.pages.timeline import Entry
from app.work.pages.transcribed import sentence
from app.work.pages.words import choice_word, name_of, round_word
from app.work.queries import casefile, transcriptions
from app.work.queries.scope import find_item, may_act
from app.work.views.backs import Backwards, backs_of, wanted
from app.work.views.blueprint import SEE_OTHER, bp, now, reading, runtime
from app.work.views.desk import (
    OWN_REASON,
    Desk,
    Sent,
    desk_for,
    instant_of,
    sent_by_page,
    sent_by_program,
    typed,
)
from app.work.views.sources import reviewed_in
from app.work.views.telling import Telling, tell

log = structlog.get_logger(__name__)
FORM = "task-form"
SHORT = 12


@dataclass(frozen=True)
class TaskPage:
    """Everything the template of a task draws."""

    desk: Desk
    header: Header
    tabs: tuple[tuple[str, str, int | None, bool], ...]
    sections: tuple[Section, ...]
    own: Section | None
    timeline: tuple[Entry, ...]
    form: Markup
    buttons: tuple[Button, ...]
    backs: tuple[WayBack, ...]
    key: str
    draft_saved: datetime | None
    colleagues: tuple[tuple[int, str], ...]
    can_release: bool
    waiting: str


@bp.get("/tasks/<int:item_id>")
@permission("work.view")
def task(item_id: int) -> ResponseReturnValue:
    """Show a work item; the first opening by somebody who may act is recorded (已阅)."""
    viewer = current_viewer()
    _note_opening(viewer, item_id)
    desk = desk_for(viewer, item_id)
    draft = casefile.draft_of(reading(), viewer, item_id=item_id) if desk.holder else None
    bound = desk.draw(draft.fields if draft else None) if desk.holder else None
    own_reason = (draft.fields.get(OWN_REASON) or [""])[0] if draft else ""
    return _page(desk, bound, saved=instant_of(draft), reason=own_reason)


@bp.post("/tasks/<int:item_id>")
@permission("work.act")
def complete(item_id: int) -> ResponseReturnValue:
    """Complete a work item with what a page or a program sent; nothing typed is lost whatever comes of it."""
    viewer, sent = current_viewer(), None
    desk = desk_for(viewer, item_id)
    done = _stored(desk)
    try:
        if done is None:
            refuse_if_closed(desk.item)
            sent = sent_by_program(desk) if request.is_json else sent_by_page(desk, item_id=item_id)
            if sent.bound is not None and sent.bound.reshaped:
                return _page(desk, sent.bound, key=sent.key)
            done = _submit(desk, sent)
    except (Conflict, Refused, Invalid) as error:
        return _refused(viewer, item_id, error, sent.bound if sent else None)
    if request.is_json:
        return _as_json(done)
    return redirect(url_for("work.receipt", item_id=done.item_id), SEE_OTHER)


@bp.get("/tasks/<int:item_id>/receipt")
@permission("work.view")
def receipt(item_id: int) -> ResponseReturnValue:
    """Show the receipt of a completed step, what comes next and what to do now."""
    viewer = current_viewer()
    item, case = find_item(reading(), viewer, item_id)
    if item.status != "done":
        return redirect(url_for("work.task", item_id=item_id))
    told = tell(viewer, case)
    following = casefile.next_task(reading(), viewer)
    node = told.bundle.definition.nodes.get(item.node)
    return render_template(
        "work/receipt.html",
        item=item,
        case=case,
        step=name_of(node or item, locale()),
        result=choice_word(node, item.result, locale()),
        next_steps=[_next_step(told, one) for one in told.file.open],
        continued=next((one for one in told.file.open if may_act(reading(), viewer, one)), None),
        following=following if following and following.case_id != case.id else None,
        recorded=sentence(told.file.recorded[item.id]) if item.id in told.file.recorded else "",
    )


@bp.post("/tasks/<int:item_id>/form")
@permission("work.act")
def form(item_id: int) -> ResponseReturnValue:
    """Answer with the form anew: what was typed decides what else is asked."""
    desk = desk_for(current_viewer(), item_id)
    return _html(desk, desk.redraw(request.form), pane="open")


@bp.post("/tasks/<int:item_id>/draft")
@permission("work.act")
def draft(item_id: int) -> ResponseReturnValue:
    """Keep what was typed so far, without judging it."""
    viewer = current_viewer()
    item, case = find_item(reading(), viewer, item_id)
    if not may_act(reading(), viewer, item):
        refuse_if_closed(item)
        raise Refused
    fields, title = typed(_posted()), case.title
    with transaction() as session:
        saved = work.save_draft(session, viewer, fields, clock.now(session), item_id=item_id, title=title)
    return {"saved_at": filters.clock_time(saved)}


@bp.post("/tasks/<int:item_id>/claim")
@permission("work.act")
def claim(item_id: int) -> ResponseReturnValue:
    """Take an unclaimed item."""
    viewer = current_viewer()
    done = gettext("已认领，现在由您办理。")
    return _act(viewer, item_id, done, lambda session, at: work.claim(session, item_id, viewer, at))


@bp.post("/tasks/<int:item_id>/release")
@permission("work.act")
def release(item_id: int) -> ResponseReturnValue:
    """Give a claimed item back."""
    viewer = current_viewer()
    done = gettext("已放回，其他人可以认领。")
    return _act(viewer, item_id, done, lambda session, at: work.release(session, item_id, viewer, at))


@bp.post("/tasks/<int:item_id>/transfer")
@permission("work.act")
def transfer(item_id: int) -> ResponseReturnValue:
    """Hand the item to a colleague, with the reason."""
    viewer = current_viewer()
    desk = desk_for(viewer, item_id)
    if desk.node.properties.get("transfer") == "false":
        raise Refused(gettext("“%(node)s”只能由本人办，不能转办。", node=desk.item.name))
    to, reason = request.form.get("to", 0, type=int), request.form.get("reason", "")
    return _act(
        viewer,
        item_id,
        gettext("已转办。"),
        lambda session, at: work.transfer(session, item_id, viewer, to, reason, at),
        away=True,
    )


@bp.post("/tasks/<int:item_id>/back")
@permission("work.act")
def send_back(item_id: int) -> ResponseReturnValue:
    """Send the item back to a step done before that its own step names; from a page or from a program."""
    viewer = current_viewer()
    try:
        done = _send_back(viewer, item_id, wanted())
    except (Conflict, Refused, Invalid) as error:
        return _refused(viewer, item_id, error)
    if request.is_json:
        return _as_json(done)
    flash(gettext("已退回，退回的理由留在记录里。"), "ok")
    return redirect(url_for("work.inbox"), SEE_OTHER)


@bp.post("/tasks/<int:item_id>/progress")
@permission("work.act")
def progress(item_id: int) -> ResponseReturnValue:
    """Add a progress note that both sides see."""
    viewer = current_viewer()
    text, percent = request.form.get("text", ""), request.form.get("percent", type=int)
    done = gettext("进展已记下，双方都能看到。")
    note = min(max(percent, 0), 100) if percent is not None else None
    return _act(viewer, item_id, done, lambda session, at: work.progress(session, item_id, viewer, text, note, at))


def _send_back(viewer: Viewer, item_id: int, asked: Backwards) -> Receipt:
    asked.refuse_unless_offered(desk_for(viewer, item_id))
    with transaction() as session:
        at = clock.now(session)
        return work.send_back(session, runtime(), item_id, viewer, asked.to, asked.reason, asked.key, at)


def _submit(desk: Desk, sent: Sent) -> Receipt:
    item_id, viewer = desk.item.id, desk.viewer
    try:
        answers = desk.judge(sent.bound, sent.decision, sent.reason)
    except Invalid:
        # the same submit may have been completed by another request while this one was judged
        done = _completed_meanwhile(viewer, item_id)
        if done is None:
            raise
        return done
    with transaction() as session:
        at = clock.now(session)
        return work.complete_work_item(session, runtime(), item_id, viewer, answers, sent.key or uuid4().hex, at)


def _completed_meanwhile(viewer: Viewer, item_id: int) -> Receipt | None:
    db.session.rollback()
    desk = desk_for(viewer, item_id)
    done = _stored(desk)
    if done is None:
        refuse_if_closed(desk.item)
    return done


def _stored(desk: Desk) -> Receipt | None:
    """Return the receipt of this very submit if it was completed before: the same key by the same person."""
    item, key = desk.item, _key()
    if item.status != "done" or not key or item.key != key or item.done_by_id != desk.viewer.user_id:
        return None
    at = item.closed_at or desk.case.opened_at
    return Receipt(desk.case.id, desk.case.number, item.id, item.name, at, item.receipt_code or "", repeated=True)


def _key() -> str:
    if request.is_json:
        body = request.get_json(silent=True)
        return str(body.get("key") or "") if isinstance(body, dict) else ""
    return request.form.get("key", "")


def _as_json(done: Receipt) -> ResponseReturnValue:
    return {
        "receipt": done.code,
        "case": done.number,
        "item": done.item_id,
        "step": done.node_name,
        "at": done.at.isoformat(),
        "repeated": done.repeated,
    }


def _act(
    viewer: Viewer, item_id: int, done: str, act: Callable[[Session, datetime], object], *, away: bool = False
) -> ResponseReturnValue:
    """Carry out what one button asks for; what cannot be done is said on the same page."""
    find_item(reading(), viewer, item_id)
    try:
        with transaction() as session:
            act(session, clock.now(session))
    except (Conflict, Refused, Invalid) as error:
        return _refused(viewer, item_id, error)
    flash(done, "ok")
    return redirect(url_for("work.inbox") if away else url_for("work.task", item_id=item_id), SEE_OTHER)


def _note_opening(viewer: Viewer, item_id: int) -> None:
    item, _case = find_item(reading(), viewer, item_id)
    first = item.first_opened_at is None and viewer.may("work.act") and may_act(reading(), viewer, item)
    if not first:
        return
    try:
        with transaction() as session:
            work.mark_opened(session, item_id, viewer, clock.now(session))
    except Unavailable:
        # reading must go on while the database cannot be written; the next opening is recorded
        log.warning("opening_not_recorded", item=item_id)


def _refused(viewer: Viewer, item_id: int, error: UserError, bound: BoundForm | None = None) -> ResponseReturnValue:
    """Draw the same page again: what happened first, then everything that was typed."""
    if wants_json():
        raise error
    db.session.rollback()
    try:
        desk = desk_for(viewer, item_id)
    except NotFound:
        raise error from None
    if bound is None and desk.holder:
        bound = desk.redraw(request.form)
    fields = dict(error.fields) if isinstance(error, Invalid) else {}
    kind = "error" if isinstance(error, Invalid) else "warn"
    sentence = gettext(error.message, **error.values)
    page = _page(
        desk,
        bound if desk.holder else None,
        key=request.form.get("key"),
        problem=Problem(error.status, sentence, kind, fields=_beside(fields, bound)),
        errors=fields,
        kept=() if desk.holder else _kept(desk),
        reason=request.form.get(OWN_REASON, ""),
    )
    return page, error.status


def _beside(fields: Mapping[str, str], bound: BoundForm | None) -> dict[str, str]:
    """Return the sentences with the ids of the controls they belong to."""
    known = bound.fields if bound else {}
    return {(f"gj-{name}" if name in known else name): gettext(sentence) for name, sentence in fields.items()}


def _kept(desk: Desk) -> list[tuple[str, str]]:
    """Return what was written, by label: the step is over, the words are not."""
    labels = desk.form.labels(locale()) if desk.form else {}
    return [
        (labels.get(name, name), value)
        for name, values in request.form.lists()
        for value in values
        if len(value) > SHORT or not value.isascii()
    ]


def _posted() -> MultiDict[str, Any]:
    """Return what a page or its script sent as a draft."""
    if not request.is_json:
        return request.form
    body = request.get_json(silent=True)
    pairs = body.items() if isinstance(body, dict) else ()
    return MultiDict(
        [(name, text) for name, value in pairs for text in (value if isinstance(value, list) else [value])]
    )


def _html(desk: Desk, bound: BoundForm | None, pane: Pane = "apart") -> Markup:
    if bound is None:
        return Markup()
    refresh_url = url_for("work.form", item_id=desk.item.id)
    return bound.html(refresh_url=refresh_url, upload_url=url_for("files.add"), pane=pane)


def _page(
    desk: Desk,
    bound: BoundForm | None,
    *,
    key: str | None = None,
    saved: datetime | None = None,
    problem: Problem | None = None,
    errors: Mapping[str, str] | None = None,
    kept: Any = (),
    reason: str = "",
) -> str:
    told = tell(desk.viewer, desk.case)
    page = _task_page(desk, told, bound, key or uuid4().hex, saved)
    return render_template(
        "work/task.html",
        page=page,
        item=desk.item,
        case=desk.case,
        problem=problem,
        errors=errors or {},
        kept=kept,
        own_reason=desk.own_reason,
        reason=reason,
        multipart=bound is not None and bound.takes_files,
        reviewed=(bound.reviewed if bound is not None else None) or _reviewed_before(desk),
        form_id=FORM,
        recorded=told.recorded(),
        may_transcribe=bool(transcriptions.deciders_for(reading(), desk.viewer, desk.item, desk.node)),
    )


def _reviewed_before(desk: Desk) -> Reviewed | None:
    """Return what the case reviewed, for a step that decides on something else about it: its publication, say."""
    view = reviewed_in(reading(), desk.viewer, desk.case)
    return Reviewed("gj-reviewed", view) if view else None


def _task_page(desk: Desk, told: Telling, bound: BoundForm | None, key: str, saved: datetime | None) -> TaskPage:
    item, session = desk.item, reading()
    mine = desk.holder
    reading_ = told.reading(desk.rights.hidden)
    outlook = told.outlook_from({**told.names, **(_stored_names(desk) if mine else {})})
    claimed = item.assignee_id == desk.viewer.user_id
    return TaskPage(
        desk=desk,
        header=item_header(told.file, item, now(), mine=mine),
        tabs=_tabs(desk, told),
        sections=tuple(before(told.file, item, reading_)),
        own=reading_.section(item) if item.status == "done" else None,
        timeline=tuple(told.timeline()),
        form=_html(desk, bound),
        buttons=tuple(buttons(desk.node, outlook)) if mine else (),
        backs=backs_of(desk) if mine else (),
        key=key,
        draft_saved=saved,
        colleagues=_colleagues(desk) if mine else (),
        can_release=mine and claimed and bool(casefile.candidates_of(session, desk.viewer, item.id)),
        waiting="" if mine else _who_has_it(item, told),
    )


def _stored_names(desk: Desk) -> dict[str, Any]:
    """Return the waiting token's data as expressions of the diagram see it."""
    data = casefile.token_data(reading(), desk.case.id, desk.item.token)
    return {**data, "case": casefile.case_data(desk.case)}


def _colleagues(desk: Desk) -> tuple[tuple[int, str], ...]:
    if desk.node.properties.get("transfer") == "false":
        return ()
    return tuple(casefile.colleagues_of(reading(), desk.viewer, desk.item.unit_id))


def _tabs(desk: Desk, told: Telling) -> tuple[tuple[str, str, int | None, bool], ...]:
    number = desk.case.number
    return (
        (url_for("work.task", item_id=desk.item.id), gettext("办理"), None, True),
        (url_for("work.case", number=number), gettext("流程图"), None, False),
        (url_for("work.case", number=number, _anchor="records"), gettext("记录"), len(told.file.records), False),
        (url_for("work.case", number=number, tab="related"), gettext("相关办件"), len(told.file.related), False),
        (url_for("work.case", number=number, tab="talk"), gettext("讨论"), len(told.file.comments), False),
    )


def _who_has_it(item: WorkItem, told: Telling) -> str:
    if item.id in told.file.recorded:
        return sentence(told.file.recorded[item.id])
    if item.status == "done":
        at = filters.instant(item.closed_at)
        return gettext("%(who)s已办完，%(time)s", who=item.done_by_name or item.unit_name, time=at)
    if item.status != "open":
        return gettext("这一步已经收回，不用再办")
    if item.assignee_name:
        return gettext("现在由%(unit)s %(who)s 办理", unit=item.unit_name, who=item.assignee_name)
    return gettext("等%(unit)s认领", unit=item.unit_name)


def _next_step(told: Telling, item: WorkItem) -> Mapping[str, str]:
    shown = item_lamp(item, told.file.limits.get(item.id), now())
    node = told.bundle.definition.nodes.get(item.node)
    return {
        "name": " ".join(filter(None, (name_of(node or item, locale()), round_word(item.round)))),
        "who": item.assignee_name or gettext("待认领"),
        "unit": item.unit_name,
        **{f"lamp_{name}": value for name, value in asdict(shown).items()},
    }

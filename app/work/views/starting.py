"""Begin a case: the first form, its draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app import clock
from app.db import db, transaction
from app.deadlines.queries import calendar_for
from app.deadlines.rules import add_working, parse_limit
from app.engine import Environment, OpenNode
from app.errors import Conflict, Invalid, Refused, UserError
from app.formkit import BoundForm
from app.formkit.values import plain
from app.people.rules import Viewer
from app.people.session import current_viewer
from app.processes.library import Bundle
from app.processes.rights import refuse_start
from app.web import filters, permission
from app.web.errors import Problem, wants_json
from app.web.i18n import gettext, locale
from app.work import operations as work
from app.work.models import Draft
from app.work.pages.actions import Button, buttons
from app.work.pages.route import Cast, Outlook
from app.work.pages.starts import Start, starts_of
from app.work.pages.words import name_of
from app.work.queries import casefile
from app.work.rules import SUBMIT
from app.work.views.blueprint import SEE_OTHER, bp, now, reading, runtime
from app.work.views.desk import OWN_REASON, FormDesk, Sent, sent_by_page, sent_by_program, typed

STARTER = {"rule": "starter"}


@dataclass(frozen=True)
class StartDesk(FormDesk):
    """The first form of a process before one person; no case exists yet.

    `own` is False when the first step is somebody else's: then there is nothing to fill in before the start.
    """

    bundle: Bundle
    start: Start
    own: bool

    @property
    def url(self) -> dict[str, Any]:
        """Return what names this start in addresses."""
        return {"slug": self.bundle.slug, "as": self.start.code or None}


@bp.get("/start/<slug>")
@permission("work.view")
def start_form(slug: str) -> ResponseReturnValue:
    """Show the first form of a process, with the draft if there is one."""
    viewer = current_viewer()
    desk = start_desk(viewer, slug)
    draft = casefile.draft_of(reading(), viewer, slug=slug, node=desk.start.code)
    reason = (draft.fields.get(OWN_REASON) or [""])[0] if draft else ""
    return _page(desk, desk.draw(draft.fields if draft else None), draft=draft, reason=reason)


@bp.post("/start/<slug>")
@permission("work.view")
def begin(slug: str) -> ResponseReturnValue:
    """Begin a case with the first form; the same key again gives the same case."""
    viewer, sent = current_viewer(), None
    desk = start_desk(viewer, slug)
    try:
        sent = sent_by_program(desk) if request.is_json else sent_by_page(desk)
        if sent.bound is not None and sent.bound.reshaped:
            return _page(desk, sent.bound, key=sent.key)
        if not desk.own:
            return _opened(desk, sent.key)
        receipt = _begin(desk, sent)
    except (Conflict, Refused, Invalid) as error:
        return _refused(viewer, slug, error, sent)
    if request.is_json:
        answer = {"receipt": receipt.code, "case": receipt.number, "item": receipt.item_id}
        return {
            **answer,
            "at": receipt.at.isoformat(),
            "repeated": receipt.repeated,
        }, 200 if receipt.repeated else 201
    return redirect(url_for("work.receipt", item_id=receipt.item_id), SEE_OTHER)


@bp.post("/start/<slug>/form")
@permission("work.view")
def start_refresh(slug: str) -> ResponseReturnValue:
    """Answer with the form anew: what was typed decides what else is asked."""
    desk = start_desk(current_viewer(), slug)
    return _html(desk, desk.redraw(request.form))


@bp.post("/start/<slug>/draft")
@permission("work.view")
def start_draft(slug: str) -> ResponseReturnValue:
    """Keep what was typed so far, without judging it."""
    viewer = current_viewer()
    code = start_desk(viewer, slug).start.code
    fields = typed(request.form)
    title = next((texts[0] for name, texts in fields.items() if name == "title" and texts), "")
    with transaction() as session:
        saved = work.save_draft(session, viewer, fields, clock.now(session), slug=slug, node=code, title=title)
    return {"saved_at": filters.clock_time(saved)}


@bp.post("/drafts/<int:draft_id>/discard")
@permission("work.view")
def discard_draft(draft_id: int) -> ResponseReturnValue:
    """Throw away one's own draft."""
    viewer = current_viewer()
    with transaction() as session:
        work.discard_draft(session, viewer, draft_id)
    return redirect(url_for("work.inbox", box="drafts"), SEE_OTHER)


def starts_in(bundle: Bundle) -> tuple[Start, ...]:
    """Return the starts of a version."""
    definition = bundle.definition
    return starts_of(definition.properties, definition.name, definition.name_en)


def start_desk(viewer: Viewer, slug: str) -> StartDesk:
    """Return the first form as this person has it; raise Refused when it is not theirs to begin."""
    bundle = runtime().library.running(reading(), slug)
    refuse_start(reading(), slug, viewer)
    start_ = _chosen(bundle, viewer)
    first = _first(bundle, viewer, start_)
    definition = bundle.definition
    own = first is not None and first.rule == STARTER
    node = definition.nodes[first.node] if first and own else definition.starts[0]
    return StartDesk(
        viewer=viewer,
        node=node,
        form=bundle.forms.get(node.form or "") if own else None,
        stored={name: plain(value) for name, value in first.data.items()} if first else {},
        bundle=bundle,
        start=start_,
        own=own,
    )


def _chosen(bundle: Bundle, viewer: Viewer) -> Start:
    open_ = [one for one in starts_in(bundle) if one.open_to(viewer)]
    wanted = request.args.get("as")
    found = next((one for one in open_ if one.code == wanted), None) if wanted else next(iter(open_), None)
    if found is None:
        raise Refused(gettext("“%(name)s”不归您发起。", name=name_of(bundle.definition, locale())))
    return found


def _first(bundle: Bundle, viewer: Viewer, start_: Start) -> OpenNode | None:
    """Return the first human node, if there is one at once: the engine tries the start and nothing is kept."""
    calendar = calendar_for(reading(), viewer.unit_id)

    def later(begins: datetime, text: str) -> datetime:
        return add_working(calendar, begins, parse_limit(text))

    starter = {"id": viewer.user_id, "name": viewer.name, "unit": viewer.unit_id}
    env = Environment(now=now(), starter=starter, add_working=later)
    _live, step = runtime().engine.start(bundle.definition, start_data(start_), {}, env)
    return next((one for one in step.opened if one.wait == "person"), None)


def start_data(start_: Start) -> dict[str, Any]:
    """Return the token's first values."""
    return {"start": start_.code} if start_.code else {}


def _begin(desk: StartDesk, sent: Sent) -> work.Receipt:
    answers = desk.judge(sent.bound, sent.decision, sent.reason)
    viewer, slug = desk.viewer, desk.bundle.slug
    draft = casefile.draft_of(reading(), viewer, slug=slug, node=desk.start.code)
    draft_id = draft.id if draft else None
    key, data = _own_key(viewer, sent.key), start_data(desk.start)
    with transaction() as session:
        at = clock.now(session)
        done = work.start_case(session, runtime(), slug, viewer, answers, key, at, data=data)
        if draft_id is not None:
            work.discard_draft(session, viewer, draft_id)
    return done


def _own_key(viewer: Viewer, sent: str | None) -> str:
    """Return the key of a form, good for its own account only; no browser sends one that the product makes itself."""
    return f"form:{viewer.user_id}:{sent or uuid4().hex}"


def _opened(desk: StartDesk, sent_key: str | None) -> ResponseReturnValue:
    """Begin a case whose first step is somebody else's."""
    viewer, slug = desk.viewer, desk.bundle.slug
    key = _own_key(viewer, sent_key)
    with transaction() as session:
        case = work.open_case(session, runtime(), slug, viewer, start_data(desk.start), key, clock.now(session))
        number = case.number
    if wants_json():
        return {"case": number}, 201
    return redirect(url_for("work.case", number=number), SEE_OTHER)


def _refused(viewer: Viewer, slug: str, error: UserError, sent: Sent | None) -> ResponseReturnValue:
    if wants_json():
        raise error
    db.session.rollback()
    desk = start_desk(viewer, slug)
    bound = sent.bound if sent and sent.bound is not None else desk.redraw(request.form)
    fields = dict(error.fields) if isinstance(error, Invalid) else {}
    known = bound.fields if bound else {}
    beside = {(f"gj-{name}" if name in known else name): gettext(text) for name, text in fields.items()}
    sentence = gettext(error.message, **error.values)
    problem = Problem(error.status, sentence, "error" if fields else "warn", fields=beside)
    key, reason = request.form.get("key"), request.form.get(OWN_REASON, "")
    return _page(desk, bound, key=key, problem=problem, errors=fields, reason=reason), error.status


def _html(desk: StartDesk, bound: BoundForm | None) -> Markup:
    if bound is None:
        return Markup()
    return bound.html(refresh_url=url_for("work.start_refresh", **desk.url), upload_url=url_for("files.add"))


def _page(
    desk: StartDesk,
    bound: BoundForm | None,
    *,
    key: str | None = None,
    draft: Draft | None = None,
    problem: Problem | None = None,
    errors: Mapping[str, str] | None = None,
    reason: str = "",
) -> str:
    cast = Cast(desk.viewer.user_id, {}, {desk.viewer.user_id: gettext("您")}, locale())
    outlook = Outlook(desk.bundle.definition, {**start_data(desk.start), "case": {}}, cast, {}, locale())
    return render_template(
        "work/start_form.html",
        desk=desk,
        title=name_of(desk.start, locale()),
        process=bundle_name(desk.bundle),
        form=_html(desk, bound),
        buttons=buttons(desk.node, outlook) if desk.own else [_begin_button()],
        ahead=list(outlook.coming([desk.node.id])),
        key=key or uuid4().hex,
        draft=draft,
        problem=problem,
        errors=errors or {},
        reason=reason,
        multipart=bound is not None and bound.takes_files,
    )


def _begin_button() -> Button:
    return Button(SUBMIT.code, gettext("发起"), "", "primary", "check")


def bundle_name(bundle: Bundle) -> str:
    """Return the name of a process in the reader's language."""
    return name_of(bundle.definition, locale())

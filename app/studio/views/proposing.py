"""Proposals: their list, one of them, what two people may do with it; an old version proposed again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import clock
from app.db import transaction
from app.engine import DiagramRefused
from app.errors import Conflict, Invalid, Refused, UserError
from app.i18n import N_
from app.people.session import current_viewer
from app.processes import proposals as desk
from app.processes.models import ProcessVersion, Proposal
from app.studio import queries
from app.studio import queries_versions as versions
from app.studio.checking import check_source
from app.studio.models import OPEN, ProcessDraft
from app.studio.views.blueprint import APPROVE, EDIT, SEE_OTHER, VIEW, bp, reading, runtime
from app.studio.views.changes import differences
from app.studio.views.comparing import Side, amendments, diagram, side_of_version
from app.web import permission
from app.web.i18n import gettext

STATES = {
    desk.WAITING: N_("等待批准"),
    desk.APPROVED: N_("等着到时发布"),
    desk.PUBLISHED: N_("已发布"),
    desk.REFUSED: N_("已退回"),
    desk.WITHDRAWN: N_("已撤回"),
    desk.FAILED: N_("没有发布成"),
}
SEALS = {desk.WAITING: "todo", desk.APPROVED: "run", desk.PUBLISHED: "done", desk.REFUSED: "void"}
ORIGINS = {
    "studio": N_("流程工作室"),
    "load": N_("从文件载入"),
    "rest": N_("从接口送来"),
    "import": N_("导入"),
    "rollback": N_("退回旧版"),
}


@bp.get("/studio/proposals")
@permission(VIEW)
def proposals() -> ResponseReturnValue:
    """List what waits for approval, what waits for its hour, what was decided."""
    found = versions.desk(reading())
    return render_template("studio/proposals.html", desk=found, words=state_in_words, seals=SEALS)


@bp.get("/studio/proposals/<int:proposal_id>")
@permission(VIEW)
def proposal(proposal_id: int) -> ResponseReturnValue:
    """Show a proposal to who proposed it and to who decides it."""
    return _proposal_page(versions.proposal_with(reading(), proposal_id))


@bp.get("/studio/proposals/<int:proposal_id>/diagram.bpmn")
@permission(VIEW)
def proposal_diagram(proposal_id: int) -> ResponseReturnValue:
    """Send the diagram of a proposal."""
    return diagram(desk.source_of(versions.proposal_with(reading(), proposal_id)))


@bp.get("/studio/proposals/<int:proposal_id>/amendments")
@permission(VIEW)
def proposal_amendments(proposal_id: int) -> ResponseReturnValue:
    """Print what a proposal changes as a table of amendments."""
    found = versions.proposal_with(reading(), proposal_id)
    old, new = _sides(found)
    back = url_for("studio.proposal", proposal_id=proposal_id)
    return amendments(found.name, old, new, found.reasons, back)


@bp.post("/studio/proposals/<int:proposal_id>/approve")
@permission(APPROVE)
def approve_proposal(proposal_id: int) -> ResponseReturnValue:
    """Approve what somebody else proposed."""
    viewer, topics = current_viewer(), frozenset(runtime().topics)
    return _decide(
        proposal_id, lambda session, at: desk.approve(session, proposal_id, viewer, at, topics), sent_in_words
    )


@bp.post("/studio/proposals/<int:proposal_id>/refuse")
@permission(APPROVE)
def refuse_proposal(proposal_id: int) -> ResponseReturnValue:
    """Send a proposal back with a reason; its draft is open again."""
    viewer, reason = current_viewer(), request.form.get("reason", "")
    return _decide(
        proposal_id,
        lambda session, at: desk.refuse(session, proposal_id, viewer, reason, at),
        lambda _state: gettext("已退回修改，提出的人会看到理由。"),
    )


@bp.post("/studio/proposals/<int:proposal_id>/withdraw")
@permission(VIEW)
def withdraw_proposal(proposal_id: int) -> ResponseReturnValue:
    """Take a proposal back before it runs."""
    viewer, reason = current_viewer(), request.form.get("reason", "")
    return _decide(
        proposal_id,
        lambda session, at: desk.withdraw(session, proposal_id, viewer, reason, at),
        lambda _state: gettext("已撤回，正在运行的版本没有变。"),
    )


@bp.post("/studio/processes/<slug>/versions/<int:number>/roll-back")
@permission(EDIT)
def roll_back(slug: str, number: int) -> ResponseReturnValue:
    """Publish an old version as a new one."""
    viewer, note = current_viewer(), request.form.get("note", "").strip()
    version = versions.version_numbered(reading(), versions.process_named(reading(), slug), number)
    version_id, topics = version.id, frozenset(runtime().topics)
    back = url_for("studio.version", slug=slug, number=number)
    if not note:
        flash(gettext("写明为什么退回到这一版，再发布。"), "error")
        return redirect(back, SEE_OTHER)
    try:
        with transaction() as session:
            sent = desk.roll_back(session, version_id, viewer, note, clock.now(session), topics)
            state, proposal_id = sent.state, sent.id
    except (Conflict, Refused, Invalid, DiagramRefused) as error:
        flash(" ".join(refusal_by_field(error).values()), "error")
        return redirect(back, SEE_OTHER)
    flash(sent_in_words(state), "ok")
    return redirect(url_for("studio.proposal", proposal_id=proposal_id), SEE_OTHER)


def refusal_by_field(error: UserError) -> dict[str, str]:
    """Return what could not be done, by field; all problems of a diagram in one."""
    if isinstance(error, Invalid) and error.fields:
        return {name: gettext(sentence) for name, sentence in error.fields.items()}
    return {"": gettext(error.message, **error.values)}


def sent_in_words(state: str) -> str:
    """Return what is said after a proposal was made or approved."""
    return {
        desk.WAITING: gettext("已送去批准。批准之前，正在运行的版本不变。"),
        desk.APPROVED: gettext("已定下时间，到时自动发布。"),
        desk.PUBLISHED: gettext("已发布，新办件从现在起用这一版；办着的办件不变。"),
    }.get(state, gettext("已记下。"))


def state_in_words(proposal: Proposal) -> str:
    """Return how a proposal stands."""
    return gettext(STATES.get(proposal.state, proposal.state))


def _decide(
    proposal_id: int, act: Callable[[Session, datetime], Proposal], told: Callable[[str], str]
) -> ResponseReturnValue:
    try:
        with transaction() as session:
            state = act(session, clock.now(session)).state
    except (Conflict, Refused, Invalid, DiagramRefused) as error:
        found = versions.proposal_with(reading(), proposal_id)
        return _proposal_page(found, refusal_by_field(error)), error.status
    flash(told(state), "ok")
    return redirect(url_for("studio.proposal", proposal_id=proposal_id), SEE_OTHER)


def _sides(found: Proposal) -> tuple[Side, Side]:
    old, _before, after = versions.sides_of(reading(), found)
    url = url_for("studio.proposal_diagram", proposal_id=found.id)
    return side_of_version(found.slug, old), Side(gettext("提案"), after, url)


def _proposal_page(found: Proposal, errors: dict[str, str] | None = None) -> str:
    session, viewer = reading(), current_viewer()
    old, new = _sides(found)
    draft = session.get(ProcessDraft, found.draft_id) if found.draft_id else None
    return render_template(
        "studio/proposal.html",
        proposal=found,
        state=state_in_words(found),
        seal=SEALS.get(found.state, "void"),
        origin=gettext(ORIGINS.get(found.origin, found.origin)),
        old=old,
        new=new,
        found=differences(old.source, new.source, found.reasons),
        problems=check_source(session, new.source, frozenset(runtime().topics))
        if found.state == desk.WAITING
        else [],
        overtaken=desk.overtaken_by(session, found) if found.state in {desk.WAITING, desk.APPROVED} else None,
        approvers=versions.approvers(session, found.proposed_by_id),
        own=found.proposed_by_id == viewer.user_id,
        may_decide=viewer.may(APPROVE) and found.state == desk.WAITING,
        may_withdraw=_may_withdraw(found),
        version=found.version_id and session.get(ProcessVersion, found.version_id),
        draft=draft if draft and draft.state == OPEN and queries.may_edit_slug(session, viewer, draft.slug) else None,
        errors=errors or {},
        kept=request.form.get("reason", ""),
    )


def _may_withdraw(found: Proposal) -> bool:
    viewer = current_viewer()
    if found.proposed_by_id == viewer.user_id:
        return found.state in {desk.WAITING, desk.APPROVED}
    return found.state == desk.APPROVED and viewer.may(APPROVE)

"""Publish a draft, approve a proposal, roll back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import clock
from app.db import transaction
from app.engine import DiagramRefused
from app.errors import Conflict, Invalid, Refused, UserError
from app.i18n import N_
from app.people.queries import setting
from app.people.session import current_viewer
from app.processes import proposals as desk
from app.processes.models import ProcessVersion, Proposal
from app.processes.operations import stored_source
from app.studio import queries
from app.studio import queries_versions as versions
from app.studio.checking import check_source
from app.studio.models import OPEN, ProcessDraft
from app.studio.operations.publishing import publish_draft as send_draft
from app.studio.operations.walking import Walked, failing_walks
from app.studio.views.blueprint import APPROVE, EDIT, SEE_OTHER, VIEW, bp, draft_for, now, reading, runtime
from app.studio.views.changes import Differences, Line, differences
from app.studio.views.comparing import Side, amendments, diagram, side_of_version
from app.studio.views.modeler import address, frame
from app.web import permission
from app.web.i18n import gettext

FARTHEST = timedelta(days=366)
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
TICKS = {
    "warnings": N_("看过上面的提醒，仍要发布。在前面打勾后再发布。"),
    "walks": N_("有路线走不通，仍要发布。在前面打勾后再发布。"),
    "overtaken": N_("这期间别人改过的内容会被换掉。在前面打勾后再发布。"),
}


@dataclass(frozen=True)
class Found:
    """One problem of the checker in words, with the address of the place."""

    severity: str
    name: str
    sentence: str
    fix: str
    url: str | None


@dataclass
class Typed:
    """What stands in the form of the publish page, and what is wrong with it."""

    note: str = ""
    when: str = "now"
    at: str = ""
    ticks: frozenset[str] = frozenset()
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Meanwhile:
    """What was published since the draft began, and which of it the draft does not have."""

    base: ProcessVersion
    running: ProcessVersion
    lost: list[Line]


@bp.get("/studio/drafts/<int:draft_id>/publish")
@permission(EDIT)
def publish_draft(draft_id: int) -> ResponseReturnValue:
    """Show what publishing would do, and ask for the note and the hour."""
    return _publish_page(draft_for(draft_id), Typed())


@bp.post("/studio/drafts/<int:draft_id>/publish")
@permission(EDIT)
def send_to_publish(draft_id: int) -> ResponseReturnValue:
    """Publish the draft, or send it to a second person."""
    viewer, draft, typed = current_viewer(), draft_for(draft_id), _typed()
    effective_at = _read_hour(typed)
    needed = _ticks_needed(draft)
    typed.errors |= {name: gettext(TICKS[name]) for name in needed if name not in typed.ticks}
    if typed.errors:
        return _publish_page(draft, typed), Invalid.status
    seen, topics = request.form.get("row_version", 0, type=int), frozenset(runtime().topics)
    try:
        with transaction() as session:
            sent = send_draft(
                session,
                viewer,
                draft_id,
                seen,
                clock.now(session),
                note=typed.note,
                effective_at=effective_at,
                topics=topics,
            )
            state, proposal_id = sent.state, sent.id
    except (Conflict, Invalid, Refused, DiagramRefused) as error:
        typed.errors |= _said(error)
        return _publish_page(draft_for(draft_id), typed), error.status
    flash(_done(state), "ok")
    return redirect(url_for("studio.proposal", proposal_id=proposal_id), SEE_OTHER)


@bp.get("/studio/proposals")
@permission(VIEW)
def proposals() -> ResponseReturnValue:
    """List what waits for approval, what waits for its hour, what was decided."""
    found = versions.desk(reading())
    return render_template("studio/proposals.html", desk=found, words=_state, seals=SEALS)


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
    return _decide(proposal_id, lambda session, at: desk.approve(session, proposal_id, viewer, at, topics), _done)


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
        flash(" ".join(_said(error).values()), "error")
        return redirect(back, SEE_OTHER)
    flash(_done(state), "ok")
    return redirect(url_for("studio.proposal", proposal_id=proposal_id), SEE_OTHER)


def _publish_page(draft: ProcessDraft, typed: Typed) -> str:
    session, viewer = reading(), current_viewer()
    running = versions.running_of(session, draft.slug)
    new, old = queries.source_of(session, draft), side_of_version(draft.slug, running)
    problems = checked(draft)
    return render_template(
        "studio/publish.html",
        typed=typed,
        old=old,
        running=running,
        found=differences(old.source, new, draft.reasons),
        errors=[one for one in problems if one.severity == "error"],
        warnings=[one for one in problems if one.severity != "error"],
        failed=failing(draft),
        meanwhile=meanwhile(draft, running),
        approvers=versions.approvers(session, viewer.user_id) if setting(session, "four_eyes") else None,
        last=versions.last_proposal(session, draft),
        words=_state,
        today=clock.local(now()).strftime("%Y-%m-%dT%H:%M"),
        **frame(draft),
    )


def checked(draft: ProcessDraft) -> list[Found]:
    """Return the checker's word on a draft, errors first."""
    found = check_source(reading(), queries.source_of(reading(), draft), frozenset(runtime().topics))
    return [_found(draft, file, problem) for file, problem in found]


def failing(draft: ProcessDraft) -> tuple[Walked, ...]:
    """Return the kept walks that would no longer go as recorded; a draft that cannot run has its errors instead."""
    source = queries.source_of(reading(), draft)
    try:
        return failing_walks(reading(), runtime(), source, draft.slug)
    except DiagramRefused:
        return ()


def _found(draft: ProcessDraft, file: str, problem: Any) -> Found:
    stem, _, kind = file.rpartition(".")
    page = {"form": "studio.draft_form", "dmn": "studio.draft_table"}.get(kind)
    url = (
        address(page, draft_id=draft.id, name=stem)
        if page
        else url_for("studio.draft", draft_id=draft.id, element=problem.element)
    )
    return Found(
        severity=problem.severity,
        name=problem.name or problem.element or stem,
        sentence=gettext(problem.message, **problem.values),
        fix=gettext(problem.fix, **problem.values),
        url=url,
    )


def meanwhile(draft: ProcessDraft, running: ProcessVersion | None) -> Meanwhile | None:
    """Return what others published since the draft began; None when its base still runs."""
    session = reading()
    base = draft.base_version_id and session.get(ProcessVersion, draft.base_version_id)
    if not base or running is None or base.id == running.id:
        return None
    now_running = stored_source(session, running.id)
    theirs = differences(stored_source(session, base.id), now_running, {})
    undone = {_stem(one) for one in differences(now_running, queries.source_of(session, draft), {}).lines}
    return Meanwhile(base, running, [line for line in theirs.lines if _stem(line) in undone])


def _stem(line: Line) -> str:
    """Return the key without what happened: what one added the other takes away."""
    return line.key.removesuffix(f":{line.how}")


def _ticks_needed(draft: ProcessDraft) -> list[str]:
    lost = meanwhile(draft, versions.running_of(reading(), draft.slug))
    needed = {
        "warnings": any(one.severity != "error" for one in checked(draft)),
        "walks": bool(failing(draft)),
        "overtaken": lost is not None and bool(lost.lost),
    }
    return [name for name, is_needed in needed.items() if is_needed]


def _typed() -> Typed:
    form = request.form
    return Typed(
        note=form.get("note", "").strip(),
        when="later" if form.get("when") == "later" else "now",
        at=form.get("at", ""),
        ticks=frozenset(form.getlist("tick")),
    )


def _read_hour(typed: Typed) -> datetime | None:
    """Return the instant typed as local time; what is wrong with it goes to the errors of the form."""
    if typed.when == "now":
        return None
    try:
        found = datetime.fromisoformat(typed.at).replace(tzinfo=clock.ZONE).astimezone(UTC)
    except ValueError:
        typed.errors["at"] = gettext("写明几月几日几时生效，例如 2026-12-01 08:30。")
        return None
    if not now() < found <= now() + FARTHEST:
        typed.errors["at"] = gettext("生效时间要在现在以后、一年以内。")
        return None
    return found


def _said(error: UserError) -> dict[str, str]:
    """Return what could not be done, by field; all problems of a diagram in one."""
    if isinstance(error, Invalid) and error.fields:
        return {name: gettext(sentence) for name, sentence in error.fields.items()}
    return {"": gettext(error.message, **error.values)}


def _done(state: str) -> str:
    return {
        desk.WAITING: gettext("已送去批准。批准之前，正在运行的版本不变。"),
        desk.APPROVED: gettext("已定下时间，到时自动发布。"),
        desk.PUBLISHED: gettext("已发布，新办件从现在起用这一版；办着的办件不变。"),
    }.get(state, gettext("已记下。"))


def _state(proposal: Proposal) -> str:
    return gettext(STATES.get(proposal.state, proposal.state))


def _decide(
    proposal_id: int, act: Callable[[Session, datetime], Proposal], done: Callable[[str], str]
) -> ResponseReturnValue:
    try:
        with transaction() as session:
            state = act(session, clock.now(session)).state
    except (Conflict, Refused, Invalid, DiagramRefused) as error:
        found = versions.proposal_with(reading(), proposal_id)
        return _proposal_page(found, _said(error)), error.status
    flash(done(state), "ok")
    return redirect(url_for("studio.proposal", proposal_id=proposal_id), SEE_OTHER)


def _sides(found: Proposal) -> tuple[Side, Side]:
    old, _before, after = versions.sides_of(reading(), found)
    url = url_for("studio.proposal_diagram", proposal_id=found.id)
    return side_of_version(found.slug, old), Side(gettext("提案"), after, url)


def _proposal_page(found: Proposal, errors: dict[str, str] | None = None) -> str:
    session, viewer = reading(), current_viewer()
    old, new = _sides(found)
    draft = session.get(ProcessDraft, found.draft_id) if found.draft_id else None
    compared: Differences = differences(old.source, new.source, found.reasons)
    return render_template(
        "studio/proposal.html",
        proposal=found,
        state=_state(found),
        seal=SEALS.get(found.state, "void"),
        origin=gettext(ORIGINS.get(found.origin, found.origin)),
        old=old,
        new=new,
        found=compared,
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

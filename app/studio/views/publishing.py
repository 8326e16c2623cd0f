"""Publish a draft: what that would do, the note, the hour, the ticks; it becomes a proposal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.db import transaction
from app.engine import DiagramRefused
from app.errors import Conflict, Invalid, Refused
from app.i18n import N_
from app.people.queries import setting
from app.people.session import current_viewer
from app.processes.models import ProcessVersion
from app.processes.operations import stored_source
from app.studio import queries
from app.studio import queries_versions as versions
from app.studio.checking import check_source
from app.studio.models import ProcessDraft
from app.studio.operations.publishing import publish_draft as send_draft
from app.studio.operations.walking import Walked, failing_walks
from app.studio.views.blueprint import EDIT, SEE_OTHER, bp, draft_for, now, reading, runtime
from app.studio.views.changes import Line, differences
from app.studio.views.comparing import side_of_version
from app.studio.views.modeler import address, frame
from app.studio.views.proposing import refusal_by_field, sent_in_words, state_in_words
from app.web import permission
from app.web.i18n import gettext

FARTHEST = timedelta(days=366)
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
        typed.errors |= refusal_by_field(error)
        return _publish_page(draft_for(draft_id), typed), error.status
    flash(sent_in_words(state), "ok")
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
        words=state_in_words,
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

"""Start a case, complete a work item, deliver a message, let a timer fire: each one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, exists, select
from sqlalchemy.orm import Session

from app.engine import Advance, TaskRow
from app.errors import Conflict, NotFound, Refused
from app.files.models import Upload
from app.files.operations import bind
from app.formkit.values import living
from app.i18n import N_
from app.ledger import Actor, Entry
from app.people.rules import Viewer
from app.processes.library import Bundle
from app.sql import Prepared, columns_of, held, write_back
from app.work.models import Candidate, Case, Draft, WorkItem
from app.work.operations.act import Act, person
from app.work.operations.advance import settle
from app.work.operations.asking import move_to
from app.work.operations.clocks import meet_item
from app.work.operations.copies import copy_to
from app.work.operations.describing import describe
from app.work.operations.finished import already_done
from app.work.rules import actions_of
from app.work.runtime import Runtime

# built once: every completion begins here. One statement locks the case, then the item, and reads whether it is
# on offer to this person.
_CASES, _ITEMS, _STATE = (Case.metadata.tables[name] for name in ("case_file", "work_item", "task_row"))
_WIDTH = len(_CASES.c)
_ITEM = Prepared(
    select(
        _CASES,
        _ITEMS,
        exists().where(Candidate.item_id == _ITEMS.c.id, Candidate.user_id == bindparam("viewer")).label("offered"),
    )
    .join_from(_CASES, _ITEMS, _ITEMS.c.case_id == _CASES.c.id)
    .where(_ITEMS.c.id == bindparam("item"))
    .with_for_update(of=[_CASES, _ITEMS])
)
_CASE = Prepared(select(_CASES).where(_CASES.c.id == bindparam("case")).with_for_update())
_TASKS = Prepared(
    select(*(_STATE.c[one.name] for one in fields(TaskRow)))
    .where(_STATE.c.case_id == bindparam("of"))
    .order_by(_STATE.c.seq)
)
_DROP_DRAFTS = Prepared(delete(Draft.metadata.tables["draft"]).where(Draft.item_id == bindparam("item")))


@dataclass(frozen=True)
class Receipt:
    """The receipt (回执) of a completed step: what it was and the short code of its record's hash."""

    case_id: int
    number: str
    item_id: int
    node_name: str
    at: datetime
    code: str
    repeated: bool = False


def complete_work_item(
    session: Session,
    runtime: Runtime,
    item_id: int,
    viewer: Viewer,
    answers: Mapping[str, Any],
    key: str,
    now: datetime,
    *,
    actor: Actor | None = None,
) -> Receipt:
    """Complete one work item with validated `answers`: engine step, state, next items, records, one receipt.

    The same `key` by the same person returns the stored receipt. Raise Conflict with who and when if somebody
    else was faster, Refused if the item is not this person's, NotFound if there is no such item.
    """
    case, item, offered = _locked(session, item_id, viewer.user_id)
    if item.status == "done" and item.key == key and item.done_by_id == viewer.user_id:
        return receipt_of(case, item, repeated=True)
    refuse_if_closed(item)
    refuse_if_suspended(case)
    if not (offered and item.assignee_id is None):
        refuse_unless_holder(session, item, viewer)
    act = resume(session, runtime, case, actor or person(viewer), now)
    return complete(act, item, viewer, answers, key)


def send_message(
    session: Session,
    runtime: Runtime,
    case_id: int,
    name: str,
    payload: Mapping[str, Any],
    viewer: Viewer,
    now: datetime,
) -> None:
    """Deliver a message such as `withdraw` to the case; raise Conflict when nothing waits for it now."""
    case = lock_case(session, case_id)
    refuse_if_suspended(case)
    act = resume(session, runtime, case, person(viewer), now)
    step = runtime.engine.message(act.live, name, dict(payload), act.env)
    payload = {"message": name, **payload}
    act.note(Entry("work:message:sent", act.actor, payload, case_id=case.id, result=payload.get("decision")))
    settle(act, [step], str(payload.get("reason") or name))


def tick_case(session: Session, runtime: Runtime, case_id: int, now: datetime) -> bool:
    """Let the due timers of one case fire; return whether anything was due."""
    case = lock_case(session, case_id)
    due = case.next_due is not None and case.next_due <= now and case.status == "running"
    with session.no_autoflush:
        if due:
            act = resume(session, runtime, case, Actor("timer", N_("到时")), now)
            settle(act, [runtime.engine.tick(act.live, act.env)], "timer")
        case.held_until, case.failures = None, 0
        write_back(session, case)
    return due


def lock_case(session: Session, case_id: int) -> Case:
    """Return the case, locked until the end of the transaction."""
    session.flush()
    found = _CASE.run(session, case=case_id).one_or_none()
    if found is None:
        raise NotFound
    return held(session, Case, columns_of(Case, found))


def lock_item(session: Session, item_id: int) -> tuple[Case, WorkItem]:
    """Return a work item and its case, locked in this order, as the last writer left them."""
    case, item, _ = _locked(session, item_id, None)
    return case, item


def _locked(session: Session, item_id: int, user_id: int | None) -> tuple[Case, WorkItem, bool]:
    """Return an item and its case, locked, and whether the item is on offer to this person."""
    session.flush()
    found = _ITEM.run(session, item=item_id, viewer=user_id).one_or_none()
    if found is None:
        raise NotFound
    case = held(session, Case, columns_of(Case, found[:_WIDTH]))
    return case, held(session, WorkItem, columns_of(WorkItem, found[_WIDTH:-1])), found.offered


def refuse_if_closed(item: WorkItem) -> None:
    """Raise Conflict naming who finished the item and when."""
    if item.status == "done":
        raise already_done(item)
    if item.status != "open":
        raise Conflict(N_("“%(node)s”已经收回，不用再办。您写的内容都在。"), node=item.name)


def refuse_if_suspended(case: Case) -> None:
    """Raise Conflict while the case stands still."""
    if case.status == "suspended":
        raise Conflict(N_("“%(title)s”已经暂停，恢复以后再办。您写的内容都在。"), title=case.title)


def refuse_unless_holder(session: Session, item: WorkItem, viewer: Viewer) -> None:
    """Raise Refused unless the item is this person's, or unclaimed and this person may take it."""
    if item.assignee_id == viewer.user_id:
        return
    if item.assignee_id is not None:
        raise Refused(N_("“%(node)s”现在由%(who)s办。您写的内容都在。"), node=item.name, who=item.assignee_name)
    if session.get(Candidate, (item.id, viewer.user_id)) is None:
        raise Refused


def resume(session: Session, runtime: Runtime, case: Case, actor: Actor, now: datetime) -> Act:
    """Take the live case out of the cache, or build it from its rows."""
    bundle = runtime.library.bundle(session, case.version_id, case.called)
    live = runtime.engine.checkout(
        case.id, case.row_version, bundle.definition, lambda: (rows_of(session, case.id), case.header)
    )
    act = Act(session, runtime, case, bundle, live, actor, now)
    act.keep_live()
    return act


def rows_of(session: Session, case_id: int) -> list[TaskRow]:
    """Return the engine's rows of a case."""
    return [TaskRow(*row) for row in _TASKS.run(session, of=case_id)]


def complete(
    act: Act,
    item: WorkItem,
    viewer: Viewer,
    answers: Mapping[str, Any],
    key: str,
    before: Sequence[Advance] = (),
) -> Receipt:
    """Complete an item of the act's case; `before` are steps of the act that are not written yet."""
    # case and item are written once, at the end
    with act.session.no_autoflush:
        return _finish(act, item, viewer, answers, key, before)


def _finish(
    act: Act, item: WorkItem, viewer: Viewer, answers: Mapping[str, Any], key: str, before: Sequence[Advance]
) -> Receipt:
    step = act.runtime.engine.complete(act.live, item.token, living(dict(answers)), act.env)
    _finish_item(act, item, viewer, answers, key)
    describe(act, item, answers)
    uploads = _bind(act, item, viewer, answers)
    attachments = [{"id": one.id, "name": one.name, "size": one.size, "digest": one.digest} for one in uploads]
    act.note(_entry(act, item, answers, attachments))
    copy_to(act, item, answers)
    receipts = settle(act, [*before, step])
    item.receipt_code, item.receipt_seq = receipts[0].code, receipts[0].seq
    receipt = receipt_of(act.case, item)
    write_back(act.session, item)
    write_back(act.session, act.case)
    return receipt


def _finish_item(act: Act, item: WorkItem, viewer: Viewer, answers: Mapping[str, Any], key: str) -> None:
    act.done = item
    item.status, item.closed_at, item.key = "done", act.now, key
    item.done_by_id, item.done_by_name = viewer.user_id, viewer.name
    move_to(item, viewer)
    item.assignee_id, item.assignee_name = viewer.user_id, viewer.name
    item.answers, item.result = dict(answers), _decision(act.bundle, item, answers)
    # whoever never opened it has no draft of it
    if item.first_opened_at is not None:
        _DROP_DRAFTS.owe(act.session, item=item.id)
    meet_item(act.session, item, act.now)


def _decision(bundle: Bundle, item: WorkItem, answers: Mapping[str, Any]) -> str:
    """Return the code of the chosen action; a node with one action has it chosen."""
    actions = actions_of(bundle.definition.nodes[item.node].properties)
    return str(answers.get("decision") or actions[0].code)


def _entry(act: Act, item: WorkItem, answers: Mapping[str, Any], attachments: list[dict[str, Any]]) -> Entry:
    payload = {
        "version": act.bundle.number,
        "form": item.form,
        "form_digest": item.form_digest,
        "round": item.round,
        "answers": dict(answers),
        "files": attachments,
        "due": item.due_at,
        "rule": item.rule_text,
        **act.facts,
    }
    return Entry(
        "work:item:completed",
        act.actor,
        payload,
        case_id=act.case.id,
        item_id=item.id,
        node=item.node,
        node_name=item.name,
        result=item.result,
        started_at=item.opened_at,
    )


def _bind(act: Act, item: WorkItem, viewer: Viewer, answers: Mapping[str, Any]) -> list[Upload]:
    """Bind the files among the answers to this step."""
    ids = _uploads(act.bundle, item, answers)
    if not ids:
        return []
    owner_id = act.clerk_id or viewer.user_id
    return bind(act.session, ids, owner_id=owner_id, case_id=act.case.id, item_id=item.id, now=act.now)


def _uploads(bundle: Bundle, item: WorkItem, answers: Mapping[str, Any]) -> list[int]:
    """Return the ids of uploaded files among the answers."""
    form = bundle.forms.get(item.form or "")
    if form is None:
        return []
    keys = [key for key, part in form.scope.leaves.items() if part.kind == "files"]
    return [upload_id for key in keys for upload_id in answers.get(key) or ()]


def receipt_of(case: Case, item: WorkItem, *, repeated: bool = False) -> Receipt:
    """Return the receipt of a completed item."""
    return Receipt(
        case_id=case.id,
        number=case.number,
        item_id=item.id,
        node_name=item.name,
        at=item.closed_at or case.opened_at,
        code=item.receipt_code or "",
        repeated=repeated,
    )

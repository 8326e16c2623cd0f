"""Start a case, complete a work item, deliver a message, let a timer fire: each one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.engine import TaskRow
from app.errors import Conflict, NotFound, Refused
from app.files.models import Upload
from app.files.operations import bind
from app.formkit.values import living
from app.i18n import N_
from app.ledger import Actor, Entry
from app.people.rules import Viewer
from app.processes.library import Bundle
from app.processes.models import ProcessVersion
from app.work.models import Candidate, Case, Draft, NumberSeries, TaskState, WorkItem
from app.work.operations.act import Act, environment, person, unit_of
from app.work.operations.advance import settle
from app.work.operations.clocks import meet_item
from app.work.operations.copies import copy_to
from app.work.operations.describing import describe
from app.work.operations.items import join
from app.work.rules import actions_of
from app.work.runtime import Runtime

DEFAULT_SERIES = "GJ"


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


def start_case(
    session: Session,
    runtime: Runtime,
    slug: str,
    starter: Viewer,
    answers: Mapping[str, Any],
    key: str,
    now: datetime,
    *,
    data: Mapping[str, Any] | None = None,
    actor: Actor | None = None,
    parent_id: int | None = None,
) -> Receipt:
    """Start a case of the running version of `slug` and complete its first form with `answers`.

    The same `key` again returns the stored receipt. `data` are the token's first values, for example the channel.
    """
    bundle = runtime.library.running(session, slug)
    series = _locked_series(session, bundle, now)
    # asked only now: whoever started with the same key held the series until the commit
    stored = session.scalar(select(Case).where(Case.start_key == key))
    if stored is not None:
        return _stored_start(session, stored)
    case = _new_case(session, bundle, starter, key, now, series, parent_id)
    env = environment(session, case, bundle, now, dict)
    live, first = runtime.engine.start(bundle.definition, dict(data or {}), {}, env)
    act = Act(session, runtime, case, bundle, live, actor or person(starter), now)
    act.keep_live()
    join(act, unit_of(session, starter.user_id), "client")
    settle(act, [first])
    item = session.scalar(select(WorkItem).where(WorkItem.case_id == case.id, WorkItem.status == "open"))
    if item is None:
        raise Refused(N_("这个流程不能从表单发起。"))
    return _complete(act, item, starter, answers, key)


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
    case, item = lock_item(session, item_id)
    if item.status == "done" and item.key == key and item.done_by_id == viewer.user_id:
        return _receipt(case, item, repeated=True)
    refuse_if_closed(item)
    refuse_unless_holder(session, item, viewer)
    act = resume(session, runtime, case, actor or person(viewer), now)
    return _complete(act, item, viewer, answers, key)


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
    act = resume(session, runtime, case, person(viewer), now)
    step = runtime.engine.message(act.live, name, dict(payload), act.env)
    payload = {"message": name, **payload}
    act.note(Entry("work:message:sent", act.actor, payload, case_id=case.id, result=payload.get("decision")))
    settle(act, [step], str(payload.get("reason") or name))


def tick_case(session: Session, runtime: Runtime, case_id: int, now: datetime) -> bool:
    """Let the due timers of one case fire; return whether anything was due."""
    case = lock_case(session, case_id)
    if case.next_due is None or case.next_due > now or case.status != "running":
        return False
    act = resume(session, runtime, case, Actor("timer", N_("到时")), now)
    settle(act, [runtime.engine.tick(act.live, act.env)], "timer")
    return True


def lock_case(session: Session, case_id: int) -> Case:
    """Return the case, locked until the end of the transaction."""
    case = session.scalar(
        select(Case).where(Case.id == case_id).with_for_update().execution_options(populate_existing=True)
    )
    if case is None:
        raise NotFound
    return case


def lock_item(session: Session, item_id: int) -> tuple[Case, WorkItem]:
    """Return a work item and its case after locking the case, so that both are read as the last writer left them."""
    of_item = select(WorkItem.case_id).where(WorkItem.id == item_id).scalar_subquery()
    locked = select(Case).where(Case.id == of_item).with_for_update()
    case = session.scalar(locked.execution_options(populate_existing=True))
    if case is None:
        raise NotFound
    return case, session.get_one(WorkItem, item_id, populate_existing=True)


def refuse_if_closed(item: WorkItem) -> None:
    """Raise Conflict naming who finished the item and when."""
    if item.status == "done":
        at = clock.local(item.closed_at).strftime("%m-%d %H:%M:%S") if item.closed_at else ""
        raise Conflict(
            N_("“%(node)s”已由%(who)s办完，%(when)s。您写的内容都在。"),
            node=item.name,
            who=item.done_by_name,
            when=at,
        )
    if item.status != "open":
        raise Conflict(N_("“%(node)s”已经收回，不用再办。您写的内容都在。"), node=item.name)


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
    bundle = runtime.library.bundle(session, case.version_id)
    live = runtime.engine.checkout(
        case.id, case.row_version, bundle.definition, lambda: (_rows(session, case.id), case.header)
    )
    act = Act(session, runtime, case, bundle, live, actor, now)
    act.keep_live()
    return act


def _rows(session: Session, case_id: int) -> list[TaskRow]:
    query = select(TaskState).where(TaskState.case_id == case_id).order_by(TaskState.seq)
    return [
        TaskRow(
            id=row.id,
            seq=row.seq,
            parent=row.parent,
            scope=row.scope,
            spec=row.spec,
            state=row.state,
            changed=row.changed,
            internal=row.internal,
            data=row.data,
        )
        for row in session.scalars(query)
    ]


def _complete(act: Act, item: WorkItem, viewer: Viewer, answers: Mapping[str, Any], key: str) -> Receipt:
    step = act.runtime.engine.complete(act.live, item.token, living(dict(answers)), act.env)
    _finish_item(act, item, viewer, answers, key)
    describe(act, item, answers)
    uploads = _bind(act, item, viewer, answers)
    attachments = [{"id": one.id, "name": one.name, "size": one.size, "digest": one.digest} for one in uploads]
    act.note(_entry(act, item, answers, attachments))
    copy_to(act, item, answers)
    receipts = settle(act, [step])
    item.receipt_code, item.receipt_seq = receipts[0].code, receipts[0].seq
    act.session.flush()
    return _receipt(act.case, item)


def _finish_item(act: Act, item: WorkItem, viewer: Viewer, answers: Mapping[str, Any], key: str) -> None:
    item.status, item.closed_at, item.key = "done", act.now, key
    item.done_by_id, item.done_by_name = viewer.user_id, viewer.name
    item.assignee_id, item.assignee_name = viewer.user_id, viewer.name
    item.answers, item.result = dict(answers), _decision(act.bundle, item, answers)
    act.session.execute(delete(Draft).where(Draft.item_id == item.id))
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
    return bind(act.session, ids, owner_id=viewer.user_id, case_id=act.case.id, item_id=item.id, now=act.now)


def _uploads(bundle: Bundle, item: WorkItem, answers: Mapping[str, Any]) -> list[int]:
    """Return the ids of uploaded files among the answers."""
    form = bundle.forms.get(item.form or "")
    if form is None:
        return []
    keys = [key for key, part in form.scope.leaves.items() if part.kind == "files"]
    return [upload_id for key in keys for upload_id in answers.get(key) or ()]


def _new_case(
    session: Session,
    bundle: Bundle,
    starter: Viewer,
    key: str,
    now: datetime,
    series: NumberSeries,
    parent_id: int | None,
) -> Case:
    version = session.get_one(ProcessVersion, bundle.version_id)
    case = Case(
        number=_next_number(series),
        process_id=version.process_id,
        version_id=bundle.version_id,
        slug=bundle.slug,
        title=bundle.definition.name,
        summary=[],
        status="running",
        priority="normal",
        starter_id=starter.user_id,
        starter_name=starter.name,
        starter_unit_id=starter.unit_id,
        start_key=key,
        parent_id=parent_id,
        opened_at=now,
        header={},
    )
    session.add(case)
    session.flush()
    return case


def _locked_series(session: Session, bundle: Bundle, now: datetime) -> NumberSeries:
    """Return the series of this process and year, locked until the commit; the year's first use creates it."""
    prefix = bundle.definition.properties.get("number", DEFAULT_SERIES)
    name = f"{prefix}-{clock.local(now).year}"
    row = session.get(NumberSeries, name, with_for_update=True)
    if row is None:
        with suppress(IntegrityError), session.begin_nested():
            session.add(NumberSeries(name=name, last=0))
        row = session.get_one(NumberSeries, name, with_for_update=True)
    return row


def _next_number(series: NumberSeries) -> str:
    """Return the next number of a series, for example `RW-2026-0001`."""
    series.last += 1
    return f"{series.name}-{series.last:04d}"


def _stored_start(session: Session, case: Case) -> Receipt:
    item = session.scalars(select(WorkItem).where(WorkItem.case_id == case.id).order_by(WorkItem.id)).first()
    if item is None:
        raise NotFound
    return _receipt(case, item, repeated=True)


def _receipt(case: Case, item: WorkItem, *, repeated: bool = False) -> Receipt:
    return Receipt(
        case_id=case.id,
        number=case.number,
        item_id=item.id,
        node_name=item.name,
        at=item.closed_at or case.opened_at,
        code=item.receipt_code or "",
        repeated=repeated,
    )

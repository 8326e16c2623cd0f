"""Topics of task dispatch: match the contract, send to the vendor, register maintenance, close.

All run inside the completing transaction. Keys that begin with `case.` go into the case's own data.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import ZONE, local
from app.dispatch.models import MaintenanceEntry
from app.errors import Conflict
from app.i18n import N_
from app.ledger import Actor
from app.people.models import Contract, ServiceCategory, Unit, User
from app.people.operations import resolve, sla, vendor_for
from app.people.queries import viewer_of
from app.work.models import Copy, WorkItem
from app.work.operations import start_case
from app.work.runtime import Call, Runtime, Topic

Result = Mapping[str, Any]
SLUG = "task_dispatch"
TITLE_LENGTH = 60


def register_topics(runtime: Runtime) -> None:
    """Add the handlers of the dispatch process to the machinery."""

    def split(session: Session, call: Call) -> Result:
        return split_rest(session, runtime, call)

    for name, record, title in (
        ("match_contract", match_contract, N_("匹配合同")),
        ("send", send, N_("派给外包单位")),
        ("register_maintenance", register_maintenance, N_("登记运维操作")),
        ("deemed", deemed, N_("记为视同验收")),
        ("split_rest", split, N_("余项另立一件")),
        ("close", close, N_("办结登记")),
    ):
        runtime.add_topic(Topic(f"dispatch.{name}", record, title=title))


def match_contract(session: Session, call: Call) -> Result:
    """Find who asks and which contract covers it; a demand outside every contract has none (合同外)."""
    data = call.data
    requester = session.get_one(User, data.get("requester") or call.case.starter_id)
    unit = session.get_one(Unit, requester.unit_id)
    category = session.get(ServiceCategory, data.get("category") or 0)
    contract = vendor_for(session, data.get("site"), data.get("category"), local(call.now).date())
    call.case.starter_unit_id = unit.id
    return {
        "case.requester": requester.id,
        "case.unit": unit.id,
        "case.unit_kind": unit.kind,
        "case.category": category.code if category else None,
        "case.in_contract": contract is not None,
        "case.contract": contract.id if contract else None,
        "case.clause": _clause(contract),
        # an objection to the restatement goes back to the vendor that made it
        "case.vendor_fixed": data.get("decision") == "object",
        **({} if data.get("decision") == "object" else {"case.vendor": contract.vendor_id if contract else None}),
    }


def send(session: Session, call: Call) -> Result:
    """Give the case to the vendor that the rule, the office or its ruling names; fix its limits; copy the office."""
    known, data = call.case_data, call.data
    decision = data.get("decision")
    vendor_id = {"dispatch": data.get("vendor"), "redispatch": data.get("new_vendor")}.get(
        str(decision), known.get("vendor")
    )
    contract = _contract_of(session, vendor_id, known.get("contract"), call.now)
    limits = sla(session, contract.id if contract else None, call.case.priority)
    if data.get("copy_office", True):
        _copy_office(session, call)
    ruled = 1 if decision in {"order", "redispatch"} else 0
    return {
        "case.vendor": vendor_id,
        "case.contract": contract.id if contract else None,
        "case.respond_limit": limits.respond,
        "case.finish_limit": limits.finish,
        "case.deemed_limit": contract.deemed_after if contract and contract.deemed_acceptance else None,
        "case.round": known.get("round") or 1,
        "case.rulings": (known.get("rulings") or 0) + ruled,
    }


def register_maintenance(session: Session, call: Call) -> Result:
    """Enter an operation on a production system into the register of its site; nothing if there was none."""
    data = call.data
    if data.get("touched_production") != "yes":
        return {}
    item = session.scalars(
        select(WorkItem)
        .where(WorkItem.case_id == call.case.id, WorkItem.node == "vendor_execute", WorkItem.status == "done")
        .order_by(WorkItem.id.desc())
    ).first()
    entry = MaintenanceEntry(
        case_id=call.case.id,
        item_id=item.id if item else None,
        site_id=call.case.site_id,
        vendor_id=call.case_data["vendor"],
        object=data["change_object"],
        from_at=_instant(data["change_from"]),
        to_at=_instant(data["change_to"]),
        done=data["change_done"],
        backup=data["backup"],
        rollback=data["rollback"],
        watched_by=data["watched_by"],
        recorded_at=call.now,
        recorded_by_id=item.done_by_id if item else None,
        recorded_by=(item.done_by_name if item else None) or "",
    )
    session.add(entry)
    session.flush()
    return {"maintenance_id": entry.id}


def deemed(session: Session, call: Call) -> Result:
    """Record that silence counted as acceptance because the contract says so: a result of its own."""
    del session, call
    return {"case.result": "deemed"}


def split_rest(session: Session, runtime: Runtime, call: Call) -> Result:
    """Start a linked case for the criteria that were not met."""
    data = call.data
    unmet = [line["text"] for line in data.get("checked") or [] if not line.get("met")]
    requester = viewer_of(session, call.case_data["requester"])
    if requester is None:
        raise Conflict(N_("提出需求的人已经停用，余项没有人接手，没有另立。启用这个账号后重试，或者跳过这一步。"))
    answers = {
        "title": f"余项：{data.get('title', '')}"[:TITLE_LENGTH],
        "wanted": data.get("wanted"),
        "criteria": unmet or data.get("criteria"),
        "site": data.get("site"),
        "category": data.get("category"),
        "priority": data.get("priority"),
        "channel": "system",
        "decision": "submit",
    }
    receipt = start_case(
        session,
        runtime,
        SLUG,
        requester,
        answers,
        f"rest-of-{call.case.number}",
        call.now,
        data={"start": "demand"},
        actor=Actor("rule", N_("余项另立一件")),
        parent_id=call.case.id,
    )
    return {"case.result": "partial", "case.rest": receipt.number}


def close(session: Session, call: Call) -> Result:
    """Say how the case closed: rated or unrated; unrated is not five stars."""
    del session
    return {"case.closed_as": "unrated" if call.data.get("grade") is None else "rated"}


def _clause(contract: Contract | None) -> str | None:
    return contract.clauses[0].number if contract and contract.clauses else None


def _contract_of(session: Session, vendor_id: int | None, contract_id: int | None, now: datetime) -> Contract | None:
    """Return the matched contract if it is this vendor's, else any valid one of the vendor for its limits."""
    matched = session.get(Contract, contract_id) if contract_id else None
    if matched is not None and matched.vendor_id == vendor_id:
        return matched
    today = now.astimezone(ZONE).date()
    query = select(Contract).where(
        Contract.vendor_id == vendor_id,
        Contract.valid_from <= today,
        Contract.valid_to >= today,
        Contract.disabled_at.is_(None),
    )
    return session.scalars(query.order_by(Contract.id)).first()


def _copy_office(session: Session, call: Call) -> None:
    desk = resolve(session, {"rule": "role", "role": "office"}, starter_id=None, earlier={}).user_ids
    for user_id in desk:
        if user_id != call.case.starter_id and session.get(Copy, (call.case.id, user_id)) is None:
            session.add(Copy(case_id=call.case.id, user_id=user_id, at=call.now))


def _instant(value: Any) -> datetime:
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=ZONE)

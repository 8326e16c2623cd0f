"""Vendor contracts: what is owed, where, how fast and how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app.errors import Invalid, NotFound
from app.i18n import N_
from app.people import rules
from app.people.models import (
    Allowance,
    Contract,
    ContractClause,
    ContractScope,
    ServiceCategory,
    Site,
    SlaRow,
    Unit,
)
from app.people.operations.authors import Author, changes, check_version, note
from app.people.rules import Sla


@dataclass(frozen=True)
class ContractTerms:
    """All terms of a contract. `scopes` pairs a category with a site, or with None for all sites."""

    number: str
    vendor_id: int
    valid_from: date
    valid_to: date
    name: str = ""
    deemed_acceptance: bool = False
    deemed_after: str = ""
    note: str = ""
    scopes: tuple[tuple[int, int | None], ...] = ()
    clauses: tuple[tuple[str, str], ...] = ()
    sla: Mapping[str, Sla] = field(default_factory=lambda: rules.DEFAULT_SLA)
    allowances: Mapping[int, int] = field(default_factory=dict)


def create_contract(session: Session, by: Author, terms: ContractTerms, now: datetime) -> int:
    """Enter a contract and return its id."""
    by.require("contracts.edit")
    _check(session, terms, None)
    contract = Contract()
    session.add(contract)
    with session.no_autoflush:
        _write_head(contract, terms)
    session.flush()
    _write_lists(session, contract, terms)
    note(session, by, "people:contract:created", _facts(terms) | {"contract_id": contract.id}, now)
    return contract.id


def update_contract(
    session: Session,
    by: Author,
    contract_id: int,
    terms: ContractTerms,
    *,
    version: int | None = None,
    now: datetime,
) -> None:
    """Replace the terms of a contract; what was and what is now goes into the record."""
    by.require("contracts.edit")
    contract = _contract(session, contract_id)
    check_version(version, contract.row_version)
    before = _facts(terms_of(contract))
    _check(session, terms, contract.id)
    _write_head(contract, terms)
    flag_modified(contract, "number")
    session.flush()
    _write_lists(session, contract, terms)
    payload = {"contract_id": contract.id, "changed": changes(before, _facts(terms))}
    note(session, by, "people:contract:changed", payload, now)


def disable_contract(session: Session, by: Author, contract_id: int, now: datetime) -> None:
    """End a contract before its day: no new demand is routed by it."""
    by.require("contracts.edit")
    contract = _contract(session, contract_id)
    if contract.disabled_at is None:
        contract.disabled_at = now
        payload = {"contract_id": contract.id, "number": contract.number}
        note(session, by, "people:contract:disabled", payload, now)


def enable_contract(session: Session, by: Author, contract_id: int, now: datetime) -> None:
    """Let an ended contract route demands again."""
    by.require("contracts.edit")
    contract = _contract(session, contract_id)
    if contract.disabled_at is not None:
        contract.disabled_at = None
        payload = {"contract_id": contract.id, "number": contract.number}
        note(session, by, "people:contract:enabled", payload, now)


def terms_of(contract: Contract) -> ContractTerms:
    """Return the terms as they stand."""
    return ContractTerms(
        number=contract.number,
        vendor_id=contract.vendor_id,
        valid_from=contract.valid_from,
        valid_to=contract.valid_to,
        name=contract.name,
        deemed_acceptance=contract.deemed_acceptance,
        deemed_after=contract.deemed_after,
        note=contract.note,
        scopes=tuple((one.category_id, one.site_id) for one in contract.scopes),
        clauses=tuple((one.number, one.text) for one in contract.clauses),
        sla={one.priority: Sla(one.respond, one.finish) for one in contract.sla_rows},
        allowances={one.category_id: one.yearly_units for one in contract.allowances},
    )


def _contract(session: Session, contract_id: int) -> Contract:
    contract = session.get(Contract, contract_id)
    if contract is None:
        raise NotFound(N_("没有这份合同，或者它不归您看。"))
    return contract


def _write_head(contract: Contract, terms: ContractTerms) -> None:
    contract.number, contract.name = terms.number.strip(), terms.name.strip()
    contract.vendor_id, contract.note = terms.vendor_id, terms.note.strip()
    contract.valid_from, contract.valid_to = terms.valid_from, terms.valid_to
    contract.deemed_acceptance = terms.deemed_acceptance
    contract.deemed_after = terms.deemed_after.strip() if terms.deemed_acceptance else ""


def _write_lists(session: Session, contract: Contract, terms: ContractTerms) -> None:
    for rows in (contract.scopes, contract.clauses, contract.sla_rows, contract.allowances):
        rows.clear()
    # the old rows must be gone before equal ones come, their keys are unique
    session.flush()
    contract.scopes = [
        ContractScope(category_id=category, site_id=site) for category, site in dict.fromkeys(terms.scopes)
    ]
    contract.clauses = [
        ContractClause(position=position, number=number.strip(), text=text.strip())
        for position, (number, text) in enumerate(terms.clauses, 1)
    ]
    contract.sla_rows = [
        SlaRow(priority=key, respond=one.respond.strip(), finish=one.finish.strip()) for key, one in terms.sla.items()
    ]
    contract.allowances = [
        Allowance(category_id=category, yearly_units=units) for category, units in terms.allowances.items()
    ]
    session.flush()


def _check(session: Session, terms: ContractTerms, own_id: int | None) -> None:
    fields = _head_problems(session, terms, own_id) | _sla_problems(terms) | _list_problems(session, terms)
    if fields:
        raise Invalid(fields=fields)


def _head_problems(session: Session, terms: ContractTerms, own_id: int | None) -> dict[str, str]:
    fields = {}
    number = terms.number.strip()
    if not number:
        fields["number"] = N_("写上合同编号。")
    elif session.scalar(select(Contract.id).where(Contract.number == number, Contract.id != (own_id or 0))):
        fields["number"] = N_("这个合同编号已经有了。")
    vendor = session.get(Unit, terms.vendor_id)
    if vendor is None or vendor.kind != rules.VENDOR:
        fields["vendor_id"] = N_("选一家外包单位。")
    if terms.valid_to < terms.valid_from:
        fields["valid_to"] = N_("截止日期早于起始日期。")
    if terms.deemed_acceptance and not rules.LIMIT.fullmatch(terms.deemed_after.strip()):
        fields["deemed_after"] = N_("写上逾期多久视为验收，例如“5 工作日”。")
    return fields


def _sla_problems(terms: ContractTerms) -> dict[str, str]:
    fields = {}
    for key, one in terms.sla.items():
        for part in ("respond", "finish"):
            if key not in rules.PRIORITIES or not rules.LIMIT.fullmatch(getattr(one, part).strip()):
                fields[f"{key}_{part}"] = N_("时限像“15 分钟”“4 工作小时”“2 工作日”这样写。")
    return fields


def _list_problems(session: Session, terms: ContractTerms) -> dict[str, str]:
    fields = {}
    numbers = [number.strip() for number, _ in terms.clauses]
    if len(set(numbers)) != len(numbers):
        fields["clauses"] = N_("有两条条款编号相同。")
    elif any(not number or not text.strip() for number, text in terms.clauses):
        fields["clauses"] = N_("每条条款都要有编号和内容。")
    categories = {category for category, _ in terms.scopes} | set(terms.allowances)
    if not terms.scopes:
        fields["scopes"] = N_("至少选一个服务类别。")
    elif any(session.get(ServiceCategory, one) is None for one in categories):
        fields["scopes"] = N_("没有这个服务类别。")
    if any(site is not None and session.get(Site, site) is None for _, site in terms.scopes):
        fields["scopes"] = N_("没有这个网站，或者它不归您看。")
    if any(units < 0 for units in terms.allowances.values()):
        fields["allowances"] = N_("每年件数不能是负数。")
    return fields


def _facts(terms: ContractTerms) -> dict[str, Any]:
    facts = asdict(terms)
    facts["sla"] = {key: [one.respond, one.finish] for key, one in terms.sla.items()}
    facts["allowances"] = {str(category): units for category, units in terms.allowances.items()}
    return facts

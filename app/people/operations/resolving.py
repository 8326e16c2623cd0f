"""Who handles a step: rule values become people, sites and categories become a contract and its limits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session

from app.people import rules
from app.people.models import Contract, ContractScope, Post, RoleGrant, SlaRow, Unit, User
from app.people.rules import Resolution, Sla
from app.sql import Prepared

Found = tuple[list[int], str, str]
MAX_CHAIN = 20

# built once: every opened work item asks who handles it
_ACTIVE = select(User.id, User.name).where(User.disabled_at.is_(None)).order_by(User.id)
_BY_ID = Prepared(_ACTIVE.where(User.id == bindparam("wanted")))
_BY_NAME = Prepared(_ACTIVE.where(User.user_name == bindparam("wanted")))
_BY_POST = Prepared(_ACTIVE.where(User.id.in_(select(Post.user_id).where(Post.title == bindparam("wanted")))))
_WITH_ROLE = Prepared(
    select(User.id)
    .join(RoleGrant, RoleGrant.user_id == User.id)
    .where(RoleGrant.role == bindparam("role"), User.disabled_at.is_(None))
    .distinct()
    .order_by(User.id)
)
# a grant without a unit counts in the holder's own
_IN_UNIT = (
    select(User.id, Unit.name, Unit.name_en)
    .join(RoleGrant, RoleGrant.user_id == User.id)
    .join(Unit, or_(Unit.id == RoleGrant.unit_id, and_(RoleGrant.unit_id.is_(None), Unit.id == User.unit_id)))
    .where(RoleGrant.role == bindparam("role"), User.disabled_at.is_(None))
    .distinct()
    .order_by(User.id)
)
_IN_UNIT_ID = Prepared(_IN_UNIT.where(Unit.id == bindparam("unit")))
_IN_UNIT_CODE = Prepared(_IN_UNIT.where(Unit.code == bindparam("unit")))


def resolve(
    session: Session,
    rule: Mapping[str, Any],
    *,
    starter_id: int | None,
    earlier: Mapping[str, int],
    fallback: Mapping[str, Any] | None = None,
    barred: Collection[int] = (),
) -> Resolution:
    """Return the people `rule` names now, in order, without disabled ones; never empty while the house has staff.

    A rule that finds nobody falls back to `fallback` (a rule value) and then to the dispatch desk, and says so.
    `barred` people are passed over by rules that look further up for others; the caller leaves them out of the rest.
    """
    finder = _Finder(session, starter_id, earlier, barred)
    people, text_zh, text_en = finder.find(rule)
    if people:
        return Resolution(tuple(people), text_zh, text_en)
    stand_ins, zh, en = finder.stand_in(fallback, _barred(rule) | set(barred))
    return Resolution(
        tuple(stand_ins),
        f"{text_zh}：没有可以办的人，改由{zh}办",
        f"{text_en}: nobody available, falls to {en}",
        fell_back=True,
    )


def holders(session: Session, role: str, unit_id: int | None = None) -> frozenset[int]:
    """Return who holds a role now, in one unit or anywhere."""
    rows = (
        _WITH_ROLE.run(session, role=role) if unit_id is None else _IN_UNIT_ID.run(session, role=role, unit=unit_id)
    )
    return frozenset(row[0] for row in rows)


def vendor_for(session: Session, site_id: int | None, category_id: int | None, on: date) -> Contract | None:
    """Return the contract that covers this category at this site on this day; one naming the site wins."""
    if category_id is None:
        return None
    statement = (
        select(Contract)
        .join(ContractScope)
        .join(Unit, Unit.id == Contract.vendor_id)
        .where(
            ContractScope.category_id == category_id,
            or_(ContractScope.site_id == site_id, ContractScope.site_id.is_(None)),
            Contract.valid_from <= on,
            Contract.valid_to >= on,
            Contract.disabled_at.is_(None),
            Unit.disabled_at.is_(None),
        )
        .order_by(ContractScope.site_id.is_(None), Contract.valid_from.desc(), Contract.id.desc())
        .limit(1)
    )
    return session.scalar(statement)


def sla(session: Session, contract_id: int | None, priority: str) -> Sla:
    """Return the limits of this priority: the contract's, or the house's default where it is silent."""
    row = session.scalar(select(SlaRow).where(SlaRow.contract_id == contract_id, SlaRow.priority == priority))
    return Sla(row.respond, row.finish) if row else rules.DEFAULT_SLA[priority]


class _Finder:
    """Finds the people of one rule value; each kind of rule has one method."""

    def __init__(
        self, session: Session, starter_id: int | None, earlier: Mapping[str, int], barred: Collection[int] = ()
    ) -> None:
        self.session = session
        self.starter_id = starter_id
        self.earlier = earlier
        self.barred = frozenset(barred)
        self.kinds: Mapping[str, Callable[[Mapping[str, Any]], Found]] = {
            "any": self._any,
            "user": self._user,
            "role": self._role,
            "head": self._head,
            "chain": self._chain,
            "earlier": self._earlier,
            "duty": self._duty,
            "starter": self._starter,
            "climb": self._climb,
        }

    def find(self, rule: Mapping[str, Any]) -> Found:
        """Return the people of `rule` and the rule in words; an unknown kind finds nobody."""
        kind = str(rule.get("rule"))
        act = self.kinds.get(kind)
        return act(rule) if act else ([], f"不认识的规则 {kind}", f"unknown rule {kind}")

    def stand_in(self, fallback: Mapping[str, Any] | None, barred: Collection[int] = ()) -> Found:
        """Return who handles what nobody was found for: the first to have people who are not barred, else anybody."""
        anybody: Found = ([], rules.ROLES["office"].name, rules.ROLES["office"].name_en)
        desks = ({"rule": "role", "role": role} for role in rules.FALLBACK_ROLES)
        for one in (*([fallback] if fallback else ()), *desks):
            found = self.find(one)
            allowed = [person for person in found[0] if person not in barred]
            if allowed:
                return (allowed, *found[1:])
            anybody = anybody if anybody[0] else found
        return anybody

    def _any(self, rule: Mapping[str, Any]) -> Found:
        parts = [self.find(one) for one in rule.get("of", ())]
        people = list(dict.fromkeys(person for part in parts for person in part[0]))
        return people, "，或".join(part[1] for part in parts), ", or ".join(part[2] for part in parts)

    def _user(self, rule: Mapping[str, Any]) -> Found:
        value = rule.get("name")
        if value is None or value == "":
            return [], "没有指定的人", "no named person"
        if isinstance(value, int) or str(value).isdigit():
            return self._named(_BY_ID, int(value), str(value))
        return self._named(_BY_NAME, str(value), str(value))

    def _starter(self, _rule: Mapping[str, Any]) -> Found:
        people, name, name_en = self._named(_BY_ID, self.starter_id, "")
        return people, f"发起人 {name}".strip(), f"starter {name_en}".strip()

    def _earlier(self, rule: Mapping[str, Any]) -> Found:
        node = str(rule.get("node"))
        people, name, name_en = self._named(_BY_ID, self.earlier.get(node), "")
        return people, f"办过“{node}”的人 {name}".strip(), f"who handled {node} {name_en}".strip()

    def _role(self, rule: Mapping[str, Any]) -> Found:
        role, wanted = str(rule.get("role")), rule.get("unit")
        if wanted is not None and wanted != "":
            return self._role_in(role, wanted)
        # a vendor role without its unit would hand one vendor's work to all of them
        if _only_for_vendors(role):
            return _unknown_unit(role)
        people = list(_WITH_ROLE.run(self.session, role=role).scalars())
        return people, _role_name(role), _role_name_en(role)

    def _role_in(self, role: str, wanted: object) -> Found:
        rows = self._in_unit(role, wanted)
        if rows:
            name, name_en = rows[0][1], rows[0][2] or rows[0][1]
        elif unit := self._unit(wanted):
            name, name_en = unit.name, unit.name_en or unit.name
        else:
            return _unknown_unit(role)
        return [row[0] for row in rows], f"{name} {_role_name(role)}", f"{_role_name_en(role)} of {name_en}"

    def _in_unit(self, role: str, wanted: object) -> Sequence[Any]:
        by_id = isinstance(wanted, int) or str(wanted).isdigit()
        unit = int(str(wanted)) if by_id else str(wanted)
        return (_IN_UNIT_ID if by_id else _IN_UNIT_CODE).run(self.session, role=role, unit=unit).all()

    def _head(self, rule: Mapping[str, Any]) -> Found:
        unit = self._unit(rule.get("unit"))
        if unit is None:
            return [], "单位不明的负责人", "head of an unknown unit"
        people = next((found for one in self._upwards(unit) if (found := self._heads(one))), [])
        return people, f"{unit.name} 负责人", f"head of {unit.name_en or unit.name}"

    def _chain(self, rule: Mapping[str, Any]) -> Found:
        unit = self._unit(rule.get("unit"))
        levels = min(int(rule.get("n") or 1), MAX_CHAIN)
        if unit is None:
            return [], "单位不明的逐级负责人", "chain of heads of an unknown unit"
        heads = [head for one in self._upwards(unit) if (head := self._heads(one))][:levels]
        people = list(dict.fromkeys(person for level in heads for person in level))
        return people, f"{unit.name} 逐级负责人，{levels} 级", f"{levels} heads up from {unit.name_en or unit.name}"

    def _climb(self, rule: Mapping[str, Any]) -> Found:
        """Find holders of a role in a unit without the barred; where there are none, one unit further up (提级)."""
        role, unit = str(rule.get("role")), self._unit(rule.get("unit"))
        if unit is None:
            return _unknown_unit(role)
        barred = self.barred | _barred(rule)
        for place in self._above(unit):
            people = [row[0] for row in self._in_unit(role, place.id) if row[0] not in barred]
            if people:
                return (people, *_climbed(role, unit, place))
        return [], f"{unit.name}和上级{_role_name(role)}", f"{_role_name_en(role)} of {_english(unit)} or above"

    def _above(self, unit: Unit) -> Iterator[Unit]:
        """Yield a unit, the units above it, at last the supervising office."""
        units = self._upwards(unit)
        yield from units
        known = {one.id for one in units}
        offices = select(Unit).where(Unit.kind == rules.OFFICE, Unit.disabled_at.is_(None)).order_by(Unit.id)
        yield from (one for one in self.session.scalars(offices) if one.id not in known)

    def _duty(self, rule: Mapping[str, Any]) -> Found:
        title = str(rule.get("post"))
        people, _, _ = self._named(_BY_POST, title, "")
        return people, f"{title}岗", f"on duty: {title}"

    def _named(self, query: Prepared, wanted: object, text: str) -> Found:
        rows = query.run(self.session, wanted=wanted).all()
        names = [name for _, name in rows]
        return [id_ for id_, _ in rows], "、".join(names) or text, ", ".join(names) or text

    def _heads(self, unit: Unit) -> list[int]:
        return [row[0] for row in self._in_unit(rules.HEAD_ROLES[unit.kind], unit.id)]

    def _upwards(self, unit: Unit) -> list[Unit]:
        units = [unit]
        while units[-1].parent is not None and len(units) < MAX_CHAIN:
            units.append(units[-1].parent)
        return units

    def _unit(self, value: object) -> Unit | None:
        if value is None or value == "":
            return None
        if isinstance(value, int) or str(value).isdigit():
            return self.session.get(Unit, int(str(value)))
        return self.session.scalar(select(Unit).where(Unit.code == str(value)))


def _barred(rule: Mapping[str, Any]) -> set[int]:
    """Return the people that a rule itself leaves out."""
    return {int(one) for one in rule.get("barred") or () if str(one).isdigit()}


def _climbed(role: str, unit: Unit, place: Unit) -> tuple[str, str]:
    zh, en = f"{place.name} {_role_name(role)}", f"{_role_name_en(role)} of {_english(place)}"
    if place.id == unit.id:
        return zh, en
    return f"提级到{zh}：{unit.name}没有可以办的人", f"raised to {en}: nobody available in {_english(unit)}"


def _english(unit: Unit) -> str:
    return unit.name_en or unit.name


def _unknown_unit(role: str) -> Found:
    return [], f"单位不明的{_role_name(role)}", f"{_role_name_en(role)} of an unknown unit"


def _only_for_vendors(role: str) -> bool:
    return role in rules.ROLES and rules.ROLES[role].kinds == {rules.VENDOR}


def _role_name(role: str) -> str:
    return rules.ROLES[role].name if role in rules.ROLES else role


def _role_name_en(role: str) -> str:
    return rules.ROLES[role].name_en if role in rules.ROLES else role

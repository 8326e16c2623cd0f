"""Who a rule of a draft would name today: the same reading and resolving as in a case, with a sample starter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine.outside import functions_of
from app.engine.parts import Candidate, read_text
from app.engine.port import Environment
from app.people.models import User
from app.people.operations.resolving import resolve
from app.people.rules import Viewer

KINDS: Mapping[str, str] = {"assignee": "user", "candidateUsers": "user", "candidateGroups": "role"}
_OF_CASE = re.compile(r"\bcase\.(\w+)")


@dataclass(frozen=True)
class Today:
    """What a rule comes to now: names, the rule in words, whether others stand in for nobody.

    `needs` are the names of data only a real case has, `earlier` the steps whose person does it: then there are no
    people to name yet.
    """

    names: tuple[str, ...] = ()
    rule: str = ""
    fell_back: bool = False
    needs: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """The case that is imagined: who starts it, which vendor does it."""

    starter: Viewer
    vendor_id: int | None
    now: datetime

    @property
    def person(self) -> Mapping[str, Any]:
        """The starter as expressions see it."""
        return {"id": self.starter.user_id, "name": self.starter.name, "unit": self.starter.unit_id}

    @property
    def case(self) -> Mapping[str, Any]:
        """The case's own data as far as the sample tells."""
        known = {"unit": self.starter.unit_id, "requester": self.starter.user_id, "vendor": self.vendor_id}
        return {name: value for name, value in known.items() if value is not None}


def today(session: Session, attr: str, text: str, sample: Sample, english: bool) -> Today:
    """Return who `text` in the attribute `attr` would name; raise ExpressionRefused when it cannot be read."""
    candidate = Candidate(read_text(text), KINDS[attr])
    needs = _needs(candidate, sample)
    if needs:
        return Today(needs=needs)
    rules = candidate.rules(lambda one: one.evaluate(_names(sample), _functions(sample)), sample.person)
    earlier = tuple(str(rule["node"]) for rule in rules if rule.get("rule") == "earlier")
    if earlier:
        return Today(earlier=earlier)
    rule = rules[0] if len(rules) == 1 else {"rule": "any", "of": rules}
    found = resolve(session, rule, starter_id=sample.starter.user_id, earlier={})
    said = found.text_en if english else found.text_zh
    return Today(_names_of(session, found.user_ids), said, found.fell_back)


def _needs(candidate: Candidate, sample: Sample) -> tuple[str, ...]:
    expression = candidate.text.expression
    if expression is None:
        return ()
    unknown = expression.names - {"starter", "case"}
    of_case = {name for name in _OF_CASE.findall(expression.text) if name not in sample.case}
    return (*sorted(unknown), *sorted(f"case.{name}" for name in of_case))


def _names(sample: Sample) -> Mapping[str, Any]:
    return {"starter": sample.person, "case": sample.case}


def _functions(sample: Sample) -> Mapping[str, Any]:
    return functions_of(Environment(now=sample.now, starter=sample.person))


def _names_of(session: Session, user_ids: tuple[int, ...]) -> tuple[str, ...]:
    found = {row.id: row.name for row in session.execute(select(User.id, User.name).where(User.id.in_(user_ids)))}
    return tuple(found[one] for one in user_ids if one in found)

"""Sending back (退回) from the task page: which steps are offered, and what was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from flask import request

from app.errors import Invalid, Refused
from app.i18n import N_
from app.work import operations as work
from app.work.operations import WayBack
from app.work.rules import reason_of
from app.work.views.blueprint import reading, runtime
from app.work.views.desk import Desk

# of its own: the page may ask for another reason with the step's decision
TO, REASON = "back_to", "back_reason"


@dataclass(frozen=True)
class Backwards:
    """Where an item is wanted back, why, and the key of this request."""

    to: str
    reason: str
    key: str

    def refuse_unless_offered(self, desk: Desk) -> None:
        """Raise unless the step names this place and the reason can be kept."""
        fields = {} if self.to else {TO: N_("还没有选退回到哪一步。")}
        try:
            reason_of(self.reason)
        except Invalid as error:
            fields[REASON] = error.fields["reason"]
        if fields:
            raise Invalid(fields=fields)
        if self.to not in _named(desk):
            raise Refused(N_("“%(node)s”不能退回到这一步。请从页面上列出的步骤里选。"), node=desk.item.name)


def wanted() -> Backwards:
    """Return what a page or a program (`to`, `reason`, `key`) asks for."""
    body = request.get_json(silent=True) if request.is_json else None
    given = body if isinstance(body, dict) else {}
    if request.is_json:
        to, reason, key = (str(given.get(name) or "") for name in ("to", "reason", "key"))
    else:
        to, reason, key = (request.form.get(name, "") for name in (TO, REASON, "key"))
    return Backwards(to, reason, key or uuid4().hex)


def backs_of(desk: Desk) -> tuple[WayBack, ...]:
    """Return the steps this one names that were done in the case and can be reached, in the order named."""
    named = _named(desk)
    if not named:
        return ()
    found = {one.node: one for one in work.ways_back(reading(), runtime(), desk.item)}
    return tuple(found[node] for node in named if node in found)


def _named(desk: Desk) -> list[str]:
    listed = desk.node.properties.get("back.to", "").split(",")
    return [node.strip() for node in listed if node.strip()]

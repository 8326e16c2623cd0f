"""Who changes the house: a signed-in person within their rights, or the console and the set-up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from app.errors import Conflict, Refused
from app.i18n import N_
from app.ledger import Actor, Entry, append
from app.people.rules import ADMINISTRATORS, Viewer

REFUSALS: Final[Mapping[str, str]] = {
    "people.edit": N_("单位和人员由系统管理员改。"),
    "people.grant": N_("角色由安全管理员授予和收回。"),
    "people.reset": N_("密码由安全管理员重置。"),
    "people.tokens": N_("程序令牌由安全管理员发放和收回。"),
    "sites.edit": N_("网站由派发岗或系统管理员改。"),
    "contracts.edit": N_("合同由派发岗改。"),
    "settings.edit": N_("设置由系统管理员改。"),
}


@dataclass(frozen=True)
class Author:
    """Who an operation is done by. Without a viewer it is the console or the set-up, which may do everything."""

    actor: Actor
    viewer: Viewer | None = None

    def may(self, permission: str) -> bool:
        """Say whether this author's rights reach that far."""
        return self.viewer is None or self.viewer.may(permission)

    def require(self, permission: str) -> None:
        """Refuse with the sentence that names who may."""
        if not self.may(permission):
            raise Refused(REFUSALS.get(permission))

    def is_user(self, user_id: int) -> bool:
        """Say whether the author is this very account."""
        return self.viewer is not None and self.viewer.user_id == user_id

    @property
    def name(self) -> str:
        """Return the name a list shows as “granted by”."""
        return self.actor.name


def by_person(viewer: Viewer, client: str | None = None) -> Author:
    """Return the signed-in person as author; `client` is the address, if no program acts for them."""
    kind = "administrator" if viewer.roles & set(ADMINISTRATORS) else "person"
    actor = Actor(
        kind,
        viewer.name,
        viewer.user_id,
        unit_id=viewer.unit_id,
        unit_name=viewer.unit_name,
        client=viewer.client or client,
    )
    return Author(actor, viewer)


def by_console(name: str, host: str) -> Author:
    """Return the command line as author: the system user and the machine."""
    return Author(Actor("console", name, client=host))


def by_setup() -> Author:
    """Return the set-up of a new database as author."""
    return Author(Actor("setup", N_("系统初始化")))


def note(session: Session, by: Author, kind: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Record one change in the house chain."""
    append(session, "house", [Entry(kind, by.actor, payload)], now)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return what differs as `{name: [old, new]}`, for a record."""
    return {key: [before[key], after[key]] for key in after if before.get(key) != after[key]}


def check_version(seen: int | None, present: int) -> None:
    """Refuse to overwrite what somebody else changed since the form was opened."""
    if seen is not None and seen != present:
        raise Conflict

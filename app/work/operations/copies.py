"""Copies (抄送): a person who gets a case for reading once a step is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.i18n import N_
from app.people.models import User
from app.work.models import Copy, WorkItem
from app.work.operations.act import Act
from app.work.rules import fill, names_of


def copy_to(act: Act, item: WorkItem, answers: Mapping[str, Any]) -> None:
    """Copy the case to whom the node's `guanjia.cc` names: user names or one `${…}` that gives an id or a name."""
    text = act.bundle.definition.nodes[item.node].properties.get("cc")
    if not text:
        return
    value = fill(text, names_of(answers, act.live.case_data))
    wanted = value if isinstance(value, list) else str(value or "").split(",")
    for user_id in _user_ids(act, [str(one).strip() for one in wanted]):
        add_copy(act, user_id, item)


def add_copy(act: Act, user_id: int, item: WorkItem) -> None:
    """Give one person the case for reading, once, and tell them."""
    if user_id == act.actor.user_id or act.session.get(Copy, (act.case.id, user_id)) is not None:
        return
    act.session.add(Copy(case_id=act.case.id, user_id=user_id, at=act.now))
    values = {"node": item.name, "node_en": item.name_en}
    act.notices.append(([user_id], N_("%(title)s：“%(node)s”办完，抄送给您。"), values))


def _user_ids(act: Act, wanted: list[str]) -> list[int]:
    ids = [int(one) for one in wanted if one.isdigit()]
    names = [one for one in wanted if one and not one.isdigit()]
    if names:
        ids += act.session.scalars(select(User.id).where(User.user_name.in_(names)))
    return ids

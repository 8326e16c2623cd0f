"""The tab 处置: changing the course of a case – suspend, resume, another deadline, jump, terminate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.clock import ZONE
from app.engine import Definition
from app.errors import Invalid
from app.i18n import N_
from app.people.rules import Viewer
from app.web.i18n import gettext
from app.work.models import Case, WorkItem
from app.work.pages.words import name_of

Choice = tuple[str, str]
JUMPED_TO = frozenset({"user", "manual", "service", "script", "decision", "subprocess"})
WORDS: Mapping[str, tuple[str, str]] = {
    "suspend": (N_("暂停"), N_("时限和自动环节都停住，谁也不能提交，直到恢复")),
    "resume": (N_("恢复"), N_("可以接着办，时限从剩下的算起")),
    "due": (N_("改时限"), N_("这一步改到选定的时间到期，改前改后都留痕")),
    "jump": (N_("跳转"), N_("现在这一步收回，直接到选定的一步；已经填过的都在")),
    "terminate": (N_("终止"), N_("马上结束，没办完的都收回，不能恢复")),
}


@dataclass(frozen=True)
class Asked:
    """What was typed for one of these and could not be accepted."""

    fields: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Steer:
    """One form of the tab: its verb, what follows, and what there is to choose."""

    kind: str
    label: str
    consequence: str
    asked: Asked
    limited: tuple[Choice, ...] = ()
    places: tuple[Choice, ...] = ()
    targets: tuple[Choice, ...] = ()


def steers(
    case: Case,
    viewer: Viewer,
    *,
    items: Iterable[WorkItem],
    places: tuple[Choice, ...],
    definition: Definition,
    locale: str,
    asked: Mapping[str, Asked],
) -> list[Steer]:
    """Return what this person may do to the case now."""
    if case.status == "ended" or not viewer.may("work.steer"):
        return []
    limited = tuple((str(one.id), name_of(one, locale)) for one in items if one.due_at is not None)
    kinds = ["resume"] if case.status == "suspended" else ["suspend"]
    kinds += ["due"] if limited else []
    kinds += ["jump"] if places and case.status == "running" and viewer.may("work.repair") else []
    return [
        Steer(
            kind,
            gettext(WORDS[kind][0]),
            gettext(WORDS[kind][1]),
            asked.get(kind, Asked()),
            limited,
            places,
            targets(definition, locale),
        )
        for kind in (*kinds, "terminate")
    ]


def targets(definition: Definition, locale: str) -> tuple[Choice, ...]:
    """Return the steps a case can be moved to, in drawn order."""
    nodes = (node for node in definition.nodes.values() if node.kind in JUMPED_TO)
    return tuple((node.id, name_of(node, locale) or node.id) for node in nodes)


def instant(text: str) -> datetime:
    """Return the instant chosen in the house's zone; raise Invalid when it is none."""
    try:
        chosen = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Invalid(fields={"due": N_("还没有选新的时间。")}) from error
    return chosen if chosen.tzinfo else chosen.replace(tzinfo=ZONE)

"""The four branches of a command board: reporting, handling, publicity, command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.emergency.pages.lamps import step_lamp, worst
from app.emergency.queries.board import BoardFile
from app.emergency.rules import (
    COMMANDER,
    DUTY,
    GROUPS,
    LIAISON,
    PUBLICITY,
    ROMAN,
    STATUS,
    TECH,
    grade_at,
)
from app.i18n import N_
from app.people.rules import Viewer
from app.web import filters
from app.web.i18n import gettext, locale
from app.work.models import WorkItem
from app.work.pages.lamps import Lamp
from app.work.pages.words import name_of

REPORTING: Final = "reporting"
TECHNICAL: Final = "technical"
COMMAND: Final = "command"
TITLES: Final[Mapping[str, str]] = {
    REPORTING: N_("报告"),
    TECHNICAL: N_("处置"),
    PUBLICITY: N_("舆情"),
    COMMAND: N_("指挥"),
}
BRANCH_GROUPS: Final = {REPORTING: LIAISON, TECHNICAL: TECH, PUBLICITY: PUBLICITY, COMMAND: COMMANDER}
NODES: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("phone_report", "first_report", "police_report", "followup_report", "closing_report"), REPORTING
    ),
    **dict.fromkeys(("first_containment", "verify_recovered", "status_report"), TECHNICAL),
    **dict.fromkeys(("draft_statement", "publish_statement"), PUBLICITY),
}
CALLED: Final[Mapping[str, str]] = {"multi_level_review": PUBLICITY, "call_roster": COMMAND}
# the least that a branch still has to do, as far as it was not done yet
TO_COME: Final[Mapping[str, tuple[str, ...]]] = {
    REPORTING: ("phone_report", "first_report", "closing_report"),
    TECHNICAL: ("first_containment", "verify_recovered"),
    PUBLICITY: ("draft_statement", "publish_statement"),
    COMMAND: ("confirm_incident", "commander_activate", "commander_close"),
}
OF_DUTY: Final = frozenset({"confirm_incident", "call", "review_report", "verify_recovered"})
REPEATED: Final = frozenset({"status_report", "call"})
MOST: Final = 12
FEW: Final = 2
NOTHING: Final[Mapping[str, str]] = {
    REPORTING: N_("现在没有要报的。"),
    TECHNICAL: N_("确认以后开始处置。"),
    PUBLICITY: N_("指挥要求对外说明时开始。"),
    COMMAND: N_("现在没有等指挥决定的事。"),
}


@dataclass(frozen=True)
class Step:
    """A step that was done: its name, when, whether late, and the grade then."""

    name: str
    time: str
    late: bool
    grade: str


@dataclass(frozen=True)
class Branch:
    """One branch: lamp, what goes on, who, and its pieces (`done`, `late`, `now`, `over`, `open`)."""

    key: str
    title: str
    lamp: Lamp | None
    text: str
    last: str
    who: str
    vendor: bool
    group: str
    pieces: tuple[str, ...]
    sums: str
    steps: tuple[Step, ...]


def branch_of(node: str) -> str:
    """Return the branch to which a step belongs, whatever process calls it."""
    parts = node.split(":")
    for part in parts[:-1]:
        if part.startswith("handle_"):
            return TECHNICAL
        if part in CALLED:
            return CALLED[part]
    return NODES.get(parts[-1], COMMAND)


def branches(file: BoardFile, viewer: Viewer, now: datetime) -> tuple[Branch, ...]:
    """Return the four branches as this viewer may see them."""
    sorted_: dict[str, list[WorkItem]] = {key: [] for key in TITLES}
    for item in file.steps:
        if item.status in {"open", "done"}:
            sorted_[branch_of(item.node)].append(item)
    return tuple(_branch(key, items, file, viewer, now) for key, items in sorted_.items())


def _branch(key: str, items: Sequence[WorkItem], file: BoardFile, viewer: Viewer, now: datetime) -> Branch:
    going = [one for one in file.open if one in items]
    first = going[0] if going else None
    pieces = _pieces(key, items, file, now)
    return Branch(
        key=key,
        title=gettext(TITLES[key]),
        lamp=worst(step_lamp(one, now) for one in going),
        text=_text(key, going, items),
        last=_last_status(file, viewer) if key == TECHNICAL and not file.emergency.outcome else "",
        who=who_has(first, file, viewer) if first else "",
        vendor=first is not None and first.side == "vendor",
        group=gettext(GROUPS[DUTY if first is not None and _tail(first) in OF_DUTY else BRANCH_GROUPS[key]]),
        pieces=pieces,
        sums=_sums(pieces),
        steps=tuple(_step(one, file) for one in file.done if one in items),
    )


def who_has(item: WorkItem, file: BoardFile, viewer: Viewer) -> str:
    """Return who has an open step, or who may take it; a vendor reads no names of others."""
    if viewer.is_vendor and item.unit_id != viewer.unit_id:
        return ""
    if item.assignee_name:
        return item.assignee_name
    names = [one.name for one in file.seats.get(item.id, ())]
    shown = gettext("、").join(names[:FEW])
    return gettext("%(names)s等 %(count)s 人", names=shown, count=len(names)) if len(names) > FEW else shown


def _tail(item: WorkItem) -> str:
    return item.node.rpartition(":")[2]


def _text(key: str, going: Sequence[WorkItem], items: Sequence[WorkItem]) -> str:
    if not going:
        return gettext("这一线的事都办完了。") if items else gettext(NOTHING[key])
    names = list(dict.fromkeys(name_of(one, locale()) for one in going))
    shown = gettext("、").join(names[:FEW])
    more = len(names) - FEW
    return (
        gettext("正在办：%(names)s，另有 %(count)s 项。", names=shown, count=more)
        if more > 0
        else gettext("正在办：%(names)s。", names=shown)
    )


def _last_status(file: BoardFile, viewer: Viewer) -> str:
    told = [one for one in file.log if one.kind == STATUS and one.text]
    return told[-1].text if told and not viewer.is_vendor else ""


def _pieces(key: str, items: Sequence[WorkItem], file: BoardFile, now: datetime) -> tuple[str, ...]:
    shown = [one for one in items if one.status == "open" or one.node.rpartition(":")[2] not in REPEATED]
    known = {one.node.rpartition(":")[2] for one in shown}
    found = [_piece(one, now) for one in sorted(shown, key=lambda one: (one.status == "open", one.id))]
    over = file.emergency.outcome != ""
    wanted = not over and (key != PUBLICITY or bool(file.data.get("publicity_needed")))
    if key == REPORTING and not file.data.get("report_required"):
        wanted = False
    coming = ["open" for node in TO_COME[key] if node not in known] if wanted else []
    return tuple([*found, *coming][-MOST:])


def _piece(item: WorkItem, now: datetime) -> str:
    at = item.closed_at or now
    late = item.due_at is not None and item.due_at < at
    if item.status == "done":
        return "late" if late else "done"
    return "over" if late else "now"


def _sums(pieces: Sequence[str]) -> str:
    done = sum(one in {"done", "late"} for one in pieces)
    going, over = pieces.count("now"), pieces.count("over")
    words = [gettext("已办 %(count)s", count=done)]
    if going:
        words.append(gettext("在办 %(count)s", count=going))
    if over:
        words.append(gettext("超期 %(count)s", count=over))
    return gettext("，").join(words)


def _step(item: WorkItem, file: BoardFile) -> Step:
    at = item.closed_at or item.opened_at
    grade = grade_at(file.grades, at)
    return Step(
        name=name_of(item, locale()),
        time=filters.moment(item.closed_at),
        late=item.due_at is not None and item.due_at < at,
        grade=gettext("当时 %(roman)s 级", roman=ROMAN[grade]) if grade else gettext("当时未定级"),
    )

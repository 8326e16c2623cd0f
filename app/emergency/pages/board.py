"""The command board of one emergency: a plain value of everything the page draws, made from rows alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from app.deadlines.rules import parse_limit
from app.emergency.models import Emergency
from app.emergency.operations.reporting import NODES as REPORT_NODES
from app.emergency.pages.branches import Branch, branches
from app.emergency.pages.lamps import elapsed, step_lamp, worst
from app.emergency.pages.presence import Present, presence
from app.emergency.pages.story import Line, Story, clock, graded
from app.emergency.queries import targets_of
from app.emergency.queries.board import BoardFile, is_call
from app.emergency.queries.targets import owed_since
from app.emergency.rules import (
    ENDINGS,
    GRADES,
    KINDS,
    OUTCOMES,
    PHONE,
    REPORTS,
    ROMAN,
    TARGETS,
    WRITTEN,
    next_grading,
    target_begins,
)
from app.engine import Node
from app.people.rules import Viewer
from app.web import filters
from app.web.i18n import gettext, locale
from app.work.models import WorkItem
from app.work.pages.lamps import Lamp, Seal, seal
from app.work.pages.words import name_of

SHOWN = 15
DIGEST = 16


@dataclass(frozen=True)
class Plate:
    """The grade plate: number 1 to 4 (0: not graded yet), Roman numeral, word."""

    grade: int
    roman: str
    word: str


@dataclass(frozen=True)
class Turn:
    """An open step that is the viewer's: a link, and for a call whom to call and what may come of it."""

    item_id: int
    name: str
    lamp: Lamp
    call: tuple[str, str, str] | None
    outcomes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ReportLine:
    """A report that was sent, or one that is owed."""

    name: str
    seal: Seal
    facts: tuple[str, ...]
    row_id: int | None
    kind: str


@dataclass(frozen=True)
class TargetLine:
    """A target of the plan and how it stands: reached, missed, still open."""

    name: str
    target: str
    spent: str
    lamp: Lamp


@dataclass(frozen=True)
class Board:
    """What the command board shows to one viewer at one instant."""

    number: str
    title: str
    drill: bool
    plate: Plate
    told: str
    sentence: str
    facts: tuple[tuple[str, str], ...]
    began: datetime
    elapsed: str
    over: str
    running: bool
    next_grading: str
    branches: tuple[Branch, ...]
    turns: tuple[Turn, ...]
    lines: tuple[Line, ...]
    count: int
    reports: tuple[ReportLine, ...]
    targets: tuple[TargetLine, ...]
    present: tuple[Present, ...]
    arrived: int
    injects: tuple[tuple[str, str, bool], ...]
    takes_part: bool

    @property
    def tag(self) -> str:
        """Return a fingerprint of all but the running clock: the same one means nothing new to draw."""
        return sha256(repr(replace(self, elapsed="")).encode()).hexdigest()[:DIGEST]


def board_of(
    file: BoardFile, viewer: Viewer, nodes: Mapping[str, Node], now: datetime, *, everything: bool = False
) -> Board:
    """Return the board of an emergency as this viewer may see it."""
    one, outside = file.emergency, viewer.is_vendor
    lines = Story(file, viewer, nodes).lines()
    running = one.outcome == ""
    people = () if outside else presence(file)
    return Board(
        number=file.case.number,
        title=file.case.title,
        drill=one.drill,
        plate=plate_of(one.grade),
        told=one.told,
        sentence=gettext("%(time)s %(what)s", time=clock(file.grades[-1].at), what=graded(file.grades[-1]))
        if file.grades
        else gettext("还没有定级。确认以后马上定级，以后每 30 分钟再定一次。"),
        facts=_facts(file, viewer),
        began=one.began_at,
        elapsed=elapsed((one.closed_at or now) - one.began_at),
        over="" if running else _ended(one),
        running=running,
        next_grading=clock(next_grading(one.began_at, now)) if running and one.confirmed_at else "",
        branches=branches(file, viewer, now),
        turns=_turns(file, viewer, now),
        lines=tuple(lines if everything else lines[:SHOWN]),
        count=len(lines),
        reports=() if outside else _reports(file, now),
        targets=() if outside else _targets(file, now),
        present=people,
        arrived=sum(person.there for person in people),
        injects=_injects(file, viewer),
        takes_part=running and _takes_part(file, viewer),
    )


def plate_of(grade: int | None) -> Plate:
    """Return the plate of a grade."""
    if grade is None:
        return Plate(0, "—", gettext("未定级"))
    return Plate(grade, ROMAN[grade], gettext(GRADES[grade]))


def _ended(one: Emergency) -> str:
    """Say when an emergency ended and with which result."""
    words = {"time": filters.local_time(one.closed_at), "result": gettext(ENDINGS[one.outcome])}
    return gettext("%(time)s %(result)s", **words) if one.closed_at else words["result"]


def _facts(file: BoardFile, viewer: Viewer) -> tuple[tuple[str, str], ...]:
    one = file.emergency
    commander = str(file.data.get("commanded_by") or "")
    found = [
        (gettext("类别"), gettext(KINDS.get(one.kind, one.kind))),
        (gettext("预案"), f"{one.plan.name} v{one.version.number}"),
        (gettext("网站"), one.site.name if one.site else ""),
        (gettext("指挥"), "" if viewer.is_vendor else commander or _first(file, "commander")),
    ]
    return tuple((label, value) for label, value in found if value)


def _first(file: BoardFile, group: str) -> str:
    """Return whom a group names first, as long as nobody of it has taken over."""
    people = file.data.get(group) or ()
    name = file.names.get(people[0], "") if people else ""
    return gettext("%(name)s（还没有启动）", name=name) if name else ""


def _turns(file: BoardFile, viewer: Viewer, now: datetime) -> tuple[Turn, ...]:
    return tuple(_turn(one, file, now) for one in file.open if _is_mine(one, file, viewer))


def _is_mine(item: WorkItem, file: BoardFile, viewer: Viewer) -> bool:
    if item.assignee_id is not None:
        return item.assignee_id == viewer.user_id
    return any(seat.user_id == viewer.user_id for seat in file.seats.get(item.id, ()))


def _turn(item: WorkItem, file: BoardFile, now: datetime) -> Turn:
    name, shown = name_of(item, locale()), step_lamp(item, now)
    if not is_call(item):
        return Turn(item.id, name, shown, None, ())
    told = file.tokens.get(item.token, {})
    whom = tuple(str(told.get(key) or "") for key in ("callee_name", "callee_title", "callee_phone"))
    return Turn(
        item.id, name, shown, (whom[0], whom[1], whom[2]), tuple((k, gettext(v)) for k, v in OUTCOMES.items())
    )


def _reports(file: BoardFile, now: datetime) -> tuple[ReportLine, ...]:
    sent = [
        ReportLine(
            name=_named(gettext(REPORTS[one.kind]), one.receiver),
            seal=seal("done"),
            facts=tuple(
                filter(
                    None,
                    (
                        gettext("%(time)s 报出", time=clock(one.sent_at)),
                        gettext("应在 %(time)s 前", time=clock(one.due_at)) if one.due_at else "",
                        gettext("回执号 %(code)s", code=one.receipt) if one.receipt else "",
                    ),
                )
            ),
            row_id=one.id,
            kind=one.kind,
        )
        for one in file.reports
    ]
    kinds = {node: kind for kind, node in REPORT_NODES.items()}
    owed = [
        _owed(one, kinds[one.node.rpartition(":")[2]], now)
        for one in file.open
        if one.node.rpartition(":")[2] in kinds
    ]
    return (*sent, *owed)


def _named(name: str, receiver: str) -> str:
    """Return the name of a report with whom it went to."""
    return gettext("%(name)s：%(receiver)s", name=name, receiver=receiver) if receiver else name


def _owed(item: WorkItem, kind: str, now: datetime) -> ReportLine:
    late = item.due_at is not None and item.due_at < now
    lamp = step_lamp(item, now)
    facts = (lamp.sub, lamp.text, gettext("草稿已按记录写好，待人报出并登记"))
    return ReportLine(gettext(REPORTS[kind]), seal("late" if late else "todo"), facts, None, kind)


def _targets(file: BoardFile, now: datetime) -> tuple[TargetLine, ...]:
    required = bool(file.data.get("report_required"))
    known = targets_of(file.emergency, file.reports, file.data)
    wanted = [key for key in TARGETS if file.emergency.version.targets.get(key)]
    return tuple(_target(key, known.get(key), file, now, required=required) for key in wanted)


def _target(
    key: str, reached: Mapping[str, object] | None, file: BoardFile, now: datetime, *, required: bool
) -> TargetLine:
    text = str(file.emergency.version.targets[key])
    name = gettext(TARGETS[key])
    if reached is not None:
        met, minutes = bool(reached["met"]), reached["minutes"]
        spent = gettext("没有做到") if minutes is None else gettext("%(count)s 分钟", count=minutes)
        lamp = Lamp("green", gettext("达到")) if met else Lamp("red", gettext("未达到"))
        return TargetLine(name, text, spent, lamp)
    if key in {PHONE, WRITTEN} and not required:
        return TargetLine(name, text, "", Lamp("none", gettext("不需要报")))
    return TargetLine(name, text, gettext("进行中"), _target_lamp(key, text, file, now))


def _target_lamp(key: str, text: str, file: BoardFile, now: datetime) -> Lamp:
    one = file.emergency
    since = target_begins(key, one.began_at, one.confirmed_at, owed_since(file.data))
    if since is None:
        return Lamp("none", gettext("确认后起算"))
    if one.outcome:
        return Lamp("none", gettext("没有要求"))
    left = since + parse_limit(text).duration - now
    used = 1 - left / parse_limit(text).duration
    state = "red" if used > 1 else "amber" if used >= 0.8 else "green"  # noqa: PLR2004 - as every lamp
    return Lamp(state, filters.remaining(left))


def _injects(file: BoardFile, viewer: Viewer) -> tuple[tuple[str, str, bool], ...]:
    """Return the script of a drill: what was brought in; who runs drills also reads what is to come."""
    shown = [one for one in file.injects if one.delivered_at or viewer.may("emergency.manage")]
    return tuple((clock(one.delivered_at or one.due_at), one.text, one.delivered_at is not None) for one in shown)


def _takes_part(file: BoardFile, viewer: Viewer) -> bool:
    """Say whether this person may write into the log: of a group, of a step, or of those who run emergencies."""
    groups = ("duty", "commander", "tech", "publicity", "liaison")
    listed = any(viewer.user_id in (file.data.get(group) or ()) for group in groups)
    acted = any(viewer.user_id in (one.assignee_id, one.done_by_id) for one in file.steps)
    return listed or acted or viewer.may("emergency.manage")


def lamp_of(items: Sequence[WorkItem], now: datetime) -> Lamp | None:
    """Return the lamp of an emergency in a list: its worst open step."""
    return worst(step_lamp(one, now) for one in items)

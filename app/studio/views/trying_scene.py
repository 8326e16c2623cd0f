"""What the page of a try-out is drawn from: whose turn it is, what waits, what has happened, what is known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from markupsafe import Markup

from app import clock
from app.engine import Node, OpenNode
from app.engine.state import untag
from app.formkit import BoundForm
from app.people.models import User
from app.people.queries import people_choices
from app.people.rules import Viewer
from app.studio import queries_try
from app.studio.models import TryOut
from app.studio.trying import Play, Step
from app.studio.views.blueprint import reading
from app.studio.views.trying_desk import TryDesk, desk_of, lines_of, played, words_of
from app.studio.views.trying_marks import marks_of
from app.web.i18n import gettext, locale
from app.work.pages.actions import Button, buttons
from app.work.pages.lamps import Lamp
from app.work.pages.route import Cast, Outlook
from app.work.pages.words import name_of

CASE_NAME = re.compile(r"\bcase\.([A-Za-z_]\w*)")
MOST_HINTS = 12
ASKING = "？? "


@dataclass(frozen=True)
class Turn:
    """Something that waits: a step of a person, an automatic step, a message or a timer."""

    token: str
    name: str
    kind: str
    round: int
    who: str = ""
    sub: str = ""


@dataclass(frozen=True)
class Desk:
    """The step in hand: who may act by the rule, who is playing, the form and the buttons."""

    turn: Turn
    desk: TryDesk
    people: tuple[tuple[int, str], ...]
    others: tuple[tuple[str, str], ...]
    rule: str
    due: Lamp | None
    buttons: tuple[Button, ...]
    backs: tuple[tuple[str, str], ...]
    basis: str = ""


@dataclass(frozen=True)
class Service:
    """The automatic step in hand: what it is given, what it answered the last time, what is read of it later."""

    turn: Turn
    topic: str
    inputs: tuple[tuple[str, str], ...]
    text: str
    hints: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """One line of what has happened."""

    number: int
    at: datetime
    title: str
    who: str
    choice: str
    more: str
    state: str


@dataclass(frozen=True)
class Scene:
    """Everything the page of a try-out draws."""

    row: TryOut
    turns: tuple[Turn, ...]
    stopped: tuple[tuple[str, str], ...]
    desk: Desk | None
    service: Service | None
    next_due: datetime | None
    lines: tuple[Line, ...]
    known: tuple[tuple[str, str], ...]
    marks: Mapping[str, Any]
    end: str = ""
    form: Markup = field(default_factory=Markup)
    bound: BoundForm | None = None

    @property
    def begun_with(self) -> str:
        """The values the try-out began with, as they are typed."""
        return lines_of(untag(self.row.steps[0].get("data") or {}))

    @property
    def events(self) -> tuple[Turn, ...]:
        """The messages and signals that may arrive."""
        return tuple(one for one in self.turns if one.kind in {"message", "signal"})

    @property
    def timers(self) -> tuple[Turn, ...]:
        """The timers that run."""
        return tuple(one for one in self.turns if one.kind == "timer")

    @property
    def work(self) -> tuple[Turn, ...]:
        """The steps of people and the automatic steps."""
        return tuple(one for one in self.turns if one.kind in {"person", "service"})


@dataclass(frozen=True)
class Looking:
    """Who looks at which of the open steps, in whose part."""

    viewer: Viewer
    on: str = ""
    person: int | None = None


def scene_of(row: TryOut, play: Play, diagram: str, looking: Looking) -> Scene:
    """Read a try-out for its page."""
    open_ = play.open
    chosen = _chosen(open_, looking.on)
    person, service = (chosen if chosen and chosen.wait == wait else None for wait in ("person", "service"))
    return Scene(
        row=row,
        turns=tuple(_turns(play, row.steps, open_)),
        stopped=tuple(_stopped(play, row.steps)),
        desk=_desk(row, play, person, looking) if person else None,
        service=_service(row, play, service, diagram) if service else None,
        next_due=play.next_due,
        lines=tuple(reversed(list(_lines(play, row.steps)))),
        known=tuple(_known(play)),
        marks=marks_of(play, row.steps),
        end=_end(play, row.steps),
    )


def _chosen(open_: Sequence[OpenNode], on: str) -> OpenNode | None:
    work = [one for one in open_ if one.wait in {"person", "service"}]
    found = next((one for one in work if one.token == on), None)
    return found or next((one for one in work if one.wait == "person"), work[0] if work else None)


def _turns(play: Play, steps: Sequence[Step], open_: Sequence[OpenNode]) -> Iterator[Turn]:
    for one in open_:
        kind = "signal" if one.wait == "message" and one.signal else one.wait
        name = _name(play, one.node)
        who = ""
        if kind == "person":
            ids = queries_try.people_for(reading(), play, steps, one).user_ids
            who = gettext("、").join(user.name for user in queries_try.people_named(reading(), ids[:3]))
        sub = _time(one.due) if one.due else (one.event or one.topic or "")
        yield Turn(one.token, name, kind, one.round, who, sub)


def _desk(row: TryOut, play: Play, opened: OpenNode, looking: Looking) -> Desk:
    session = reading()
    found = queries_try.people_for(session, play, row.steps, opened)
    people = queries_try.people_named(session, found.user_ids)
    viewer = played(looking.person or people[0].id)
    desk = desk_of(row, play, opened, viewer)
    turn = next(one for one in _turns(play, row.steps, (opened,)))
    since = queries_try.opened_at(row.steps, opened.node)
    due = queries_try.due_of(session, play, desk.node, opened, viewer.unit_id, since)
    ids = {str(one.id) for one in people}
    return Desk(
        turn=turn,
        desk=desk,
        people=tuple((one.id, f"{one.name} · {one.unit.name}") for one in people),
        others=tuple(one for one in people_choices(session, looking.viewer) if one[0] not in ids),
        rule=found.text_en if locale() == "en" else found.text_zh,
        due=_lamp(due, play.now),
        buttons=tuple(buttons(desk.node, _outlook(play, row.steps, people, desk.stored))),
        backs=tuple((node, _name(play, node)) for node in play.ways_back(opened)),
        basis=desk.node.properties.get("basis", ""),
    )


def _outlook(play: Play, steps: Sequence[Step], people: Sequence[User], names: Mapping[str, Any]) -> Outlook:
    done_by = {step["node"]: step["who"]["name"] for step in steps if step["act"] == "answer"}
    starter = play.starter
    known = {starter["id"]: starter["name"], **{one.id: one.name for one in people}}
    cast = Cast(starter["id"], done_by, known, locale())
    return Outlook(play.machine.definition, names, cast, _rounds(steps), locale())


def _rounds(steps: Sequence[Step]) -> dict[str, int]:
    found: dict[str, int] = {}
    for step in steps:
        for node, _kind, _result in step["passed"]:
            found[node] = found.get(node, 0) + 1
    return found


def _lamp(due: datetime | None, now: datetime) -> Lamp | None:
    if due is None:
        return None
    if due < now:
        return Lamp("red", gettext("到这时已超期"), _time(due))
    return Lamp("green", gettext("%(time)s 到期", time=_time(due)))


def _service(row: TryOut, play: Play, opened: OpenNode, diagram: str) -> Service:
    before = [step["result"] for step in row.steps if step["act"] == "serve" and step.get("node") == opened.node]
    inputs = tuple((name, words_of(value)) for name, value in opened.inputs.items())
    written = {*play.live.case_data}
    wanted = [name for name in dict.fromkeys(CASE_NAME.findall(diagram)) if name not in written]
    hints = tuple(f"case.{name}" for name in wanted[:MOST_HINTS])
    (turn,) = _turns(play, row.steps, (opened,))
    return Service(turn, opened.topic or "", inputs, lines_of(untag(before[-1])) if before else "", hints)


def _stopped(play: Play, steps: Sequence[Step]) -> Iterator[tuple[str, str]]:
    reasons = {node: why for step in steps for node, why in step["stopped"]}
    for node in play.stopped():
        yield _name(play, node), reasons.get(node, "")


def _lines(play: Play, steps: Sequence[Step]) -> Iterator[Line]:
    for number, step in enumerate(steps, 1):
        at = datetime.fromisoformat(step["at"])
        yield Line(number, at, _title(play, step), _who(step), _choice(play, step), _more(play, step), _state(step))


def _title(play: Play, step: Step) -> str:
    if step["act"] in {"start", "time"}:
        return gettext(step["title"])
    return _name(play, step["node"]) if step.get("node") else gettext("收到“%(name)s”", name=step["title"])


def _who(step: Step) -> str:
    return str(step["who"]["name"]) if "who" in step else ""


def _choice(play: Play, step: Step) -> str:
    if step["act"] == "back":
        return gettext("退回到%(step)s", step=_name(play, step["to"]))
    if step["act"] == "fail":
        return gettext("出错 %(code)s", code=step["code"]) if step["code"] else gettext("没有办成")
    return str(step.get("choice") or "")


def _more(play: Play, step: Step) -> str:
    """Say where the tokens went: automatic steps on the way, then what waits."""
    nodes = play.machine.definition.nodes
    passed = [(node, result) for node, kind, result in step["passed"] if kind in {"gateway", "decision", "script"}]
    ways = [f"{_name(play, node).rstrip(ASKING)}：{result}" for node, result in passed if result]
    fired = [_name(play, node) for node, kind, _ in step["passed"] if kind == "timer" and node in nodes]
    then = gettext("、").join(dict.fromkeys(_name(play, node) for node in step["then"]))
    parts = [*fired, *ways, gettext("到 %(steps)s", steps=then) if then else gettext("结束")]
    return gettext("；").join(parts)


def _state(step: Step) -> str:
    if step["stopped"] or step["act"] in {"back", "fail"}:
        return "back"
    return "auto" if step["act"] in {"serve", "time", "message"} else "done"


def _known(play: Play) -> Iterator[tuple[str, str]]:
    yield from ((f"case.{name}", words_of(value)) for name, value in play.live.case_data.items())
    yield from ((name, words_of(value)) for name, value in play.live.data.items())


def _end(play: Play, steps: Sequence[Step]) -> str:
    if not play.ended:
        return ""
    ends = [node for step in steps for node, kind, _ in step["passed"] if kind == "end"]
    return _name(play, ends[-1]) if ends else ""


def _name(play: Play, node_id: str) -> str:
    node: Node | None = play.machine.definition.nodes.get(node_id)
    return (name_of(node, locale()) if node else "") or node_id


def _time(value: datetime) -> str:
    return clock.local(value).strftime("%m-%d %H:%M")

"""The table of steps (环节表) of a diagram, in words: for paper and for programs that read it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.deadlines.rules import OFF, parse_limit
from app.engine.checks.ways import after
from app.engine.diagram import Diagram, Element
from app.errors import UserError
from app.expressions import juel
from app.i18n import N_
from app.people.rules import ROLES

# says a sentence with its values, or a limit, in the reader's language
Say = Callable[..., str]
HUMAN = frozenset({"userTask", "manualTask", "task"})
AUTOMATIC = frozenset({"serviceTask", "scriptTask", "businessRuleTask", "sendTask", "receiveTask", "callActivity"})
WHO = ("assignee", "candidateUsers", "candidateGroups")
UNITS = {
    "case.unit": N_("提出人所在单位"),
    "starter.unit": N_("发起人所在单位"),
    "case.vendor": N_("外包单位"),
}
FIELDS = {"starter": N_("发起人"), "case.requester": N_("提出这件事的人")}
LIMITS = {
    "${case.respond_limit}": N_("合同的响应时限"),
    "${case.finish_limit}": N_("合同的完成时限"),
    "${case.deemed_limit}": N_("合同的视为验收期"),
}
NONE, LETTERS = "—", 26


@dataclass(frozen=True)
class Step:
    """One row of the table; `number` is `1a` for a step inserted after the first."""

    id: str
    number: str
    name: str
    who: str
    limit: str
    form: str
    back: str
    remind: str
    basis: str


def steps_of(
    diagram: Diagram, say: Say, people: Mapping[str, str], base: Collection[str] | None = None
) -> list[Step]:
    """Return the steps in the order a case meets them; `people` are names by account.

    `base` are the nodes of the version a draft is based on: other steps stand below the one they were put after.
    """
    found = [one for one in _in_order(diagram) if one.tag in HUMAN | AUTOMATIC]
    new = {one.id for one in found if base is not None and one.id not in base}
    ordered = _beside(found, new, diagram)
    return [
        _step(one, number, diagram, say, people) for one, number in zip(ordered, _numbers(ordered, new), strict=True)
    ]


def _beside(steps: list[Element], new: Collection[str], diagram: Diagram) -> list[Element]:
    ids = {one.id for one in steps}
    found: list[Element] = []
    for one in steps:
        before = _step_before(one, ids, diagram) if one.id in new else None
        place = next((n for n, other in enumerate(found, 1) if other.id == before), len(found))
        found.insert(place, one)
    return found


def _step_before(one: Element, steps: Collection[str], diagram: Diagram) -> str | None:
    at, seen = one.id, set[str]()
    while at not in seen and diagram.incoming.get(at):
        seen.add(at)
        at = diagram.incoming[at][0].source
        if at in steps:
            return at
    return None


def _numbers(steps: Iterable[Element], new: Collection[str]) -> Iterator[str]:
    number = letters = 0
    for one in steps:
        inserted = one.id in new and number > 0
        number, letters = (number, letters + 1) if inserted else (number + 1, 0)
        yield f"{number}{chr(96 + letters) if letters <= LETTERS else f'-{letters}'}" if inserted else str(number)


def _in_order(diagram: Diagram) -> Iterator[Element]:
    following = after(diagram)
    known = diagram.elements
    firsts = [one.id for one in known.values() if one.tag == "startEvent" and one.scope == diagram.process_id]
    seen: dict[str, None] = {}
    for id_ in [*firsts, *known]:
        _walk(id_, diagram, following, seen)
    return (known[id_] for id_ in seen)


def _walk(first: str, diagram: Diagram, following: Callable[[str], Iterable[str]], seen: dict[str, None]) -> None:
    waiting = [first]
    while waiting:
        id_ = waiting.pop(0)
        if id_ in seen or id_ not in diagram.elements:
            continue
        seen[id_] = None
        inside = [one.id for one in diagram.scopes.get(id_, ()) if one.tag == "startEvent"]
        for one in inside:
            _walk(one, diagram, following, seen)
        waiting += following(id_)


def _step(one: Element, number: str, diagram: Diagram, say: Say, people: Mapping[str, str]) -> Step:
    human = one.tag in HUMAN
    form = one.settings.get("formRef" if human else "decisionRef") or one.settings.get("formKey") or NONE
    back = [diagram.elements[id_].name or id_ for id_ in _listed(one.own.get("back.to")) if id_ in diagram.elements]
    return Step(
        one.id,
        number,
        one.name or one.id,
        _who(one, diagram, say, people) if human else _automatic(one, say),
        _limit(one.own.get("limit", ""), say) if human else say(N_("立即")),
        form,
        say(N_("、")).join(back) or NONE,
        _reports(one, say) if human and one.own.get("limit") else NONE,
        one.own.get("basis", ""),
    )


def _automatic(one: Element, say: Say) -> str:
    return say(N_("规则")) if one.tag == "businessRuleTask" else say(N_("系统自动"))


def _who(one: Element, diagram: Diagram, say: Say, people: Mapping[str, str]) -> str:
    """Return who does a step; what cannot be said in words is shown as it is written."""
    kind = next((name for name in WHO if one.settings.get(name)), None)
    if kind is None:
        return say(N_("未指定"))
    text = one.settings[kind]
    try:
        expression = juel.braced(text)
        if expression is None:
            return say(N_("、")).join(_named(name, kind, say, people) for name in _listed(text))
        found = expression.evaluate(_names(expression.names, say), _functions(diagram, say, people))
    except UserError:
        return text
    return str(found.get("", text)) if isinstance(found, Mapping) else str(found)


def _named(name: str, kind: str, say: Say, people: Mapping[str, str]) -> str:
    if kind == "candidateGroups":
        return say(ROLES[name].name) if name in ROLES else name
    return people.get(name, name)


def _names(wanted: Iterable[str], say: Say) -> dict[str, Any]:
    """Return the words that stand for what an expression reads."""
    names: dict[str, Any] = {name: say(N_("表单里选的人（%(name)s）"), name=name) for name in wanted}
    starter = {"": say(FIELDS["starter"]), "unit": say(UNITS["starter.unit"])}
    case = {key.partition(".")[2]: say(text) for key, text in (UNITS | FIELDS).items() if key.startswith("case.")}
    return {**names, "starter": starter, "case": case}


def _functions(diagram: Diagram, say: Say, people: Mapping[str, str]) -> dict[str, Callable[..., str]]:
    def role(key: str, unit: str = "") -> str:
        name = say(ROLES[key].name) if key in ROLES else key
        return say(N_("%(unit)s的%(role)s"), unit=unit, role=name) if unit else name

    def earlier(id_: str) -> str:
        done = diagram.elements.get(id_)
        return say(N_("办过“%(step)s”的人"), step=(done and done.name) or id_)

    def head(unit: str) -> str:
        own = unit == say(UNITS["case.unit"])
        return say(N_("本科室负责人")) if own else say(N_("%(unit)s的负责人"), unit=unit)

    return {
        "role": role,
        "head": head,
        "chain": lambda unit, count=1: say(N_("%(unit)s往上 %(count)s 级的负责人"), unit=unit, count=count),
        "climb": lambda *_: say(N_("按数据里的单位和角色找人，没有就提级")),
        "earlier": earlier,
        "duty": str,
        "user": lambda name: people.get(name, name),
    }


def _limit(text: str, say: Say) -> str:
    return say(LIMITS[text]) if text in LIMITS else _times(text, say) or say(N_("不限"))


def _reports(one: Element, say: Say) -> str:
    remind, escalate = one.own.get("remind") or "80", one.own.get("escalate")
    told = [] if remind == OFF else [say(N_("到 %(percents)s 提醒"), percents=_joined(remind, "%", say))]
    if escalate == OFF:
        return say(N_("；")).join([*told, say(N_("超期不上报"))])
    if not escalate:
        return say(N_("；")).join([*told, say(N_("超期上报"))])
    return say(N_("；")).join([*told, say(N_("超期 %(time)s上报"), time=_times(escalate, say))])


def _joined(text: str, sign: str, say: Say) -> str:
    return say(N_("、")).join(f"{part}{sign}" for part in _listed(text))


def _times(text: str, say: Say) -> str:
    try:
        return say(N_("、")).join(str(say(parse_limit(part))) for part in text.split(","))
    except UserError:
        return text


def _listed(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]

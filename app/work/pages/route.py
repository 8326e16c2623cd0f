"""What comes next, read from the diagram: where an action leads, who will have it, how long they have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.deadlines.rules import parse_limit
from app.engine import Definition, Flow, Node, foretell
from app.errors import UserError
from app.expressions import Expression, juel
from app.people.rules import ROLES
from app.web.i18n import gettext
from app.work.pages.words import name_of, round_word
from app.work.rules import Action, actions_of, fill

AUTOMATIC = frozenset({"service", "decision", "script"})
DECISION = "decision"
Foresee = Callable[[Node, Mapping[str, Any]], Mapping[str, Any] | None]
FAR = 6
SEVERAL = 3


@dataclass
class Outcome:
    """Where an action leads: the human nodes, whether the case may end, and whether that is certain.

    `known` is the data with which each node is reached, as far as it can be told.
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    known: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    ends: bool = False
    sure: bool = True


def nothing(_node: Node, _known: Mapping[str, Any]) -> None:
    """Foresee nothing: what an automatic step will write stays open."""


def outcome(definition: Definition, node_id: str, names: Mapping[str, Any], foresee: Foresee = nothing) -> Outcome:
    """Follow the flows after `node_id` with the given data; what automatic steps will decide stays open.

    `foresee` says what a service task would write; where it cannot, that stays open too.
    """
    walk = _Walk(definition, foresee)
    walk.leave(node_id, names)
    return walk.found


class _Walk:
    """One walk from a human node to the next ones."""

    def __init__(self, definition: Definition, foresee: Foresee) -> None:
        self.definition = definition
        self.foresee = foresee
        self.found = Outcome()
        self.seen: set[str] = set()

    def leave(self, node_id: str, known: Mapping[str, Any]) -> None:
        """Go on along the flows that will be taken; without any the scope around goes on."""
        node = self.definition.nodes[node_id]
        flows = self.definition.leaving(node_id)
        if not flows:
            self._end(node, known)
        for flow in self._taken(flows, known):
            self._enter(self.definition.nodes[flow.target], known)

    def _end(self, node: Node, known: Mapping[str, Any]) -> None:
        around = self.definition.outside(node)
        self.found.ends = self.found.ends or not around
        for host in around:
            self.leave(host.id, known)

    def _enter(self, node: Node, known: Mapping[str, Any]) -> None:
        if node.human:
            self.found.nodes[node.id] = node
            self.found.known.setdefault(node.id, known)
            return
        if node.id in self.seen:
            return
        self.seen.add(node.id)
        inside = self.definition.inside(node)
        handed = (foretell(self.definition, node, known) or {}) if node.calls else {}
        for inner in inside:
            self.leave(inner.id, {**known, **handed})
        if not inside:
            self.leave(node.id, self._beyond(node, known))

    def _beyond(self, node: Node, known: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what is known after a node; of what an automatic step changed only what can be foreseen."""
        if node.kind not in AUTOMATIC:
            return known
        written = self.foresee(node, known) if node.topic else foretell(self.definition, node, known)
        if written is not None:
            return {**known, **written}
        return {name: value for name, value in known.items() if name == DECISION}

    def _taken(self, flows: Sequence[Flow], known: Mapping[str, Any]) -> list[Flow]:
        if not any(flow.condition for flow in flows):
            return list(flows)
        possible: list[Flow] = []
        for flow in flows:
            verdict = self._holds(flow, known)
            if verdict is True:
                return [*possible, flow]
            if verdict is None:
                possible.append(flow)
        self.found.sure = self.found.sure and not possible
        return [*possible, *(flow for flow in flows if flow.default)]

    def _holds(self, flow: Flow, known: Mapping[str, Any]) -> bool | None:
        """Say whether the flow will be taken; None when that cannot be known yet."""
        if not flow.condition:
            return False
        try:
            expression = juel.braced(flow.condition)
            if expression is None or not expression.names <= known.keys():
                return None
            return expression.holds(known)
        except UserError:
            return None


@dataclass(frozen=True)
class Cast:
    """Who is known of a case, so that future steps can be given names.

    `climb` names the people who hold a role in a unit or above it, without the barred ones; left out, the role does.
    """

    starter_id: int
    done_by: Mapping[str, str]
    people: Mapping[int, str]
    locale: str
    climb: Callable[[str, Any, Sequence[int]], str] | None = None

    def holder(self, node: Node, names: Mapping[str, Any]) -> str:
        """Say who will have a node, as far as the diagram and the case say it; else its lane."""
        rule = node.assignee or node.candidate_groups or node.candidate_users
        if not rule:
            return node.lane or ""
        try:
            expression = juel.braced(rule)
            if expression is None:
                return self._role(rule) if rule == node.candidate_groups else (node.lane or "")
            value = self._evaluate(expression, names)
        except UserError:
            value = None
        if isinstance(value, int | list):
            value = self._named(value if isinstance(value, list) else [value])
        return value if isinstance(value, str) and value else (node.lane or "")

    def _evaluate(self, expression: Expression, names: Mapping[str, Any]) -> Any:
        functions: dict[str, Callable[..., Any]] = {
            "role": lambda name, _unit=None: self._role(str(name)),
            "user": lambda name: name if isinstance(name, int) else None,
            "head": lambda _unit: self._role("unit_head"),
            "chain": lambda _unit, _n=1: gettext("各级负责人"),
            "earlier": lambda node: self.done_by.get(str(node)),
            "duty": str,
            "climb": lambda role, unit, barred=(): self._climb(str(role or ""), unit, barred),
        }
        return expression.evaluate({**names, "starter": self.starter_id}, functions)

    def _named(self, ids: Sequence[Any]) -> str | None:
        """Return the names of people; nothing when one of them is not known."""
        names = [self.people.get(one) for one in ids]
        return gettext("、").join(one for one in names if one) if all(names) else None

    def _climb(self, role: str, unit: Any, barred: Sequence[int] | None) -> str:
        """Return nothing while the role is not decided, the role alone while it is not known who is barred."""
        found = self.climb(role, unit, barred) if self.climb and role and barred is not None else ""
        return found or self._role(role)

    def _role(self, key: str) -> str:
        role = ROLES.get(key)
        if role is None:
            return key
        return role.name_en if self.locale == "en" else gettext(role.name)


def limit_of(node: Node, names: Mapping[str, Any], locale: str) -> str:
    """Return a node's limit in words; nothing when it has none or it is not known yet."""
    text = node.properties.get("limit", "")
    try:
        value = fill(text, names) if text else None
        if not value:
            return ""
        limit = parse_limit(str(value), node.properties.get("limit.clock"))
    except UserError:
        return ""
    return limit.text_en if locale == "en" else limit.text


@dataclass(frozen=True)
class Outlook:
    """What can be said about the rest of one case's way: the diagram, its data, who did what, rounds so far."""

    definition: Definition
    names: Mapping[str, Any]
    cast: Cast
    rounds: Mapping[str, int]
    locale: str
    foresee: Foresee = nothing

    def consequence(self, node: Node, action: Action) -> str:
        """Say what follows an action in one line; the owner's own words win over the computed ones.

        Where the owner tells what a return means, it is still said to whom it goes.
        """
        name, back = f"consequence.{action.code}", action.style == "danger"
        own = node.properties.get(f"{name}.en" if self.locale == "en" else name)
        if own and not back:
            return own
        names = {**self.names, DECISION: action.code}
        found = outcome(self.definition, node.id, names, self.foresee)
        return self._to_whom(own, found, names) if own else self._sentence(found, names, back=back)

    def coming(self, open_nodes: Sequence[str]) -> Iterator[list[str]]:
        """Yield the facts of the steps on the straight way to the end, once each: everybody's first action.

        Where a rule will decide, the step that the other possibilities lead to is taken.
        """
        for node, names in self._ahead(open_nodes):
            yield self.facts(node, names)

    def _ahead(self, open_nodes: Sequence[str]) -> Iterator[tuple[Node, Mapping[str, Any]]]:
        waiting: list[tuple[str, Mapping[str, Any]]] = [(one, self.names) for one in open_nodes]
        seen = set(open_nodes)
        while waiting and len(seen) < FAR + len(open_nodes):
            node_id, names = waiting.pop(0)
            node = self.definition.nodes.get(node_id)
            if node is None:
                continue
            found = self._after(node, names)
            fresh = [one for one in found.nodes.values() if one.id not in seen]
            if fresh:
                likely = max(fresh, key=lambda one: sum(one.id in self._after(other, names).nodes for other in fresh))
                reached = {**names, **found.known[likely.id]}
                seen.add(likely.id)
                waiting.append((likely.id, reached))
                yield likely, reached

    def _after(self, node: Node, names: Mapping[str, Any]) -> Outcome:
        names = {**names, DECISION: first_action(node).code}
        return outcome(self.definition, node.id, names, self.foresee)

    def facts(self, node: Node, names: Mapping[str, Any] | None = None) -> list[str]:
        """Return a coming step's name, who will have it and how long they have, as far as known."""
        names = self.names if names is None else names
        holder = self.cast.holder(node, names)
        if self.locale == "en" and holder == node.lane:
            holder = self.definition.lanes.get(holder) or holder
        who = gettext("由%(who)s办理", who=holder) if holder else ""
        return [name_of(node, self.locale), *filter(None, (who, limit_of(node, names, self.locale)))]

    def _to_whom(self, own: str, found: Outcome, names: Mapping[str, Any]) -> str:
        """Return the owner's words, with who will have it where one person or role certainly does."""
        if len(found.nodes) != 1 or found.ends or not found.sure:
            return own
        (node,) = found.nodes.values()
        who = self.cast.holder(node, {**names, **found.known[node.id]})
        return own if who in ("", node.lane) else gettext("给%(who)s：%(words)s", who=who, words=own)

    def _sentence(self, found: Outcome, names: Mapping[str, Any], *, back: bool) -> str:
        nodes = list(found.nodes.values())
        if not nodes:
            return gettext("办结，没有下一步") if found.ends else gettext("下一步由流程自动办理")
        if len(nodes) > 1 or found.ends or not found.sure:
            said = [name_of(node, self.locale) for node in nodes[:SEVERAL]]
            return _several([*said, *([gettext("办结")] if found.ends else [])], sure=found.sure)
        number = self.rounds.get(nodes[0].id, 0) + 1
        if number > 1 and back:
            return gettext("回到%(step)s，进入第 %(number)s 轮", step=name_of(nodes[0], self.locale), number=number)
        name, *facts = self.facts(nodes[0], {**names, **found.known[nodes[0].id]})
        said = [" ".join(filter(None, (name, round_word(number)))), *facts]
        return gettext("下一步：%(steps)s", steps=gettext("，").join(said))


def first_action(node: Node) -> Action:
    """Return the action that moves a case on: the primary one, else the first."""
    actions = actions_of(node.properties)
    return next((action for action in actions if action.style == "primary"), actions[0])


def _several(steps: Sequence[str], *, sure: bool) -> str:
    if len(steps) == 1:
        return gettext("下一步：%(steps)s", steps=steps[0])
    if sure:
        return gettext("下一步同时：%(steps)s", steps=gettext("、").join(steps))
    return gettext("下一步：%(steps)s，由流程判断", steps=gettext(" 或 ").join(steps))

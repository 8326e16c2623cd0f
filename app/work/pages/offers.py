"""What somebody may say to a running case beside its steps: withdraw, object. One boundary message each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.engine import Definition, Node
from app.errors import UserError
from app.expressions import juel
from app.people.rules import Viewer
from app.web import filters
from app.web.i18n import gettext
from app.work.models import Case
from app.work.pages.records import message_word
from app.work.pages.words import name_of
from app.work.queries.casefile import CaseFile
from app.work.rules import actions_of, fill, words

AddWorking = Callable[[datetime, str], datetime]


@dataclass(frozen=True)
class Offer:
    """One message a person may send now: its name, its verb, what follows, whether a reason is needed."""

    name: str
    label: str
    consequence: str
    reason_required: bool
    until: str = ""


@dataclass(frozen=True)
class Offering:
    """What decides which messages are offered: the case, who asks, when."""

    file: CaseFile
    definition: Definition
    viewer: Viewer
    names: Mapping[str, Any]
    waiting: Mapping[str, Mapping[str, Any]]
    add_working: AddWorking
    now: datetime
    locale: str

    def offers(self) -> list[Offer]:
        """Return what this person may send to the case now; each message once."""
        found: dict[str, Offer] = {}
        for node, name in self._messages():
            names = {**self.names, **self.waiting[node.id], "case": self.names.get("case", {})}
            if self._addressed(node, names) and self._fits(node, names) and self._in_time(node):
                found.setdefault(name, self._offer(node, name))
        return list(found.values())

    def _messages(self) -> Iterator[tuple[Node, str]]:
        for node_id in self.waiting:
            node = self.definition.nodes.get(node_id)
            name = message_of(self.definition, node) if node else None
            if node and name and (node.attached_to or "offer.to" in node.properties):
                yield node, name

    def _addressed(self, node: Node, names: Mapping[str, Any]) -> bool:
        """Say whether the message is this person's to send: `offer.to` names them, else they began the case."""
        text = node.properties.get("offer.to")
        case: Case = self.file.case
        try:
            named = fill(text, {**names, "starter": case.starter_id}) if text else case.starter_id
        except UserError:
            return False
        me = {self.viewer.user_id, self.viewer.user_name, str(self.viewer.user_id)}
        return any(one in me for one in _each(named))

    def _fits(self, node: Node, names: Mapping[str, Any]) -> bool:
        text = node.properties.get("offer.when")
        if not text:
            return True
        try:
            expression = juel.braced(text)
            return expression is not None and expression.holds(names)
        except UserError:
            return False

    def _in_time(self, node: Node) -> bool:
        until = self._until(node)
        return until is None or self.now <= until

    def _until(self, node: Node) -> datetime | None:
        within, since = node.properties.get("offer.within"), node.properties.get("offer.since")
        ends = [item.closed_at for item in self.file.done if item.node == since and item.closed_at]
        return self.add_working(max(ends), within) if within and ends else None

    def _offer(self, node: Node, name: str) -> Offer:
        action = actions_of(node.properties)[0] if "actions" in node.properties else None
        own = f"consequence.{action.code}" if action else "consequence"
        said = node.properties.get(f"{own}.en" if self.locale == "en" else own, "")
        until = self._until(node)
        return Offer(
            name=name,
            label=action.label(self.locale) if action else (name_of(node, self.locale) or message_word(name)),
            consequence=said or _consequence(node),
            reason_required=bool(words(node.properties.get("reason.required"))),
            until=gettext("%(time)s 前可以提", time=filters.local_time(until)) if until else "",
        )


def _each(named: Any) -> Iterator[Any]:
    """Yield who is named: one person, or those of a list, lists in it included."""
    if isinstance(named, list):
        for one in named:
            yield from _each(one)
    else:
        yield named


def _consequence(node: Node) -> str:
    """Return what follows of a message whose owner did not say it."""
    return gettext("这件办件从这里改道，记录都留着") if node.attached_to else gettext("这件办件接着往下走")


def message_of(definition: Definition, node: Node) -> str | None:
    """Return the name of the message a node waits for."""
    scope = definition.specs.get(node.scope)
    spec = scope.task_specs.get(node.id) if scope is not None else None
    name = getattr(spec, "message", None)
    return name if isinstance(name, str) else None

"""Draws tiny diagrams for tests, and runs them with save and restore between every two steps."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from app.engine import Advance, Engine, Environment, Live, OpenNode, TaskRow, compile_definition, restore

BEGIN = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="t">'
)
DMN_HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="t" name="t" namespace="t">'


def diagram(*parts: str, own: Mapping[str, str] | None = None, outside: str = "") -> bytes:
    """Return a BPMN file with one process `p`."""
    body = extension(properties(own or {})) + "".join(parts)
    return f'{HEAD}{outside}<process id="p" name="流程" isExecutable="true">{body}</process></definitions>'.encode()


def node(tag: str, id_: str, inner: str = "", **attributes: str) -> str:
    """Return any element; attributes with `camunda_` in front get the prefix."""
    return f"<{tag} id={quoteattr(id_)}{_attributes(attributes)}>{inner}</{tag}>"


def start(id_: str = "s") -> str:
    """Return a start event."""
    return node("startEvent", id_)


def end(id_: str = "e", inner: str = "") -> str:
    """Return an end event."""
    return node("endEvent", id_, inner)


def user(id_: str, inner: str = "", assignee: str = "${starter}", **attributes: str) -> str:
    """Return a user task."""
    english = extension(properties({"name.en": id_}) + inner)
    return node("userTask", id_, english, camunda_assignee=assignee, **attributes)


def script(id_: str, text: str) -> str:
    """Return a script task."""
    return node("scriptTask", id_, f"<script>{escape(text)}</script>")


def service(id_: str, topic: str = "t", inner: str = "") -> str:
    """Return an external service task; `inner` stands among its extension elements."""
    return node("serviceTask", id_, extension(inner), camunda_type="external", camunda_topic=topic)


def gateway(kind: str, id_: str, default: str | None = None) -> str:
    """Return a gateway; `kind` is `exclusive`, `parallel`, `inclusive` or `eventBased`."""
    return node(f"{kind}Gateway", id_, **({"default": default} if default else {}))


def flows(*pairs: str) -> str:
    """Return flows; each is `a>b`, or `id:a>b`, with `[condition]` and `"name"` after it if wanted."""
    return "".join(_flow(pair) for pair in pairs)


def chain(*ids: str) -> str:
    """Return flows from each node to the next."""
    return flows(*(f"{one}>{two}" for one, two in pairwise(ids)))


def timer(kind: str, text: str) -> str:
    """Return a timer definition; `kind` is `Date`, `Duration` or `Cycle`."""
    return f"<timerEventDefinition><time{kind}>{escape(text)}</time{kind}></timerEventDefinition>"


def message(reference: str) -> str:
    """Return a message definition; the message itself is drawn by `messages`."""
    return f"<messageEventDefinition messageRef={quoteattr('m_' + reference)}/>"


def messages(*names: str) -> str:
    """Return messages, for the argument `outside` of `diagram`."""
    return "".join(f"<message id={quoteattr('m_' + name)} name={quoteattr(name)}/>" for name in names)


def catch(id_: str, definition: str) -> str:
    """Return an intermediate catching event."""
    return node("intermediateCatchEvent", id_, definition)


def signal(reference: str) -> str:
    """Return a signal definition; the signal itself is drawn by `named`."""
    return f"<signalEventDefinition signalRef={quoteattr('s_' + reference)}/>"


def error(reference: str = "") -> str:
    """Return an error definition; without a name it catches every error."""
    return (
        f"<errorEventDefinition errorRef={quoteattr('x_' + reference)}/>" if reference else "<errorEventDefinition/>"
    )


def escalation(reference: str = "") -> str:
    """Return an escalation definition; without a name it catches every escalation."""
    named_ = f" escalationRef={quoteattr('c_' + reference)}" if reference else ""
    return f"<escalationEventDefinition{named_}/>"


def link(name: str) -> str:
    """Return a link definition."""
    return f"<linkEventDefinition name={quoteattr(name)}/>"


def named(*names: str) -> str:
    """Return a message, a signal, an error and an escalation of each name, for the argument `outside`."""
    return "".join(
        f'<message id="m_{one}" name="{one}"/><signal id="s_{one}" name="{one}"/>'
        f'<error id="x_{one}" errorCode="{one}"/><escalation id="c_{one}" escalationCode="{one}"/>'
        for one in names
    )


def throw(id_: str, definition: str) -> str:
    """Return an intermediate throwing event."""
    return node("intermediateThrowEvent", id_, definition)


def several(
    collection: str = "", *, until: str = "", times: str = "", item: str = "one", one_by_one: bool = False
) -> str:
    """Return the marker of a multi-instance node: over a list, or a number of times."""
    over = (
        f" camunda:collection={quoteattr(collection)} camunda:elementVariable={quoteattr(item)}" if collection else ""
    )
    order = ' isSequential="true"' if one_by_one else ""
    count = f"<loopCardinality>{escape(times)}</loopCardinality>" if times else ""
    stop = f"<completionCondition>{escape(until)}</completionCondition>" if until else ""
    return f"<multiInstanceLoopCharacteristics{order}{over}>{count}{stop}</multiInstanceLoopCharacteristics>"


def again(condition: str = "", *, first: bool = False, most: int | None = None) -> str:
    """Return the marker of a standard loop."""
    maximum = f' loopMaximum="{most}"' if most is not None else ""
    test = f"<loopCondition>{escape(condition)}</loopCondition>" if condition else ""
    before = ' testBefore="true"' if first else ""
    return f"<standardLoopCharacteristics{before}{maximum}>{test}</standardLoopCharacteristics>"


def sub(id_: str, *parts: str) -> str:
    """Return an embedded sub-process."""
    return node("subProcess", id_, "".join(parts))


def call(id_: str, slug: str, mapped: str = "", marker: str = "") -> str:
    """Return a call activity; `mapped` are its `camunda:in` and `camunda:out`."""
    return node("callActivity", id_, extension(mapped) + marker, calledElement=slug)


def signer(id_: str, marker: str, inner: str = "", assignee: str = "${one}", **own: str) -> str:
    """Return a user task that repeats."""
    english = extension(properties({"name.en": id_, **{k.replace("_", "."): v for k, v in own.items()}}) + inner)
    return node("userTask", id_, english + marker, camunda_assignee=assignee)


def boundary(id_: str, on: str, definition: str, *, interrupting: bool = True) -> str:
    """Return a boundary event on the node `on`."""
    cancel = "true" if interrupting else "false"
    return node("boundaryEvent", id_, definition, attachedToRef=on, cancelActivity=cancel)


def extension(inner: str) -> str:
    """Return extension elements."""
    return f"<extensionElements>{inner}</extensionElements>" if inner else ""


def properties(own: Mapping[str, str]) -> str:
    """Return `guanjia.` properties."""
    entries = "".join(
        f"<camunda:property name={quoteattr('guanjia.' + name)} value={quoteattr(value)}/>"
        for name, value in own.items()
    )
    return f"<camunda:properties>{entries}</camunda:properties>" if entries else ""


def mapping(inputs: Mapping[str, str] | None = None, outputs: Mapping[str, str] | None = None) -> str:
    """Return an input and output mapping."""
    parts = [
        f"<camunda:{kind}Parameter name={quoteattr(name)}>{escape(text)}</camunda:{kind}Parameter>"
        for kind, entries in (("input", inputs), ("output", outputs))
        for name, text in (entries or {}).items()
    ]
    return f"<camunda:inputOutput>{''.join(parts)}</camunda:inputOutput>"


def table(
    id_: str,
    inputs: list[str],
    outputs: list[str],
    rules: list[tuple[list[str], list[str]]],
    *,
    policy: str = "UNIQUE",
    aggregation: str = "",
) -> bytes:
    """Return a DMN file with one decision table."""
    columns = "".join(
        f"<input><inputExpression><text>{escape(one)}</text></inputExpression></input>" for one in inputs
    )
    results = "".join(f"<output name={quoteattr(one)}/>" for one in outputs)
    rows = "".join(_rule(*rule) for rule in rules)
    summed = f" aggregation={quoteattr(aggregation)}" if aggregation else ""
    inner = f"<decisionTable hitPolicy={quoteattr(policy)}{summed}>{columns}{results}{rows}</decisionTable>"
    return f'{DMN_HEAD}<decision id={quoteattr(id_)} name="表">{inner}</decision></definitions>'.encode()


def _rule(tests: list[str], values: list[str]) -> str:
    entries = "".join(f"<inputEntry><text>{escape(one)}</text></inputEntry>" for one in tests)
    results = "".join(f"<outputEntry><text>{escape(one)}</text></outputEntry>" for one in values)
    return f"<rule>{entries}{results}</rule>"


def _flow(text: str) -> str:
    rest, _, name = text.partition('"')
    rest, _, condition = rest.partition("[")
    identity, _, ends = rest.strip().rpartition(":")
    source, _, target = ends.strip().partition(">")
    condition = condition.strip().removesuffix("]")
    inner = f"<conditionExpression>{escape(condition)}</conditionExpression>" if condition else ""
    attributes = {"sourceRef": source, "targetRef": target}
    if name:
        attributes["name"] = name.rstrip('"')
    return node("sequenceFlow", identity or f"f_{source}_{target}", inner, **attributes)


def _attributes(attributes: Mapping[str, str]) -> str:
    return "".join(f" {key.replace('camunda_', 'camunda:')}={quoteattr(value)}" for key, value in attributes.items())


class Run:
    """One case of a diagram. After every step it is stored as rows and header, thrown away and built anew."""

    def __init__(
        self,
        xml: bytes,
        tables: Mapping[str, bytes] | None = None,
        data: Mapping[str, Any] | None = None,
        case: Mapping[str, Any] | None = None,
        called: Mapping[str, bytes] | None = None,
        at: str | None = None,
    ) -> None:
        parts = {slug: compile_definition(part) for slug, part in (called or {}).items()}
        self.definition = compile_definition(xml, tables or {}, parts)
        self.engine = Engine()
        self.now = BEGIN
        self.starter: Mapping[str, Any] = {"id": 7, "name": "发起人", "unit": 3}
        self.due: dict[str, datetime] = {}
        self.rows: dict[str, TaskRow] = {}
        self.header = ""
        self.live, first = self.engine.start(self.definition, data or {}, case or {}, self.env, at)
        self.last = first
        self._store(first)

    @property
    def env(self) -> Environment:
        """What the case sees of the world."""
        return Environment(self.now, self.starter, self.due, lambda start, _limit: start + timedelta(days=2))

    @property
    def open(self) -> list[str]:
        """The nodes that wait, in order of opening."""
        return [one.node for one in self.engine.open_nodes(self.live)]

    @property
    def people(self) -> list[str]:
        """The nodes that wait for a person, in alphabetical order."""
        return sorted(one.node for one in self.engine.open_nodes(self.live) if one.wait == "person")

    @property
    def passed(self) -> list[str]:
        """The nodes passed in the last step."""
        return [one.node for one in self.last.completed]

    def tokens(self, node_id: str) -> dict[Any, str]:
        """Return the tokens that wait at a node by the name their rule gives, for those with a `user` rule."""
        waiting = [one for one in self.engine.open_nodes(self.live) if one.node == node_id]
        return {(one.rule or {}).get("name"): one.token for one in waiting}

    def sign(self, node_id: str, who: Any, /, **answers: Any) -> Advance:
        """Let one of several complete a multi-instance node."""
        token = self.tokens(node_id)[who]
        return self._step(lambda: self.engine.complete(self.live, token, answers, self.env))

    def at(self, node_id: str) -> OpenNode:
        """Return the token that waits at a node, the oldest if there are several."""
        return next(one for one in self.engine.open_nodes(self.live) if one.node == node_id)

    def complete(self, node_id: str, **answers: Any) -> Advance:
        """Let a person complete a node."""
        return self._step(lambda: self.engine.complete(self.live, self.at(node_id).token, answers, self.env))

    def finish(self, node_id: str, **result: Any) -> Advance:
        """Hand in the result of a service."""
        return self._step(lambda: self.engine.finish_service(self.live, self.at(node_id).token, result, self.env))

    def fail(self, node_id: str, reason: str, code: str | None = None) -> Advance:
        """Report that a service failed."""
        return self._step(lambda: self.engine.fail_service(self.live, self.at(node_id).token, reason, self.env, code))

    def retry(self, token: str) -> Advance:
        """Try an incident again."""
        return self._step(lambda: self.engine.retry(self.live, token, self.env))

    def message(self, name: str, **payload: Any) -> Advance:
        """Deliver a message."""
        return self._step(lambda: self.engine.message(self.live, name, payload, self.env))

    def message_to(self, name: str, where: Mapping[str, Any], **payload: Any) -> Advance:
        """Deliver a message to the tokens whose data agree."""
        return self._step(lambda: self.engine.message(self.live, name, payload, self.env, where))

    def signal(self, name: str, **payload: Any) -> Advance:
        """Let a signal be heard."""
        return self._step(lambda: self.engine.signal(self.live, name, payload, self.env))

    def add(self, node_id: str, value: Any) -> Advance:
        """Ask one more at a multi-instance node."""
        return self._step(lambda: self.engine.add_signer(self.live, self.at(node_id).token, value, self.env))

    def remove(self, token: str) -> Advance:
        """Ask one fewer at a multi-instance node."""
        return self._step(lambda: self.engine.remove_signer(self.live, token, self.env))

    def skip(self, node_id: str, value: Any) -> Advance:
        """Take one who was not asked yet off a sequential multi-instance node."""
        return self._step(lambda: self.engine.skip_signer(self.live, self.at(node_id).token, value, self.env))

    def tick(self, hours: float = 0) -> Advance:
        """Let time pass, then let due timers fire."""
        self.now += timedelta(hours=hours)
        return self._step(lambda: self.engine.tick(self.live, self.env))

    def rearm(self, **due: datetime) -> Advance:
        """Move limits."""
        return self._step(lambda: self.engine.rearm(self.live, due, self.env))

    def cancel(self) -> Advance:
        """Stop the case."""
        return self._step(lambda: self.engine.cancel(self.live, self.env))

    def _step(self, act: Callable[[], Advance]) -> Advance:
        self.last = act()
        self._store(self.last)
        return self.last

    def _store(self, step: Advance) -> None:
        for token in step.removed:
            del self.rows[token]
        self.rows |= {row.id: row for row in step.changed}
        self.header = json.dumps(self.engine.header(self.live))
        rebuilt = restore(
            self.definition, sorted(self.rows.values(), key=lambda row: row.id), json.loads(self.header)
        )
        assert tree_of(rebuilt) == tree_of(self.live), "the stored rows are not the whole state"
        assert self.engine.open_nodes(rebuilt) == self.engine.open_nodes(self.live)
        self.live = rebuilt


def tree_of(live: Live) -> dict[str, tuple[Any, ...]]:
    """Return everything a live case consists of, to be compared."""
    return {
        str(token.id): (
            token.seq,
            str(token.parent.id) if token.parent else None,
            [str(child.id) for child in token.children],
            token.task_spec.name,
            token.state,
            token.internal_data,
            token.data,
            token.last_state_change,
        )
        for part in live.workflow.everywhere()
        for token in part.tasks.values()
    }

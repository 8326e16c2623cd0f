"""One tiny diagram for every row of the table of BPMN elements; what is shown in it has the id `x`."""

# ruff: noqa: E501 - a table of drawings reads best with one drawing a line

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.processes.diagrams import (
    HEAD,
    boundary,
    catch,
    chain,
    diagram,
    end,
    flows,
    gateway,
    message,
    messages,
    node,
    script,
    service,
    start,
    table,
    timer,
    user,
)

HOUR, THRICE = timer("Duration", "PT1H"), timer("Cycle", "R3/PT1H")
SIGNAL = '<signalEventDefinition signalRef="g"/>'
ERROR = '<errorEventDefinition errorRef="r"/>'
ESCALATION = '<escalationEventDefinition escalationRef="c"/>'
CONDITION = "<conditionalEventDefinition><condition>${y}</condition></conditionalEventDefinition>"
COMPENSATION = "<compensateEventDefinition/>"
LINK = '<linkEventDefinition name="l"/>'
TWO = message("m") + HOUR
OUTSIDE = (
    messages("m")
    + '<signal id="g" name="go"/><error id="r" name="failed" errorCode="E1"/>'
    + '<escalation id="c" name="louder" escalationCode="C1"/>'
)
CALLED = diagram(start(), user("inside"), end(), chain("s", "inside", "e"))


@dataclass(frozen=True)
class Sample:
    """A drawing, what must be passed when it runs, and what belongs to it."""

    xml: bytes
    passes: frozenset[str] = frozenset({"x"})
    tables: Mapping[str, bytes] = field(default_factory=dict)
    called: Mapping[str, bytes] = field(default_factory=dict)


def draw(*parts: str) -> Sample:
    """Return a sample of a process."""
    return Sample(diagram(*parts, outside=OUTSIDE))


def step(drawn: str, *more: str) -> Sample:
    """Return a sample whose only step is `x`."""
    return draw(start(), drawn, end(), chain("s", "x", "e"), *more)


def throw(definition: str) -> Sample:
    """Return a sample that throws at `x`."""
    return step(node("intermediateThrowEvent", "x", definition))


def on_task(definition: str, *, interrupting: bool = True) -> Sample:
    """Return a sample with an event on the border of a task."""
    event = boundary("x", "a", definition, interrupting=interrupting)
    return draw(start(), user("a"), event, end(), end("f"), chain("s", "a", "e"), flows("x>f"))


def ending(definition: str) -> Sample:
    """Return a sample that ends at `x`, in a sub-process that catches what is thrown."""
    inner = node("subProcess", "sub", start("i") + user("a") + end("x", definition) + chain("i", "a", "x"))
    caught = boundary("b", "sub", definition) if definition in {ERROR, ESCALATION} else ""
    more = flows("b>f") if caught else ""
    return draw(start(), inner, caught, end(), end("f") if caught else "", chain("s", "sub", "e"), more)


def inside(definition: str, *, interrupting: bool = True) -> Sample:
    """Return a sample with an event on a sub-process in which it is thrown."""
    thrown = end("t", definition) if definition == ERROR else node("intermediateThrowEvent", "t", definition)
    rest = "" if definition == ERROR else end("j") + flows("t>j")
    inner = node("subProcess", "sub", start("i") + thrown + rest + flows("i>t"))
    event = boundary("x", "sub", definition, interrupting=interrupting)
    return draw(start(), inner, event, end(), end("f"), chain("s", "sub", "e"), flows("x>f"))


def begin(definition: str) -> Sample:
    """Return a sample that begins with an event."""
    return draw(node("startEvent", "x", definition), user("a"), end(), chain("x", "a", "e"))


def fork(kind: str, *conditions: str) -> Sample:
    """Return a sample of a gateway that splits at `x` and joins at `y`."""
    ways = flows("d:x>a", f"x>b{conditions[0] if conditions else ''}", "a>y", "b>y", "y>e")
    default = "d" if conditions else None
    return draw(
        start(), gateway(kind, "x", default), user("a"), user("b"), gateway(kind, "y"), end(), flows("s>x"), ways
    )


def repeated(marker: str) -> Sample:
    """Return a sample of a repeated task."""
    return step(node("userTask", "x", marker, camunda_assignee="${starter}"))


def beside(drawn: str) -> Sample:
    """Return a sample of a process with something drawn beside it."""
    return Sample(draw(start(), user("a"), end(), chain("s", "a", "e"), drawn).xml, frozenset({"a"}))


def pool(inner: str) -> Sample:
    """Return a sample of a process in a collaboration."""
    drawn = diagram(
        start(), user("x"), end(), chain("s", "x", "e"), outside=f'<collaboration id="k">{inner}</collaboration>'
    )
    return Sample(drawn)


def file(inner: str) -> Sample:
    """Return a file without our process."""
    return Sample(f"{HEAD}{inner}</definitions>".encode())


PARALLEL = "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
PROCESS = '<process id="{0}" isExecutable="true"><startEvent id="s{0}"/></process>'
EVENT_SUB = start("i") + end("j") + flows("i>j")
SPLIT = (start(), user("x"), user("a"), user("b"), end())

SAMPLES: Mapping[str, Sample] = {
    "startEvent:none": draw(start("x"), user("a"), end(), chain("x", "a", "e")),
    "startEvent:message": begin(message("m")),
    "startEvent:signal": begin(SIGNAL),
    "startEvent:timer": begin(timer("Cycle", "R/P1D")),
    "startEvent:conditional": begin(CONDITION),
    "startEvent:error": begin(ERROR),
    "startEvent:escalation": begin(ESCALATION),
    "startEvent:compensate": begin(COMPENSATION),
    "startEvent:multiple": begin(TWO),
    "startEvent:parallelMultiple": draw(node("startEvent", "x", TWO, parallelMultiple="true"), user("a"), end(), chain("x", "a", "e")),
    "startEvent:inner": draw(start(), node("subProcess", "sub", node("startEvent", "x", message("m")) + end("j") + flows("x>j")), end(), chain("s", "sub", "e")),
    "intermediateCatchEvent:timer": step(catch("x", HOUR)),
    "intermediateCatchEvent:cycle": step(catch("x", THRICE)),
    "intermediateCatchEvent:message": step(catch("x", message("m"))),
    "intermediateCatchEvent:signal": step(catch("x", SIGNAL)),
    "intermediateCatchEvent:link": draw(start(), node("intermediateThrowEvent", "t", LINK), catch("x", LINK), user("a"), end(), flows("s>t", "x>a", "a>e")),
    "intermediateCatchEvent:conditional": step(catch("x", CONDITION)),
    "intermediateCatchEvent:multiple": step(catch("x", TWO)),
    "intermediateCatchEvent:parallelMultiple": step(node("intermediateCatchEvent", "x", TWO, parallelMultiple="true")),
    "intermediateCatchEvent:none": step(catch("x", "")),
    "intermediateThrowEvent:none": throw(""),
    "intermediateThrowEvent:message": throw(message("m")),
    "intermediateThrowEvent:signal": throw(SIGNAL),
    "intermediateThrowEvent:link": draw(start(), node("intermediateThrowEvent", "x", LINK), catch("c", LINK), user("a"), end(), flows("s>x", "c>a", "a>e")),
    "intermediateThrowEvent:escalation": throw(ESCALATION),
    "intermediateThrowEvent:compensate": throw(COMPENSATION),
    "intermediateThrowEvent:multiple": throw(message("m") + SIGNAL),
    "boundaryEvent:timer": on_task(HOUR),
    "boundaryEvent:timer.beside": on_task(HOUR, interrupting=False),
    "boundaryEvent:cycle": on_task(THRICE),
    "boundaryEvent:cycle.beside": on_task(THRICE, interrupting=False),
    "boundaryEvent:message": on_task(message("m")),
    "boundaryEvent:message.beside": on_task(message("m"), interrupting=False),
    "boundaryEvent:signal": on_task(SIGNAL),
    "boundaryEvent:signal.beside": on_task(SIGNAL, interrupting=False),
    "boundaryEvent:error": inside(ERROR),
    "boundaryEvent:error.beside": inside(ERROR, interrupting=False),
    "boundaryEvent:escalation": inside(ESCALATION),
    "boundaryEvent:escalation.beside": inside(ESCALATION, interrupting=False),
    "boundaryEvent:conditional": on_task(CONDITION),
    "boundaryEvent:compensate": on_task(COMPENSATION),
    "boundaryEvent:cancel": on_task("<cancelEventDefinition/>"),
    "boundaryEvent:multiple": on_task(TWO),
    "boundaryEvent:parallelMultiple": draw(start(), user("a"), node("boundaryEvent", "x", TWO, attachedToRef="a", parallelMultiple="true"), end(), chain("s", "a", "e"), flows("x>e")),
    "boundaryEvent:none": on_task(""),
    "endEvent:none": ending(""),
    "endEvent:terminate": ending("<terminateEventDefinition/>"),
    "endEvent:message": ending(message("m")),
    "endEvent:signal": ending(SIGNAL),
    "endEvent:error": ending(ERROR),
    "endEvent:escalation": ending(ESCALATION),
    "endEvent:cancel": ending("<cancelEventDefinition/>"),
    "endEvent:compensate": ending(COMPENSATION),
    "endEvent:multiple": ending(message("m") + SIGNAL),
    "userTask": step(user("x")),
    "manualTask": step(node("manualTask", "x", camunda_assignee="${starter}")),
    "task": step(node("task", "x", camunda_assignee="${starter}")),
    "scriptTask": step(script("x", "done = 1 + 1")),
    "scriptTask:code": step(node("scriptTask", "x", "<script>print(1)</script>", scriptFormat="python")),
    "serviceTask:external": step(service("x")),
    "serviceTask": step(node("serviceTask", "x", camunda_class="org.example.Mail")),
    "businessRuleTask": Sample(step(node("businessRuleTask", "x", camunda_decisionRef="t")).xml, tables={"t": table("t", ["1"], ["y"], [(["-"], ["1"])])}),
    "businessRuleTask:external": step(node("businessRuleTask", "x", camunda_type="external", camunda_topic="t")),
    "sendTask": step(node("sendTask", "x", messageRef="m_m")),
    "sendTask:external": step(node("sendTask", "x", camunda_type="external", camunda_topic="t")),
    "sendTask:code": step(node("sendTask", "x", camunda_class="org.example.Mail")),
    "receiveTask": step(node("receiveTask", "x", messageRef="m_m")),
    "receiveTask:none": step(node("receiveTask", "x")),
    "receiveTask:instantiate": step(node("receiveTask", "x", messageRef="m_m", instantiate="true")),
    "loop:parallel": repeated(PARALLEL),
    "loop:sequential": repeated(PARALLEL.replace("Characteristics><loop", 'Characteristics isSequential="true"><loop')),
    "loop:standard": repeated('<standardLoopCharacteristics loopMaximum="2"><loopCondition>${true}</loopCondition></standardLoopCharacteristics>'),
    "marker:compensation": step(node("userTask", "x", camunda_assignee="${starter}", isForCompensation="true")),
    "subProcess": step(node("subProcess", "x", start("i") + user("a") + end("j") + chain("i", "a", "j"))),
    "subProcess:event": step(node("subProcess", "x", EVENT_SUB, triggeredByEvent="true")),
    "transaction": step(node("transaction", "x", EVENT_SUB)),
    "adHocSubProcess": step(node("adHocSubProcess", "x", user("a"))),
    "callActivity": Sample(step(node("callActivity", "x", calledElement="other")).xml, frozenset({"x", "other:inside"}), called={"other": CALLED}),
    "exclusiveGateway": fork("exclusive", "[${no}]"),
    "parallelGateway": fork("parallel"),
    "inclusiveGateway": fork("inclusive", "[${true}]"),
    "eventBasedGateway": draw(start(), gateway("eventBased", "x"), catch("c", HOUR), catch("d", timer("Duration", "PT2H")), catch("n", message("m")), end(), flows("s>x", "x>c", "x>d", "x>n", "c>e", "d>e", "n>e")),
    "eventBasedGateway:instantiate": draw(start(), node("eventBasedGateway", "x", instantiate="true"), catch("c", HOUR), catch("n", message("m")), end(), flows("s>x", "x>c", "x>n", "c>e", "n>e")),
    "complexGateway": step(node("complexGateway", "x")),
    "flow": step(user("x")),
    "flow:conditional": Sample(fork("exclusive", "[${true}]").xml, frozenset({"x", "b"})),
    "flow:default": Sample(fork("exclusive", "[${no}]").xml, frozenset({"x", "a"})),
    "flow:activity": Sample(draw(*SPLIT, flows("s>x", "x>a[${true}]", "x>b[${no}]", "a>e", "b>e")).xml, frozenset({"x", "a"})),
    "flow:ignored": draw(start(), gateway("parallel", "x"), user("a"), user("b"), gateway("parallel", "y"), end(), flows("s>x", "x>a[${no}]", "x>b", "a>y", "b>y", "y>e")),
    "flow:split": Sample(draw(*SPLIT, flows("s>x", "x>a", "x>b", "a>e", "b>e")).xml, frozenset({"x", "a", "b"})),
    "flow:merge": draw(start(), gateway("parallel", "g"), user("a"), user("b"), user("x"), end(), flows("s>g", "g>a", "g>b", "a>x", "b>x", "x>e")),
    "lane": draw('<laneSet id="l"><lane id="l1" name="处室"><flowNodeRef>x</flowNodeRef></lane></laneSet>', start(), user("x"), end(), chain("s", "x", "e")),
    "participant": pool('<participant id="o" name="处室" processRef="p"/><participant id="q" name="别的单位"/>'),
    "participant:several": file(PROCESS.format("p1") + PROCESS.format("p2")),
    "messageFlow": pool('<participant id="o" processRef="p"/><participant id="q"/><messageFlow id="f" sourceRef="x" targetRef="q"/>'),
    "choreography": file('<choreography id="h"><startEvent id="s"/></choreography>'),
    "conversation": file('<collaboration id="k"><conversation id="h"/></collaboration>'),
    "dataObject": beside('<dataObject id="o"/><dataObjectReference id="x" dataObjectRef="o" name="单据"/>'),
    "dataStore": beside('<dataStoreReference id="x" name="台账"/>'),
    "dataAssociation": Sample(step(node("userTask", "x", '<dataOutputAssociation id="q"><targetRef>o</targetRef></dataOutputAssociation>', camunda_assignee="${starter}")).xml),
    "textAnnotation": beside('<textAnnotation id="x"><text>说明</text></textAnnotation>'),
    "association": beside('<association id="x" sourceRef="a" targetRef="e"/>'),
    "group": beside('<group id="x"/>'),
    "other": step(node("implicitThrowEvent", "x")),
}  # fmt: skip

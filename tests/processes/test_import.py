"""Import: foreign diagrams are repaired openly, what was not broken stays as it was, what is loaded runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from lxml import etree

from app.engine import DiagramRefused, Known, Repair, apply_repairs, check, compile_definition, find_repairs
from app.formkit import compile_form
from app.processes.asked import forms_of
from tests.processes.diagrams import boundary, catch, chain, diagram, end, flows, gateway, node, script, start, user
from tests.processes.walker import Walk, generated

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
HEAD = f'<definitions xmlns="{BPMN}" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="t">'
HERE = Known(topics=())


def foreign(*parts: str, head: str = HEAD, outside: str = "", executable: str = "false") -> bytes:
    """Return a file with one process as other tools write it."""
    process = f'<process id="p" isExecutable="{executable}">{"".join(parts)}</process>'
    return f"{head}{outside}{process}</definitions>".encode()


def task(id_: str, name: str = "") -> str:
    """Return an abstract task as people draw it."""
    return node("task", id_, name=name or id_)


def rules(xml: bytes, known: Known = HERE) -> set[str]:
    """Return the rules by which a diagram would be repaired."""
    return {one.rule for one in find_repairs(xml, known)}


def errors(xml: bytes, repairs: tuple[Repair, ...] = (), known: Known = HERE) -> list[str]:
    """Return what would refuse a publication."""
    forms = {name: json.loads(text) for name, text in forms_of(repairs).items()}
    for schema in forms.values():
        compile_form(schema)
    found = check(xml, known.tables, {**known.forms, **forms}, known.topics)
    return [one.rule for one in found if one.severity == "error"]


def imported(xml: bytes, known: Known = HERE) -> Walk:
    """Repair a diagram that is refused as it is, and run it to its end."""
    repairs = find_repairs(xml, known)
    repaired = apply_repairs(xml, None, known)
    assert errors(repaired, repairs, known) == []
    assert find_repairs(repaired, _with_forms(known, repairs)) == (), "a repaired diagram needs no repair"
    walk = Walk(compile_definition(repaired, known.tables)).go(_asked(repairs))
    assert (walk.ended, walk.incidents) == (True, [])
    return walk


def _with_forms(known: Known, repairs: tuple[Repair, ...]) -> Known:
    forms = {name: json.loads(text) for name, text in forms_of(repairs).items()}
    return Known(known.topics, known.tables, known.processes, {**known.forms, **forms}, known.roles)


def _asked(repairs: tuple[Repair, ...]) -> Any:
    values = {"yes_no": True, "number": 5, "date": "2026-03-03", "person": 7, "people": [7, 8]}
    asked = [field for one in repairs for field in one.values.get("asked", ())]
    answers = {one["key"]: values.get(one["kind"], next(iter(one["choices"]), "x")) for one in asked}

    def answer(one: Any, walk: Walk) -> Mapping[str, Any]:
        return {**answers, **generated(one, walk)}

    return answer


TIMER = "<timerEventDefinition/>"
MESSAGE = "<messageEventDefinition/>"
CONDITION = "<conditionalEventDefinition><condition>x</condition></conditionalEventDefinition>"
FIRST = start() + user("a")
REPAIRS: Mapping[str, tuple[str, bytes]] = {
    "not executable": ("executable", foreign(start(), task("a"), end(), chain("s", "a", "e"))),
    "no start": ("start-missing", foreign(task("a"), end(), chain("a", "e"))),
    "loose start": ("start-loose", foreign(start(), task("a"), end(), chain("a", "e"))),
    "several starts": (
        "start-several",
        foreign(start("s1"), start("s2"), task("a"), end(), flows("s1>a", "s2>a", "a>e")),
    ),
    "way back into the start": (
        "start-incoming",
        foreign(start(), task("a"), gateway("exclusive", "g"), end(), chain("s", "a", "g", "e"), flows("g>s")),
    ),
    "no end": ("dead-end", foreign(start(), task("a"), chain("s", "a"))),
    "flow after the end": ("end-outgoing", foreign(start(), task("a"), end(), chain("s", "e", "a"))),
    "flow to nowhere": ("flow-end", foreign(start(), task("a"), end(), chain("s", "a", "e"), flows("a>gone"))),
    "flow into a sub-process": (
        "flow-scope",
        foreign(
            start(),
            node("subProcess", "sub", start("s2") + task("a") + end("e2") + chain("s2", "a", "e2")),
            end(),
            flows("s>a", "sub>e"),
        ),
    ),
    "unreachable": ("orphan", foreign(start(), task("a"), task("b"), end(), chain("s", "a", "e"), chain("b", "e"))),
    "empty sub-process": (
        "sub-process-empty",
        foreign(start(), node("subProcess", "a"), end(), chain("s", "a", "e")),
    ),
    "branches without conditions": (
        "branch-chosen",
        foreign(
            start(),
            task("a"),
            gateway("exclusive", "g"),
            task("b"),
            task("c"),
            end(),
            chain("s", "a", "g"),
            flows('g>b "是"', 'g>c "否"', "b>e", "c>e"),
        ),
    ),
    "some branches at once without conditions": (
        "branch-chosen",
        foreign(
            start(),
            gateway("inclusive", "g"),
            task("b"),
            task("c"),
            end(),
            chain("s", "g"),
            flows("g>b", "g>c", "b>e", "c>e"),
        ),
    ),
    "condition of another engine": (
        "branch-chosen",
        diagram(
            FIRST,
            gateway("exclusive", "g", "f_g_e"),
            end(),
            end("e2"),
            chain("s", "a", "g"),
            flows("g>e", "g>e2[${bean.decide(execution)}]"),
        ),
    ),
    "condition without braces": (
        "condition",
        diagram(
            FIRST,
            gateway("exclusive", "g", "f_g_e"),
            end(),
            end("e2"),
            chain("s", "a", "g"),
            flows("g>e", "g>e2[amount > 10]"),
        ),
    ),
    "condition in FEEL": (
        "condition",
        diagram(
            FIRST,
            gateway("exclusive", "g", "f_g_e"),
            end(),
            end("e2"),
            chain("s", "a", "g"),
            flows("g>e", "g>e2[=amount = 3 and not(small)]"),
        ),
    ),
    "condition on a task": (
        "split-explicit",
        diagram(FIRST, end(), end("e2"), chain("s", "a"), flows("a>e[whatever the boss says]", "a>e2[else]")),
    ),
    "a name nobody writes": (
        "asked",
        diagram(
            FIRST,
            gateway("exclusive", "g", "f_g_e"),
            end(),
            end("e2"),
            chain("s", "a", "g"),
            flows("g>e", "g>e2[${approved}]"),
        ),
    ),
    "a name nobody can have written": (
        "asked-before",
        diagram(
            start(),
            gateway("exclusive", "g", "f_g_e"),
            end(),
            end("e2"),
            chain("s", "g"),
            flows("g>e", "g>e2[${approved == 'yes'}]"),
        ),
    ),
    "a record nobody writes": (
        "branch-chosen",
        diagram(
            FIRST,
            gateway("exclusive", "g", "f_g_e"),
            end(),
            end("e2"),
            chain("s", "a", "g"),
            flows("g>e", "g>e2[${order.amount > 5}]"),
        ),
    ),
    "join after a choice": (
        "join",
        foreign(
            start(),
            task("a"),
            gateway("exclusive", "g"),
            task("b"),
            task("c"),
            gateway("parallel", "j"),
            end(),
            chain("s", "a", "g"),
            flows("g>b", "g>c", "b>j", "c>j", "j>e"),
        ),
    ),
    "complex gateway": (
        "complex-gateway",
        foreign(start(), task("a"), node("complexGateway", "g"), end(), chain("s", "a", "g", "e")),
    ),
    "service of another engine": (
        "step-by-hand",
        diagram(
            start(),
            node("serviceTask", "a", camunda_class="org.example.Pay", name="付款"),
            end(),
            chain("s", "a", "e"),
        ),
    ),
    "foreign script": (
        "step-by-hand",
        diagram(
            start(),
            node("scriptTask", "a", "<script>x = new Date()</script>", scriptFormat="javascript"),
            end(),
            chain("s", "a", "e"),
        ),
    ),
    "unknown topic": (
        "step-by-hand",
        diagram(
            start(),
            node("serviceTask", "a", camunda_type="external", camunda_topic="pay"),
            end(),
            chain("s", "a", "e"),
        ),
    ),
    "unknown process": (
        "step-by-hand",
        diagram(start(), node("callActivity", "a", calledElement="other"), end(), chain("s", "a", "e")),
    ),
    "unknown table": (
        "step-by-hand",
        diagram(start(), node("businessRuleTask", "a", camunda_decisionRef="other"), end(), chain("s", "a", "e")),
    ),
    "timer without time": (
        "timer",
        foreign(start(), task("a"), catch("w", TIMER), end(), chain("s", "a", "w", "e")),
    ),
    "timer in words": (
        "timer",
        foreign(
            start(),
            task("a"),
            node("intermediateCatchEvent", "w", TIMER, name="3天以后"),
            end(),
            chain("s", "a", "w", "e"),
        ),
    ),
    "cycle where one waits once": (
        "timer",
        diagram(
            FIRST,
            catch("w", "<timerEventDefinition><timeCycle>R3/PT1H</timeCycle></timerEventDefinition>"),
            end(),
            chain("s", "a", "w", "e"),
        ),
    ),
    "message without a name": (
        "message-name",
        diagram(FIRST, catch("w", MESSAGE), end(), chain("s", "a", "w", "e")),
    ),
    "signal that is thrown without a name": (
        "event-name",
        diagram(FIRST, end("e", "<signalEventDefinition/>"), chain("s", "a", "e")),
    ),
    "event without definition": (
        "event-blank",
        diagram(FIRST, node("intermediateCatchEvent", "w"), end(), chain("s", "a", "w", "e")),
    ),
    "condition that somebody must see": (
        "event-by-hand",
        diagram(FIRST, catch("w", CONDITION), end(), chain("s", "a", "w", "e")),
    ),
    "error on a human step": (
        "event-by-hand",
        diagram(
            FIRST,
            boundary("b", "a", "<errorEventDefinition/>"),
            end(),
            end("e2"),
            chain("s", "a", "e"),
            flows("b>e2"),
        ),
    ),
    "error that nobody catches": (
        "error-uncaught",
        diagram(
            FIRST,
            end("e", '<errorEventDefinition errorRef="bad"/>'),
            chain("s", "a", "e"),
        ).replace(b"<process", b'<error id="bad" errorCode="bad"/><process'),
    ),
    "circle without a way out": (
        "end-unreachable",
        diagram(start(), user("a"), user("b"), chain("s", "a", "b", "a")),
    ),
    "way in that is no error's": (
        "reference",
        diagram(
            start(),
            node("subProcess", "sub", start("s2") + user("a") + end("e2") + chain("s2", "a", "e2")),
            boundary("b", "sub", '<errorEventDefinition errorRef="gone"/>'),
            end(),
            chain("s", "sub", "e"),
            flows("b>e"),
        ),
    ),
    "circle without a stop": (
        "loop-endless",
        diagram(
            FIRST,
            gateway("exclusive", "m"),
            gateway("exclusive", "g", "f_g_e"),
            end(),
            chain("s", "a", "m", "g", "e"),
            flows("g>m[${decision == 'again'}]"),
        ),
    ),
    "several things at once": (
        "event-multiple",
        diagram(FIRST, catch("w", MESSAGE + TIMER), end(), chain("s", "a", "w", "e")),
    ),
    "event gateway before a task": (
        "event-gateway",
        foreign(
            start(),
            task("a"),
            gateway("eventBased", "g"),
            catch("w", MESSAGE),
            task("b"),
            end(),
            chain("s", "a", "g", "w", "e"),
            flows("g>b", "b>e"),
        ),
    ),
    "event sub-process": (
        "event-sub-process",
        diagram(
            FIRST,
            end(),
            chain("s", "a", "e"),
            node("subProcess", "sub", start("s2") + end("e2") + chain("s2", "e2"), triggeredByEvent="true"),
        ),
    ),
    "transaction": (
        "sub-process-kind",
        diagram(
            start(),
            node("transaction", "sub", start("s2") + user("a") + end("e2") + chain("s2", "a", "e2")),
            end(),
            chain("s", "sub", "e"),
        ),
    ),
    "ad hoc": (
        "sub-process-kind",
        foreign(start(), node("adHocSubProcess", "sub", task("a") + task("b")), end(), chain("s", "sub", "e")),
    ),
    "compensation": (
        "compensation",
        diagram(
            FIRST,
            boundary("b", "a", "<compensateEventDefinition/>"),
            node("task", "undo", isForCompensation="true"),
            end(),
            chain("s", "a", "e"),
        ),
    ),
    "lost link": (
        "link",
        diagram(FIRST, node("intermediateThrowEvent", "l", '<linkEventDefinition name="x"/>'), chain("s", "a", "l")),
    ),
    "id twice": (
        "id-twice",
        diagram(start(), user("a"), end(), chain("s", "a", "e"), node("task", "s")),
    ),
    "no id": (
        "id-missing",
        diagram(start(), user("a"), end(), '<sequenceFlow sourceRef="s" targetRef="a"/>', chain("a", "e")),
    ),
    "reserved id": ("id-reserved", diagram(start("Start"), user("a"), end(), chain("Start", "a", "e"))),
    "form of another engine": (
        "form-unknown",
        diagram(start(), user("a", camunda_formKey="embedded:app:forms/a.html"), end(), chain("s", "a", "e")),
    ),
    "repetition without number": (
        "repetition",
        diagram(
            start(),
            node("userTask", "a", "<multiInstanceLoopCharacteristics/>", camunda_assignee="${starter}"),
            end(),
            chain("s", "a", "e"),
        ),
    ),
    "parameter with a script": (
        "parameter",
        diagram(
            start(),
            user(
                "a",
                '<camunda:inputOutput><camunda:inputParameter name="x"><camunda:script scriptFormat="js">1'
                "</camunda:script></camunda:inputParameter></camunda:inputOutput>",
            ),
            end(),
            chain("s", "a", "e"),
        ),
    ),
    "people by method": (
        "owner-assignee",
        diagram(start(), user("a", assignee="${users.find('a')}"), end(), chain("s", "a", "e")),
    ),
}


@pytest.mark.parametrize("case", REPAIRS)
def test_a_foreign_diagram_runs_once_repaired(case: str) -> None:
    """Refused before with the rule named, sound and run to its end after; a second import finds nothing more."""
    rule, xml = REPAIRS[case]
    assert rule in rules(xml)
    imported(xml)


def test_what_needs_no_repair_is_not_touched() -> None:
    """A sound diagram comes back byte for byte."""
    xml = diagram(start(), user("a"), script("x", "y = 1"), end(), chain("s", "a", "x", "e"))
    assert find_repairs(xml, HERE) == ()
    assert apply_repairs(xml, None, HERE) == xml


def test_only_the_repaired_places_change() -> None:
    """Comments, foreign elements and the drawing stay; the canonical form differs in the repaired places alone."""
    xml = foreign(
        "<!-- kept -->",
        start(),
        task("a"),
        end(),
        chain("s", "a", "e"),
        '<extra xmlns="urn:foreign" level="1"><deep>ü</deep></extra>',
        outside='<tool:note xmlns:tool="urn:tool" id="n">x</tool:note>',
    )
    repaired = apply_repairs(xml, {"executable:p"}, HERE)
    assert canonical(repaired) == canonical(xml).replace('isExecutable="false"', 'isExecutable="true"')
    whole = canonical(apply_repairs(xml, None, HERE))
    owned = whole.replace(' camunda:assignee="${starter}"', "")
    assert owned == canonical(xml).replace('isExecutable="false"', 'isExecutable="true"')


def canonical(xml: bytes) -> str:
    """Return XML in a form in which only what it says counts."""
    text = str(etree.canonicalize(xml.decode(), with_comments=True))
    return text.replace(' xmlns:camunda="http://camunda.org/schema/1.0/bpmn"', "")


def test_nothing_is_repaired_that_was_not_accepted() -> None:
    """Each repair is made by its id; without any, the file stays as it is."""
    xml = foreign(start(), task("a"), chain("s", "a"))
    ids = [one.id for one in find_repairs(xml, HERE)]
    assert ids == ["executable:p", "dead-end:a", "assignee-missing:a"]
    assert apply_repairs(xml, (), HERE) == xml
    only = apply_repairs(xml, {"dead-end:a"}, HERE)
    assert rules(only) == {"executable", "assignee-missing"}


def test_the_main_process_is_chosen_and_the_others_named() -> None:
    """Of several pools the executable one runs, else the one with the most steps; each other one is told."""
    small = '<process id="small"><startEvent id="x"/></process>'
    xml = foreign(start(), task("a"), end(), chain("s", "a", "e"), outside=small)
    left = [one for one in find_repairs(xml, HERE) if one.rule == "process-left-out"]
    assert [(one.element, one.values["main"]) for one in left] == [("small", "p")]
    assert compile_definition(apply_repairs(xml, None, HERE)).process_id == "p"


def test_the_chooser_is_the_step_before_or_a_new_one() -> None:
    """The branches become the actions of the human step right before the gateway, else of a step put there."""
    choice = (gateway("exclusive", "g"), task("b"), task("c"), end(), flows('g>b "是"', 'g>c "a:b|c"', "b>e", "c>e"))
    before = compile_definition(apply_repairs(foreign(start(), task("a"), *choice, chain("s", "a", "g")), None, HERE))
    assert before.nodes["a"].properties["actions"] == "branch_1:是:是:primary|branch_2:a：b/c:a：b/c:normal"
    assert [flow.condition for flow in before.leaving("g")] == ["${decision == 'branch_1'}", None]
    put = compile_definition(apply_repairs(foreign(start(), *choice, chain("s", "g")), None, HERE))
    (flow,) = [one for one in put.flows.values() if one.target == "g"]
    assert put.nodes[flow.source].properties["actions"].startswith("branch_1:")


def test_all_branches_of_an_inclusive_gateway_can_be_chosen() -> None:
    """Whoever chooses at an inclusive gateway may take one branch or all of them."""
    walk = imported(REPAIRS["some branches at once without conditions"][1])
    (chooser,) = [one for one in walk.definition.nodes.values() if "actions" in one.properties]
    codes = [part.split(":")[0] for part in chooser.properties["actions"].split("|")]
    assert codes == ["branch_1", "branch_2", "all"]


def test_settings_of_flowable_and_operaton_are_read() -> None:
    """People, forms and conditions under other prefixes are written as `camunda:` and mean the same."""
    for prefix, namespace in (
        ("flowable", "http://flowable.org/bpmn"),
        ("activiti", "http://activiti.org/bpmn"),
        ("operaton", "http://operaton.org/schema/1.0/bpmn"),
    ):
        head = HEAD.replace(" id=", f' xmlns:{prefix}="{namespace}" id=', 1)
        first = f'<startEvent id="s" {prefix}:initiator="who"/>'
        steps = f'<userTask id="a" {prefix}:assignee="${{who}}"/><userTask id="b" {prefix}:candidateUsers="li,wang"/>'
        xml = foreign(first, steps, end(), chain("s", "a", "b", "e"), head=head, executable="true")
        made = compile_definition(apply_repairs(xml, None, HERE))
        assert (made.nodes["a"].assignee, made.nodes["b"].candidate_users) == ("${starter}", "li,wang")


def test_lanes_become_roles_of_this_house() -> None:
    """A lane named like a role gives the step to it; the first step and other lanes go to whoever began."""
    lanes = "".join(
        f'<lane id="l{at}" name="{name}"><flowNodeRef>{step}</flowNodeRef></lane>'
        for at, (name, step) in enumerate((("办公室", "a"), ("办公室", "b"), ("Accounting", "c")))
    )
    parts = (f'<laneSet id="ls">{lanes}</laneSet>', start(), task("a"), task("b"), task("c"), end())
    xml = foreign(*parts, chain("s", "a", "b", "c", "e"))
    made = compile_definition(apply_repairs(xml, None, Known(topics=(), roles={"办公室": "office"})))
    owners = [made.nodes[one].assignee or made.nodes[one].candidate_groups for one in "abc"]
    assert owners == ["${starter}", "office", "${starter}"]


def test_asked_values_become_fields_of_their_kind() -> None:
    """What conditions and people read is asked as yes or no, number, choice or person, in a form that compiles."""
    xml = diagram(
        start(),
        user("a"),
        gateway("exclusive", "g", "f_g_e"),
        user("b", assignee="${boss}"),
        user("c"),
        end(),
        chain("s", "a", "g"),
        flows("g>e", "g>b[${ok && amount > 5}]", "g>c[${kind == 'x'}]", "b>e", "c>e"),
    )
    (form,) = forms_of(find_repairs(xml, HERE)).values()
    fields = {one["key"]: (one["type"], one["properties"].get("widget")) for one in json.loads(form)["components"]}
    assert fields == {
        "ok": ("radio", None),
        "amount": ("number", None),
        "kind": ("radio", None),
        "boss": ("select", "person"),
    }
    imported(xml)


def test_conditions_that_exclude_each_other_need_no_default() -> None:
    """One of two opposite conditions always holds; among others the last branch becomes the default."""
    parts = (start(), user("a"), gateway("exclusive", "g"), end(), end("e2"), chain("s", "a", "g"))
    assert "default-missing" not in rules(diagram(*parts, flows("g>e[${x}]", "g>e2[${!x}]")))
    assert "default-missing" not in rules(diagram(*parts, flows("g>e[${x > 5}]", "g>e2[${x <= 5}]")))
    xml = diagram(*parts, flows("g>e[${x == 'a'}]", "g>e2[${x == 'b'}]"))
    (one,) = [one for one in find_repairs(xml, HERE) if one.rule == "default-missing"]
    assert (one.old, one.new) == ("${x == 'b'}", "f_g_e2")
    imported(xml)


def test_fields_drawn_at_the_start_are_asked_in_the_first_step() -> None:
    """What another engine asks when a case begins is asked in the first step, with its labels and choices."""
    field = '<camunda:formField id="days" label="天数" type="long"/>'
    kind = '<camunda:formField id="kind" type="enum"><camunda:value id="x" name="X"/></camunda:formField>'
    begun = node(
        "startEvent",
        "s",
        f"<extensionElements><camunda:formData>{field}{kind}</camunda:formData></extensionElements>",
    )
    xml = diagram(begun, user("a"), end(), chain("s", "a", "e"))
    ((form, text),) = forms_of(find_repairs(xml, HERE)).items()
    assert compile_definition(apply_repairs(xml, None, HERE)).nodes["a"].form == form
    fields = {one["key"]: (one["label"], one["type"]) for one in json.loads(text)["components"]}
    assert fields == {"days": ("天数", "number"), "kind": ("kind", "radio")}
    imported(xml)


def test_new_shapes_are_drawn() -> None:
    """Every node and flow that an import adds has its place on the page; what it removes leaves the page."""
    drawn = (
        '<bpmndi:BPMNDiagram xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
        'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" id="dia"><bpmndi:BPMNPlane id="pl" bpmnElement="p">'
        + "".join(
            f'<bpmndi:BPMNShape id="{one}_s" bpmnElement="{one}"><dc:Bounds x="{at}00" y="1" width="99" height="80"/>'
            "</bpmndi:BPMNShape>"
            for at, one in enumerate(("s", "a", "b"))
        )
        + "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>"
    )
    xml = foreign(start(), task("a"), task("b"), chain("s", "a")).replace(
        b"</definitions>", f"{drawn}</definitions>".encode()
    )
    root = etree.fromstring(apply_repairs(xml, None, HERE))
    shown = {one.get("bpmnElement") for one in root.iter("{*}BPMNShape", "{*}BPMNEdge")}
    there = {one.get("id") for one in root.iter(f"{{{BPMN}}}*") if one.get("id")} - {"d", "p", "f_s_a"}
    assert there == shown
    assert "b" not in shown


def test_a_file_in_another_encoding_is_written_as_utf_8() -> None:
    """GBK is read, told and written as UTF-8."""
    text = foreign(start(), task("a", "审批"), end(), chain("s", "a", "e")).decode()
    xml = f'<?xml version="1.0" encoding="GBK"?>{text}'.encode("gbk")
    assert "encoding" in rules(xml)
    assert compile_definition(apply_repairs(xml, None, HERE)).nodes["a"].name == "审批"


@pytest.mark.parametrize("content", [b"", b"no xml", b"<definitions/>", b"<!DOCTYPE x><definitions/>"])
def test_what_is_no_diagram_is_refused(content: bytes) -> None:
    """A file without a process has no repairs or is refused, and never causes another error."""
    with suppress(DiagramRefused):
        assert find_repairs(content, HERE) == ()
    assert errors(content)


def test_the_note_says_what_a_step_was() -> None:
    """A step that another engine did keeps its name and says in its documentation what it was."""
    xml = REPAIRS["service of another engine"][1]
    (one,) = [one for one in find_repairs(xml, HERE) if one.rule == "step-by-hand"]
    assert (one.name, one.old, one.new, one.values["what"]) == (
        "付款",
        "serviceTask",
        "userTask",
        "class=org.example.Pay",
    )
    (step,) = etree.fromstring(apply_repairs(xml, None, HERE)).iter(f"{{{BPMN}}}userTask")
    assert step.get("name") == "付款"
    assert "org.example.Pay" in step[0].text

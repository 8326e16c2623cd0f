"""The checker finds everything at once, and what it lets pass can run."""

# ruff: noqa: E501 - a table of cases reads best with one case a line

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest

from app.engine import DiagramRefused, check, compile_definition
from tests.processes.diagrams import (
    HEAD,
    boundary,
    catch,
    chain,
    diagram,
    end,
    extension,
    flows,
    gateway,
    mapping,
    message,
    messages,
    node,
    properties,
    script,
    service,
    start,
    table,
    timer,
    user,
)

TASK = (start(), user("a"), end(), chain("s", "a", "e"))


def with_node(drawn: str, *more: str, own: Mapping[str, str] | None = None) -> bytes:
    """Return a diagram whose only step is the node `n`."""
    return diagram(start(), drawn, end(), chain("s", "n", "e"), *more, own=own)


def rules(xml: bytes, **given: Any) -> set[tuple[str, str | None]]:
    """Return the rules broken, with the element."""
    return {(one.rule, one.element) for one in check(xml, **given)}


def test_a_sound_diagram_has_no_problems() -> None:
    """A diagram with everything in its place passes without even a warning."""
    assert check(diagram(*TASK)) == ()


@pytest.mark.parametrize(
    ("xml", "rule", "element"),
    [
        (diagram(user("a"), end(), chain("a", "e")), "start-missing", None),
        (diagram(start(), user("a"), chain("s", "a")), "end-missing", None),
        (diagram(*TASK, start("s2"), flows("s2>a")), "start-twice", "s2"),
        (diagram(*TASK, user("o"), flows("o>e")), "orphan", "o"),
        (diagram(start(), user("a"), user("b"), end(), flows("s>a", "a>e", "a>b")), "dead-end", "b"),
        (diagram(start(), user("a"), user("b"), end(), flows("s>a", "a>b", "b>a")), "end-unreachable", "a"),
        (diagram(*TASK, flows("a>nowhere")), "flow-end", "f_a_nowhere"),
        (diagram(*TASK, flows("e>a")), "end-outgoing", "e"),
        (diagram(*TASK, flows("a>s")), "start-incoming", "s"),
        (diagram(*TASK, boundary("t", "a", timer("Duration", "PT1H"))), "dead-end", "t"),
        (diagram(*TASK, boundary("t", "s", timer("Duration", "PT1H")), flows("t>e")), "boundary", "t"),
        (diagram(*TASK, boundary("t", "x", timer("Duration", "PT1H")), flows("t>e")), "boundary", "t"),
        (with_node(node("complexGateway", "n")), "unsupported", "n"),
        (with_node(node("callActivity", "n")), "call-missing", "n"),
        (with_node(node("transaction", "n")), "unsupported", "n"),
        (with_node(node("adHocSubProcess", "n")), "unsupported", "n"),
        (with_node(node("subProcess", "n", start("i") + end("j") + flows("i>j"), triggeredByEvent="true")), "event-subprocess", "n"),
        (with_node(node("userTask", "n", "<multiInstanceLoopCharacteristics/>", camunda_assignee="x")), "repetition", "n"),
        (with_node(node("userTask", "n", "<standardLoopCharacteristics/>", camunda_assignee="x")), "repetition", "n"),
        (with_node(catch("n", "<linkEventDefinition/>")), "link", "n"),
        (with_node(catch("n", "<conditionalEventDefinition/>")), "event-unsupported", "n"),
        (with_node(node("intermediateThrowEvent", "n", "<compensateEventDefinition/>")), "event-unsupported", "n"),
        (with_node(catch("n", "")), "event-unsupported", "n"),
        (diagram(start(), user("a"), end("e", "<signalEventDefinition/>"), chain("s", "a", "e")), "message-name", "e"),
        (with_node(catch("n", timer("Duration", "PT1H") + timer("Duration", "PT1H"))), "event-multiple", "n"),
        (with_node(catch("n", "<messageEventDefinition/>")), "message-name", "n"),
        (with_node(node("receiveTask", "n")), "event-unsupported", "n"),
        (with_node(catch("n", timer("Cycle", "R3/PT1H"))), "timer-cycle", "n"),
        (diagram(*TASK, boundary("t", "a", timer("Cycle", "R3/PT1H")), flows("t>e")), "timer-cycle", "t"),
        (with_node(catch("n", timer("Duration", "one hour"))), "timer", "n"),
        (with_node(catch("n", timer("Duration", ""))), "timer", "n"),
        (with_node(catch("n", timer("Cycle", "0 0 8 * * ?"))), "timer", "n"),
        (with_node(catch("n", timer("Date", "${due(}"))), "timer", "n"),
        (with_node(catch("n", timer("Date", "${due('x')}"))), "due-unknown", "n"),
        (with_node(script("n", "import os")), "script", "n"),
        (with_node(script("n", "x = __import__('os').system('id')")), "script", "n"),
        (with_node(script("n", "case = 1")), "script", "n"),
        (with_node(script("n", "x = nosuch(1)")), "function", "n"),
        (with_node(node("scriptTask", "n", "<script>x = 1</script>", scriptFormat="python")), "script-language", "n"),
        (with_node(node("userTask", "n")), "assignee-missing", "n"),
        (with_node(node("userTask", "n", camunda_assignee="x")), "name-en", "n"),
        (with_node(user("n", assignee="${starter")), "assignee", "n"),
        (with_node(user("n", assignee="to ${starter}")), "assignee", "n"),
        (with_node(user("n", assignee="${earlier('nobody')}")), "node-unknown", "n"),
        (with_node(user("n", mapping({"x y": "1"}))), "parameter", "n"),
        (with_node(user("n", "<camunda:inputOutput><camunda:inputParameter name='l'><camunda:list/></camunda:inputParameter></camunda:inputOutput>")), "parameter", "n"),
        (with_node(node("serviceTask", "n", camunda_expression="${bean.run()}")), "service-kind", "n"),
        (with_node(node("serviceTask", "n", camunda_type="external")), "topic-missing", "n"),
        (with_node(node("businessRuleTask", "n")), "decision-missing", "n"),
        (with_node(node("businessRuleTask", "n", camunda_decisionRef="t")), "decision-unknown", "n"),
        (with_node(user("n", properties({"limmit": "1 工作日"}))), "attribute", "n"),
        (with_node(user("n", properties({"number": "GJ"}))), "attribute", "n"),
        (with_node(user("n"), own={"actions": "x"}), "attribute", None),
        (with_node(user("n", properties({"limit.clock": "lunar"}))), "attribute-value", "n"),
        (with_node(user("n", properties({"limit": "${1 +}"}))), "attribute-value", "n"),
        (with_node(user("n", properties({"distinct.from": "a, n"}))), "node-unknown", "n"),
        (diagram(start(), user("End"), end(), chain("s", "End", "e")), "id-reserved", "End"),
        (diagram(*TASK, user("a")), "id-twice", "a"),
        (diagram(*TASK, '<userTask name="x"/>'), "id-missing", None),
        (diagram(start(), user("a"), gateway("exclusive", "g"), end(), chain("s", "a", "g"), flows("g>e", "g>a[${x}]")), "condition-missing", "f_g_e"),
        (diagram(start(), user("a"), gateway("exclusive", "g"), end(), chain("s", "a", "g"), flows("g>e[${y}]", "g>a[${x}]")), "default-missing", "g"),
        (diagram(start(), user("a"), gateway("exclusive", "g", "f_s_a"), end(), chain("s", "a", "g", "e")), "default-wrong", "g"),
        (diagram(start(), gateway("parallel", "g"), end(), flows("s>g", "g>e[${x}]")), "condition-ignored", "f_g_e"),
        (diagram(start(), user("a"), gateway("exclusive", "g", "d"), end(), chain("s", "a", "g"), flows("d:g>e", "g>a[x > 1]")), "condition", "f_g_a"),
        (diagram(start(), user("a"), gateway("exclusive", "g", "d"), end(), chain("s", "a", "g"), flows("d:g>e", "g>a[${x >}]")), "condition", "f_g_a"),
        (diagram(start(), user("a"), gateway("exclusive", "g", "d"), end(), chain("s", "a", "g"), flows("d:g>e", "g>a[${x.run()}]")), "condition", "f_g_a"),
        (diagram(start(), gateway("eventBased", "g"), user("a"), end(), chain("s", "g", "a", "e")), "event-gateway", "g"),
        (diagram(start("st").replace("</startEvent>", timer("Cycle", "R/P1D") + "</startEvent>"), user("a"), end(), chain("st", "a", "e")), "timer-start", "st"),
    ],
)  # fmt: skip
def test_a_problem_is_found_where_it_is(xml: bytes, rule: str, element: str | None) -> None:
    """The problem is named with its element; a diagram with an error cannot be compiled."""
    found = [one for one in check(xml) if (one.rule, one.element) == (rule, element)]
    assert found
    assert found[0].message % found[0].values
    assert found[0].fix % found[0].values
    if found[0].severity == "error":
        with pytest.raises(DiagramRefused):
            compile_definition(xml)


def test_all_problems_come_in_one_pass() -> None:
    """Five mistakes give at least five problems, errors before warnings."""
    xml = diagram(
        start(),
        node("userTask", "a"),
        script("b", "while True: pass"),
        catch("c", timer("Duration", "soon")),
        user("o", assignee="${1 +}"),
        end(),
        chain("s", "a", "b", "c", "e"),
    )
    found = check(xml)
    assert {("assignee-missing", "a"), ("script", "b"), ("timer", "c"), ("orphan", "o"), ("assignee", "o")} <= rules(
        xml
    )
    severities = [one.severity for one in found]
    assert severities == sorted(severities)
    assert all(one.line for one in found if one.element)


def test_forms_and_topics_are_checked_when_they_are_known() -> None:
    """Without them nothing is said; with them an unknown one is an error."""
    form = user("a", camunda_formRef="demand")
    xml = diagram(start(), form, service("v", "mail"), end(), chain("s", "a", "v", "e"))
    assert rules(xml) == set()
    assert rules(xml, forms={}, topics=set()) == {("form-unknown", "a"), ("topic-unknown", "v")}
    assert rules(xml, forms={"demand": {}}, topics={"mail"}) == set()
    assert rules(diagram(*TASK), forms={}) == {("form-missing", "a")}


def test_a_table_is_checked_with_the_diagram() -> None:
    """A broken cell is named, and a table with an unknown hit policy is refused."""
    xml = with_node(node("businessRuleTask", "n", camunda_decisionRef="t"))
    good = table("t", ["x"], ["y"], [(["> 1"], ["1"])])
    assert rules(xml, tables={"t": good}) == set()
    bad = table("t", ["x"], ["y"], [(["> "], ["1"])])
    assert rules(xml, tables={"t": bad}) == {("decision", "t"), ("decision-unknown", "n")}
    policy = table("t", ["x"], ["y"], [], policy="PRIORITY")
    assert ("decision", "t") in rules(xml, tables={"t": policy})
    reserved = table("t", ["x"], ["case"], [])
    assert rules(xml, tables={"t": reserved}) == {("name", "n")}


def test_a_flow_may_not_cross_the_border_of_a_sub_process() -> None:
    """Such a flow is refused before the engine meets it."""
    inner = start("i") + user("x") + end("j") + chain("i", "x", "j")
    xml = diagram(start(), node("subProcess", "n", inner), end(), chain("s", "n", "e"), flows("x>e"))
    assert ("flow-scope", "f_x_e") in rules(xml)


BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"not xml",
        b"<a/>",
        b"\x00\xff\xfe",
        HEAD.encode(),
        (HEAD + "</definitions>").encode(),
        f'<!DOCTYPE d [<!ENTITY a0 "x">{BOMB}]>{HEAD}&a11;</definitions>'.encode(),
        f'<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd">{HEAD}</definitions>'.encode(),
        f'<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/passwd">]>{HEAD}<process id="p" name="&f;"/></definitions>'.encode(),
        f"<!doctype d>{HEAD}</definitions>".encode(),
        f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE d [<!ENTITY a "x">]>{HEAD}</definitions>'.encode("utf-16"),
        f'<!DOCTYPE d [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;]>{HEAD}</definitions>'.encode(),
        b"<definitions>" + b"<a>" * 3000 + b"</a>" * 3000 + b"</definitions>",
        b"<definitions>" + b"x" * 3_000_000 + b"</definitions>",
        f'{HEAD}<process id="p" name="&undefined;"/></definitions>'.encode(),
        f'{HEAD}<process id="p" isExecutable="true"><task id="a"/></process><process id="q" isExecutable="true"><task id="b"/></process></definitions>'.encode(),
    ],
)  # fmt: skip
def test_hostile_files_are_refused_at_once(xml: bytes) -> None:
    """Whatever comes, the answer is a list of problems within a second, and nothing else happens."""
    begin = time.perf_counter()
    found = check(xml)
    assert found
    assert all(one.severity == "error" for one in found)
    assert time.perf_counter() - begin < 1
    with pytest.raises(DiagramRefused):
        compile_definition(xml)


def test_hostile_tables_are_refused_too() -> None:
    """A decision table is read by the same hardened reader."""
    bomb = b'<!DOCTYPE d [<!ENTITY a "x">]><definitions>&a;</definitions>'
    assert [one.rule for one in check(diagram(*TASK), tables={"t": bomb})] == ["doctype"]


def test_deeply_nested_sub_processes_are_refused() -> None:
    """Nesting has an end."""
    inner = ""
    for depth in range(30):
        inner = node("subProcess", f"p{depth}", inner)
    found = rules(diagram(start(), inner, end(), chain("s", "p29", "e")))
    assert "nesting" in {rule for rule, _element in found}


def test_a_file_in_another_encoding_is_read() -> None:
    """A GBK file with a declaration keeps its names."""
    text = '<?xml version="1.0" encoding="GBK"?>' + diagram(*TASK).decode()
    assert compile_definition(text.encode("gbk")).name == "流程"


def test_the_definition_tells_what_pages_need() -> None:
    """Nodes carry lane, form, English name and own attributes; flows their names."""
    lanes = '<laneSet id="l"><lane id="l1" name="外层"><flowNodeRef>a</flowNodeRef><childLaneSet id="k"><lane id="l2" name="里层"><flowNodeRef>a</flowNodeRef></lane></childLaneSet></lane></laneSet>'
    attributes = properties({"limit": "2 工作日", "actions": "ok:同意"})
    task = user("a", attributes, camunda_formKey="camunda-forms:deployment:demand.form", name="提出\n需求")
    xml = diagram(lanes, start(), task, end(), flows("s>a", 'a>e"提交"'), own={"name.en": "Process"})
    definition = compile_definition(xml)
    found = definition.nodes["a"]
    assert (found.lane, found.form, found.name, found.name_en) == ("里层", "demand", "提出 需求", "a")
    assert found.properties["limit"] == "2 工作日"
    assert (found.human, found.kind, definition.nodes["e"].kind) == (True, "user", "end")
    assert definition.flows["f_a_e"].name == "提交"
    assert (definition.name, definition.name_en, definition.process_id) == ("流程", "Process", "p")


def test_the_definition_knows_what_may_come_next() -> None:
    """The next people are found through gateways, automatic steps and sub-processes, with the flow to them."""
    inner = start("i") + user("x") + end("j") + chain("i", "x", "j")
    xml = diagram(
        start(),
        user("a"),
        gateway("exclusive", "g", "d"),
        script("t", "x = 1"),
        node("subProcess", "sub", inner),
        user("b"),
        end(),
        chain("s", "a", "g"),
        flows('g>t[${ok}]"同意"', 'd:g>a"退回"', "t>sub", "sub>b", "b>e"),
    )
    definition = compile_definition(xml)
    assert [(one.node.id, one.flow) for one in definition.following("a")] == [("x", "同意"), ("a", "退回")]
    assert [one.node.id for one in definition.following("x")] == ["b"]
    assert [one.node.id for one in definition.following("s")] == ["a"]
    assert definition.following("b") == ()


def test_a_message_is_found_by_its_name() -> None:
    """A message event refers to its message by id and waits for it by name."""
    xml = diagram(start(), catch("c", message("go")), end(), chain("s", "c", "e"), outside=messages("go"))
    assert check(xml) == ()
    assert compile_definition(xml).nodes["c"].kind == "message"


def test_an_extension_without_meaning_is_left_alone() -> None:
    """Foreign properties are neither read nor refused."""
    foreign = '<camunda:properties><camunda:property name="colour" value="red"/></camunda:properties>'
    xml = diagram(
        start(),
        node("userTask", "n", extension(foreign + properties({"name.en": "n"})), camunda_assignee="x"),
        end(),
        chain("s", "n", "e"),
    )
    assert check(xml) == ()

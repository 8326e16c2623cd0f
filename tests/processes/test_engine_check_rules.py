"""Every rule of the checker: a diagram that breaks it is named with the element, one that keeps it is silent."""

# ruff: noqa: E501 - a table of cases reads best with one case a line

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from app.deadlines.rules import parse_limit
from app.engine import check
from tests.processes.diagrams import (
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
from tests.processes.palette import ERROR, ESCALATION, LINK, OUTSIDE

FORM = {"components": [{"type": "textfield", "key": "amount"}, {"type": "group", "components": [{"key": "note"}]}]}
HOUR = timer("Duration", "PT1H")
THROW = node("intermediateThrowEvent", "t", LINK)
MANY = "<multiInstanceLoopCharacteristics{}><completionCondition>${{{}}}</completionCondition><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"


def step(drawn: str, *more: str, own: Mapping[str, str] | None = None, outside: str = OUTSIDE) -> bytes:
    """Return a diagram whose only step is the node `n`."""
    return diagram(start(), drawn, end(), chain("s", "n", "e"), *more, own=own, outside=outside)


def asked(condition: str, *before: str, form: str | None = "f") -> bytes:
    """Return a diagram that asks a condition after a step `a`."""
    task = user("a", **({"camunda_formRef": form} if form else {}))
    ids = ["s", "a", *(f"b{number}" for number in range(len(before))), "g"]
    ways = flows("d:g>e", f"x:g>a[{condition}]")
    return diagram(start(), task, *before, gateway("exclusive", "g", "d"), end(), chain(*ids), ways, outside=OUTSIDE)


def own(**values: str) -> bytes:
    """Return a diagram whose step has these attributes; `_` stands for a dot."""
    return step(user("n", properties({name.replace("_", "."): value for name, value in values.items()})))


def several(*, parallel: bool) -> bytes:
    """Return a diagram in which two branches meet at a parallel gateway `j`."""
    split = gateway("parallel", "g") if parallel else gateway("exclusive", "g", "d")
    ways = flows("s>g", "d:g>a", "g>b" if parallel else "g>b[${starter.id == 1}]", "a>j", "b>j", "j>e")
    return diagram(start(), split, user("a"), user("b"), gateway("parallel", "j"), end(), ways)


def link(catching: str) -> bytes:
    """Return a diagram that jumps by a link."""
    return diagram(start(), THROW, catch("c", catching), user("a"), end(), flows("s>t", "c>a", "a>e"))


def border(definition: str, host: str = "subProcess", thrown: str = "") -> bytes:
    """Return a diagram with an event on the border of `n`, inside which `t` throws."""
    inner = start("i") + end("t", thrown) + flows("i>t")
    drawn = node("subProcess", "n", inner) if host == "subProcess" else node(host, "n", camunda_assignee="${starter}")
    return step(drawn, boundary("b", "n", definition) + flows("b>e") if definition else "")


def called(slug: str) -> bytes:
    """Return a diagram that calls another process."""
    return step(node("callActivity", "n", calledElement=slug))


def repeated(marker: str) -> bytes:
    """Return a diagram of a repeated step."""
    return step(
        node("userTask", "n", extension(properties({"name.en": "n"})) + marker, camunda_assignee="${starter}")
    )


FORMS = {"forms": {"f": FORM}}


def after_two(back: str) -> bytes:
    """Return a diagram of two steps whose second may be sent back to a node."""
    second = user("a", properties({"back.to": back}))
    return diagram(start(), user("n"), second, end(), chain("s", "n", "a", "e"), outside=OUTSIDE)


LIMIT = {"limit": parse_limit}
CALLED = {"called": {"other": {"third"}, "third": set(), "back": {"p"}}}
TABLE = {**FORMS, "tables": {"t": table("t", ["amount"], ["y"], [(["> 1"], ["1"])])}}
DECIDES = node("businessRuleTask", "b0", camunda_decisionRef="t")
RULES: list[tuple[str, str | None, bytes, bytes, dict[str, Any]]] = [
    # structure
    (
        "start-twice",
        "s2",
        diagram(start(), start("s2"), user("a"), end(), flows("s>a", "s2>a", "a>e")),
        diagram(
            start(),
            node("startEvent", "s2", message("m")),
            user("a"),
            end(),
            flows("s>a", "s2>a", "a>e"),
            outside=OUTSIDE,
        ),
        {},
    ),
    ("join-never", "j", several(parallel=False), several(parallel=True), {}),
    ("link", "t", link('<linkEventDefinition name="k"/>'), link(LINK), {}),
    ("link", "c", link('<linkEventDefinition name="k"/>'), link(LINK), {}),
    (
        "end-unreachable",
        "a",
        diagram(start(), user("a"), user("b"), end(), flows("s>a", "a>b", "b>a")),
        diagram(start(), user("a"), user("b"), boundary("t", "b", HOUR), end(), flows("s>a", "a>b", "b>a", "t>e")),
        {},
    ),
    (
        "loop-endless",
        "g",
        diagram(
            start(),
            gateway("exclusive", "h"),
            gateway("exclusive", "g", "d"),
            end(),
            flows("s>h", "h>g", "g>h[${x}]", "d:g>e"),
        ),
        diagram(
            start(),
            script("h", "x = false"),
            gateway("exclusive", "g", "d"),
            end(),
            flows("s>h", "h>g", "g>h[${x}]", "d:g>e"),
        ),
        {},
    ),
    # branches
    (
        "condition-ignored",
        "f_g_e",
        diagram(start(), gateway("exclusive", "g"), user("a"), end(), flows("s>a", "a>g", "g>e[${x}]")),
        diagram(start(), gateway("exclusive", "g"), user("a"), end(), flows("s>a", "a>g", "g>e")),
        {},
    ),
    (
        "default-missing",
        "a",
        diagram(start(), user("a"), user("b"), end(), flows("s>a", "a>b[${x}]", "a>e[${y}]", "b>e")),
        diagram(start(), user("a", default="d"), user("b"), end(), flows("s>a", "a>b[${x}]", "d:a>e", "b>e")),
        {},
    ),
    (
        "event-gateway",
        "g",
        diagram(start(), gateway("eventBased", "g"), catch("c", LINK), end(), flows("s>g", "g>c", "c>e")),
        diagram(
            start(),
            gateway("eventBased", "g"),
            catch("c", HOUR),
            catch("d", HOUR),
            end(),
            flows("s>g", "g>c", "g>d", "c>e", "d>e"),
        ),
        {},
    ),
    # data
    ("name-unknown", "x", asked("${amonut > 1}"), asked("${amount > 1}"), FORMS),
    ("name-unknown", "x", asked("${notes}"), asked("${note == 'x'}"), FORMS),
    (
        "name-unknown",
        "x",
        asked("${total_cost > 1}"),
        asked("${total_cost > 1}", script("b0", "total_cost = amount + 1")),
        FORMS,
    ),
    ("name-unknown", "x", asked("${z > 0}", DECIDES), asked("${y > 0}", DECIDES), TABLE),
    (
        "name-unknown",
        "x",
        asked("${mail > 0}", service("b0", inner=mapping({}, {"sent": "${result}"}))),
        asked("${sent > 0}", service("b0", inner=mapping({}, {"sent": "${result}"}))),
        FORMS,
    ),
    (
        "field-unknown",
        "n",
        step(user("n", properties({"fields.hidden": "amonut"}), camunda_formRef="f")),
        step(user("n", properties({"fields.hidden": "amount"}), camunda_formRef="f")),
        FORMS,
    ),
    # people
    (
        "role-unknown",
        "n",
        step(node("userTask", "n", camunda_candidateGroups="office,offfice")),
        step(node("userTask", "n", extension(properties({"name.en": "n"})), camunda_candidateGroups="office")),
        {"roles": {"office"}},
    ),
    (
        "role-unknown",
        "n",
        step(user("n", assignee="${role('ofice')}")),
        step(user("n", assignee="${role('office')}")),
        {"roles": {"office"}},
    ),
    (
        "role-unknown",
        None,
        step(user("n"), own={"starts": "a:甲:A:ofice"}),
        step(user("n"), own={"starts": "a:甲:A:office"}),
        {"roles": {"office"}},
    ),
    # time
    ("limit", "n", own(limit="two days"), own(limit="2 工作日"), LIMIT),
    ("limit", "n", own(limit="P2X"), own(limit="PT30M"), LIMIT),
    ("limit", None, step(user("n"), own={"due.rating": "soon"}), step(user("n"), own={"due.rating": "3 天"}), LIMIT),
    (
        "limit",
        None,
        step(user("n"), own={"handling": "soon"}),
        step(user("n"), own={"handling": "${case.finish}"}),
        LIMIT,
    ),
    ("limit", "n", own(offer_within="${case.x}"), own(offer_within="4 工作小时"), LIMIT),
    ("remind", "n", own(remind="100"), own(remind="50, 80"), {}),
    ("remind", "n", own(remind="always"), own(remind="off"), {}),
    ("escalate", "n", own(escalate="later"), own(escalate="1 工作日,3 工作日"), LIMIT),
    ("escalate", "n", own(escalate="1 天,2 天,3 天"), own(escalate="off"), LIMIT),
    # attributes
    ("back-to", "n", own(back_to="n"), after_two("n"), {}),
    ("back-to", "a", after_two("e"), after_two("n"), {}),
    ("node-unknown", "n", own(back_to="m"), own(basis="合同 第 2 条"), {}),
    ("attribute-value", "n", own(title="a ${1 +} b"), own(title="a ${starter.name} b"), {}),
    ("function", "n", own(limit="${today()}"), own(limit="${case.limit}"), {}),
    (
        "action-unknown",
        "n",
        own(actions="ok:同意", reason_required="no"),
        own(actions="ok:同意|no:退回", reason_required="no"),
        {},
    ),
    (
        "action-unknown",
        "n",
        own(actions="ok:同意", consequence_no="退回"),
        own(actions="ok:同意|no:退回", consequence_no_en="Back"),
        {},
    ),
    ("node-unknown", "n", own(shows="m"), own(shows="n"), {}),
    # events
    ("reference", "n", step(catch("n", message("x"))), step(catch("n", message("x")), outside=messages("x")), {}),
    ("reference", "b", border('<errorEventDefinition errorRef="q"/>', thrown=ERROR), border(ERROR, thrown=ERROR), {}),
    ("boundary-never", "b", border(ERROR, "userTask"), border(ERROR, thrown=ERROR), {}),
    ("uncaught", "t", border("", thrown=ERROR), border(ERROR, thrown=ERROR), {}),
    ("uncaught", "t", border(ERROR, thrown=ESCALATION), border(ESCALATION, thrown=ESCALATION), {}),
    ("message-missing", "n", step(node("sendTask", "n")), step(node("sendTask", "n", messageRef="m_m")), {}),
    # calls
    ("call-unknown", "n", called("nothing"), called("other"), CALLED),
    ("call-recursive", "n", called("back"), called("other"), CALLED),
    ("call-recursive", "n", called("p"), called("other"), {}),
    ("call-missing", "n", called("${which}"), called("other"), {}),
    # repetition
    (
        "repetition",
        "n",
        repeated("<multiInstanceLoopCharacteristics/>"),
        repeated(MANY.format("", "finished > 1")),
        {},
    ),
    (
        "repetition",
        "n",
        repeated(MANY.format("", "finished >")),
        repeated(MANY.format(' isSequential="true"', "total > 1")),
        {},
    ),
    # ids
    (
        "id-characters",
        "a:b",
        diagram(start(), user("a:b"), end(), chain("s", "a:b", "e")),
        diagram(start(), user("a.b-c_1"), end(), chain("s", "a.b-c_1", "e")),
        {},
    ),
    (
        "id-reserved",
        "a.Run",
        diagram(start(), user("a.Run"), end(), chain("s", "a.Run", "e")),
        diagram(start(), user("a.Runs"), end(), chain("s", "a.Runs", "e")),
        {},
    ),
    (
        "id-twice",
        "p",
        diagram(start(), user("p"), end(), chain("s", "p", "e")),
        diagram(start(), user("q"), end(), chain("s", "q", "e")),
        {},
    ),
    # what has no effect
    (
        "ignored",
        "n",
        step(user("n", '<camunda:taskListener event="create" class="org.example.X"/>')),
        step(user("n")),
        {},
    ),
    ("ignored", "n", step(user("n", camunda_dueDate="${now()}")), step(user("n", camunda_priority="5")), {}),
    (
        "ignored",
        "n",
        step(node("scriptTask", "n", extension(mapping({"x": "1"})) + "<script>y = 1</script>")),
        step(script("n", "y = 1")),
        {},
    ),
    (
        "drawn-only",
        "o",
        step(user("n"), '<dataObjectReference id="o"/>'),
        step(user("n"), '<textAnnotation id="o"/>'),
        {},
    ),
]


@pytest.mark.parametrize(
    ("rule", "element", "bad", "good", "given"), RULES, ids=[f"{number}-{one[0]}" for number, one in enumerate(RULES)]
)
def test_a_rule_finds_what_breaks_it_and_nothing_else(
    rule: str, element: str | None, bad: bytes, good: bytes, given: dict[str, Any]
) -> None:
    """The problem names element and line and reads as a sentence; without the mistake the rule is silent."""
    found = [one for one in check(bad, **given) if (one.rule, one.element) == (rule, element)]
    assert found
    assert found[0].line
    assert "%(" not in found[0].message % found[0].values + found[0].fix % found[0].values
    assert (rule, element) not in {(one.rule, one.element) for one in check(good, **given)}


def test_a_table_that_reads_a_name_nobody_writes_is_named() -> None:
    """The names of a decision table are looked for like those of the diagram."""
    tables = {"t": table("t", ["amonut"], ["y"], [(["> 1"], ["1"])])}
    found = check(asked("${y > 0}", DECIDES), tables=tables, **FORMS)
    assert [(one.rule, one.element, one.values["near"]) for one in found] == [("name-unknown", "b0", "amount")]


def test_a_name_is_only_doubted_while_something_may_still_write_it() -> None:
    """A message or an unmapped service may bring any name: a warning; while forms are unknown nothing is said."""
    xml = asked("${amonut > 1}", service("b0"))
    assert [(one.rule, one.severity) for one in check(xml, **FORMS)] == [("name-unknown", "warning")]
    assert check(xml) == ()


def test_the_mapping_of_a_service_may_pick_from_its_result() -> None:
    """`result` is all that the service returned; without a mapping nothing wrote it."""
    picked = mapping(outputs={"case.vendor": "${result['case.vendor']}"})
    picking = service("b0", inner=picked)
    assert check(asked("${note == 'x'}", picking), **FORMS) == ()
    assert [one.rule for one in check(asked("${result == 'x'}"), **FORMS)] == ["name-unknown"]


def test_a_join_that_may_wait_in_vain_is_only_a_warning() -> None:
    """The data may forbid the way on which it does; a join that no way completes is an error."""
    ways = flows("s>g", "g>a", "g>x", "d:x>e", "x>b[${starter.id == 1}]", "a>j", "b>j", "j>e")
    parts = (gateway("parallel", "g"), gateway("exclusive", "x", "d"), user("a"), user("b"), gateway("parallel", "j"))
    found = check(diagram(start(), *parts, end(), ways))
    assert [(one.rule, one.severity, one.element) for one in found] == [("join-stuck", "warning", "j")]


@pytest.mark.parametrize("kind", ["parallel", "inclusive"])
def test_a_join_in_a_loop_is_no_false_alarm(kind: str) -> None:
    """Going back before the split and meeting again is sound, for both kinds of joins."""
    condition = "[${starter.id == 1}]" if kind == "inclusive" else ""
    default = "m" if kind == "inclusive" else None
    ways = flows("s>g", "m:g>a", f"g>b{condition}", "a>j", "b>j", "j>x", "d:x>e", "x>g[${starter.id == 2}]")
    parts = (gateway(kind, "g", default), user("a"), user("b"), gateway(kind, "j"), gateway("exclusive", "x", "d"))
    assert check(diagram(start(), *parts, end(), ways)) == ()


def test_a_refused_expression_has_its_column() -> None:
    """The place inside the expression is told besides the line of the element."""
    (found,) = check(asked("${starter.id > > 1}"))
    assert found.values["column"]
    assert found.line


def test_what_is_wrong_with_the_whole_process_has_its_line() -> None:
    """A problem without an element is told with the name and line of the process."""
    (found,) = check(step(user("n"), own={"limmit": "x"}))
    assert (found.element, found.name) == (None, "流程")
    assert found.line

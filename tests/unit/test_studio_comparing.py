"""What differs between two sources, in the owner's words."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from app.engine import DiagramRefused
from app.i18n import Listed
from app.processes.source import Source, read_source
from app.studio.comparing import ADDED, CHANGED, REMOVED, Change, Said, compare

ROOT = Path(__file__).parents[2]
CHECK = (
    '<bpmn:userTask id="section_check" name="科室审核" camunda:assignee="${head(case.unit)}">'
    "<bpmn:extensionElements><camunda:properties>"
    '<camunda:property name="guanjia.limit" value="2 工作日"/>'
    "</camunda:properties></bpmn:extensionElements></bpmn:userTask>"
    '<bpmn:sequenceFlow id="after_section" sourceRef="section_check" targetRef="is_mine"/>'
)
WIRE = '<bpmn:sequenceFlow id="after_confirm" sourceRef="confirm_demand" targetRef="is_mine" />'


@pytest.fixture(scope="module")
def shipped() -> Source:
    """The dispatch process as it ships."""
    return read_source(ROOT / "bpmn", ROOT / "forms", "task_dispatch")


def redrawn(source: Source, *pairs: tuple[str, str]) -> Source:
    """Return the source with parts of its diagram replaced, each found once at least."""
    text = source.diagram.decode()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return replace(source, diagram=text.encode())


def reshaped(source: Source, form: str, change: dict[int, dict[str, object]]) -> Source:
    """Return the source with fields of a form changed, by their place."""
    schema = json.loads(source.forms[form])
    for place, values in change.items():
        schema["components"][place] |= values
    return replace(source, forms={**source.forms, form: json.dumps(schema)})


def retabled(source: Source, *pairs: tuple[str, str]) -> Source:
    """Return the source with parts of its decision table replaced."""
    text = source.tables["dispatch_routing"].decode()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return replace(source, tables={"dispatch_routing": text.encode()})


def read(words: object) -> str:
    """Return words as a Chinese reader sees them."""
    if isinstance(words, Said):
        return words.message % {name: read(value) for name, value in words.values.items()}
    if isinstance(words, Listed):
        return "、".join(read(one) for one in words)
    return "" if words is None else str(words)


def told(change: Change) -> tuple[str, str, str, str, str]:
    """Return a change as a line: how, what, which of it, before, after."""
    return change.how, read(change.subject), read(change.label), read(change.old), read(change.new)


def test_the_same_texts_have_no_difference(shipped: Source) -> None:
    """A version against itself is empty, and so is one whose file only has other blanks and another order."""
    assert compare(shipped, shipped).is_empty
    assert not compare(shipped, shipped).only_written_differently
    spaced = redrawn(
        shipped, ('<bpmn:userTask id="demand" name="提出需求"', '<bpmn:userTask  name="提出需求"  id="demand"')
    )
    found = compare(shipped, spaced)
    assert found.is_empty
    assert found.only_written_differently


def test_a_step_put_in_is_told_with_what_it_brings_and_the_line_that_was_moved(shipped: Source) -> None:
    """A new step, its new line and the line that now leads to it are three changes, each on its element."""
    new = redrawn(shipped, (WIRE, WIRE.replace("is_mine", "section_check") + CHECK))
    found = compare(shipped, new)
    assert [told(one) for one in found.changes] == [
        (ADDED, "环节“科室审核”", "", "", "环节“科室审核”"),
        (ADDED, "从“科室审核”到“本人提的？”的连线", "", "", "从“科室审核”到“本人提的？”的连线"),
        (CHANGED, "从“提出人确认”到“科室审核”的连线", "到哪里去", "本人提的？", "科室审核"),
    ]
    details = [(read(label), read(value)) for label, value in found.changes[0].details]
    assert details == [("谁办", "提出单位负责人"), ("时限", "2 工作日")]
    assert found.marks(of_old=False) == {"section_check": ADDED, "after_section": ADDED, "after_confirm": CHANGED}
    assert found.marks(of_old=True) == {"after_confirm": CHANGED}
    back = compare(new, shipped)
    assert [one.how for one in back.changes] == [REMOVED, REMOVED, CHANGED]
    assert back.marks(of_old=True)["section_check"] == REMOVED


def test_properties_are_told_in_the_words_of_the_owner(shipped: Source) -> None:
    """Limit, people, actions, name and condition appear as 时限, 谁办, 动作, 名称 and 条件 with old and new value."""
    new = redrawn(
        shipped,
        ('value="1 工作日"', 'value="4 工作小时"'),
        (
            'camunda:formRef="intake" camunda:assignee="${requester}"',
            'camunda:formRef="intake" camunda:assignee="${starter}"',
        ),
        ("|correct:更正后确认:Confirm with corrections:normal", ""),
        ('id="head_approval" name="科室负责人审批"', 'id="head_approval" name="科室审批"'),
    )
    assert [told(one) for one in compare(shipped, new).changes] == [
        (CHANGED, "环节“提出人确认”", "谁办", "表单里选的人（requester）", "发起人"),
        (CHANGED, "环节“提出人确认”", "时限", "1 工作日", "4 工作小时"),
        (CHANGED, "环节“提出人确认”", "动作", "确认、更正后确认、不是我提的", "确认、不是我提的"),
        (CHANGED, "环节“科室审批”", "名称", "科室负责人审批", "科室审批"),
    ]


def test_conditions_and_unknown_settings_are_not_passed_over(shipped: Source) -> None:
    """A condition is shown as written, and an attribute without a word of ours by its own name."""
    text = shipped.diagram.decode()
    condition = re.search(r"<bpmn:conditionExpression[^>]*>([^<]+)<", text)
    assert condition is not None
    new = redrawn(
        shipped,
        (condition[0], condition[0].replace(condition[1], "${1 == 2}")),
        ('<bpmn:userTask id="demand"', '<bpmn:userTask camunda:asyncBefore="true" id="demand"'),
    )
    found = {told(one)[2:] for one in compare(shipped, new).changes}
    assert found == {("条件", unescape(condition[1].strip()), "${1 == 2}"), ("设置 asyncBefore", "", "是")}


def test_what_only_lies_elsewhere_is_no_change(shipped: Source) -> None:
    """A shape moved on the canvas is counted apart and is on no list."""
    text = shipped.diagram.decode()
    bounds = re.search(r'bpmnElement="demand"[^>]*>\s*<dc:Bounds x="(\d+)', text)
    assert bounds is not None
    found = compare(shipped, redrawn(shipped, (bounds[0], bounds[0] + "9")))
    assert (found.changes, found.moved) == ((), ("demand",))
    assert not found.is_empty


def test_forms_are_compared_field_by_field(shipped: Source) -> None:
    """Name, options, required and a new field of a form each make one line; so does a form that is gone."""
    new = reshaped(
        shipped,
        "intake",
        {
            0: {"label": "来自哪里", "values": [{"value": "phone", "label": "电话"}]},
            1: {"validate": {"required": False, "maxLength": 60}},
        },
    )
    schema = json.loads(new.forms["intake"])
    schema["components"].append({"type": "textfield", "key": "extra", "label": "补充"})
    forms = {name: text for name, text in new.forms.items() if name != "rating"} | {"intake": json.dumps(schema)}
    found = compare(shipped, replace(new, forms=forms))
    assert [told(one) for one in found.changes] == [
        (ADDED, "表单“intake”的字段“补充”", "", "", "补充（单行文字）"),
        (CHANGED, "表单“intake”的字段“来自哪里”", "名称", "怎么提的", "来自哪里"),
        (CHANGED, "表单“intake”的字段“来自哪里”", "选项", "电话、口头、纸面", "电话"),
        (CHANGED, "表单“intake”的字段“谁提的”", "必填", "是", "否"),
        (REMOVED, "表单“rating”", "", "表单“rating”", ""),
    ]


def test_tables_are_compared_row_by_row_and_cell_by_cell(shipped: Source) -> None:
    """A changed cell names its row and column; a row that is gone is told in full; the policy has its words."""
    rule = re.search(r'<rule id="outside_office">.*?</rule>', shipped.tables["dispatch_routing"].decode(), re.DOTALL)
    assert rule is not None
    new = retabled(
        shipped,
        (
            '<inputEntry id="objection_category"><text>-</text>',
            '<inputEntry id="objection_category"><text>"content"</text>',
        ),
        (rule[0], ""),
        ('hitPolicy="FIRST"', 'hitPolicy="UNIQUE"'),
    )
    found = [told(one) for one in compare(shipped, new).changes]
    assert found[0] == (CHANGED, "决策表“派发规则”", "几条都符合时", "取第一条符合的", "只能有一条符合")
    assert found[1][:3] == (REMOVED, "决策表“派发规则”", "第 3 条")
    assert "合同内 false" in found[1][3]
    assert found[2] == (CHANGED, "决策表“派发规则”", "第 1 条的“服务类别”", "-", '"content"')
    assert len(found) == 3


def test_rows_that_lost_their_ids_are_still_the_same_rows(shipped: Source) -> None:
    """Another editor may give rows new ids: equal rows are paired by what they say."""
    found = compare(shipped, retabled(shipped, ('<rule id="objection">', '<rule id="another">')))
    assert found.is_empty


def test_a_reason_keeps_its_key_while_the_text_changes_again(shipped: Source) -> None:
    """Keys name the thing and its property, not its value, and are never used twice."""
    first = compare(shipped, redrawn(shipped, ('value="1 工作日"', 'value="4 工作小时"')))
    second = compare(shipped, redrawn(shipped, ('value="1 工作日"', 'value="3 工作日"')))
    assert [one.key for one in first.changes] == [one.key for one in second.changes]
    keys = [one.key for one in compare(Source(shipped.slug, EMPTY), shipped).changes]
    assert len(keys) == len(set(keys))


def test_a_file_that_cannot_be_read_is_refused(shipped: Source) -> None:
    """A DOCTYPE is not compared but refused with its sentence."""
    with pytest.raises(DiagramRefused):
        compare(shipped, replace(shipped, diagram=b'<!DOCTYPE x [<!ENTITY a "b">]><definitions/>'))


EMPTY = b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>'

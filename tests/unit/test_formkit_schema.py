"""What compile_form accepts, and how it refuses the rest."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formkit import FormRefused, compile_form
from app.formkit.schema import INPUT_KINDS, NESTING_KINDS, STATIC_KINDS


def form(*components: object) -> dict[str, Any]:
    """Return a schema of these components."""
    return {"type": "default", "components": list(components)}


TITLE = {"type": "textfield", "key": "title", "label": "标题"}

REFUSALS = {
    "an unknown type": ({"type": "image", "id": "Field_7"}, "“Field_7”的类型“image”这里不能用。"),
    "no key": ({"type": "textfield", "id": "Field_1", "label": "标题"}, "“Field_1”没有 key，填写的内容没有地方放。"),
    "a key with a hyphen": (
        {"type": "textfield", "id": "F", "key": "a-b", "label": "标题"},
        "“F”的 key “a-b”只能用字母、数字和下划线，字母开头。",
    ),
    "no label": ({"type": "number", "id": "F", "key": "n"}, "“F”没有标题。"),
    "a bad pattern": (
        {"type": "textfield", "id": "F", "key": "n", "label": "标题", "validate": {"pattern": "["}},
        "“F”的 pattern 读不懂：unterminated character set at position 0",
    ),
    "limits the wrong way round": (
        {"type": "number", "id": "F", "key": "n", "label": "数", "validate": {"min": 3, "max": 1}},
        "“F”的下限比上限大。",
    ),
    "a limit that is no number": (
        {"type": "number", "id": "F", "key": "n", "label": "数", "validate": {"min": "many"}},
        "“F”的 min 应当是数字。",
    ),
    "a choice without options": ({"type": "radio", "id": "F", "key": "n", "label": "选"}, "“F”没有选项。"),
    "two options of one value": (
        {"type": "radio", "id": "F", "key": "n", "label": "选", "values": [{"value": "a"}, {"value": "a"}]},
        "“F”有选项没有写值，或者两个选项的值一样。",
    ),
    "a widget on the wrong type": (
        {"type": "number", "id": "F", "key": "n", "label": "数", "properties": {"widget": "opinion"}},
        "“F”的控件“opinion”不能用在“number”上。",
    ),
    "criteria from nowhere": (
        {"type": "textarea", "id": "F", "key": "n", "label": "核对", "properties": {"widget": "criteria"}},
        "“F”没有写验收标准从哪一项来（properties.from）。",
    ),
    "a condition without =": (
        {**TITLE, "id": "F", "key": "n", "conditional": {"hide": "a > 1"}},
        "“F”的 conditional.hide 应当是以 = 开头的表达式。",
    ),
    "readonly as an expression": (
        {**TITLE, "id": "F", "key": "n", "readonly": "=a"},
        "“F”的 readonly 只能是 true 或 false。",
    ),
    "a list in a list": (
        {
            "type": "dynamiclist",
            "id": "L",
            "path": "rows",
            "label": "清单",
            "components": [
                {"type": "dynamiclist", "id": "M", "path": "more", "label": "清单", "components": [TITLE]}
            ],
        },
        "“L”的一行里不能再放清单或逐条核对（more）。",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_bad_component_is_refused_by_name(name: str) -> None:
    """The sentence names the component and says what is wrong with it."""
    component, sentence = REFUSALS[name]
    with pytest.raises(FormRefused) as refused:
        compile_form(form(TITLE, component))
    assert str(refused.value) == sentence


def test_a_key_used_twice_is_refused() -> None:
    """The second use of a key is named, in a group too."""
    with pytest.raises(FormRefused, match="“second”的 key “title”已经用过。"):
        compile_form(form(TITLE, {"type": "group", "components": [{**TITLE, "id": "second"}]}))


def test_bad_feel_is_refused_with_its_reason() -> None:
    """An expression that cannot be read names the component and the attribute."""
    with pytest.raises(FormRefused, match=r"“F”的 conditional\.hide 读不懂："):
        compile_form(form({**TITLE, "id": "F", "conditional": {"hide": "=amount >"}}))


def test_conditions_that_depend_on_each_other_are_refused() -> None:
    """Two questions that hide each other have no order in which to be judged."""
    first = {"type": "checkbox", "key": "a", "label": "甲", "conditional": {"hide": "=b"}}
    second = {"type": "checkbox", "key": "b", "label": "乙", "conditional": {"hide": "=a"}}
    with pytest.raises(FormRefused, match="互相依赖"):
        compile_form(form(first, second))


def test_every_reason_is_listed() -> None:
    """The owner sees all problems at once, each with its component."""
    with pytest.raises(FormRefused) as refused:
        compile_form(form({"type": "image", "id": "one"}, {"type": "number", "id": "two", "key": "n"}))
    assert [problem.component for problem in refused.value.problems] == ["one", "two"]


@pytest.mark.parametrize("schema", [None, [], {}, {"type": "default"}, {"components": []}, {"type": "x"}, form()])
def test_what_is_no_form_is_refused(schema: object) -> None:
    """Anything that is not a form-js form with a field gives a sentence."""
    with pytest.raises(FormRefused):
        compile_form(schema)


def test_every_accepted_type_compiles() -> None:
    """Each form-js type this product draws is accepted with the attributes the editor writes."""
    values = [{"label": "甲", "value": "a"}]
    inputs = [
        {"type": kind, "id": f"F{index}", "key": f"k{index}", "label": "项", "values": values}
        for index, kind in enumerate(INPUT_KINDS)
    ]
    moments = [
        {"type": "datetime", "subtype": subtype, "key": subtype, "dateLabel": "何时", "timeLabel": "何时"}
        for subtype in ("date", "time", "datetime")
    ]
    static = [{"type": kind, "text": "说明", "content": "<b>说明</b>"} for kind in STATIC_KINDS]
    nested = [
        {"type": kind, "path": "" if kind == "group" else "list", "label": "组", "components": [TITLE]}
        for kind in NESTING_KINDS
    ]
    computed = {"type": "expression", "key": "sum", "expression": "=1 + 1"}
    compiled = compile_form(form(*inputs, *moments, *static, *nested, computed))
    assert set(compiled.keys) == {
        *(f"k{i}" for i in range(len(INPUT_KINDS))),
        "date",
        "time",
        "datetime",
        "title",
        "list",
        "sum",
    }


def test_html_is_shown_as_its_plain_text() -> None:
    """No mark-up of a form's author reaches the page."""
    compiled = compile_form(form(TITLE, {"type": "html", "content": "<b>先看</b><script>x()</script> &lt;说明&gt;"}))
    assert compiled.scope.components[1].text == "先看 <说明>"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
KINDS = st.sampled_from([*INPUT_KINDS, *NESTING_KINDS, *STATIC_KINDS, "datetime", "expression", "image"])
NAMES = st.sampled_from(
    ["id", "key", "path", "label", "validate", "values", "valuesKey", "valuesExpression", "conditional", "expression",
     "properties", "components", "defaultValue", "defaultRepetitions", "decimalDigits", "layout", "disabled",
     "subtype", "text", "content", "accept", "multiple", "description"]
)  # fmt: skip
COMPONENT = st.builds(lambda kind, rest: {**rest, "type": kind}, KINDS, st.dictionaries(NAMES, JSON, max_size=8))


@given(st.lists(COMPONENT | JSON, max_size=4))
def test_no_schema_breaks_the_reader(components: list[Any]) -> None:
    """Whatever stands in a form file, it is accepted or refused with a sentence."""
    try:
        compile_form(form(*components))
    except FormRefused as refused:
        sentences = [problem.message % problem.values for problem in refused.problems]
        assert all(sentences)

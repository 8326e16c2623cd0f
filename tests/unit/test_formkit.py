"""Forms in use: drawn, posted, judged, kept."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flask_babel
import pytest
import wtforms
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import FileStorage, MultiDict

from app import formkit, web
from app.errors import Invalid
from app.formkit import BoundForm, CaseLink, CompiledForm, Rights, Sources, compile_form, register_source
from app.formkit.sentences import WTFORMS
from app.web import filters


@dataclass(frozen=True)
class StoredFile:
    """A file as the files area describes it."""

    id: int
    name: str
    size: int = 18_432
    digest: str = "3f9ca271" * 8


FILES = {1: StoredFile(1, "检查清单.xlsx"), 2: StoredFile(2, "对照.png")}
UNITS = [(12, "市住建局"), (13, "市教育局")]


def owned(ids: Sequence[int]) -> list[StoredFile]:
    """Return the files this reader may hand in."""
    return [FILES[number] for number in ids if number in FILES]


def find_case(number: str) -> CaseLink | None:
    """Find the one other case."""
    return CaseLink(number, "旧办件", f"/cases/{number}") if number == "RW-2026-1100" else None


pytestmark = pytest.mark.usefixtures("app")
SOURCES = Sources(phrases=("请补充清单",), uploads=owned, case=find_case)


@pytest.fixture(scope="module")
def app() -> Iterator[Flask]:
    """Put a page around the forms: the product's parts, Chinese, nothing else."""
    app = Flask("forms", template_folder=str(Path(web.__file__).parent / "templates"))
    flask_babel.Babel(app, default_locale="zh")
    app.add_template_global(lambda name: f"/static/{name}", "asset")
    filters.install(app)
    formkit.init_app(app)
    register_source("unit", lambda _context: UNITS, lambda _context, value: "已撤销的单位" if value == 9 else None)
    with app.test_request_context():
        yield app


def compiled(*components: dict[str, Any]) -> CompiledForm:
    """Compile a form of these components."""
    return compile_form({"type": "default", "components": list(components)})


def field(type_: str, key: str, label: str = "一项", **more: Any) -> dict[str, Any]:
    """Describe a component."""
    return {"type": type_, "key": key, "label": label, **more}


def widget(type_: str, key: str, name: str, **properties: str) -> dict[str, Any]:
    """Describe a component with a widget of ours."""
    return field(type_, key, properties={"widget": name, **properties})


REQUIRED = {"required": True}
REASON = field("textarea", "reason", "理由", validate=REQUIRED, conditional={"hide": "=amount <= 100"})
AMOUNT = field("number", "amount", "金额", validate={"required": True, "min": 0, "max": 1000}, decimalDigits=2)
CRITERIA = widget("checklist", "met", "criteria", **{"from": "criteria"}) | {"validate": REQUIRED}
LINES = {"criteria": ["能下载", "不乱码", "查完 41 个"]}
ITEMS = {
    "type": "dynamiclist",
    "path": "items",
    "label": "明细",
    "components": [field("textfield", "what", "内容", validate=REQUIRED), field("number", "count", "数量")],
}


def one(component: dict[str, Any], *texts: str, **stored: Any) -> BoundForm:
    """Post `texts` to a form of one component."""
    key = component.get("key") or component["path"]
    return compiled(component).form(stored, MultiDict([(key, text) for text in texts]), sources=SOURCES)


CHOICES = {"values": [{"label": "直派", "value": "direct"}, {"label": "转办", "value": "office"}]}
MOMENT = field("datetime", "k", subtype="datetime")
ANSWERS = {
    "text is trimmed": (field("textfield", "k"), ["  网站打不开 "], "网站打不开"),
    "invisible characters go": (field("textfield", "k"), ["a\x00b\u0007c"], "abc"),
    "line ends are one kind": (field("textarea", "k"), ["甲\r\n乙"], "甲\n乙"),
    "an empty text is null": (field("textfield", "k"), [""], None),
    "a whole number": (field("number", "k"), ["12.0"], 12),
    "an exact decimal": (field("number", "k"), ["1.50"], {"$dec": "1.5"}),
    "full-width digits": (field("number", "k"), ["１２"], 12),
    "a date": (field("datetime", "k"), ["2026-11-19"], "2026-11-19"),
    "a time": (field("datetime", "k", subtype="time"), ["09:30"], "09:30:00"),
    "an instant has its offset": (MOMENT, ["2026-11-19T09:30"], "2026-11-19T09:30:00+08:00"),
    "a tick": (field("checkbox", "k"), ["", "true"], True),
    "no tick": (field("checkbox", "k"), [""], False),
    "a choice": (field("select", "k", **CHOICES), ["office"], "office"),
    "a number keeps its type": (field("radio", "k", values=[{"label": "甲", "value": 1}]), ["1"], 1),
    "several, in order": (field("checklist", "k", **CHOICES), ["", "office", "direct"], ["direct", "office"]),
    "none of several": (field("taglist", "k", **CHOICES), [""], []),
    "a unit": (widget("select", "k", "unit"), ["13"], 13),
    "lines": (widget("textarea", "k", "lines"), ["一\r\n\r\n 二 "], ["一", "二"]),
    "a rating": (widget("radio", "k", "rating"), ["2"], 2),
    "no rating is not five": (widget("radio", "k", "rating"), [""], None),
    "files": (widget("filepicker", "k", "evidence"), ["", "1", "2"], [1, 2]),
    "a case": (widget("textfield", "k", "caselink"), ["RW-2026-1100"], "RW-2026-1100"),
    "a telephone number": (widget("textfield", "k", "phone"), ["0571-8805 1234"], "0571-8805 1234"),
    "rich text loses scripts": (
        widget("textarea", "k", "richtext"), ['<p onclick="x()">好<script>x()</script></p>'], "<p>好</p>",
    ),
    "plain text in a rich field stays": (widget("textarea", "k", "richtext"), ["a < b & c"], "a < b & c"),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_posted_becomes_the_answer(name: str) -> None:
    """Each kind of control gives its JSON answer."""
    component, texts, answer = ANSWERS[name]
    bound = one(component, *texts)
    assert bound.validate(), bound.errors
    assert bound.answers == {"k": answer}


ERRORS = {
    "missing text": (field("textfield", "k", validate=REQUIRED), [" "], "还没有填写。填好后才能提交。"),
    "missing choice": (field("radio", "k", validate=REQUIRED, **CHOICES), [], "还没有选。选好后才能提交。"),
    "missing tick": (field("checkbox", "k", validate=REQUIRED), [""], "还没有勾选。勾选后才能提交。"),
    "missing files": (field("filepicker", "k", validate=REQUIRED), [""], "还没有交文件。交齐后才能提交。"),
    "missing rows": (ITEMS | {"path": "k", "validate": REQUIRED}, [""], "至少要有一行。加上后才能提交。"),
    "too short": (field("textfield", "k", validate={"minLength": 5}), ["甲"], "至少写 5 个字。"),
    "too long": (field("textfield", "k", validate={"maxLength": 2}), ["甲乙丙"], "最多写 2 个字。"),
    "pattern": (field("textfield", "k", validate={"pattern": "^[0-9]{11}$"}), ["12"], "格式不对，请照说明填写。"),
    "no number": (field("number", "k"), ["十二"], "这里要填数字，例如 12 或 3.5。"),
    "an exponent": (field("number", "k"), ["1e9"], "这里要填数字，例如 12 或 3.5。"),
    "too small": (field("number", "k", validate={"min": 1}), ["0"], "不能小于 1。"),
    "too big": (field("number", "k", validate={"min": 1, "max": 5}), ["9"], "要在 1 到 5 之间。"),
    "too many decimals": (field("number", "k", decimalDigits=1), ["1.25"], "小数点后最多 1 位。"),
    "not whole": (field("number", "k", decimalDigits=0), ["1.5"], "这里要填整数，不带小数。"),
    "no date": (field("datetime", "k"), ["2026-02-30"], "日期要写成 2026-11-19 这样。"),
    "no time": (field("datetime", "k", subtype="time"), ["25:00"], "时间要写成 10:02 这样。"),
    "no instant": (field("datetime", "k", subtype="datetime"), ["2026-11-19"], "时间要写成 2026-11-19 10:02 这样。"),
    "not listed": (field("select", "k", **CHOICES), ["other"], "请在列出的选项里选。"),
    "one not listed": (field("checklist", "k", **CHOICES), ["direct", "other"], "请在列出的选项里选。"),
    "unit not listed": (widget("select", "k", "unit"), ["14"], "请在列出的选项里选。"),
    "grade six": (widget("radio", "k", "rating"), ["6"], "请在列出的选项里选。"),
    "two answers": (field("textfield", "k"), ["a", "b"], "这里只能有一个答案。"),
    "a strange tick": (field("checkbox", "k"), ["maybe"], "这里只能勾选或不勾选。"),
    "an unknown file": (
        widget("filepicker", "k", "evidence"),
        ["1", "3"],
        "有文件已经不在了。其余的都在，请重新上传缺的那一个。",
    ),
    "no file number": (widget("filepicker", "k", "evidence"), ["x"], "有文件没有传完。请重新上传。"),
    "one file too many": (field("filepicker", "k"), ["1", "2"], "最多 1 个文件。"),
    "an unknown case": (widget("textfield", "k", "caselink"), ["RW-1"], "没有这个编号的办件，或者它不归您看。"),
    "too many lines": (widget("textarea", "k", "lines"), ["一\n" * 101], "最多 100 行。"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_cannot_be_accepted_gets_a_sentence(name: str) -> None:
    """Each wrong answer has a clear sentence, and what was typed is still on the page below it."""
    component, texts, sentence = ERRORS[name]
    bound = one(component, *texts)
    assert not bound.validate()
    assert bound.errors == {"k": sentence}
    page = bound.html()
    assert sentence in page
    assert 'id="gj-k-error"' in page


@pytest.mark.parametrize("text", ["十二", "2026-2-3", "昨天下午"])
@pytest.mark.parametrize("component", [field("number", "k"), field("datetime", "k"), MOMENT])
def test_unreadable_text_survives(component: dict[str, Any], text: str) -> None:
    """A number or date that was not understood comes back as typed, in a control that can show it."""
    bound = one(component, text)
    assert not bound.validate()
    assert f'value="{text}"' in bound.html()
    assert 'type="text"' in bound.html()


def test_hidden_by_condition_is_neither_judged_nor_kept() -> None:
    """A required question whose condition hides it is not asked, and what was typed in it is dropped."""
    form = compiled(AMOUNT, REASON)
    bound = form.form({"reason": "上一轮"}, MultiDict({"amount": "50", "reason": "没有用的话"}))
    assert bound.validate()
    assert bound.answers == {"amount": 50}
    assert bound.dropped == {"reason"}
    assert "gj-reason" not in bound.html()


def test_a_question_that_becomes_visible_is_judged() -> None:
    """The condition is worked out on what was posted, not on what the page showed."""
    bound = compiled(REASON, AMOUNT).form({}, MultiDict({"amount": "500"}))
    assert not bound.validate()
    assert bound.errors == {"reason": "还没有填写。填好后才能提交。"}
    assert 'id="gj-reason"' in bound.html()


def test_a_hidden_group_hides_its_children() -> None:
    """The condition of a group is a condition of everything in it."""
    group = {"type": "group", "label": "其他", "conditional": {"hide": "=quiet"}, "components": [AMOUNT]}
    form = compiled(field("checkbox", "quiet"), group)
    assert form.form({}, MultiDict({"quiet": "true"})).validate()
    assert not form.form({}, MultiDict({"quiet": ""})).validate()


def test_computed_values_are_worked_out_here() -> None:
    """A computed field takes its value from the other answers and cannot be posted."""
    total = {"type": "expression", "key": "total", "label": "合计", "expression": "=amount * 2"}
    form = compiled(total, AMOUNT)
    bound = form.form({}, MultiDict({"amount": "1.25"}))
    assert bound.validate()
    assert bound.answers == {"total": {"$dec": "2.5"}, "amount": {"$dec": "1.25"}}
    with pytest.raises(Invalid):
        form.form({}, MultiDict({"amount": "1", "total": "99"}))


def test_stored_data_of_other_steps_can_be_used() -> None:
    """Conditions and option lists read data that is not part of the form."""
    chosen = field("select", "site", valuesKey="sites", conditional={"hide": '=category = "oral"'})
    stored = {"category": "web", "sites": [{"label": "门户", "value": "portal"}, "mail"]}
    bound = compiled(chosen).form(stored, MultiDict({"site": "mail"}))
    assert bound.validate()
    assert bound.answers == {"site": "mail"}
    assert "门户" in bound.html()


def test_a_stored_choice_from_such_a_list_is_read_by_its_name() -> None:
    """Who may only read a choice from a list in the data reads its words, not the number that was stored."""
    chosen = compiled(field("checklist", "who", "谁", valuesKey="people"), AMOUNT)
    people = [{"label": "黎照晚（一审）", "value": 13}, {"label": "穆长歌（二审）", "value": 14}]
    stored = {"who": [14, 13], "people": people}
    shown = chosen.form(stored, rights=Rights(edit=frozenset({"amount"}))).html()
    assert "穆长歌（二审）、黎照晚（一审）" in shown
    (read,) = chosen.read_view({"who": [13]}, sources=Sources(given={"people": people}))
    assert read.value == "黎照晚（一审）"


def test_the_address_of_a_page_is_a_link_where_it_is_read() -> None:
    """One line that is nothing but a web address leads there; any other text, and any other scheme, is only text."""
    form = compiled(field("textfield", "a", "甲"), field("textfield", "b", "乙"), field("textfield", "c", "丙"))
    typed = {"a": "https://zjj.example.cn/a?b=1&c=2", "b": "见 https://zjj.example.cn", "c": "javascript:alert(1)"}
    first, *others = form.read_view(typed)
    assert 'href="https://zjj.example.cn/a?b=1&amp;c=2"' in str(first.value)
    assert [str(one.value) for one in others] == [typed["b"], typed["c"]]


def test_options_may_be_an_expression() -> None:
    """A list may be worked out over the data and the other answers."""
    chosen = field("select", "site", valuesExpression='=if city then ["portal"] else []')
    form = compiled(chosen, field("checkbox", "city"))
    assert form.form({}, MultiDict({"site": "portal", "city": "true"})).validate()
    assert not form.form({}, MultiDict({"site": "portal", "city": ""})).validate()


def test_rights_decide_what_may_be_posted() -> None:
    """Fields that are read or hidden are refused when posted, by name; hidden ones are not on the page."""
    form = compiled(field("textfield", "a", "甲"), field("textfield", "b", "乙"), field("textfield", "c", "丙"))
    rights = Rights(edit=frozenset({"a"}), hidden=frozenset({"c"}))
    bound = form.form(
        {"b": "只能看", "c": "秘密"}, MultiDict({"a": "1", "csrf_token": "t"}), rights=rights, ignored={"csrf_token"}
    )
    assert bound.validate()
    assert bound.answers == {"a": "1"}
    page = bound.html()
    assert "只能看" in page
    assert 'name="b"' not in page
    assert "秘密" not in page
    with pytest.raises(Invalid, match="b、c、zzz") as refused:
        form.form({}, MultiDict({"a": "1", "b": "2", "c": "3", "zzz": "4"}), rights=rights)
    assert set(refused.value.fields) == {"b", "c", "zzz"}


def test_a_disabled_field_cannot_be_posted() -> None:
    """What the form's author locked is shown, never taken."""
    with pytest.raises(Invalid):
        one(field("textfield", "k", disabled=True), "x")


def test_criteria_are_answered_one_by_one() -> None:
    """Every line must be answered; the sentence names the open one, answers carry the line's text."""
    form = compiled(CRITERIA)
    bound = form.form(LINES, MultiDict([("met-0", "yes"), ("met-1", "no")]))
    assert not bound.validate()
    assert bound.errors == {"met": "第 3 条还没有选。选好后才能提交。"}
    assert len(re.findall(r'type="radio"[^>]* checked', bound.html())) == 2
    bound = form.form(LINES, MultiDict([("met-0", "yes"), ("met-1", "no"), ("met-2", "yes")]))
    assert bound.validate()
    assert bound.answers["met"][1] == {"text": "不乱码", "met": False}


def test_criteria_do_not_start_with_last_rounds_verdicts() -> None:
    """A new round starts open; lines may come from an earlier answer or from a text."""
    stored = {"criteria": [{"text": "能下载", "met": True}], "met": [{"text": "能下载", "met": True}]}
    bound = compiled(CRITERIA).form(stored)
    assert "能下载" in bound.html()
    assert " checked" not in bound.html()
    with pytest.raises(Invalid):
        compiled(CRITERIA).form({"criteria": "一\n二"}, MultiDict({"met-2": "yes"}))


def test_rows_keep_their_place_and_blank_ones_do_not_count() -> None:
    """Rows are read by their number; an untouched row is no answer, a half-filled one is judged."""
    form = compiled(ITEMS)
    texts = {"items": "", "items-0": "", "items-0-what": "甲", "items-0-count": "1", "items-2": ""}
    texts |= {"items-2-what": "", "items-2-count": "", "items-5": "", "items-5-what": "", "items-5-count": "3"}
    bound = form.form({}, MultiDict(texts))
    assert not bound.validate()
    assert bound.errors == {"items-5-what": "还没有填写。填好后才能提交。"}
    bound = form.form({}, MultiDict(texts | {"items-5-what": "丙"}))
    assert bound.validate()
    assert bound.answers == {"items": [{"what": "甲", "count": 1}, {"what": "丙", "count": 3}]}


def test_rows_come_and_go_without_scripts() -> None:
    """The row buttons change the page and judge nothing; what is typed stays."""
    form = compiled(ITEMS)
    typed = [("items", ""), ("items-0", ""), ("items-0-what", "甲"), ("items-0-count", "")]
    bound = form.form({}, MultiDict([*typed, ("gj_form", "add:items")]))
    assert bound.reshaped
    assert 'value="甲"' in bound.html()
    assert 'name="items-1-what"' in bound.html()
    bound = form.form({}, MultiDict([*typed, ("gj_form", "drop:items-0")]))
    assert 'name="items-0-what"' not in bound.html()


def test_rows_start_from_what_is_stored() -> None:
    """A stored list is shown row by row, and an empty one stays empty when posted so."""
    form = compiled(ITEMS)
    stored = {"items": [{"what": "甲", "count": {"$dec": "1.5"}}]}
    assert 'value="1.5"' in form.form(stored).html()
    bound = form.form(stored, MultiDict({"items": ""}))
    assert bound.validate()
    assert bound.answers == {"items": []}


def test_conditions_in_a_row_see_the_row_and_the_form() -> None:
    """A question of one row may depend on that row and on the whole form."""
    rows = {
        **ITEMS,
        "components": [
            field("textfield", "what"),
            field("textfield", "why", conditional={"hide": '=not(strict and what = "甲")'}),
        ],
    }
    form = compiled(field("checkbox", "strict"), rows)
    pairs = [
        ("items", ""),
        ("items-0", ""),
        ("items-0-what", "甲"),
        ("items-0-why", "因"),
        ("items-1", ""),
        ("items-1-what", "乙"),
        ("items-1-why", "因"),
    ]
    bound = form.form({}, MultiDict([*pairs, ("strict", "true")]))
    assert bound.validate()
    assert bound.answers["items"] == [{"what": "甲", "why": "因"}, {"what": "乙"}]


def test_files_sent_with_the_form_itself() -> None:
    """Without scripts the streams reach the caller, and their numbers join those already there."""
    form = compiled(widget("filepicker", "proof", "evidence"))
    files = MultiDict(
        [("proof", FileStorage(io.BytesIO(b"x"), "对照.png")), ("proof", FileStorage(io.BytesIO(), ""))]
    )
    bound = form.form({}, MultiDict([("proof", ""), ("proof", "1")]), files=files, sources=SOURCES)
    (stream,) = bound.pending_files["proof"]
    assert stream.filename == "对照.png"
    bound.attach("proof", [2])
    assert bound.validate()
    assert bound.answers == {"proof": [1, 2]}
    with pytest.raises(Invalid):
        form.form({}, MultiDict(), files=MultiDict([("other", FileStorage(io.BytesIO(), "a.txt"))]))


def test_an_action_may_need_more() -> None:
    """What only this action needs is named by the caller, such as a reason for sending back."""
    form = compiled(widget("textarea", "opinion", "opinion", phrases="符合要求|已核对", mark="退回时必填"))
    bound = form.form({}, MultiDict({"opinion": ""}), sources=SOURCES)
    assert bound.validate()
    assert not bound.validate(required={"opinion"})
    page = bound.html()
    assert "退回时必填" in page
    assert all(phrase in page for phrase in ("符合要求", "已核对", "请补充清单"))


def test_a_draft_brings_back_everything_typed() -> None:
    """A draft keeps raw text, right or wrong, and forgets what the form no longer asks."""
    form = compiled(AMOUNT, REASON)
    typed = form.form({}, MultiDict({"amount": "十二", "gone": "x"}), draft=True).typed
    assert typed == {"amount": ["十二"]}
    page = form.form({}, MultiDict(typed), draft=True).html()
    assert 'value="十二"' in page
    assert "gj-amount-error" not in page


def test_absent_controls_keep_what_is_stored() -> None:
    """A control that was not on the page does not wipe the stored answer; an emptied one does."""
    form = compiled(field("textfield", "a", defaultValue="初值"), field("checkbox", "b"))
    bound = form.form({"b": True}, MultiDict({"a": ""}))
    assert bound.validate()
    assert bound.answers == {"a": None, "b": True}
    assert 'value="初值"' in form.form({}).html()


def test_english_labels_where_there_are_some() -> None:
    """English is shown where the form has it, Chinese elsewhere; the checker is told what is missing."""
    form = compiled(
        field(
            "textfield", "a", "标题", description="说明", properties={"label.en": "Title", "description.en": "Hint"}
        ),
        field("textfield", "b", "内容", id="Field_b"),
        {"type": "text", "id": "how", "text": "请先读完。", "properties": {"text.en": "Read first."}},
    )
    page = form.form({}, locale="en").html()
    assert "Title" in page
    assert "Hint" in page
    assert "内容" in page
    assert "Read first." in page
    assert "请先读完。" in form.form({}).html()
    assert form.without_english == ("Field_b",)
    assert form.labels("en") == {"a": "Title", "b": "内容"}


def test_controls_are_tied_to_their_words() -> None:
    """Label, hint and error belong to the control for those who cannot see them."""
    bound = one(field("textfield", "k", "标题", description="一句话说清", validate=REQUIRED), "")
    bound.validate()
    page = bound.html()
    assert '<label class="gj-label" for="gj-k">' in page
    assert 'aria-describedby="gj-k-hint gj-k-error"' in page
    assert 'aria-invalid="true"' in page
    assert "必填" in page


def test_what_is_typed_is_escaped(app: Flask) -> None:
    """Nothing typed becomes mark-up."""
    evil = '"><script>x()</script>'
    bound = one(field("textarea", "k"), evil)
    assert "<script>" not in bound.html()
    (shown,) = compiled(field("textfield", "k")).read_view({"k": evil})
    assert shown.value == evil
    macro = app.jinja_env.get_template("formkit/read.html").module
    assert "<script>" not in macro.read_list([shown])  # type: ignore[attr-defined]


def test_watched_controls_ask_for_the_region_again() -> None:
    """Only controls on which a condition depends post for a new region, and only where an address is given."""
    bound = compiled(AMOUNT, REASON).form({"amount": 500})
    assert bound.depends
    assert bound.html(refresh_url="/again").count("hx-post") == 1
    assert "hx-post" not in bound.html()
    assert 'value="refresh"' in bound.html()


READ = {
    "text": (field("textfield", "k"), "甲", "甲"),
    "nothing": (field("textfield", "k"), None, "未填"),
    "number": (field("number", "k", decimalDigits=2), {"$dec": "1.5"}, "1.50"),
    "tick": (field("checkbox", "k"), True, "是"),
    "instant": (field("datetime", "k", subtype="datetime"), "2026-11-19T01:30:00+00:00", "2026-11-19 09:30"),
    "choice": (field("select", "k", **CHOICES), "office", "转办"),
    "several": (field("checklist", "k", **CHOICES), ["direct", "office"], "直派、转办"),
    "unit": (widget("select", "k", "unit"), 12, "市住建局"),
    "a unit no longer offered": (widget("select", "k", "unit"), 9, "已撤销的单位"),
    "rating": (widget("radio", "k", "rating"), 5, "非常满意"),
    "files": (widget("filepicker", "k", "evidence"), [1], "检查清单.xlsx"),
    "criteria": (CRITERIA | {"key": "k"}, [{"text": "能下载", "met": False}], "能下载：未达到"),
    "rich text": (widget("textarea", "k", "richtext"), "<p>好<script>x()</script></p>", "<p>好</p>"),
    "a telephone number": (
        widget("textfield", "k", "phone"), "0571-8805 1234", '<a href="tel:057188051234">0571-8805 1234</a>',
    ),
    "no telephone number": (widget("textfield", "k", "phone"), "<b>内线</b>", "<b>内线</b>"),
    "another form's leftovers": (field("number", "k"), {"strange": [1]}, "未填"),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_stored_answers_are_shown(name: str) -> None:
    """Each stored answer reads as people say it."""
    component, value, text = READ[name]
    (shown,) = compiled(component).read_view({"k": value}, sources=SOURCES)
    assert shown.value == text
    assert shown.label == "一项"


def test_the_frozen_panel_draws_everything(app: Flask) -> None:
    """The read-only view shows rows as a table, files as tiles and criteria with their verdicts."""
    form = compiled(ITEMS, CRITERIA, widget("filepicker", "proof", "evidence"), widget("textarea", "lines", "lines"))
    answers = {
        "items": [{"what": "甲", "count": 1}], "met": [{"text": "能下载", "met": True}], "proof": [1],
        "lines": ["一"],
    }  # fmt: skip
    macro = app.jinja_env.get_template("formkit/read.html").module
    page = macro.read_list(form.read_view(answers, sources=SOURCES))  # type: ignore[attr-defined]
    assert all(text in page for text in ("<table", "检查清单.xlsx", "达到", "<li>一</li>"))
    assert [shown.key for shown in form.read_view(answers, hidden={"proof"})] == ["items", "met", "lines"]


def test_wtforms_never_speaks_english() -> None:
    """Every sentence WTForms knows has a Chinese one."""
    catalogue = (Path(wtforms.__file__).parent / "locale" / "wtforms.pot").read_text(encoding="utf-8")
    known = re.findall(r'^msgid "(.+)"$', catalogue, re.MULTILINE)
    assert len(known) > 30
    assert [text for text in known if text not in WTFORMS] == []


EVERYTHING = compiled(
    field("textfield", "text", validate=REQUIRED), AMOUNT, REASON, ITEMS, CRITERIA,
    field("datetime", "date"), field("datetime", "at", subtype="datetime"), field("checkbox", "tick"),
    field("select", "choice", **CHOICES), field("checklist", "many", **CHOICES),
    widget("filepicker", "proof", "evidence"), widget("radio", "rating", "rating"),
    widget("textarea", "lines", "lines"),
    widget("textarea", "rich", "richtext"), widget("textfield", "link", "caselink"),
    {"type": "expression", "key": "total", "expression": "=amount * 2"},
)  # fmt: skip


def test_json_passes_the_same_form() -> None:
    """A program's body gives the same answers as the page, and the same refusals."""
    body = {
        "text": "甲", "amount": 1.5, "items": [{"what": "乙", "count": 2}],
        "met": [True, {"text": "不乱码", "met": False}, True],
        "date": "2026-11-19", "at": "2026-11-19T01:00:00Z", "tick": True, "choice": "direct", "many": ["office"],
        "proof": [2], "rating": 4, "lines": ["一", "二"], "rich": None, "link": None,
    }  # fmt: skip
    bound = EVERYTHING.form_json(LINES, body, sources=SOURCES)
    assert bound.validate(), bound.errors
    assert bound.answers["amount"] == {"$dec": "1.5"}
    assert bound.answers["at"] == "2026-11-19T09:00:00+08:00"
    assert bound.answers["items"] == [{"what": "乙", "count": 2}]
    assert [part["met"] for part in bound.answers["met"]] == [True, False, True]
    with pytest.raises(Invalid, match="total"):
        EVERYTHING.form_json(LINES, {**body, "total": 1})


WRONG = {
    "text": (5, "这里要填文字。"),
    "amount": ([], "这里要填数字，例如 12 或 3.5。"),
    "items": ("x", "这里要一个列表，每行是一个对象。"),
    "met": ([True] * 4, "这里要一个列表，每条验收标准一项。"),
    "date": (5, "这里要填文字。"),
    "tick": ("yes", "这里只能是 true 或 false。"),
    "choice": ({}, "请在列出的选项里选。"),
    "many": ("direct", "这里要一个列表，每项是文字或数字。"),
    "proof": ({}, "这里要一个列表，每项是文字或数字。"),
    "lines": ([1], "这里要填文字。"),
}


@pytest.mark.parametrize("key", WRONG)
def test_a_wrong_type_gets_a_sentence_at_its_field(key: str) -> None:
    """A program is told which field has which problem."""
    value, sentence = WRONG[key]
    bound = EVERYTHING.form_json(LINES, {key: value})
    assert not bound.validate()
    assert bound.errors[key] == sentence
    assert bound.invalid().fields[key] == sentence


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
KEYS = st.sampled_from([*EVERYTHING.keys, "what", "count", "$dec", "text", "unknown"])
BODY = JSON | st.dictionaries(
    KEYS, JSON | st.dictionaries(KEYS, JSON) | st.lists(st.dictionaries(KEYS, JSON), max_size=3)
)
QUIET = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@QUIET
@given(body=BODY, stored=st.dictionaries(KEYS, JSON))
def test_no_json_breaks_a_form(body: Any, stored: dict[str, Any]) -> None:
    """Whatever a program sends and whatever is stored, there are answers, sentences or Invalid."""
    try:
        bound = EVERYTHING.form_json({**stored, "criteria": ["一", "二"]}, body, sources=SOURCES)
    except Invalid:
        return
    assert bound.validate() == (not bound.errors)
    assert bound.answers.keys() <= set(EVERYTHING.keys)


NAMES = st.sampled_from(
    [
        *EVERYTHING.keys,
        "met-0",
        "met-9",
        "items-0",
        "items-0-what",
        "items-1-count",
        "items-²-what",
        "items--",
        "-",
        "gj_form",
    ]
)


@QUIET
@given(pairs=st.lists(st.tuples(NAMES, st.text(st.characters(exclude_categories=["Cs"]), max_size=12)), max_size=12))
def test_no_page_breaks_a_form(pairs: list[tuple[str, str]]) -> None:
    """Whatever is posted by hand can be judged and drawn, or is refused by name."""
    try:
        bound = EVERYTHING.form(LINES, MultiDict(pairs), sources=SOURCES)
    except Invalid:
        return
    bound.validate()
    assert bound.html()
    assert EVERYTHING.read_view(bound.answers, sources=SOURCES)

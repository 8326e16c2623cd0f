"""The forms of a draft over HTTP: list, new, copy, other names, checks, preview, field rights of steps."""

from __future__ import annotations

import html
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree

from tests.conftest import signed_in
from tests.factories.studio import draft_of_files

JSON = {"Accept": "application/json"}
STEPS = ("补录需求", "提出人确认")


class Draft:
    """A draft of the dispatch process in the owner's browser."""

    def __init__(self, app: Flask) -> None:
        self.id = draft_of_files("task_dispatch")
        self.browser: FlaskClient = signed_in(app, "owner")
        self.url = f"/studio/drafts/{self.id}/forms"

    def page(self, path: str = "") -> str:
        """Return a page as text."""
        answer = self.browser.get(self.url + path)
        assert answer.status_code == 200, answer.status_code
        return html.unescape(answer.get_data(as_text=True))

    def part(self, kind: str, name: str) -> dict[str, Any]:
        """Return a text with its row version."""
        found: dict[str, Any] = self.browser.get(
            f"/studio/drafts/{self.id}/parts/{kind}/{name}", headers=JSON
        ).get_json()
        return found

    @property
    def seen(self) -> int:
        """The row version a page would know now."""
        return int(self.part("bpmn", "task_dispatch")["row_version"])

    def press(self, path: str, **fields: Any) -> int:
        """Send a page's form; return the status."""
        return self.browser.post(self.url + path, data={"row_version": self.seen, **fields}).status_code

    def ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send JSON as the script does."""
        answer = self.browser.post(self.url + path, json=body, headers=JSON)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found: dict[str, Any] = answer.get_json()
        return found

    def rights(self, *changes: tuple[str, str, str]) -> dict[str, Any]:
        """Change what steps may do with fields of the form of `intake`."""
        named = [{"step": step, "key": key, "mode": mode} for step, key, mode in changes]
        text = self.part("form", "intake")["text"]
        return self.ask("/intake/rights", {"changes": named, "text": text, "row_version": self.seen})


@pytest.fixture
def draft(app: Flask) -> Draft:
    """The owner with a draft."""
    return Draft(app)


def canonical(xml: str, without: str = "") -> list[str]:
    """Return a diagram's canonical XML by line, without the lines that mention a text."""
    text = etree.tostring(
        etree.fromstring(xml.encode()), method="c14n2", strip_text=True, with_comments=True
    ).decode()
    return [line for line in text.replace("><", ">\n<").split("\n") if not without or without not in line]


def test_the_list_names_the_steps(draft: Draft) -> None:
    """Every form stands with the steps that show it, and a used one offers no delete."""
    text = draft.page()
    for word in ("intake", *STEPS, "在用，不能删除"):
        assert word in text
    assert "intake/delete" not in text


def test_a_form_is_called_by_its_title_or_its_first_step(draft: Draft) -> None:
    """The list and the editor name a form as people do: by its own title, else by the first step that shows it."""
    assert '补录需求 <span class="gj-mono gj-mut">intake</span>' in draft.page()
    assert '补录需求 <span class="gj-mono gj-mut">intake</span>' in draft.page("/intake")
    text = json.dumps({**json.loads(draft.part("form", "intake")["text"]), "title": "电话补录"})
    address = f"/studio/drafts/{draft.id}/parts/form/intake"
    saved = draft.browser.put(address, json={"text": text, "row_version": draft.seen}, headers=JSON)
    assert saved.status_code == 200
    assert "电话补录 <span" in draft.page()
    draft.press("", name="unused")
    assert ' <span class="gj-mono">unused</span>' in draft.page()


def test_new_copied_and_deleted(either_app: Flask) -> None:
    """A new form and a copy open in the editor; what no step uses can go, what one uses cannot."""
    draft = Draft(either_app)
    assert draft.press("", name="fresh") == 303
    assert draft.press("", **{"name": "intake_2", "from": "intake"}) == 303
    assert json.loads(draft.part("form", "intake_2")["text"])["id"] == "intake_2"
    assert draft.press("/fresh/delete") == 303
    assert draft.browser.get(f"{draft.url}/fresh").status_code == 404
    assert draft.press("/intake/delete") == 409
    assert draft.part("form", "intake")["text"]


@pytest.mark.parametrize(("name", "status"), [("Fresh", 422), ("../x", 422), ("", 422), ("demand", 409)])
def test_bad_names_are_refused_in_words(draft: Draft, name: str, status: int) -> None:
    """A name that cannot be used or is taken says so and adds nothing."""
    before = draft.page().count("<tr>")
    assert draft.press("", name=name) == status
    assert draft.page().count("<tr>") == before


def test_another_name_is_written_into_the_diagram_and_nothing_else(draft: Draft) -> None:
    """Renaming a form changes formRef at its steps; the rest of the diagram is the same canonical XML."""
    before = draft.part("bpmn", "task_dispatch")["text"]
    assert draft.press("/intake/rename", name="phone_intake") == 303
    after = draft.part("bpmn", "task_dispatch")["text"]
    assert after.count('formRef="phone_intake"') == before.count('formRef="intake"') > 0
    assert canonical(after.replace('formRef="phone_intake"', 'formRef="intake"')) == canonical(before)
    assert draft.browser.get(f"{draft.url}/intake").status_code == 404
    assert "phone_intake" in draft.page()


def test_rights_change_one_property_and_nothing_else(either_app: Flask) -> None:
    """A right is written as a guanjia property of its step; the rest stays, and changing it back leaves no trace."""
    draft = Draft(either_app)
    before = draft.part("bpmn", "task_dispatch")["text"]
    step = next(
        one["id"] for one in draft.ask("/intake/check", {"text": draft.part("form", "intake")["text"]})["steps"]
    )
    seen = draft.rights((step, "caller", "hidden"))
    assert next(one for one in seen["fields"] if one["key"] == "caller")["rights"][step] == "hidden"
    after = draft.part("bpmn", "task_dispatch")["text"]
    assert "guanjia.fields.hidden" in after
    lines = canonical(before)
    changed = [line for line in canonical(after) if line not in lines]
    assert all("guanjia.fields." in line for line in changed)
    draft.rights((step, "caller", "edit"))
    assert canonical(draft.part("bpmn", "task_dispatch")["text"]) == lines


def test_rights_respect_the_list_that_stands(draft: Draft) -> None:
    """Where a step lists what may be filled in, read means leaving that list; the others keep their right."""
    text = draft.part("form", "intake")["text"]
    seen = draft.ask("/intake/check", {"text": text})
    confirm = seen["steps"][1]["id"]
    rights = {one["key"]: one["rights"][confirm] for one in seen["fields"]}
    assert rights["title"] == "edit"
    assert rights["caller"] == "read"
    seen = draft.rights((confirm, "title", "read"), (confirm, "caller", "edit"))
    after = {one["key"]: one["rights"][confirm] for one in seen["fields"]}
    assert after == {**rights, "title": "read", "caller": "edit"}


def test_a_right_of_a_step_that_is_gone(draft: Draft) -> None:
    """A step that is no longer in the diagram is told, and nothing is saved."""
    body = {"changes": [{"step": "gone", "key": "a", "mode": "read"}], "text": "{}", "row_version": draft.seen}
    answer = draft.browser.post(f"{draft.url}/intake/rights", json=body, headers=JSON)
    assert answer.status_code == 404
    assert "刷新" in answer.get_json()["error"]


def test_sentences_name_the_field_by_its_label(draft: Draft) -> None:
    """All that is wrong is told at once, with the field's own label and the place in a formula."""
    schema = {
        "type": "default",
        "components": [
            {"id": "a", "type": "textfield", "key": "a", "label": "甲", "conditional": {"hide": "=b = ("}},
            {"id": "b", "type": "select", "key": "b", "label": "乙"},
            {"id": "c", "type": "iframe", "label": "丙"},
        ],
    }
    problems = draft.ask("/intake/check", {"text": json.dumps(schema)})["problems"]
    told = {one["component"]: one["sentence"] for one in problems}
    assert told.keys() == {"a", "b", "c"}
    assert "甲" in told["a"]
    assert "第 7 个字符" in told["a"]
    assert "没有选项" in told["b"]


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 5000, '{"components": 3, "type": "default"}'])
def test_no_text_breaks_the_check(draft: Draft, text: str) -> None:
    """Whatever is on the page is answered with a sentence."""
    assert draft.ask("/intake/check", {"text": text})["problems"]


def test_where_fields_are_used(draft: Draft) -> None:
    """A field is found at steps, tables, titles and conditions."""
    fields = {
        one["key"]: one["uses"]
        for one in draft.ask("/demand/check", {"text": draft.part("form", "demand")["text"]})["fields"]
    }
    assert "决策表“派发规则”" in fields["priority"]
    assert fields["title"]


def test_preview_draws_what_the_server_draws(draft: Draft) -> None:
    """The unsaved form is drawn with a step's rights, in English, and again when an answer changes what is asked."""
    asked = {"id": "b", "type": "textfield", "key": "b", "label": "乙", "properties": {"label.en": "Second"}}
    schema = json.dumps(
        {
            "type": "default",
            "components": [
                {"id": "a", "type": "checkbox", "key": "a", "label": "甲"},
                {**asked, "conditional": {"hide": "=not(a = true)"}},
                {
                    "id": "title",
                    "type": "textfield",
                    "key": "title",
                    "label": "要什么",
                    "validate": {"required": True},
                },
            ],
        }
    )
    address = f"{draft.url}/intake/preview"
    page = draft.browser.post(address, data={"schema": schema})
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    text = page.get_data(as_text=True)
    assert "甲" in text
    assert "乙" not in text
    again = draft.browser.post(
        address, data={"schema": schema, "a": ["", "true"], "language": "en"}, headers={"HX-Request": "true"}
    )
    assert "Second" in again.get_data(as_text=True)
    assert "<html" not in again.get_data(as_text=True)
    step = draft.ask("/intake/check", {"text": schema})["steps"][0]["id"]
    draft.rights((step, "title", "hidden"))
    hidden = draft.browser.post(address, data={"schema": schema, "step": step})
    assert "要什么" not in hidden.get_data(as_text=True).split("<form")[1].split('name="step"')[1]


def test_a_broken_form_previews_as_sentences(draft: Draft) -> None:
    """What cannot be drawn says why."""
    answer = draft.browser.post(f"{draft.url}/intake/preview", data={"schema": "{"})
    assert answer.status_code == 200
    assert "画不出来" in answer.get_data(as_text=True)


def test_two_hundred_fields_are_checked(draft: Draft) -> None:
    """A long form is looked at whole."""
    parts = [{"id": f"f{n}", "type": "textfield", "key": f"f{n}", "label": f"第 {n} 项"} for n in range(200)]
    seen = draft.ask("/intake/check", {"text": json.dumps({"type": "default", "components": parts})})
    assert (len(seen["fields"]), seen["problems"]) == (200, [])


def test_a_stale_page_changes_nothing(draft: Draft) -> None:
    """Renaming, copying and rights on an old row version are refused in words."""
    assert draft.press("", name="tardy", row_version="1000") == 409
    assert draft.press("/intake/rename", name="tardy", row_version="x") == 422
    assert "tardy" not in draft.page()

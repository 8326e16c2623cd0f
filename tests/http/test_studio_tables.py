"""The decision tables of a draft over HTTP: list, checks by row, rules that meet, gaps, a row to try."""

from __future__ import annotations

import html
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import signed_in
from tests.factories.studio import draft_of_files

JSON = {"Accept": "application/json"}
HEAD = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="t">
<decision id="grade" name="分级"><decisionTable id="t" hitPolicy="{policy}">
<input id="i1"><inputExpression id="e1" typeRef="number"><text>amount</text></inputExpression></input>
<input id="i2"><inputExpression id="e2" typeRef="string"><text>kind</text></inputExpression></input>
<output id="o" name="level" typeRef="string"/>"""
TAIL = "</decisionTable></decision></definitions>"


def table(*rules: tuple[str, str, str], policy: str = "UNIQUE") -> str:
    """Return a table of two conditions and one result, all its rules on one line."""
    rows = (
        f'<rule id="r{at}"><inputEntry id="a{at}"><text>{one.replace("<", "&lt;")}</text></inputEntry>'
        f'<inputEntry id="b{at}"><text>{two}</text></inputEntry>'
        f'<outputEntry id="c{at}"><text>{result}</text></outputEntry></rule>'
        for at, (one, two, result) in enumerate(rules)
    )
    return HEAD.format(policy=policy) + "".join(rows) + TAIL


class Draft:
    """A draft of the dispatch process in the owner's browser."""

    def __init__(self, app: Flask) -> None:
        self.id = draft_of_files("task_dispatch")
        self.browser: FlaskClient = signed_in(app, "owner")
        self.url = f"/studio/drafts/{self.id}/tables"

    def press(self, path: str, **fields: Any) -> int:
        """Send a page's form; return the status."""
        address = f"/studio/drafts/{self.id}/parts/bpmn/task_dispatch"
        seen = self.browser.get(address, headers=JSON).get_json()["row_version"]
        return self.browser.post(self.url + path, data={"row_version": seen, **fields}).status_code

    def ask(self, path: str, **body: Any) -> dict[str, Any]:
        """Send JSON as the script does."""
        answer = self.browser.post(f"{self.url}/dispatch_routing/{path}", json=body, headers=JSON)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found: dict[str, Any] = answer.get_json()
        return found

    def told(self, text: str) -> list[tuple[str, int | None, str]]:
        """Return severity, row and sentence of all problems."""
        return [(one["severity"], one["row"], one["sentence"]) for one in self.ask("check", text=text)["problems"]]

    def try_out(self, text: str, decision: str = "grade", **values: tuple[str, str]) -> dict[str, Any]:
        """Ask a table."""
        typed = [{"text": name, "kind": kind, "value": value} for name, (kind, value) in values.items()]
        return self.ask("try", text=text, decision=decision, values=typed)


@pytest.fixture
def draft(app: Flask) -> Draft:
    """The owner with a draft."""
    return Draft(app)


def test_list_new_copy_delete(either_app: Flask) -> None:
    """The list names the steps; a new table and a copy open; a used table stays, an unused one may go."""
    draft = Draft(either_app)
    text = html.unescape(draft.browser.get(draft.url).get_data(as_text=True))
    assert "派发规则" in text
    assert "首条" in text
    assert draft.press("", name="fresh") == 303
    assert draft.press("", **{"name": "routing_2", "from": "dispatch_routing"}) == 303
    copied = draft.browser.get(f"/studio/drafts/{draft.id}/parts/table/routing_2", headers=JSON).get_json()["text"]
    assert '<decision id="routing_2"' in copied
    assert draft.press("/fresh/delete") == 303
    assert draft.press("/dispatch_routing/delete") == 409
    assert draft.browser.get(f"{draft.url}/fresh").status_code == 404


def test_rules_that_meet_are_named(draft: Draft) -> None:
    """Under UNIQUE two rules that can hold at once are an error with both numbers, at the later row."""
    meeting = table(("< 100", "-", '"low"'), ("[50..200]", '"a"', '"mid"'), ("> 200", "-", '"high"'))
    assert ("error", 2, "第 1 条和第 2 条规则会同时成立，这张表只允许一条成立。") in draft.told(meeting)


def test_rules_side_by_side_do_not_meet(draft: Draft) -> None:
    """Borders are read exactly: < 100 and [100..200) do not meet, and nothing is missed."""
    apart = table(("< 100", "-", '"low"'), ("[100..200)", "-", '"mid"'), (">= 200", "-", '"high"'))
    assert draft.told(apart) == []


def test_values_that_no_rule_answers(draft: Draft) -> None:
    """A gap is a warning that says which values; a collecting table has none."""
    rules = (("< 100", "-", '"low"'), ("> 100", "-", '"high"'))
    ((severity, row, sentence),) = draft.told(table(*rules))
    assert (severity, row) == ("warning", None)
    assert "amount = 100" in sentence
    assert draft.told(table(*rules, policy="COLLECT")) == []
    (_, _, other) = draft.told(table(("-", '"a","b"', '"x"')))[0]
    assert "kind = 别的值" in other


def test_a_cell_that_reads_other_data_is_left_alone(draft: Draft) -> None:
    """Nothing is claimed of a cell that depends on something else."""
    assert draft.told(table(("< limit", "-", '"low"'), ("-", "-", '"high"'))) == []


def test_bad_cells_are_told_with_their_row(draft: Draft) -> None:
    """A cell that cannot be read names its row, also where all rules stand on one line."""
    told = draft.told(table(("< 1", "-", '"a"'), ("> (", "-", '"b"'), ("-", "-", "7"), policy="FIRST"))
    assert [(severity, row) for severity, row, _ in told] == [("error", 2), ("error", 3)]


@pytest.mark.parametrize("text", ["", "<a/>", '<!DOCTYPE d [<!ENTITY a "b">]><definitions/>', "<definitions"])
def test_no_text_breaks_the_check(draft: Draft, text: str) -> None:
    """What is no table is answered with a sentence."""
    assert draft.told(text)


def test_a_large_table_is_judged(draft: Draft) -> None:
    """A large table is compared whole: only the two rules that meet are named."""
    rules = [(f"[{n}..{n + 1})", "-", '"x"') for n in range(300)]
    told = draft.told(table(*rules, ("10", "-", '"y"')))
    assert [(row, sentence[:8]) for severity, row, sentence in told if severity == "error"] == [(301, "第 11 条和第")]


def test_the_row_to_try(draft: Draft) -> None:
    """Typed values are asked as a case would: rows that hold, the result, and a clear no."""
    text = table(("< 100", "-", '"low"'), (">= 100", '"a"', '"high"'))
    asks = draft.ask("check", text=text)["decisions"][0]["asks"]
    assert asks == [{"text": "amount", "kind": "number"}, {"text": "kind", "kind": "text"}]
    found = draft.try_out(text, amount=("number", "20"), kind=("text", "b"))
    assert (found["rows"], found["result"]) == ([1], [{"name": "level", "value": "low"}])
    none = draft.try_out(text, amount=("number", "200"), kind=("text", "b"))
    assert (none["rows"], none["none"]) == ([], True)
    assert "不是数字" in draft.try_out(text, amount=("number", "abc"))["sentence"]


def test_trying_rules_that_meet_shows_them(draft: Draft) -> None:
    """Where two rules hold under UNIQUE, both light up and the refusal is said."""
    text = table(("< 100", "-", '"low"'), ("< 50", "-", '"lower"'))
    found = draft.try_out(text, amount=("number", "20"))
    assert found["rows"] == [1, 2]
    assert "只允许一条规则成立" in found["sentence"]


def test_the_dispatch_table_is_tried_by_its_columns(draft: Draft) -> None:
    """Columns that look into the case are typed like any other."""
    text = draft.browser.get(f"/studio/drafts/{draft.id}/parts/table/dispatch_routing", headers=JSON).get_json()[
        "text"
    ]
    typed = {"case.in_contract": ("yes_no", "true"), "priority": ("text", "urgent")}
    found = draft.try_out(text, "dispatch_routing", **typed)
    assert found["rows"][0] == 4
    assert found["result"][0] == {"name": "route", "value": "direct"}


def test_a_broken_table_cannot_be_tried(draft: Draft) -> None:
    """The answer is a sentence."""
    body = {"text": "<a/>", "decision": "grade", "values": []}
    answer = draft.browser.post(f"{draft.url}/dispatch_routing/try", json=body, headers=JSON)
    assert answer.status_code == 404
    assert "不能试" in answer.get_json()["error"]

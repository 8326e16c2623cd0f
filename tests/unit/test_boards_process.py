"""The figures of vendors are read from the shipped dispatch: its steps and results must be those the rules name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lxml import etree

from app.boards import rules

ROOT = Path(__file__).resolve().parents[2]
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"


@pytest.mark.parametrize(
    ("node", "results"),
    [
        (rules.VENDOR_ACCEPTS, {rules.REFUSED}),
        (rules.OFFICE_RULES, {rules.REJECTED}),
        (rules.REQUESTER_ACCEPTS, {rules.PASSED, rules.REWORK}),
        (rules.RATES, set()),
    ],
)
def test_the_dispatch_has_the_steps_and_results_that_are_counted(node: str, results: set[str]) -> None:
    """A renamed step or action would silently empty a column of the overview."""
    tree = etree.parse(ROOT / "bpmn" / "task_dispatch" / "task_dispatch.bpmn")
    steps = {step.get("id"): step for step in tree.iter(f"{BPMN}userTask")}
    actions = {
        part.split(":")[0]
        for one in steps[node].iter(f"{CAMUNDA}property")
        if one.get("name") == "guanjia.actions"
        for part in (one.get("value") or "").split("|")
    }
    assert results <= actions


def test_the_rating_form_has_the_grade_that_is_averaged() -> None:
    """The form's field and the key that is read are one name."""
    form = json.loads((ROOT / "forms" / "task_dispatch" / "rating.form").read_text(encoding="utf-8"))
    assert rules.RATING in {component.get("key") for component in form["components"]}

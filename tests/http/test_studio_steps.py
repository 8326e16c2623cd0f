"""The table of steps: what its script is told, and the table on paper for drafts and versions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.db import db, transaction
from app.engine.diagram import read_diagram
from app.processes.models import ProcessVersion
from app.studio.models import ProcessDraft
from app.studio.operations import drafts
from app.studio.steps import steps_of
from tests.factories.small import publish_small, viewer
from tests.processes.diagrams import chain, diagram, end, extension, node, properties, start, user

SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def draft(app: Flask) -> int:
    """Begin a draft of the process `small`."""
    del app
    publish_small()
    with transaction() as session:
        version = session.query(ProcessVersion).one()
        return drafts.begin_from(session, viewer(session, "owner"), version.id, clock.now(session)).id


def rows(*drawn: str) -> list[tuple[str, ...]]:
    """Return names, people, limits and reports of the steps drawn in a chain."""
    ids = ["s", *re.findall(r'Task id="(\w+)"', "".join(drawn)), "e"]
    found = steps_of(
        read_diagram(diagram(start(), *drawn, end(), chain(*ids))),
        lambda text, **values: text % values if values else text,
        {"dept": "林知行"},
    )
    return [(one.name, one.who, one.limit, one.back, one.remind) for one in found]


def test_the_page_tells_which_steps_are_old(draft: int, sign_in: SignIn) -> None:
    """The steps of the base version come with the page, so that inserted ones can be shown as new."""
    page = sign_in("owner").get(f"/studio/drafts/{draft}?view=steps").get_data(as_text=True)
    facts = json.loads(re.search(r"data-studio-steps>(.*?)</script>", page, re.DOTALL)[1])  # type: ignore[index]
    assert {"ask", "do"} <= set(facts["base"])
    assert facts["print"] == f"/studio/drafts/{draft}/steps/print"
    assert sign_in("owner").get(facts["choices"]).status_code == 200


def test_a_draft_is_printed_as_it_stands(draft: int, sign_in: SignIn) -> None:
    """Every step is a row; that it is only a draft is said."""
    page = sign_in("owner").get(f"/studio/drafts/{draft}/steps/print").get_data(as_text=True)
    assert "环节表" in page
    assert "草稿，基于 v1" in page
    assert page.count("<tr>") == 1 + len(re.findall(r"<tr><td class=\"gj-num", page)) > 2


def test_paper_in_english_has_english_limits(draft: int, sign_in: SignIn) -> None:
    """Limits are words too: an English page does not print them in Chinese."""
    with transaction() as session:
        found = session.get_one(ProcessDraft, draft)
        drawn = diagram(start(), user("a", properties({"limit": "2 工作小时"})), end(), chain("s", "a", "e")).decode()
        drafts.save_part(
            session, viewer(session, "owner"), draft, ("bpmn", "small", drawn), found.row_version, clock.now(session)
        )
    browser = sign_in("owner")
    browser.set_cookie("lang", "en")
    page = browser.get(f"/studio/drafts/{draft}/steps/print").get_data(as_text=True)
    assert "2 working hours" in page
    assert "工作小时" not in page


def test_a_version_is_printed(draft: int, sign_in: SignIn) -> None:
    """A published version has the same table with its number; there is no page for one that does not exist."""
    del draft
    browser = sign_in("owner")
    assert "v1，" in browser.get("/studio/processes/small/versions/1/steps/print").get_data(as_text=True)
    assert browser.get("/studio/processes/small/versions/9/steps/print").status_code == 404


def test_a_diagram_that_cannot_be_read_is_said_not_thrown(draft: int, sign_in: SignIn) -> None:
    """The page opens and says why it has no rows."""
    with transaction() as session:
        found = session.get_one(ProcessDraft, draft)
        part = ("bpmn", "small", '<?xml version="1.0"?><definitions/>')
        drafts.save_part(session, viewer(session, "owner"), draft, part, found.row_version, clock.now(session))
    answer = sign_in("owner").get(f"/studio/drafts/{draft}/steps/print")
    assert answer.status_code == 200
    assert "列不出环节" in answer.get_data(as_text=True)
    db.session.rollback()


def test_rules_are_put_in_words() -> None:
    """People, limits, reports and the way back read as sentences; what has no words stands as it is written."""
    own = {"limit": "2 工作日", "remind": "50,80", "escalate": "1 工作日", "back.to": "a"}
    drawn = (
        user("a", assignee="${head(case.unit)}"),
        node("userTask", "b", extension(properties(own)), name="审核", camunda_candidateGroups="office"),
        user("c", properties({"limit": "${a + 1}", "remind": "off", "escalate": "off"}), assignee="${earlier('a')}"),
        node("businessRuleTask", "d", name="规则表"),
        user("f", assignee="dept"),
        user("g", assignee="${role('vendor_lead', case.vendor) + 1}"),
        node("userTask", "h"),
    )
    assert rows(*drawn) == [
        ("a", "本科室负责人", "不限", "—", "—"),
        ("审核", "派发岗", "2 工作日", "a", "到 50%、80% 提醒；超期 1 工作日上报"),
        ("c", "办过“a”的人", "${a + 1}", "—", "超期不上报"),
        ("规则表", "规则", "立即", "—", "—"),
        ("f", "林知行", "不限", "—", "—"),
        ("g", "${role('vendor_lead', case.vendor) + 1}", "不限", "—", "—"),
        ("h", "未指定", "不限", "—", "—"),
    ]


def test_an_inserted_step_stands_below_the_one_before_it() -> None:
    """Its number is that of the step before it with a letter; a draft without a base counts through."""
    drawn = read_diagram(
        diagram(start(), user("a"), user("x"), user("y"), user("b"), end(), chain("s", "a", "x", "y", "b", "e"))
    )

    def numbers(base: set[str] | None) -> list[tuple[str, str]]:
        return [(one.number, one.id) for one in steps_of(drawn, lambda text, **_: text, {}, base)]

    assert numbers({"s", "a", "b", "e"}) == [("1", "a"), ("1a", "x"), ("1b", "y"), ("2", "b")]
    assert numbers(None) == [("1", "a"), ("2", "x"), ("3", "y"), ("4", "b")]

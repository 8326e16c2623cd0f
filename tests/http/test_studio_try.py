"""The page of a try-out: begin, play everybody's part, errors in the form, the clock, a walk kept."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.db import db, transaction
from app.people.queries import viewer_named
from app.processes.models import Walk
from app.processes.source import read_source
from app.studio.models import TryOut
from app.studio.operations import drafts
from tests.factories.small import HERE

HTMX = {"HX-Request": "true"}
FIRST = {"title": "附件打不开", "wanted": "请修好。"}


@pytest.fixture
def page(app: Flask) -> str:
    """The address of the try-out of a draft of `small`."""
    del app
    with transaction() as session:
        owner = viewer_named(session, "owner")
        assert owner is not None
        source = read_source(HERE / "bpmn", HERE / "forms", "small")
        draft = drafts.begin(session, owner, source, "小流程", clock.now(session))
        return f"/studio/drafts/{draft.id}/try"


@pytest.fixture
def owner(page: str, sign_in: Callable[[str], FlaskClient]) -> FlaskClient:
    """The process owner's browser, the try-out begun by somebody of a department."""
    client = sign_in("owner")
    assert "从哪里走起" in client.get(page).text
    answer = client.post(page, data={"starter": user_id("dept")})
    assert answer.status_code == 303
    return client


def user_id(user_name: str) -> int:
    found = viewer_named(db.session(), user_name)
    assert found is not None
    return found.user_id


def submit(client: FlaskClient, page: str, data: dict[str, str], **how: object) -> tuple[int, str]:
    """Complete the step in hand as its form on the page would."""
    shown = client.get(page).text
    found = re.search(rf'action="({page}/steps/[^"]+)"', shown)
    seen = re.search(r'name="try.seen" value="(\d+)"', shown)
    assert found, shown
    assert seen
    answer = client.post(found[1], data={"try.seen": seen[1], **data}, follow_redirects=True, **how)
    return answer.status_code, answer.text


def test_a_draft_is_played_in_everybodys_part(owner: FlaskClient, page: str) -> None:
    """Each step shows its real form, the person by the rule and the due time; the way is written down."""
    shown = owner.get(page).text
    assert "试走：不产生办件、记录和通知" in shown
    assert "林知行" in shown
    assert 'name="title"' in shown
    status, text = submit(owner, page, FIRST)
    assert status == 200
    assert "到期" in text
    status, text = submit(owner, page, {"done": "修好了。"})
    assert status == 200
    status, text = submit(owner, page, {"decision": "back"})
    assert "第 2 轮" in text
    submit(owner, page, {"done": "又修好了。"})
    status, text = submit(owner, page, {"decision": "pass"})
    assert "走完了" in text
    kept = owner.post(f"{page}/walk", data={"walk": "退回一次"}, follow_redirects=True)
    assert "已存成路线" in kept.text
    db.session.rollback()
    assert [one.name for one in db.session.query(Walk)] == ["退回一次"]


def test_what_is_wrong_is_said_at_the_field_and_nothing_is_lost(owner: FlaskClient, page: str) -> None:
    """A form that lacks an answer comes back with the sentence and with what was typed, also to htmx."""
    status, text = submit(owner, page, {"title": "", "wanted": "请修好。"}, headers=HTMX)
    assert status == 422
    assert 'id="gj-title-error"' in text
    assert "请修好。" in text
    assert "<html" not in text
    assert 'hx-swap-oob="true"' in text


def test_another_person_may_be_played(owner: FlaskClient, page: str) -> None:
    """Whoever is chosen is written into the log as the one who acted; the next step is somebody else's part again."""
    status, text = submit(owner, page, {**FIRST, "try.person": str(user_id("other_dept"))})
    assert status == 200
    assert "江晚舟" in text
    assert f'value="{user_id("vendor_a_tech")}" selected' in text


def test_the_clock_is_moved_and_the_last_step_taken_back(owner: FlaskClient, page: str) -> None:
    """A limit moves the try-out's clock; a text that is no limit is refused; taking back leads to the step before."""
    seen = {"try.seen": "1"}
    assert owner.post(f"{page}/clock", data={**seen, "by": "很久"}).status_code == 422
    moved = owner.post(f"{page}/clock", data={**seen, "by": "1 工作日"}, follow_redirects=True)
    assert "拨钟" in moved.text
    db.session.rollback()
    assert db.session.query(TryOut).one().row_version == 2
    owner.post(f"{page}/undo", data={"try.seen": "2"})
    db.session.rollback()
    assert len(db.session.query(TryOut).one().steps) == 1


def test_a_changed_draft_says_so(owner: FlaskClient, page: str) -> None:
    """After the draft was saved anew the page offers to walk again, and does."""
    draft_id = int(page.split("/")[3])
    with transaction() as session:
        viewer = viewer_named(session, "owner")
        assert viewer is not None
        text = (HERE / "bpmn/small/small.bpmn").read_text("utf-8").replace("2 工作日", "3 工作日")
        drafts.save_part(session, viewer, draft_id, ("bpmn", "small", text), 1, clock.now(session))
    assert "草稿改过，重新走一遍" in owner.get(page).text
    assert owner.post(f"{page}/undo", data={"try.seen": "1"}).status_code == 409
    again = owner.post(f"{page}/again", follow_redirects=True)
    assert "草稿改过" not in again.text


def test_a_broken_draft_cannot_be_tried(app: Flask, sign_in: Callable[[str], FlaskClient]) -> None:
    """What is wrong with the diagram stands on the page, with the way to mend it."""
    del app
    with transaction() as session:
        viewer = viewer_named(session, "owner")
        assert viewer is not None
        source = read_source(HERE / "bpmn", HERE / "forms", "small")
        broken = type(source)("small", source.diagram.replace(b'targetRef="gate"', b'targetRef="gone"'))
        draft_id = drafts.begin(session, viewer, broken, "坏的", clock.now(session)).id
    client = sign_in("owner")
    text = client.get(f"/studio/drafts/{draft_id}/try").text
    assert "还不能运行" in text
    assert f'/studio/drafts/{draft_id}"' in text
    assert client.post(f"/studio/drafts/{draft_id}/try", data={"starter": user_id("dept")}).status_code == 422

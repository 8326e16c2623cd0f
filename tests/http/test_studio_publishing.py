"""Publishing a draft: what the page shows and asks, the second person, refusal, the hour, roll-back, comparisons."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import clock
from app.db import db, transaction
from app.people import operations as house
from app.processes.models import Process, ProcessVersion, Proposal
from app.processes.operations import stored_source
from app.studio.models import OPEN, PROPOSED, PUBLISHED, DraftPart, ProcessDraft
from app.studio.operations import drafts
from tests.conftest import signed_in
from tests.factories.small import viewer
from tests.factories.studio import draft_of_running, draft_of_small

NOTE = "登记改叫办理登记"


def rename(draft_id: int, old: str = 'name="办理"', new: str = 'name="办理登记"', by: str = "owner") -> None:
    """Change the diagram of a draft as an editor does."""
    with transaction() as session:
        draft = session.get_one(ProcessDraft, draft_id)
        who, now = viewer(session, by), clock.now(session)
        text = drafts.queries.source_of(session, draft).diagram.decode()
        assert old in text
        part = ("bpmn", draft.slug, text.replace(old, new, 1))
        drafts.save_part(session, who, draft_id, part, draft.row_version, now)


def four_eyes() -> None:
    with transaction() as session:
        house.change_setting(session, house.by_setup(), "four_eyes", True, clock.now(session))


def send(browser: FlaskClient, draft_id: int, **values: Any) -> Any:
    """Send the publish form as the page drew it."""
    seen = db.session.get_one(ProcessDraft, draft_id, populate_existing=True).row_version
    data = {"note": NOTE, "when": "now", "row_version": seen, "tick": ["warnings", "overtaken"], **values}
    return browser.post(f"/studio/drafts/{draft_id}/publish", data=data)


def state_of(draft_id: int) -> str:
    db.session.rollback()
    return db.session.get_one(ProcessDraft, draft_id, populate_existing=True).state


def last() -> Proposal:
    db.session.rollback()
    return db.session.scalars(select(Proposal).order_by(Proposal.id.desc())).first() or pytest.fail("no proposal")


def running_number(slug: str = "small") -> int:
    query = select(ProcessVersion.number).join(Process, Process.running_version_id == ProcessVersion.id)
    db.session.rollback()
    return db.session.scalars(query.where(Process.slug == slug)).one()


@pytest.fixture
def draft_id(app: Flask) -> int:
    """A draft of `small` with one step renamed."""
    del app
    found = draft_of_small()
    rename(found)
    return found


def test_the_page_says_what_publishing_would_change(app: Flask, draft_id: int) -> None:
    """Checks, the difference to the running version and the form are on one page."""
    page = signed_in(app, "owner").get(f"/studio/drafts/{draft_id}/publish").get_data(as_text=True)
    for words in ("与正在运行的 v1：1 处不同", "都走得通", "什么时候生效", "名称"):
        assert words in page
    assert "送去批准" not in page


def test_a_note_and_the_ticks_are_asked_for_and_nothing_typed_is_lost(app: Flask, draft_id: int) -> None:
    """Without a note or with an hour that is past the form comes back with its sentences and what was typed."""
    browser = signed_in(app, "owner")
    answer = send(browser, draft_id, note="")
    assert answer.status_code == 422
    assert "写一句这次改了什么" in answer.get_data(as_text=True)
    answer = send(browser, draft_id, note="改一处", when="later", at="2020-01-01T08:30")
    page = answer.get_data(as_text=True)
    assert (answer.status_code, "生效时间要在现在以后" in page, "改一处" in page) == (422, True, True)
    assert (running_number(), state_of(draft_id)) == (1, OPEN)


def test_without_four_eyes_it_runs_at_once(app: Flask, draft_id: int) -> None:
    """The draft becomes version 2 with its note and reasons, and is itself published."""
    browser = signed_in(app, "owner")
    key = "node:do:name"
    assert browser.put(f"/studio/drafts/{draft_id}/reasons", json={"key": key, "text": "统一叫法"}).json == {
        "saved": True
    }
    answer = send(browser, draft_id)
    assert answer.status_code == 303
    assert (running_number(), state_of(draft_id)) == (2, PUBLISHED)
    assert last().reasons == {key: "统一叫法"}
    assert NOTE in browser.get("/studio/processes/small/versions/2").get_data(as_text=True)


def test_a_second_person_approves_and_never_the_proposer(app: Flask, draft_id: int) -> None:
    """With four eyes the draft waits; its proposer may not approve it; another's approval publishes it."""
    four_eyes()
    owner, director = signed_in(app, "owner"), signed_in(app, "director")
    assert "送去批准" in owner.get(f"/studio/drafts/{draft_id}/publish").get_data(as_text=True)
    send(owner, draft_id)
    number = last().id
    assert (running_number(), state_of(draft_id)) == (1, PROPOSED)
    own = owner.post(f"/studio/proposals/{number}/approve")
    assert own.status_code == 403
    assert "这是您自己提出的，要由另一个人批准。" in own.get_data(as_text=True)
    assert 'class="gj-nav-count">1<' in director.get("/studio/proposals").get_data(as_text=True)
    page = director.get(f"/studio/proposals/{number}").get_data(as_text=True)
    for words in (NOTE, "批准发布", "退回修改", "与 v1：1 处不同"):
        assert words in page
    assert director.post(f"/studio/proposals/{number}/approve").status_code == 303
    assert (running_number(), state_of(draft_id)) == (2, PUBLISHED)
    assert "方既白" in owner.get("/studio/processes/small/versions/2").get_data(as_text=True)


def test_a_refused_draft_is_open_again_with_the_reason(app: Flask, draft_id: int) -> None:
    """Refusing needs a reason; with it the draft can be changed again and its owner reads why."""
    four_eyes()
    owner, director = signed_in(app, "owner"), signed_in(app, "director")
    send(owner, draft_id)
    number = last().id
    assert director.post(f"/studio/proposals/{number}/refuse", data={"reason": " "}).status_code == 422
    assert director.post(f"/studio/proposals/{number}/refuse", data={"reason": "先问过科室"}).status_code == 303
    assert state_of(draft_id) == OPEN
    assert "先问过科室" in owner.get(f"/studio/drafts/{draft_id}/publish").get_data(as_text=True)
    assert send(owner, draft_id).status_code == 303


def test_a_proposal_can_be_withdrawn(app: Flask, draft_id: int) -> None:
    """Its proposer takes it back, and goes on editing."""
    four_eyes()
    owner = signed_in(app, "owner")
    send(owner, draft_id)
    assert owner.post(f"/studio/proposals/{last().id}/withdraw", data={"reason": ""}).status_code == 303
    assert (state_of(draft_id), last().state) == (OPEN, "withdrawn")


def test_an_hour_is_read_as_beijing_time(app: Flask, draft_id: int) -> None:
    """What is typed as 08:30 is kept as 00:30 UTC and waits, and the old version runs on."""
    send(signed_in(app, "owner"), draft_id, when="later", at="2026-12-01T08:30")
    found = last()
    assert (found.state, str(found.effective_at)) == ("approved", "2026-12-01 00:30:00+00:00")
    assert (running_number(), state_of(draft_id)) == (1, PROPOSED)


def test_what_somebody_saved_meanwhile_is_not_published_unseen(app: Flask, draft_id: int) -> None:
    """The form carries the row version it was drawn from; a save in between is said and nothing is published."""
    answer = send(signed_in(app, "owner"), draft_id, row_version=1)
    page = answer.get_data(as_text=True)
    assert (answer.status_code, "存过这份草稿" in page, NOTE in page) == (409, True, True)
    assert running_number() == 1


def test_changes_of_others_are_neither_overwritten_nor_hidden(app: Flask, draft_id: int) -> None:
    """When another version was published since, the page shows what would be lost, and asks for a tick."""
    browser = signed_in(app, "owner")
    other = draft_of_running("small")
    rename(other, 'name="验收"', 'name="别人的验收"')
    assert send(browser, other).status_code == 303
    page = browser.get(f"/studio/drafts/{draft_id}/publish").get_data(as_text=True)
    assert "草稿开始后别人发布了 v2" in page
    assert "发布后会被换掉" in page
    answer = send(browser, draft_id, tick=["warnings"])
    assert (answer.status_code, "在前面打勾后再发布" in answer.get_data(as_text=True)) == (422, True)
    assert send(browser, draft_id).status_code == 303
    assert running_number() == 3


def test_errors_block_and_lead_to_the_element(app: Flask, draft_id: int) -> None:
    """A draft the checker refuses offers no button, and each error links to its element."""
    rename(draft_id, 'camunda:formRef="do"', 'camunda:formRef="no_such"')
    browser = signed_in(app, "owner")
    page = browser.get(f"/studio/drafts/{draft_id}/publish").get_data(as_text=True)
    assert "改好才能发布" in page
    assert f"/studio/drafts/{draft_id}?element=" in page
    assert 'type="submit">发布' not in page
    assert send(browser, draft_id).status_code == 422
    assert running_number() == 1


def test_an_old_version_is_published_as_a_new_one(app: Flask, draft_id: int) -> None:
    """Rolling back needs a note and makes version 3 with the texts of version 1."""
    browser = signed_in(app, "owner")
    send(browser, draft_id)
    path = "/studio/processes/small/versions/1/roll-back"
    browser.post(path, data={"note": ""})
    assert running_number() == 2
    assert browser.post(path, data={"note": "改名引起误会"}).status_code == 303
    assert running_number() == 3
    versions = db.session.scalars(select(ProcessVersion).order_by(ProcessVersion.number)).all()
    assert stored_source(db.session(), versions[0].id).digest == stored_source(db.session(), versions[2].id).digest


def test_comparisons_and_the_table_of_amendments(app: Flask, draft_id: int) -> None:
    """Draft and version, version and version, each on the screen and as a table with reasons; equal ones say so."""
    browser = signed_in(app, "owner")
    browser.put(f"/studio/drafts/{draft_id}/reasons", json={"key": "node:do:name", "text": "统一叫法"})
    page = browser.get(f"/studio/drafts/{draft_id}/compare").get_data(as_text=True)
    assert "草稿与 v1：1 处不同" in page
    printed = browser.get(f"/studio/drafts/{draft_id}/amendments").get_data(as_text=True)
    for words in ("修订对照表", "修订前", "修订后", "理由", "共 1 处修订"):
        assert words in printed
    send(browser, draft_id)
    assert "1 处不同" in browser.get("/studio/processes/small/compare?old=1&new=2").get_data(as_text=True)
    assert "v2 与 v2 没有不同" in browser.get("/studio/processes/small/compare?old=2&new=2").get_data(as_text=True)
    assert browser.get("/studio/processes/small/compare?old=1&new=9").status_code == 404
    assert "共 1 处修订" in browser.get("/studio/processes/small/amendments?old=1&new=2").get_data(as_text=True)


def test_a_diagram_that_cannot_be_read_is_said_not_raised(app: Flask, draft_id: int) -> None:
    """A draft with a DOCTYPE shows its sentence on the pages that compare and publish."""
    with transaction() as session:
        part = session.scalars(
            select(DraftPart).where(DraftPart.draft_id == draft_id, DraftPart.kind == "bpmn")
        ).one()
        part.text = '<!DOCTYPE x [<!ENTITY a "b">]><definitions/>'
    browser = signed_in(app, "owner")
    for page in ("compare", "publish"):
        answer = browser.get(f"/studio/drafts/{draft_id}/{page}")
        assert (answer.status_code, "DOCTYPE" in answer.get_data(as_text=True)) == (200, True)

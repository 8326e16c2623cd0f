"""The library: processes found and kept at hand, begun, copied, described, stopped, taken out and brought back."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import runtime_of
from app.db import db
from app.processes.models import Process
from app.processes.operations import stored_source
from app.studio import queries
from app.studio.checking import check_source
from app.studio.models import DISCARDED, DraftPart, ProcessDraft
from tests.conftest import signed_in
from tests.factories.dispatch import SLUG, Dispatch
from tests.factories.small import publish_small, start_small, viewer
from tests.factories.studio import draft_of_running, manage

SMALL = "/studio/processes/small"


@pytest.fixture
def owner(app: Flask) -> FlaskClient:
    """The owner at a browser, with `small` published."""
    publish_small()
    return signed_in(app, "owner")


def page(browser: FlaskClient, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def process(slug: str = "small") -> Process:
    db.session.rollback()
    return db.session.scalars(
        select(Process).where(Process.slug == slug).execution_options(populate_existing=True)
    ).one()


def opened_draft(answer: Any) -> ProcessDraft:
    """Return the draft to which an answer leads."""
    assert answer.status_code == 303, answer.get_data(as_text=True)
    found = re.search(r"/studio/drafts/(\d+)", answer.location)
    assert found, answer.location
    db.session.rollback()
    return db.session.get_one(ProcessDraft, int(found[1]), populate_existing=True)


def errors(app: Flask, draft: ProcessDraft) -> list[str]:
    found = check_source(db.session(), queries.source_of(db.session(), draft), frozenset(runtime_of(app).topics))
    return [one.message for _, one in found if one.severity == "error"]


def test_the_library_lists_searches_and_keeps_favourites(owner: FlaskClient, app: Flask) -> None:
    """One line per process with version and running cases; found by its words; a favourite is marked as one."""
    start_small(runtime_of(app))
    draft_of_running("small")
    line = page(owner, "/studio")
    for words in ("1 个流程", "small", ">v1<", "叶青梧", 'aria-pressed="false"'):
        assert words in line
    assert re.search(r'<td class="is-number"[^>]*>1</td>', line)
    assert "没有符合的流程" in page(owner, "/studio?q=没有这个")
    assert SMALL in page(owner, "/studio?q=SMA")
    assert owner.post(f"{SMALL}/favourite").status_code == 303
    assert 'aria-pressed="true"' in page(owner, "/studio")


def test_a_new_process_runs_as_it_is_begun(owner: FlaskClient, app: Flask) -> None:
    """What `new` begins has no errors by the checker and is published as version 1."""
    draft = opened_draft(owner.post("/studio/new", data={"name": "印章<借用>", "slug": "seal_loan"}))
    assert (draft.slug, draft.name, errors(app, draft)) == ("seal_loan", "印章<借用>", [])
    answer = owner.post(
        f"/studio/drafts/{draft.id}/publish",
        data={"note": "第一版", "when": "now", "row_version": draft.row_version, "tick": ["warnings"]},
    )
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert process("seal_loan").running_version_id


def test_a_new_process_needs_a_name_of_its_own(owner: FlaskClient) -> None:
    """A missing name and an address that cannot be one or is taken come back with a sentence and what was typed."""
    for name, slug, said in (
        ("", "a_b", "写上流程的名称"),
        ("请假", "Leave!", "小写字母开头"),
        ("请假", "small", "换一个"),
        ("请假", "fill", "图里"),
    ):
        answer = owner.post("/studio/new", data={"name": name, "slug": slug})
        text = answer.get_data(as_text=True)
        assert (answer.status_code, said in text, f'value="{slug}"' in text) == (422, True, True), said


def test_a_copy_is_a_process_of_its_own(owner: FlaskClient, app: Flask) -> None:
    """A copy has the new name and id in its diagram, is sound, and leaves the first process alone."""
    before = stored_source(db.session(), process().running_version_id or 0).diagram
    draft = opened_draft(owner.post(f"{SMALL}/copy", data={"name": "小流程二", "slug": "small_too"}))
    diagram = queries.source_of(db.session(), draft).diagram.decode()
    assert 'id="small_too"' in diagram
    assert 'name="小流程二"' in diagram
    assert 'bpmnElement="small"' not in diagram
    assert errors(app, draft) == []
    assert stored_source(db.session(), process().running_version_id or 0).diagram == before
    owner.post(f"{SMALL}/copy", data={"name": "小流程三", "slug": "small"})
    assert "已经有这个地址名" in page(owner, SMALL)


def test_a_discarded_draft_is_gone_from_the_pages_only(owner: FlaskClient) -> None:
    """Discarding takes a draft from the lists; its texts stay in the database."""
    draft = opened_draft(owner.post(f"{SMALL}/drafts"))
    assert f"/studio/drafts/{draft.id}/discard" in page(owner, SMALL)
    assert owner.post(f"/studio/drafts/{draft.id}/discard").location.endswith(SMALL)
    assert f"/studio/drafts/{draft.id}" not in page(owner, SMALL)
    assert owner.get(f"/studio/drafts/{draft.id}").status_code == 404
    db.session.rollback()
    assert db.session.get_one(ProcessDraft, draft.id, populate_existing=True).state == DISCARDED
    assert db.session.scalars(select(DraftPart).where(DraftPart.draft_id == draft.id)).all()


def test_details_and_rights_are_written(owner: FlaskClient) -> None:
    """Category, description, who may start and who may edit are kept and shown again."""
    owner.post(f"{SMALL}/details", data={"category": "综合", "description": "小事用它"})
    own = viewer(db.session(), "owner").user_id
    owner.post(f"{SMALL}/rights", data={"role": ["staff"], "manager": [own]})
    assert (process().category, process().description) == ("综合", "小事用它")
    assert process().starters == {"roles": ["staff"], "units": []}
    shown = page(owner, SMALL)
    for words in ('value="综合"', "小事用它", 'value="staff" checked', f'value="{own}" checked'):
        assert words in shown
    assert "综合" in page(owner, "/studio?category=综合")


def test_a_process_is_suspended_and_resumed_with_a_reason(owner: FlaskClient, app: Flask) -> None:
    """Without a reason nothing happens; suspended, the start page says by whom and why; resumed, it starts again."""
    owner.post(f"{SMALL}/suspend", data={"reason": " "})
    assert process().suspended_at is None
    owner.post(f"{SMALL}/suspend", data={"reason": "表单要改"})
    assert process().suspended_by == "叶青梧"
    assert "叶青梧停用了，现在不能发起：表单要改" in page(signed_in(app, "dept"), "/start")
    assert "表单要改" in page(owner, SMALL)
    owner.post(f"{SMALL}/resume", data={"reason": "改好了"})
    assert process().suspended_at is None


def test_an_exported_process_is_the_one_that_runs(app: Flask) -> None:
    """The diagram goes out byte for byte; the zip, imported again, makes a draft of the very same texts."""
    Dispatch(app).publish()
    browser = signed_in(app, "owner")
    source = stored_source(db.session(), process(SLUG).running_version_id or 0)
    assert browser.get(f"/studio/processes/{SLUG}/versions/1/bpmn").data == source.diagram
    bundle = browser.get(f"/studio/processes/{SLUG}/versions/1/bundle").data
    assert len(zipfile.ZipFile(io.BytesIO(bundle)).namelist()) == 1 + len(source.tables) + len(source.forms)
    draft = opened_draft(browser.post("/studio/import", data={"files": (io.BytesIO(bundle), "b.zip")}))
    assert queries.source_of(db.session(), draft).digest == source.digest
    assert draft.base_version_id == process(SLUG).running_version_id
    assert browser.get(f"/studio/processes/{SLUG}/versions/1/other").status_code == 404
    assert browser.get(f"/studio/processes/{SLUG}/versions/9/bpmn").status_code == 404


def test_the_library_is_the_houses_own(app: Flask) -> None:
    """Departments and vendors see neither the library nor a process nor its file."""
    publish_small()
    for who in ("dept", "vendor_a_lead"):
        browser = signed_in(app, who)
        for path in ("/studio", SMALL, "/studio/new", "/studio/import", f"{SMALL}/versions/1/bpmn"):
            assert browser.get(path).status_code in {403, 404}, (who, path)


def test_a_managed_process_is_changed_by_its_managers_only(owner: FlaskClient) -> None:
    """Other owners see it, but get no buttons, no draft, and their changes are refused."""
    manage("small", "director")
    shown = page(owner, SMALL)
    assert "谁能改：方既白" in shown
    assert "改这个流程" not in shown
    assert owner.post(f"{SMALL}/drafts").status_code == 404
    owner.post(f"{SMALL}/details", data={"category": "改", "description": ""})
    owner.post(f"{SMALL}/suspend", data={"reason": "停"})
    assert (process().category, process().suspended_at) == ("", None)
    assert "由别人负责" in page(owner, SMALL)

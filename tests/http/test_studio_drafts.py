"""Drafts over HTTP: their page, saving a part, two people at once, what is refused, who may."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import clock
from app.db import transaction
from app.studio.models import DraftEditor, ProcessDraft
from tests.conftest import signed_in
from tests.factories.small import viewer
from tests.factories.studio import draft_of, draft_of_small, manage

JSON = {"Accept": "application/json"}
SMALL = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">{}</definitions>'
DOCTYPE = '<!DOCTYPE d [<!ENTITY a "b">]>' + SMALL.format("")


@pytest.fixture
def owner(app: Flask) -> FlaskClient:
    """The process owner's browser."""
    return signed_in(app, "owner")


def address(draft_id: int, kind: str = "bpmn", name: str = "small") -> str:
    """Return the address of a part of a draft."""
    return f"/studio/drafts/{draft_id}/parts/{kind}/{name}"


def save(browser: FlaskClient, url: str, text: str, seen: int) -> TestResponse:
    """Save a part as the page does."""
    return browser.put(url, json={"text": text, "row_version": seen}, headers=JSON)


def test_a_part_is_saved_and_read_again(either_app: Flask) -> None:
    """What was saved is what the next reader gets, under a new row version."""
    draft_id = draft_of_small()
    browser = signed_in(either_app, "owner")
    first = browser.get(address(draft_id), headers=JSON).get_json()
    assert "<" in first["text"]
    edited = first["text"].replace("</bpmn:definitions>", "<!-- 改过 --></bpmn:definitions>")
    saved = save(browser, address(draft_id), edited, first["row_version"])
    assert saved.status_code == 200
    assert saved.get_json()["row_version"] > first["row_version"]
    again = browser.get(address(draft_id), headers=JSON).get_json()
    assert (again["text"], again["row_version"]) == (edited, saved.get_json()["row_version"])


def test_the_slower_of_two_people_is_told_who_was_faster(either_app: Flask) -> None:
    """A save on an old row version is refused with a name and a time, and changes nothing."""
    draft_id = draft_of_small()
    owner, office = signed_in(either_app, "owner"), signed_in(either_app, "owner")
    first = owner.get(address(draft_id), headers=JSON).get_json()
    assert save(owner, address(draft_id), SMALL.format("<!-- 一 -->"), first["row_version"]).status_code == 200
    slower = save(office, address(draft_id), SMALL.format("<!-- 二 -->"), first["row_version"])
    assert slower.status_code == 409
    assert re.match(r"叶青梧在 \d\d:\d\d:\d\d 存过这份草稿。您的改动还在这个页面上。", slower.get_json()["error"])
    assert owner.get(address(draft_id), headers=JSON).get_json()["text"] == SMALL.format("<!-- 一 -->")


def test_a_signed_out_page_is_told_where_to_sign_in(app: Flask, client: FlaskClient) -> None:
    """Saving without a session answers 401 and the address of the sign-in page."""
    draft_id = draft_of_small()
    app.config["WTF_CSRF_ENABLED"] = False
    answer = save(client, address(draft_id), SMALL.format(""), 1)
    assert answer.status_code == 401
    assert answer.get_json()["sign_in"].startswith("/sign-in?")


def test_a_new_form_is_kept_and_taken_out_again(owner: FlaskClient) -> None:
    """A form comes into being with its first save and is gone after its removal; the diagram stays."""
    draft_id = draft_of_small()
    url = address(draft_id, "form", "extra")
    seen = owner.get(address(draft_id), headers=JSON).get_json()["row_version"]
    seen = save(owner, url, '{"components": []}', seen).get_json()["row_version"]
    assert owner.get(url, headers=JSON).status_code == 200
    gone = owner.delete(url, json={"row_version": seen}, headers=JSON)
    assert gone.status_code == 200
    assert owner.get(url, headers=JSON).status_code == 404
    owner.delete(address(draft_id), json={"row_version": gone.get_json()["row_version"]}, headers=JSON)
    assert owner.get(address(draft_id), headers=JSON).status_code == 200


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (DOCTYPE, "DOCTYPE"),
        ("<definitions", "XML"),
        ("<html/>", "definitions"),
        (SMALL.format("<!--" + "x" * 2_100_000 + "-->"), "2 MB"),
    ],
)
def test_what_is_no_diagram_is_not_saved(owner: FlaskClient, text: str, sentence: str) -> None:
    """XML with a DOCTYPE, broken, of another kind or too large is refused in a sentence, the draft stays."""
    draft_id = draft_of_small()
    before = owner.get(address(draft_id), headers=JSON).get_json()
    answer = save(owner, address(draft_id), text, before["row_version"])
    assert answer.status_code == 422
    assert sentence in answer.get_json()["error"]
    assert owner.get(address(draft_id), headers=JSON).get_json() == before


def test_two_megabytes_are_saved(owner: FlaskClient) -> None:
    """A diagram just below the limit is saved, opened and checked."""
    draft_id = draft_of("large", SMALL.format(""))
    url = address(draft_id, name="large")
    text = SMALL.format("<!--" + "x" * 2_000_000 + "-->")
    seen = owner.get(url, headers=JSON).get_json()["row_version"]
    assert save(owner, url, text, seen).status_code == 200
    assert owner.get(f"/studio/drafts/{draft_id}").status_code == 200
    assert owner.post(f"/studio/drafts/{draft_id}/check", json={"xml": text}, headers=JSON).status_code == 200


@pytest.mark.parametrize(
    "body", [None, [], {}, {"text": 3, "row_version": 1}, {"text": "x"}, {"text": "x", "row_version": True}]
)
def test_a_save_that_says_nothing_is_refused(owner: FlaskClient, body: object) -> None:
    """A body without text or row version is answered with a sentence, never with an error of the server."""
    answer = owner.put(address(draft_of_small()), json=body, headers=JSON)
    assert answer.status_code == 422
    assert "您的改动还在这个页面上" in answer.get_json()["error"]


def test_others_drafts_are_not_there(app: Flask, owner: FlaskClient) -> None:
    """Whoever may not edit the process finds neither page nor parts; once there are managers, only they do."""
    draft_id = draft_of_small()
    for user_name in ("dept", "vendor_a_lead", "office", "sysadmin"):
        browser = signed_in(app, user_name)
        for url in (f"/studio/drafts/{draft_id}", address(draft_id), f"/studio/drafts/{draft_id}/presence"):
            assert browser.get(url).status_code == 404, (user_name, url)
    assert owner.get(f"/studio/drafts/{draft_id}").status_code == 200
    manage("small", "office")
    assert owner.get(f"/studio/drafts/{draft_id}").status_code == 404
    assert save(owner, address(draft_id), SMALL.format(""), 1).status_code == 404


def test_the_page_names_the_draft_and_brings_its_words(owner: FlaskClient) -> None:
    """The page says what it is a draft of and holds the diagram for its scripts."""
    draft_id = draft_of_small()
    page = owner.get(f"/studio/drafts/{draft_id}").get_data(as_text=True)
    assert "基于 v1" in page
    assert "data-studio-data" in page
    assert 'data-draft-tab="steps"' in page
    assert owner.get(f"/studio/drafts/{draft_id}?view=steps").status_code == 200


def test_people_in_one_draft_see_each_other(owner: FlaskClient) -> None:
    """Who has the draft open is named to the others, and nobody to themselves."""
    draft_id = draft_of_small()
    with transaction() as session:
        other = viewer(session, "office")
        session.add(DraftEditor(draft_id=draft_id, user_id=other.user_id, seen_at=clock.now(session)))
    answer = owner.post(f"/studio/drafts/{draft_id}/presence", json={}, headers=JSON).get_json()
    assert answer["others"] == ["沈明溪"]
    assert owner.get(f"/studio/drafts/{draft_id}/presence", headers=JSON).get_json()["token"]


def test_the_check_answers_for_the_diagram_on_the_page(owner: FlaskClient) -> None:
    """The checker's sentences name the element, errors first; the stored draft is not touched."""
    draft_id = draft_of_small()
    stored = owner.get(address(draft_id), headers=JSON).get_json()["text"]
    broken = re.sub(r'camunda:(assignee|candidateGroups|candidateUsers)="[^"]*"', "", stored)
    answer = owner.post(f"/studio/drafts/{draft_id}/check", json={"xml": broken}, headers=JSON).get_json()
    severities = [one["severity"] for one in answer["problems"]]
    assert "error" in severities
    assert severities == sorted(severities)
    first = answer["problems"][0]
    assert first["element"]
    assert first["sentence"]
    assert re.fullmatch(r"\d\d:\d\d", answer["at"])
    assert owner.get(address(draft_id), headers=JSON).get_json()["text"] == stored


def test_a_draft_that_was_sent_to_be_published_stays_as_it_is(owner: FlaskClient) -> None:
    """A save after that is refused with the reason."""
    draft_id = draft_of_small()
    before = owner.get(address(draft_id), headers=JSON).get_json()
    with transaction() as session:
        draft = session.get_one(ProcessDraft, draft_id)
        draft.state = "proposed"
        session.flush()
        seen = draft.row_version
    answer = save(owner, address(draft_id), before["text"], seen)
    assert answer.status_code == 409
    assert "已经送去发布" in answer.get_json()["error"]

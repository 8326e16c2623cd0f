"""The editor's page and what its script sends: saving, conflicts, large texts, hostile texts, previews."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.content.models import Article, ArticleDraft
from app.db import db, transaction
from tests.factories.content import an_article, columns_of, content_people, site_named
from tests.factories.small import viewer

SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def article_id(app: Flask) -> int:
    """An article of the housing bureau."""
    del app
    with transaction() as session:
        content_people(session)
        columns = columns_of(session, site_named(session).id)
        return an_article(session, viewer(session, "editor"), columns["news"]).id


def draft(article_id: int) -> ArticleDraft:
    """Return what is typed of an article, as it is now."""
    db.session.rollback()
    return db.session.get_one(ArticleDraft, article_id)


def put(browser: FlaskClient, article_id: int, seen: int, **fields: Any) -> Any:
    """Save these fields as the page's script does."""
    body = {"text": json.dumps(fields), "row_version": seen}
    return browser.put(f"/articles/{article_id}/draft", json=body, headers={"Accept": "application/json"})


def test_what_is_typed_is_saved_and_read_back(sign_in: SignIn, article_id: int) -> None:
    browser, seen = sign_in("editor"), draft(article_id).row_version
    answer = put(browser, article_id, seen, title="新标题", body="<p>新的正文</p>", reprint=True)
    assert answer.json["row_version"] == seen + 1
    told = browser.get(f"/articles/{article_id}/draft").json
    assert told["row_version"] == seen + 1
    assert json.loads(told["text"])["body"] == "<p>新的正文</p>"
    assert draft(article_id).fields["reprint"] is True
    assert draft(article_id).fields["summary"] == "共 412 户家庭选到住房。"
    db.session.rollback()
    assert db.session.scalars(select(Article.title).where(Article.id == article_id)).one() == "新标题"


def test_a_second_writer_is_refused_with_who_and_when_and_nothing_is_overwritten(
    sign_in: SignIn, article_id: int
) -> None:
    seen = draft(article_id).row_version
    put(sign_in("editor"), article_id, seen, body="<p>甲写的</p>")
    answer = put(sign_in("editor2"), article_id, seen, body="<p>乙写的</p>")
    assert answer.status_code == 409
    assert "姜若谷" in answer.json["error"]
    assert draft(article_id).fields["body"] == "<p>甲写的</p>"


def test_the_same_save_again_after_its_answer_was_lost_is_no_conflict(sign_in: SignIn, article_id: int) -> None:
    browser, seen = sign_in("editor"), draft(article_id).row_version
    first = put(browser, article_id, seen, body="<div>一样的</div>").json
    assert put(browser, article_id, seen, body="<div>一样的</div>").json == first


def test_a_text_of_nearly_five_megabytes_is_saved(sign_in: SignIn, article_id: int) -> None:
    line = "<p>" + "文字" * 50 + "</p>"
    body = line * (5 * 1024 * 1024 // len(line.encode()))
    answer = put(sign_in("editor"), article_id, draft(article_id).row_version, body=body)
    assert answer.status_code == 200
    assert len(draft(article_id).fields["body"]) == len(body)


def test_a_text_beyond_five_megabytes_is_refused_with_a_sentence(sign_in: SignIn, article_id: int) -> None:
    answer = put(sign_in("editor"), article_id, draft(article_id).row_version, body="文" * (2 * 1024 * 1024))
    assert answer.status_code == 422
    assert "最多 5 MB" in answer.json["error"]


@pytest.mark.parametrize(
    "sent",
    [
        {"text": "no json", "row_version": 1},
        {"text": "[]", "row_version": 1},
        {"text": '{"body": 3}', "row_version": 1},
        {"text": '{"title": null}', "row_version": 1},
        {"text": '{"files": [{"media_id": true}]}', "row_version": 1},
        {"text": '{"files": "x"}', "row_version": 1},
        {"text": '{"kind": "nonsense"}', "row_version": 1},
        {"text": '{"publish_at": "tomorrow"}', "row_version": 1},
        {"text": '{"files": [{"media_id": 999, "kind": "attachment", "name": "x"}]}', "row_version": 2},
        {"text": "{}", "row_version": "1"},
        {"row_version": 1},
        [],
    ],
)
def test_what_no_page_would_send_is_refused(sign_in: SignIn, article_id: int, sent: Any) -> None:
    before = draft(article_id).fields
    answer = sign_in("editor").put(f"/articles/{article_id}/draft", json=sent, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert answer.json["error"]
    assert draft(article_id).fields == before


def test_hostile_markup_is_gone_before_it_is_stored_and_shown(sign_in: SignIn, article_id: int) -> None:
    browser = sign_in("editor")
    body = '<p onclick="x()">好<script>alert(1)</script></p><img src=x onerror=alert(1)>'
    put(browser, article_id, draft(article_id).row_version, title="<script>alert(2)</script>", body=body)
    assert draft(article_id).fields["body"] == "<p>好</p>"
    for path in ("edit", ""):
        page = browser.get(f"/articles/{article_id}/{path}".rstrip("/")).text
        assert "alert(1)" not in page
        assert "<script>alert" not in page


def test_signs_no_database_keeps_are_left_out(sign_in: SignIn, article_id: int) -> None:
    answer = put(
        sign_in("editor"), article_id, draft(article_id).row_version, title="甲\x00乙\ud800", body="<p>\x00丙</p>"
    )
    assert answer.status_code == 200
    assert draft(article_id).fields["title"] == "甲乙"
    assert draft(article_id).fields["body"] == "<p>丙</p>"


def test_without_script_the_page_is_a_form_that_saves(sign_in: SignIn, article_id: int) -> None:
    browser = sign_in("editor")
    page = browser.get(f"/articles/{article_id}/edit").text
    assert 'name="body"' in page
    typed = {
        "row_version": draft(article_id).row_version,
        "title": "改过的",
        "body": "<p>改过的正文</p>",
        "leader": "1",
    }
    assert browser.post(f"/articles/{article_id}/edit", data=typed).status_code == 303
    assert draft(article_id).fields["leader"] is True
    stale = browser.post(f"/articles/{article_id}/edit", data=typed | {"body": "<p>晚了一步的正文</p>"})
    assert stale.status_code == 409
    assert "晚了一步的正文" in stale.text
    long = browser.post(
        f"/articles/{article_id}/edit",
        data=typed | {"row_version": draft(article_id).row_version, "title": "长" * 201},
    )
    assert long.status_code == 422
    assert "标题最多 200 个字" in long.text


def test_two_people_in_one_article_are_named_to_each_other(sign_in: SignIn, article_id: int) -> None:
    sign_in("editor").post(f"/articles/{article_id}/presence")
    answer = sign_in("editor2").post(f"/articles/{article_id}/presence")
    assert answer.json["others"] == ["姜若谷"]
    assert answer.json["token"]


def plain(browser: FlaskClient, article_id: int, body: str) -> Any:
    """Save a text as a page without script does."""
    seen = draft(article_id).row_version
    return browser.post(f"/articles/{article_id}/edit", data={"row_version": seen, "title": "长稿", "body": body})


def test_a_long_text_without_script_is_saved_as_with_it(sign_in: SignIn, article_id: int) -> None:
    """A text of Chinese is three times as long on the way, and arrives."""
    body = f"<p>{'长' * 500_000}</p>"
    assert plain(sign_in("editor"), article_id, body).status_code == 303
    assert len(draft(article_id).fields["body"]) == len(body)


def test_a_text_that_is_too_long_comes_back_with_what_to_do(sign_in: SignIn, article_id: int) -> None:
    """Nothing is saved, the sentence says how much is too much, and everything typed stands in the page."""
    body = f"<p>{'a' * 6_000_000}</p>"
    answer = plain(sign_in("editor"), article_id, body)
    assert answer.status_code == 422
    assert "正文太大，没有保存：最多 5 MB" in answer.text
    assert "a" * 6_000_000 in answer.text
    assert draft(article_id).fields["title"] != "长稿"


def test_more_than_any_page_sends_is_refused_in_words(sign_in: SignIn, article_id: int) -> None:
    """Too much even to be read: the sentence names the text, its limit and where it still stands."""
    answer = plain(sign_in("editor"), article_id, "长" * 2_000_000)
    assert answer.status_code == 413
    assert "正文太大" in answer.text
    assert "后退" in answer.text

"""Errors as people read them; what was typed is never lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from app.errors import Conflict, Invalid, NotFound, Refused, TooLarge, Unavailable, UserError
from app.web import permission
from tests.unit.test_web_shell import shell_app

AGAIN = ">再提交一次</button>"
TYPED = "检查清单第 17 项的链接仍指向旧目录"
ERRORS: dict[str, Callable[[], BaseException]] = {
    "invalid": lambda: Invalid(fields={"opinion": "第 3 条还没有选。"}),
    "refused": Refused,
    "notfound": NotFound,
    "conflict": lambda: Conflict("这一环节已由%(who)s办完，%(at)s。您写的内容都在。", who="江晚舟", at="10:21:37"),
    "toolarge": TooLarge,
    "unavailable": Unavailable,
    "locked": lambda: OperationalError("select", {}, Exception("database is locked")),
    "bug": lambda: ZeroDivisionError("secret detail"),
}
STATUS = {
    "invalid": 422,
    "refused": 403,
    "notfound": 404,
    "conflict": 409,
    "toolarge": 413,
    "unavailable": 503,
    "locked": 503,
    "bug": 500,
}


def failing_app(folder: Path, *, csrf: bool = False, **frame: Any) -> Flask:
    """Build an application with one address per kind of failure."""
    app = shell_app(folder, config={"WTF_CSRF_ENABLED": csrf, "PROPAGATE_EXCEPTIONS": False}, **frame)

    @permission("work.inbox")
    def fail(kind: str) -> str:
        if kind in ERRORS:
            error = ERRORS[kind]()
            raise error
        return request.form["opinion"]

    app.add_url_rule("/fail/<kind>", "fail", fail, methods=["GET", "POST"])
    return app


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    """Return a browser without script."""
    return failing_app(tmp_path).test_client()


def post(client: FlaskClient, kind: str, **headers: str) -> TestResponse:
    """Submit what was typed on the page of item 4."""
    fields = {"opinion": TYPED, "key": "k-17", "password": "hidden"}
    return client.post(f"/fail/{kind}", data=fields, headers={"Referer": "http://localhost/page?item=4", **headers})


@pytest.mark.parametrize("kind", STATUS)
def test_every_error_has_its_status_and_keeps_the_text(client: FlaskClient, kind: str) -> None:
    """Whatever goes wrong with a submission, the page shows what was typed and nothing that is secret."""
    answer = post(client, kind)
    assert answer.status_code == STATUS[kind]
    assert TYPED in answer.text
    assert "hidden" not in answer.text.replace('type="hidden"', "").replace('aria-hidden="true"', "")
    assert "data-error" in answer.text


@pytest.mark.parametrize("kind", STATUS)
def test_programs_get_the_sentence_as_json(client: FlaskClient, kind: str) -> None:
    """The page's own script and REST callers get status and sentence, no page."""
    answer = post(client, kind, Accept="application/json")
    assert answer.status_code == STATUS[kind]
    assert answer.json is not None
    assert answer.json["error"]


@pytest.mark.parametrize("kind", STATUS)
def test_htmx_gets_a_fragment_for_the_problem_place(client: FlaskClient, kind: str) -> None:
    """An htmx request puts the sentence on top of the page and leaves the form as it is."""
    answer = post(client, kind, **{"HX-Request": "true"})
    assert answer.status_code == STATUS[kind]
    assert answer.headers["HX-Retarget"] == "#gj-problem"
    assert "<html" not in answer.text
    assert "gj-note" in answer.text


def test_fields_are_named(client: FlaskClient) -> None:
    """Each refused field has its own sentence, linked to the field; JSON carries them too."""
    assert '<a href="#opinion">第 3 条还没有选。</a>' in post(client, "invalid").text
    answer = post(client, "invalid", Accept="application/json")
    assert answer.json is not None
    assert answer.json["fields"] == {"opinion": "第 3 条还没有选。"}


def test_conflict_says_who_and_leads_to_the_present(client: FlaskClient) -> None:
    """Somebody was faster: who and when stand first, the way to the present state next."""
    text = post(client, "conflict").text
    assert "这一环节已由江晚舟办完，10:21:37" in text
    assert 'href="/page?item=4"' in text
    assert "看这件事现在的情况" in text


def test_server_error_has_a_number_and_no_trace(client: FlaskClient) -> None:
    """A fault of ours shows a number to read out, never its inside."""
    answer = post(client, "bug")
    assert re.search(r"E-\d{4}-\d{6}-[0-9A-F]{2}", answer.text)
    for inside in ("Traceback", "ZeroDivisionError", "secret detail"):
        assert inside not in answer.text


def test_failed_submission_can_be_sent_again(client: FlaskClient) -> None:
    """After a fault without a password in the form, one press sends everything again, the key too."""
    answer = client.post("/fail/bug", data={"opinion": TYPED, "key": "k-17"})
    assert AGAIN in answer.text
    assert '<input type="hidden" name="key" value="k-17">' in answer.text
    assert AGAIN not in post(client, "bug").text


def test_uploads_must_be_chosen_again(client: FlaskClient) -> None:
    """Files cannot be kept on a page; it says so."""
    answer = client.post("/fail/bug", data={"opinion": TYPED, "file": (BytesIO(b"x"), "清单.txt")})
    assert "附件要重新选一次。" in answer.text


def test_failing_frame_still_brings_the_sentence(tmp_path: Path) -> None:
    """When what the frame shows cannot be read either, the sentence arrives in a plain frame."""
    app = failing_app(tmp_path)
    shell = app.extensions["guanjia_web"]

    def broken() -> dict[str, object]:
        raise OperationalError("select", {}, Exception("database is locked"))

    app.extensions["guanjia_web"] = replace(shell, context=broken)
    answer = app.test_client().post("/fail/locked", data={"opinion": TYPED})
    assert answer.status_code == 503
    assert "数据库正忙，什么都没有改动" in answer.text
    assert TYPED in answer.text


def test_sentence_arrives_even_without_any_page(tmp_path: Path) -> None:
    """When not even the error page can be drawn, its sentence and number come as text."""
    app = failing_app(tmp_path)

    @app.context_processor
    def broken() -> dict[str, object]:
        raise OperationalError("select", {}, Exception("database is locked"))

    answer = app.test_client().post("/fail/bug", data={"opinion": TYPED})
    assert answer.status_code == 500
    assert answer.text.startswith("没有办成，什么都没有改动。")
    assert re.search(r"E-\d{4}-\d{6}", answer.text)


@pytest.mark.parametrize(
    ("path", "status", "words"), [("/nowhere", 404, "没有这个页面"), ("/language", 405, "不能这样打开")]
)
def test_wrong_addresses(client: FlaskClient, path: str, status: int, words: str) -> None:
    """A missing page and a wrong method are sentences in the product's frame."""
    answer = client.get(path)
    assert answer.status_code == status
    assert words in answer.text
    assert "gj-side" in answer.text


def test_missing_object_reads_the_same_for_everybody(client: FlaskClient) -> None:
    """No case and no right to see it are one sentence."""
    assert "没有这件办件，或者它不归您看" in client.get("/fail/notfound").text


def test_too_much_at_once(client: FlaskClient) -> None:
    """More than the limit is refused with the way back; nothing of it is read."""
    answer = client.post("/fail/none", data={"opinion": "长" * 3000}, headers={"Referer": "http://localhost/page"})
    assert answer.status_code == 413
    assert "文件太大，单个不超过 50 MB" in answer.text
    assert 'href="/page"' in answer.text


def test_stale_page_keeps_the_text(tmp_path: Path) -> None:
    """A submission without a valid token loses nothing: it can be sent again with a fresh one."""
    client = failing_app(tmp_path, csrf=True).test_client()
    answer = client.post("/fail/none", data={"opinion": TYPED})
    assert answer.status_code == 400
    assert "这一页打开得太久，提交没有生效" in answer.text
    fields = dict(
        re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', answer.text.split("gj-error-next")[1])
    )
    again = client.post("/fail/none", data=fields)
    assert again.status_code == 200
    assert again.text == TYPED


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://example.org"}])
def test_foreign_submission_is_not_offered_again(tmp_path: Path, headers: dict[str, str]) -> None:
    """Text sent from another site is neither shown nor offered for sending again."""
    client = failing_app(tmp_path, csrf=True).test_client()
    answer = client.post("/fail/none", data={"opinion": TYPED}, headers=headers)
    assert answer.status_code == 400
    assert TYPED not in answer.text
    assert AGAIN not in answer.text


def test_signed_out_reader_is_led_back(tmp_path: Path) -> None:
    """A page leads to sign-in and back; a submission keeps its text; script and htmx are told where to go."""
    client = failing_app(tmp_path, viewer=None).test_client()
    assert client.get("/fail/none?item=4").headers["Location"] == "/sign-in?next=%2Ffail%2Fnone%3Fitem%3D4"
    answer = post(client, "none")
    assert answer.status_code == 401
    assert TYPED in answer.text
    assert 'href="/sign-in?next=%2Fpage%3Fitem%3D4"' in answer.text
    assert post(client, "none", **{"HX-Request": "true"}).headers["HX-Redirect"] == "/sign-in?next=%2Fpage%3Fitem%3D4"
    drafted = post(client, "none", Accept="application/json")
    assert drafted.status_code == 401
    assert drafted.json is not None
    assert drafted.json["sign_in"] == "/sign-in?next=%2Fpage%3Fitem%3D4"


def test_way_back_stays_on_this_site(client: FlaskClient) -> None:
    """A foreign referrer never becomes a link on our page."""
    text = post(client, "refused", Referer="https://example.org/page").text
    assert "example.org" not in text


def test_every_user_error_has_a_status_of_its_own() -> None:
    """The table of statuses covers every error a person can read."""
    assert {kind.status for kind in UserError.__subclasses__()} <= {400, 401, 403, 404, 409, 413, 415, 422, 503}

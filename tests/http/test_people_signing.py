"""Signing in over HTTP: the cookie, the way back, ended sessions, what was typed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import clock
from app.db import db, transaction
from app.ledger.models import Record
from app.people.models import AuthSession
from app.people.rules import DemoCard, DemoGroup
from app.people.session import COOKIE, SECURE_COOKIE
from tests.factories.city import PASSWORD

SignIn = Callable[[str], FlaskClient]


def token_in(page: str) -> str:
    """Return the form token of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def post_sign_in(client: FlaskClient, **fields: str) -> object:
    """Fill in the sign-in page as a browser does."""
    page = client.get("/sign-in").get_data(as_text=True)
    given = {"user_name": "dept", "password": PASSWORD, "csrf_token": token_in(page)}
    return client.post("/sign-in", data=given | fields)


def pass_time(minutes: int) -> None:
    """Let time pass in the database."""
    db.session.rollback()
    with transaction() as session:
        clock.advance(session, clock.now(session) + timedelta(minutes=minutes))


def test_the_cookie_holds_only_a_token(app: Flask, client: FlaskClient) -> None:
    """The cookie is for the server alone and for this site alone, and says nothing about the person."""
    answer = client.post(
        "/sign-in",
        data={
            "user_name": "dept",
            "password": PASSWORD,
            "csrf_token": token_in(client.get("/sign-in").get_data(as_text=True)),
        },
    )
    assert answer.status_code == 303
    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith(f"{COOKIE}="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Expires" not in cookie
    value = cookie.split("=", 1)[1].split(";")[0]
    assert len(value) == 43
    assert value not in {row.token_hash for row in db.session.scalars(select(AuthSession))}
    del app


def test_behind_tls_the_cookie_is_bound_to_the_host(app: Flask) -> None:
    """Over HTTPS the name carries the host prefix, which browsers enforce."""
    app.config.update(SESSION_COOKIE_SECURE=True, WTF_CSRF_ENABLED=False)
    answer = app.test_client().post("/sign-in", data={"user_name": "dept", "password": PASSWORD})
    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith(SECURE_COOKIE))
    assert "Secure" in cookie
    assert "Domain" not in cookie


def test_a_token_of_before_is_not_taken_over(client: FlaskClient) -> None:
    """A token planted before sign-in is replaced, so nobody else knows the session."""
    client.set_cookie(COOKIE, "planted")
    post_sign_in(client)
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    assert cookie.value != "planted"
    assert client.get("/account").status_code == 200


def test_a_wrong_password_keeps_the_account_typed(client: FlaskClient) -> None:
    """The page says what is wrong, keeps the account and never repeats the password."""
    page = client.get("/sign-in").get_data(as_text=True)
    answer = client.post(
        "/sign-in", data={"user_name": "dept", "password": "Wrong-pass-1", "csrf_token": token_in(page)}
    )
    text = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert 'value="dept"' in text
    assert "账号或密码不对" in text
    assert "Wrong-pass-1" not in text


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        " //evil.example",
        "///evil.example",
        "",
    ],
)
def test_signing_in_never_leads_elsewhere(client: FlaskClient, target: str) -> None:
    """Whatever the address asked for, the way leads to a page of this site."""
    answer = client.post(
        "/sign-in",
        data={
            "user_name": "dept",
            "password": PASSWORD,
            "next": target,
            "csrf_token": token_in(client.get("/sign-in").get_data(as_text=True)),
        },
    )
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"
    again = client.get("/sign-in", query_string={"next": target})
    assert urlsplit(again.headers["Location"]).netloc == ""
    assert again.headers["Location"] == "/"


def test_the_page_asked_for_opens_after_signing_in(client: FlaskClient) -> None:
    """A link opened without being signed in is not forgotten."""
    answer = client.get("/account?x=1")
    assert answer.status_code == 302
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert 'name="next" value="/account?x=1"' in page
    answer = client.post(
        "/sign-in",
        data={"user_name": "dept", "password": PASSWORD, "next": "/account?x=1", "csrf_token": token_in(page)},
    )
    assert answer.headers["Location"] == "/account?x=1"


def test_half_an_hour_of_silence_ends_the_session(sign_in: SignIn) -> None:
    """The page says so, knows whose password to ask for, and reading keeps a session alive."""
    client = sign_in("dept")
    for _ in range(3):
        pass_time(20)
        assert client.get("/account").status_code == 200
    pass_time(31)
    answer = client.get("/account")
    assert answer.status_code == 302
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "30 分钟没有操作，已自动退出" in page
    assert 'value="dept"' in page


def test_text_typed_into_an_ended_session_is_sent_again_with_one_button(app: Flask, client: FlaskClient) -> None:
    """What was written comes back after the password; nothing is sent without the person pressing."""
    assert post_sign_in(client)
    form_token = token_in(client.get("/account/password").get_data(as_text=True))
    pass_time(31)
    posted = {"locale": "en", "note": "市民反映 <b>入口</b> 打不开", "csrf_token": form_token, "password": "s3cret"}
    answer = client.post("/account/language?from=here", data=posted)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert "这一步没有提交" in page
    assert 'value="dept"' in page
    assert "市民反映 &lt;b&gt;入口&lt;/b&gt; 打不开" in page
    assert "s3cret" not in page
    sealed = re.search(r'name="resume" value="([^"]+)"', page)
    assert sealed
    data = {"user_name": "dept", "password": PASSWORD, "resume": sealed[1], "csrf_token": token_in(page)}
    back = client.post("/sign-in", data=data).get_data(as_text=True)
    assert "您写的内容都在" in back
    assert 'action="/account/language?from=here"' in back
    assert 'name="note" value="市民反映 &lt;b&gt;入口&lt;/b&gt; 打不开"' in back
    again = client.post(
        "/account/language?from=here", data={"locale": "en", "csrf_token": token_in(back), "note": "x"}
    )
    assert again.status_code == 303
    del app


def test_another_person_is_not_offered_the_text(client: FlaskClient) -> None:
    """Who signs in after somebody else's ended session sees nothing of it."""
    post_sign_in(client)
    form_token = token_in(client.get("/account/password").get_data(as_text=True))
    pass_time(31)
    page = client.post(
        "/account/language", data={"locale": "en", "note": "仅我可见", "csrf_token": form_token}
    ).get_data(as_text=True)
    sealed = re.search(r'name="resume" value="([^"]+)"', page)
    assert sealed
    answer = client.post(
        "/sign-in",
        data={
            "user_name": "office",
            "password": PASSWORD,
            "resume": sealed[1],
            "csrf_token": token_in(page),
        },
    )
    assert answer.status_code == 303
    assert "仅我可见" not in answer.get_data(as_text=True)


def test_text_from_a_foreign_page_is_not_offered_for_sending(client: FlaskClient) -> None:
    """Without the form's own token the text may be copied, not sent."""
    post_sign_in(client)
    pass_time(31)
    page = client.post("/account/language", data={"locale": "en", "note": "外来的 文字"}).get_data(as_text=True)
    sealed = re.search(r'name="resume" value="([^"]+)"', page)
    assert sealed
    back = client.post(
        "/sign-in",
        data={"user_name": "dept", "password": PASSWORD, "resume": sealed[1], "csrf_token": token_in(page)},
    ).get_data(as_text=True)
    assert "外来的 文字" in back
    assert "继续提交" not in back
    forged = sealed[1][:-2] + "AA"
    answer = client.post("/sign-in", data={"user_name": "dept", "password": PASSWORD, "resume": forged})
    assert "外来的" not in answer.get_data(as_text=True)


def test_signing_out_ends_the_session_everywhere_it_is_copied(sign_in: SignIn, app: Flask) -> None:
    """The cookie of before opens nothing any more, and the ledger knows."""
    client = sign_in("dept")
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    assert client.post("/sign-out").status_code == 303
    copied = app.test_client()
    copied.set_cookie(COOKIE, cookie.value)
    assert copied.get("/account").status_code == 302
    assert client.get("/account").status_code == 302
    assert db.session.scalar(select(Record.id).where(Record.kind == "people:session:closed"))


def test_a_session_elsewhere_is_ended_from_the_account_page(sign_in: SignIn) -> None:
    """The browser named on the page is out, this one stays; a stranger's session is not found."""
    here, there, stranger = sign_in("dept"), sign_in("dept"), sign_in("office")
    text = here.get("/account").get_data(as_text=True)
    ends = re.findall(r"/account/sessions/(\d+)/end", text)
    assert len(ends) == 1
    assert stranger.post(f"/account/sessions/{ends[0]}/end").status_code == 404
    assert here.post(f"/account/sessions/{ends[0]}/end").status_code == 303
    assert there.get("/account").status_code == 302
    assert here.get("/account").status_code == 200


def test_after_a_reset_nothing_opens_before_the_change(sign_in: SignIn, app: Flask) -> None:
    """The one-time password leads to the change page, the new one to where the person wanted."""
    security = sign_in("secadmin")
    dept = security.get("/people?q=dept").get_data(as_text=True)
    user_id = re.findall(r"/people/(\d+)\"", dept)[0]
    page = security.post(f"/people/{user_id}/reset").get_data(as_text=True)
    given = re.search(r"data-copy-text>([^<]+)<", page)
    assert given
    client = app.test_client()
    client.post("/sign-in", data={"user_name": "dept", "password": given[1]})
    answer = client.get("/sites")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/account/password?next=")
    wrong = client.post("/account/password", data={"old": given[1], "new": "short", "again": "short"})
    assert wrong.status_code == 422
    data = {"old": given[1], "new": "Qinglan-7731", "again": "Qinglan-7731", "next": "/sites"}
    assert client.post("/account/password", data=data).headers["Location"] == "/sites"
    assert client.get("/sites").status_code == 200


def test_cards_sign_in_only_in_a_demo(app: Flask, client: FlaskClient) -> None:
    """A test or real database knows no cards, even when somebody posts by hand; a demo takes one click."""
    app.config["WTF_CSRF_ENABLED"] = False
    card = DemoCard("dept", "林知行", "市住建局", "信息科", "今天要定。", "/account")
    app.extensions["guanjia.demo_cards"] = lambda: [DemoGroup("提需求的部门", (card,))]
    assert client.post("/sign-in/demo", data={"user_name": "dept"}).status_code == 404
    assert "今天要定" not in client.get("/sign-in").get_data(as_text=True)
    db.session.rollback()
    with transaction() as session:
        session.get_one(clock.ClockOffset, 1).kind = "demo"
    assert "今天要定" in client.get("/sign-in").get_data(as_text=True)
    assert client.post("/sign-in/demo", data={"user_name": "sysadmin"}).status_code == 404
    answer = client.post("/sign-in/demo", data={"user_name": "dept"})
    assert answer.headers["Location"] == "/account"
    assert client.get("/account").status_code == 200

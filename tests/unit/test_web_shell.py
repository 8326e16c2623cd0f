"""The shell around pages: headers, health, language, menu, the parts on a page."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template, request
from flask.testing import FlaskClient
from jinja2 import ChoiceLoader, DictLoader

from app import web
from app.web import assets, permission, public, sign_in_needed
from app.web.assets import Assets
from app.web.menu import Menu

NOW = datetime(2026, 11, 19, 2, 24, tzinfo=UTC)  # 10:24 in Shanghai
MANIFEST = {
    "src/pages/app.js": {
        "file": "assets/app-AAAAAAAA.js",
        "css": ["assets/app-BBBBBBBB.css"],
        "imports": ["_words.js"],
    },
    "src/pages/diagram.js": {"file": "assets/diagram-CCCCCCCC.js", "css": ["assets/diagram-DDDDDDDD.css"]},
    "_words.js": {"file": "assets/words-EEEEEEEE.js", "css": ["assets/words-FFFFFFFF.css"]},
    "src/icons.svg": {"file": "assets/icons-GGGGGGGG.svg"},
    "src/favicon.svg": {"file": "assets/favicon-HHHHHHHH.svg"},
}
PAGE = '{% extends "web/page.html" %}{% block title %}页{% endblock %}{% block main %}<p>内容</p>{% endblock %}'


@dataclass(frozen=True)
class Reader:
    """Somebody who is signed in."""

    user_id: int = 7
    name: str = "林知行"
    unit_name: str = "市住建局"
    unit_kind: str = "department"
    permissions: frozenset[str] = frozenset({"work.inbox"})

    def may(self, name: str) -> bool:
        return name in self.permissions


def built(folder: Path) -> Assets:
    """Return a front end as Vite leaves it."""
    folder.mkdir(exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps(MANIFEST), encoding="utf-8")
    return Assets(folder)


def shell_app(folder: Path, *, templates: Mapping[str, str] | None = None, **frame: Any) -> Flask:
    """Build an application that has the shell and one page per template, and nothing else."""
    app = Flask(__name__, static_folder=None)
    app.config.update(SECRET_KEY="k" * 40, MAX_CONTENT_LENGTH=2000, **frame.pop("config", {}))
    values = {"viewer": Reader(), "demo": {"clock": "2026-11-19 星期四 10:24"}, "counts": {"todo": 23}, **frame}
    web.init_app(
        app,
        check=lambda _name: None if values["viewer"] else sign_in_needed("/sign-in"),
        ready=lambda: values.get("reason"),
        context=lambda: values,
        now=lambda: NOW,
        dist=built(folder / "dist"),
    )
    pages = {"page.html": PAGE, **(templates or {})}
    app.jinja_env.loader = _with(app, pages)
    for name in pages:
        address = name.removesuffix(".html")
        app.add_url_rule(f"/{address}", address, _page(name))
    return app


def _with(app: Flask, pages: Mapping[str, str]) -> Any:
    return ChoiceLoader([DictLoader(dict(pages)), app.jinja_env.loader or DictLoader({})])


def _page(name: str) -> Any:
    return permission("work.inbox")(lambda: render_template(name))


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    """Return a browser without script."""
    return shell_app(tmp_path).test_client()


def test_every_answer_carries_the_headers(client: FlaskClient) -> None:
    """Pages, missing pages and health checks forbid foreign content, framing and copies."""
    for path in ("/page", "/nowhere", "/healthz"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        for rule in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
            assert rule in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert "camera=()" in headers["Permissions-Policy"]
        assert "Strict-Transport-Security" not in headers


def test_a_previewed_page_may_fetch_the_mark_of_the_product(tmp_path: Path) -> None:
    """A browser asks for it unbidden, from a page without an origin of its own: nothing is blocked."""
    app = shell_app(tmp_path)
    with app.app_context():
        assets.built("favicon.svg").parent.mkdir(parents=True, exist_ok=True)
        assets.built("favicon.svg").write_text("<svg/>")
    answer = app.test_client().get("/favicon.ico")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_https_asks_browsers_to_stay_on_https(tmp_path: Path) -> None:
    """Behind TLS the answer says so for half a year."""
    app = shell_app(tmp_path, config={"SESSION_COOKIE_SECURE": True})
    assert app.test_client().get("/page").headers["Strict-Transport-Security"] == "max-age=15552000"


def test_a_view_may_set_its_own_caching(tmp_path: Path) -> None:
    """A file that may be kept for a while is not forced to no-store."""
    app = shell_app(tmp_path)
    app.add_url_rule("/file", "file", public(lambda: ("x", 200, {"Cache-Control": "private, max-age=60"})))
    assert app.test_client().get("/file").headers["Cache-Control"] == "private, max-age=60"


def test_health_and_readiness(tmp_path: Path) -> None:
    """A live process is alive; it is ready only when nothing stands in the way, and says what does."""
    client = shell_app(tmp_path, viewer=None).test_client()
    assert client.get("/healthz").json == {"status": "alive"}
    assert client.get("/readyz").json == {"status": "ready"}
    answer = shell_app(tmp_path, reason="database is newer").test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"status": "not ready", "reason": "database is newer"}


def test_language_is_remembered_and_leads_back(tmp_path: Path) -> None:
    """The switch sets a cookie, returns to the page, and never leads to another site."""
    app = shell_app(tmp_path, config={"WTF_CSRF_ENABLED": False})
    client = app.test_client()
    assert '<html lang="zh-CN">' in client.get("/page").text
    answer = client.post("/language", data={"lang": "en", "next": "/page?box=done"})
    assert answer.headers["Location"] == "/page?box=done"
    assert '<html lang="en">' in client.get("/page").text
    for foreign in ("https://example.org/", "//example.org", "/\\example.org", "javascript:x", ""):
        assert client.post("/language", data={"lang": "zh", "next": foreign}).headers["Location"] == "/"


def test_page_names_its_reader_and_the_demo(client: FlaskClient) -> None:
    """The frame shows who is signed in, the demo band with its clock, and the notice."""
    text = client.get("/page").text
    for words in ("林知行", "市住建局", "演示库", "2026-11-19 星期四 10:24", "严禁存储、处理、传输国家秘密"):
        assert words in text
    assert 'data-reader="7"' in text
    assert "<style" not in text
    assert " style=" not in text


def test_notice_is_editable(tmp_path: Path) -> None:
    """The sentence about secrets comes from the setting."""
    text = shell_app(tmp_path, notice="本系统仅处理公开信息").test_client().get("/page").text
    assert "本系统仅处理公开信息" in text
    assert "国家秘密" not in text


def test_a_real_database_shows_no_demo_band(tmp_path: Path) -> None:
    """Without a demo clock there is no band."""
    assert "演示库" not in shell_app(tmp_path, demo=None).test_client().get("/page").text


def test_menu_shows_what_the_reader_may_open() -> None:
    """Entries without permission are left out, and so are groups with nothing in them."""
    menu = Menu()
    menu.add("mine", "work.inbox", "待办", "inbox", "work.inbox", count="todo", tab="待办")
    menu.add("settings", "people.units", "单位与人员", "users", "people.manage")
    sections = menu.sections(Reader(), {"todo": 23})
    assert [section.title for section in sections] == ["我的事项"]
    assert sections[0].entries[0].number == 23
    assert [entry.tab for entry in menu.tabs(Reader(), {})] == ["待办"]


def test_menu_entry_added_twice_stays_one() -> None:
    """Building the application again does not double the menu."""
    menu = Menu()
    for _ in range(2):
        menu.add("tasks", "work.cases", "全部办件", "list-details", "work.inbox")
    assert len(menu.sections(Reader(), {})[0].entries) == 1


def test_action_bar_makes_room_only_where_there_is_one(tmp_path: Path) -> None:
    """A page with actions gets the sticky bar, another one does not."""
    with_bar = PAGE + "{% block bar %}<button>通过</button>{% endblock %}"
    client = shell_app(tmp_path, templates={"task.html": with_bar}).test_client()
    assert '<div class="gj-bar"><button>通过</button></div>' in client.get("/task").text
    assert "gj-bar" not in client.get("/page").text


def test_typed_search_is_escaped(client: FlaskClient) -> None:
    """What somebody types into the search box comes back as text, never as markup."""
    text = client.get("/page", query_string={"q": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


PARTS = """{% extends "web/page.html" %}{% import "web/parts.html" as ui %}{% block title %}部件{% endblock %}
{% block main %}
{% for state in ("green", "amber", "red", "paused", "none") %}
{{ ui.lamp(state, "剩 2 天", "今日 17:30 前") }}{% endfor %}
{% for state in ("todo", "run", "done", "late", "hold", "void") %}{{ ui.seal(state, "待办", true) }}{% endfor %}
{{ ui.mark("催办 2 次", "urgent") }}{{ ui.mark("电话补录", "outline", "phone") }}
{% for kind in ("warn", "error", "info", "ok") %}{{ ui.note(kind, "已办完", "一句话") }}{% endfor %}
{% call ui.note("ok", "已通过验收") %}{{ ui.receipt("W2LF-6Q9C", "/receipts/1") }}{% endcall %}
{% for kind in ("office", "vendor", "rule") %}{{ ui.person("顾长川", kind, "启砚内容") }}{% endfor %}
{{ ui.file("<b>清单.xlsx", 18432, "3f9ca2710be455d8", "/files/1", "提交成果") }}{{ ui.file("无后缀") }}
{{ ui.timeline(entries) }}{{ ui.empty("待办都办完了", "今天办结 6 件。", ("/done", "看已办")) }}
{{ ui.empty("没有符合条件的办件", picture="search") }}{{ ui.pager("/more", 14, 9) }}{{ ui.pager(none) }}
{{ ui.facts([("提出", "市住建局")]) }}{{ ui.tabs([("/a", "办理", none, true), ("/b", "记录", 11, false)], "办件") }}
{{ ui.chips([("/a", "超期", 2, true)]) }}
{{ ui.act("action", "accept", "通过验收", "下一步：评价", "primary", "f", "check", "submit") }}
{% call ui.more("更多", "转办") %}<a href="/x">转办</a>{% endcall %}
{{ ui.draft_state() }}{{ ui.button("/p", "打印", "printer") }}
{{ ui.criteria([("能下载", true), ("有清单", false), ("未答", none)]) }}
{{ ui.charged([("office", 600, "10 小时"), ("vendor", 60, "1 小时"), ("rest", 0, "")],
  [(0, "提出"), (660, "现在")], "先后") }}
{{ ui.charged([], [], "还没有") }}{{ ui.charged_sums([("office", "网管办", "9 天", "分拣")], ("20 天", "一分不漏")) }}
{{ ui.meter([("plain", 3), ("late", 1)], 4) }}{{ ui.meter([], 0) }}
{{ ui.columns([("11-18", 3, 0), ("11-19", 0, 2)], "两天") }}
{{ ui.columns([], "没有") }}
{{ ui.diagram("/d.bpmn", {"nodes": {"A": {"state": "done", "note": "</script>'"}}}, "流程图") }}
{{ ui.diagram_legend() }}{{ ui.kept([("a", "<i>写的</i>")], "都在") }}{% endblock %}"""


@pytest.fixture
def parts(tmp_path: Path) -> str:
    """Return a page on which every part stands once."""
    entries = [
        {
            "state": state,
            "title": "提出需求",
            "time": "11-17 09:20",
            "who": "林知行",
            "quote": "请恢复下载",
            "receipt": "7KQ2-F4MD",
        }
        for state in ("done", "auto", "back", "now", "future")
    ]
    app = shell_app(tmp_path, templates={"parts.html": PARTS})
    app.context_processor(lambda: {"entries": entries})
    return app.test_client().get("/parts").text


def test_parts_are_drawn(parts: str) -> None:
    """Each part writes its shape and its words."""
    for words in (
        "gj-lamp is-amber",
        "gj-seal is-void is-big",
        "gj-mark is-urgent",
        'role="alert"',
        "18 KB",
        "3f9c a271",
    ):
        assert words in parts
    for words in ("7KQ2-F4MD", 'aria-current="step"', "继续显示", "未达到", 'x="90.909%"', "其余 14 件"):
        assert words in parts


def test_parts_escape_what_they_are_given(parts: str) -> None:
    """Names and texts from people never become markup."""
    assert "<b>清单" not in parts
    assert "<i>写的" not in parts
    marks = re.search(r"data-marks='([^']*)'", parts)
    assert marks is not None
    assert "</script>" not in marks.group(1)


def test_parts_use_no_inline_style(parts: str) -> None:
    """The content policy forbids style attributes, so nothing may need one."""
    assert " style=" not in parts


PRINT = """{% extends "web/print.html" %}{% block title %}工单{% endblock %}{% block heading %}任务工单{% endblock %}
{% block number %}RW-2026-1197{% endblock %}{% block main %}<table></table>{% endblock %}"""


def test_print_says_who_when_and_demo(tmp_path: Path) -> None:
    """A printed page names its printer and the time, and repeats that this is a demo."""
    text = shell_app(tmp_path, templates={"print.html": PRINT}).test_client().get("/print").text
    for words in ("演示数据", "打印 2026-11-19 10:24", "林知行", "RW-2026-1197", "严禁存储、处理、传输国家秘密"):
        assert words in text


def test_forms_carry_the_token(tmp_path: Path) -> None:
    """Every form of the frame can be posted: its token is accepted."""
    client = shell_app(tmp_path).test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/page").text)
    assert token is not None
    answer = client.post("/language", data={"lang": "en", "next": "/page", "csrf_token": token.group(1)})
    assert answer.status_code == 302


def test_frame_is_asked_once_per_request(tmp_path: Path) -> None:
    """However many templates a page is made of, what the frame shows is read once."""
    asked: list[str] = []
    app = shell_app(tmp_path)
    shell = app.extensions["guanjia_web"]
    told = {"viewer": Reader()}
    app.extensions["guanjia_web"] = replace(shell, context=lambda: asked.append(request.path) or told)
    app.test_client().get("/page")
    assert asked == ["/page"]

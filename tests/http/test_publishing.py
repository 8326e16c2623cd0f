"""Publication: what readers see follows from what was passed, is written whole, taken down at once, compared."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app import clock, runtime_of
from app.content import publishing_topics as topics
from app.content.models import (
    Article,
    ArticleLink,
    Package,
    PageCheck,
    Publication,
    PublishedPage,
    SiteColumn,
    SitePublishing,
    SiteTemplate,
)
from app.content.operations import publishing as operations
from app.content.operations import sites
from app.content.sites import paging, snapshot
from app.content.sites.building import folder_of
from app.content.sites.jobs import build_site
from app.content.sites.packing import signing_key, verify_package
from app.db import db, transaction
from app.errors import Conflict, Invalid, NotFound, Refused
from app.ledger import Actor, verify
from app.ledger.models import Record
from app.outbox import channels_of
from app.outbox.jobs import drain
from app.outbox.models import Owed
from app.people.models import AuthSession, Site, User
from app.people.operations import by_setup, create_user
from app.people.rules import Viewer
from app.work.models import Case
from app.work.runtime import BpmnError, Call
from tests.conftest import signed_in
from tests.factories.city import PASSWORD
from tests.factories.published import (
    add_article,
    add_column,
    add_picture,
    make_article,
    next_version,
    set_mode,
    site_id_of,
)
from tests.factories.small import publish_small, start_small, viewer

PUBLISHER = Actor("person", "蓝采薇")


@pytest.fixture
def column(app: Flask) -> int:
    """A column of a site of its own folder, and a publisher."""
    site_id = site_id_of()
    set_mode(site_id)
    add_publisher()
    return add_column(site_id)


def add_publisher() -> None:
    with transaction() as session:
        office = session.scalars(select(User.unit_id).where(User.user_name == "office")).one()
        create_user(
            session,
            by_setup(),
            user_name="publisher",
            name="蓝采薇",
            unit_id=office,
            titles=("发布岗",),
            roles=("publisher",),
            password=PASSWORD,
            must_change=False,
            now=clock.now(session),
        )


def who(user_name: str) -> Viewer:
    return viewer(db.session(), user_name)


def publish(article_id: int, reason: str = "") -> Publication:
    with transaction() as session:
        version_id = session.get_one(Article, article_id).version_id or 0
        return operations.publish(session, article_id, version_id, PUBLISHER, None, clock.now(session), reason)


def written(app: Flask) -> int:
    """Let the drain write what is owed; return how many errands it did."""
    db.session.rollback()
    return drain(channels_of(app), "test")


def article(article_id: int) -> Article:
    db.session.rollback()
    return db.session.get_one(Article, article_id, populate_existing=True)


def page(app: Flask, path: str, folder: str = "housing") -> Any:
    return app.test_client().get(f"/preview/{folder}/{path}")


def page_text(app: Flask, path: str) -> str:
    answer = page(app, path)
    assert answer.status_code == 200, (path, answer.status_code)
    return str(answer.get_data(as_text=True))


def test_a_passed_version_is_published_whole(app: Flask, column: int) -> None:
    """Page, column, home, feed and site map show it; row, article, template version and record say so."""
    article_id = add_article(column)
    row = publish(article_id)
    assert written(app) == 1
    found = article(article_id)
    assert (found.state, found.published_id, found.published_at) == ("published", found.version_id, row.at)
    assert (row.act, row.mode, row.url) == ("publish", "own", f"https://zjj.example.cn/{found.path}")
    for path in (found.path or "", "news/index.html", "index.html", "feed.xml"):
        assert "公租房开始配租" in page_text(app, path), path
    month = clock.local(row.at).strftime("%Y-%m")
    assert found.path in page_text(app, f"sitemap-{month}.xml")
    assert month in page_text(app, "sitemap.xml")
    stored = db.session.get_one(PublishedPage, (found.site_id, found.path))
    assert stored.digest == row.page_digest
    template = db.session.get_one(SiteTemplate, row.template_id)
    assert (template.number, template.note) == (1, "产品自带的版式")
    record = db.session.scalars(select(Record).where(Record.kind == "content:article:published")).one()
    assert json.loads(record.body)["payload"]["page"] == row.page_digest
    assert db.session.get_one(SiteColumn, column).last_published_at == row.at
    assert verify(db.session()).clean


def test_what_is_not_passed_is_not_published(app: Flask, column: int) -> None:
    """Without a complete review for exactly this content nothing is written, neither row nor page."""
    article_id = add_article(column, state="review")
    with pytest.raises(Refused, match="没有审完"):
        publish(article_id)
    with pytest.raises(BpmnError):
        topics.publish_do({"article": article_id}, "k")
    assert db.session.scalar(select(func.count()).select_from(Publication)) == 0
    assert article(article_id).path is None
    assert not list(folder_of("housing").glob("news/2*"))


def test_the_same_version_is_published_once(app: Flask, column: int) -> None:
    """A repeat gives the same row; another version is an update with its note on the page, at the same address."""
    article_id = add_article(column)
    first = publish(article_id)
    assert publish(article_id).id == first.id
    next_version(article_id, "公租房开始配租（更正）", "<p>明日开始。</p>")
    second = publish(article_id, "更正开始的日期。")
    written(app)
    assert (second.act, second.url) == ("update", first.url)
    found = article(article_id)
    text = page_text(app, found.path or "")
    assert "更正说明：更正开始的日期。" in text
    assert "更新时间：" in text
    assert "明日开始" in text
    assert found.published_at == first.at
    assert db.session.get_one(PublishedPage, (found.site_id, found.path)).digest == second.page_digest


def test_taking_down_is_at_once_and_whole(app: Flask, column: int) -> None:
    """The address answers 410, lists forget it, its own picture goes, a shared one stays."""
    site_id = site_id_of()
    own, shared = add_picture(site_id), add_picture(site_id, "同.png", "red")
    body = f'<p><img src="/content/media/{own["media_id"]}"><img src="/content/media/{shared["media_id"]}"></p>'
    gone = add_article(column, "要撤的", body, files=[own, shared])
    stays = add_article(column, "留下的", body, files=[shared])
    for one in (gone, stays):
        publish(one)
    written(app)
    path = article(gone).path or ""
    own_file, shared_file = (f"_files/{one['digest']}.png" for one in (own, shared))
    assert page(app, own_file).status_code == page(app, shared_file).status_code == 200
    with transaction() as session:
        operations.take_down(session, who("director"), gone, "内容有误", clock.now(session))
    written(app)
    answer = page(app, path)
    assert answer.status_code == 410
    assert "已撤下" in answer.get_data(as_text=True)
    assert "内容有误" not in answer.get_data(as_text=True)
    assert (page(app, own_file).status_code, page(app, shared_file).status_code) == (404, 200)
    for listed in ("index.html", "news/index.html", "feed.xml"):
        text = page_text(app, listed)
        assert "要撤的" not in text, listed
        assert "留下的" in text, listed
    found = article(gone)
    assert (found.state, found.published_id, found.taken_down_reason) == ("down", None, "内容有误")
    with pytest.raises(Refused, match="已经撤下"):
        publish(gone)
    next_version(gone, "改好的", "<p>改好了。</p>")
    publish(gone)
    written(app)
    assert "改好了" in page_text(app, path)


@pytest.mark.parametrize(
    ("user_name", "error"), [("dept", NotFound), ("other_head", NotFound), ("vendor_a_lead", NotFound)]
)
def test_not_everybody_takes_down(app: Flask, column: int, user_name: str, error: type[Exception]) -> None:
    """Those without the right read it as missing."""
    article_id = add_article(column)
    publish(article_id)
    with pytest.raises(error), transaction() as session:
        operations.take_down(session, who(user_name), article_id, "不该能", clock.now(session))
    assert article(article_id).published_id is not None


def test_taking_down_needs_a_reason_and_something_online(app: Flask, column: int) -> None:
    """Neither happens silently."""
    article_id = add_article(column)
    with pytest.raises(Conflict), transaction() as session:
        operations.take_down(session, who("director"), article_id, "撤", clock.now(session))
    publish(article_id)
    with pytest.raises(Invalid), transaction() as session:
        operations.take_down(session, who("director"), article_id, "  ", clock.now(session))


def test_an_update_leaves_every_other_page_alone(app: Flask, column: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With many pages, one more article writes its page, the lists that show it, and nothing else."""
    monkeypatch.setattr(paging.touched, "__defaults__", (3,))
    for function in (paging.numbered, paging.page_of, paging.slots, paging.newer, paging.older):
        monkeypatch.setattr(function, "__defaults__", (3,))
    for number in range(20):
        publish(add_article(column, f"第 {number} 篇"))
    with transaction() as session:
        session.query(Owed).delete()
    build_site(db.session(), site_id_of())
    assert build_site(db.session(), site_id_of()).changed == []
    late = add_article(column, "最后一篇")
    publish(late)
    changed = build_site(db.session(), site_id_of(), [late]).changed
    path = article(late).path or ""
    assert path in changed
    month = clock.local(article(late).published_at or clock.wall()).strftime("%Y-%m")
    allowed = {
        path, "index.html", "feed.xml", "sitemap.xml", f"sitemap-{month}.xml", "news/index.html", "news/page-6.html",
        "news/page-5.html",
    }  # fmt: skip
    assert set(changed) <= allowed
    everywhere = [f"news/page-{number}.html" for number in range(1, 7)] + ["news/index.html"]
    text = "".join(page_text(app, one) for one in everywhere)
    assert all(f"第 {number} 篇<" in text for number in range(20))


def test_policy_and_interpretation_lead_to_each_other(app: Flask, column: int) -> None:
    """When the second of them is published, the page of the first is written again."""
    policy, explained = (
        add_article(column, "管理办法", kind="policy"),
        add_article(column, "一图读懂", kind="interpretation"),
    )
    with transaction() as session:
        now = clock.now(session)
        session.add(ArticleLink(policy_id=policy, interpretation_id=explained, linked_at=now, linked_by="林知行"))
    publish(policy)
    written(app)
    assert "一图读懂" not in page_text(app, article(policy).path or "")
    publish(explained)
    written(app)
    assert "政策解读" in page_text(app, article(policy).path or "")
    assert "管理办法" in page_text(app, article(explained).path or "")


def test_a_file_dropped_by_a_correction_goes(app: Flask, column: int) -> None:
    """An attachment that the corrected version no longer has cannot be fetched any more."""
    wrong = add_picture(site_id_of())
    article_id = add_article(column, files=[wrong])
    publish(article_id)
    written(app)
    file = f"_files/{wrong['digest']}.png"
    assert page(app, file).status_code == 200
    next_version(article_id, "没有附件了", "<p>改好了。</p>")
    publish(article_id)
    written(app)
    assert page(app, file).status_code == 404


# Topics


def call_for(app: Flask, inputs: dict[str, Any], result: dict[str, Any]) -> Callable[[Any], Call]:
    publish_small()
    case_id = start_small(runtime_of(app)).case_id

    def made(session: Any) -> Call:
        case = session.get_one(Case, case_id)
        return Call(case, "t", "content.publish", inputs, {}, {}, clock.now(session), result)

    return made


def test_the_step_writes_the_page_then_records_it(app: Flask, column: int) -> None:
    """`do` may run twice; its bytes are those the row names; fetched back they are the same."""
    article_id = add_article(column)
    inputs = {"subject": f"article:{article_id}", "by": who("publisher").user_id}
    topics.publish_do(inputs, "k")
    result = dict(topics.publish_do(inputs, "k"))
    made = call_for(app, inputs, result)
    with transaction() as session:
        told = topics.publish_record(session, made(session))
    assert told["page_digest"] == result["digest"]
    row = db.session.get_one(Publication, told["publication"])
    assert (row.by, row.case_id is not None) == ("蓝采薇", True)
    found = dict(topics.compare_do(inputs, "k"))
    assert found["outcome"] == "same", found
    written(app)
    assert topics.compare_do(inputs, "k")["outcome"] == "same"
    with transaction() as session:
        assert topics.compare_record(session, call_for_check(made(session), found))["compared"] == "same"
    db.session.rollback()
    assert db.session.scalars(select(PageCheck.outcome)).one() == "same"
    assert verify(db.session()).clean


def call_for_check(call: Call, found: dict[str, Any]) -> Call:
    return Call(call.case, "t", "content.compare", call.inputs, {}, {}, call.now, found)


def test_a_page_changed_behind_our_back_is_found(app: Flask, column: int) -> None:
    """Another word on the page is named; a page without any word changed is different all the same."""
    article_id = add_article(column, body="<p>共 320 套房源，今日开始。</p>")
    publish(article_id)
    written(app)
    file = folder_of("housing") / (article(article_id).path or "")
    true = file.read_text(encoding="utf-8")
    file.write_text(true.replace("320", "230"), encoding="utf-8")
    found = topics.compare_do({"article": article_id}, "k")
    assert found["outcome"] == "different"
    assert "320套" in found["note"]
    file.write_text(true.replace("</main>", "</main><!-- x -->"), encoding="utf-8")
    assert topics.compare_do({"article": article_id}, "k")["note"] == topics.OTHER_BYTES
    build_site(db.session(), site_id_of())
    assert topics.compare_do({"article": article_id}, "k")["outcome"] == "same"


def test_without_a_route_it_says_so(app: Flask) -> None:
    """Never passes, never fails: 未核对（无网络通路）; an inner address of a site is not asked."""
    site_id = site_id_of()
    set_mode(site_id, route="none")
    article_id = add_article(add_column(site_id))
    publish(article_id)
    found = topics.compare_do({"article": article_id}, "k")
    assert (found["outcome"], found["note"]) == ("no_route", "未核对（无网络通路）")
    with transaction() as session:
        session.get_one(SitePublishing, site_id).route = "direct"
        session.get_one(Site, site_id).url = "http://127.0.0.1:1"
        session.execute(Article.__table__.update().values(published_id=None, published_at=None))
    second = add_article(db.session.scalars(select(SiteColumn.id)).one(), "第二篇")
    publish(second)
    assert topics.compare_do({"article": second}, "k")["outcome"] == "failed"


# Outside platforms and packages


@pytest.fixture
def by_hand(app: Flask) -> tuple[FlaskClient, int]:
    """A publisher at a browser, and an article of a site on an outside platform."""
    site_id = site_id_of()
    set_mode(site_id, "outside", route="none")
    add_publisher()
    return signed_in(app, "publisher"), add_article(add_column(site_id), body="<p>共 320 套。</p><p>请到大厅。</p>")


def test_publication_by_hand_is_compared(by_hand: tuple[FlaskClient, int]) -> None:
    """The words stand ready to copy; a saved page that reads differently is named; then the right one is the same."""
    browser, article_id = by_hand
    address = f"/publishing/outside/{article_id}"
    assert "公租房开始配租" in browser.get("/publishing/outside").get_data(as_text=True)
    text = browser.get(address).get_data(as_text=True)
    assert "共 320 套。\n请到大厅。" in text
    assert text.count("data-copy-text") >= 3
    refused = browser.post(address, data={"url": "javascript:alert(1)"})
    assert refused.status_code == 422
    saved = io.BytesIO("<h1>公租房开始配租</h1><p>共 230 套。请到大厅。</p>".encode())
    data = {"url": "https://platform.example.cn/1", "page": (saved, "页.html")}
    answer = browser.post(address, data=data, follow_redirects=True)
    assert "不一致" in answer.get_data(as_text=True)
    saved = io.BytesIO("<h1>公租房开始配租</h1><p>共 320 套。请到大厅。</p>".encode())
    data = {"url": "https://platform.example.cn/1", "page": (saved, "页.html")}
    assert "一致" in browser.post(address, data=data, follow_redirects=True).get_data(as_text=True)
    found = article(article_id)
    assert (found.state, found.outside_url, found.path) == ("published", "https://platform.example.cn/1", None)
    assert list(db.session.scalars(select(PageCheck.outcome).order_by(PageCheck.id))) == ["different", "same"]
    assert db.session.scalar(select(func.count()).select_from(Publication)) == 1
    # the step after that finds both done
    assert topics.publish_do({"article": article_id}, "k") == {}
    assert topics.compare_do({"article": article_id}, "k")["checked"] is True


def test_a_package_holds_what_changed_and_takes_its_receipt(app: Flask) -> None:
    """The second package holds only the pages written since; the receipt of another package is refused."""
    site_id = site_id_of()
    set_mode(site_id, "package", route="none")
    add_publisher()
    browser, column = signed_in(app, "publisher"), add_column(site_id)
    first = add_article(column, "头一篇")
    publish(first)
    written(app)
    address = f"/publishing/sites/{site_id}/packages"
    assert browser.post(address).status_code == 303
    assert "没有改动" in browser.post(address, follow_redirects=True).get_data(as_text=True)
    publish(add_article(column, "第二篇"))
    written(app)
    browser.post(address)
    db.session.rollback()
    one, two = db.session.scalars(select(Package).order_by(Package.number)).all()
    path = article(first).path
    assert path in one.manifest["files"]
    assert path not in two.manifest["files"]
    assert (two.number, two.manifest["previous"]) == (2, one.digest)
    assert [entry["article"] for entry in one.manifest["articles"]] == [first]
    settings = app.extensions["guanjia.settings"]
    answer = browser.get(f"/publishing/packages/{one.id}.zip")
    saved = settings.data / "got.zip"
    saved.write_bytes(answer.get_data())
    answer.close()
    key = signing_key(settings.package_key)
    assert verify_package(saved, key.public_key())["files"] == one.manifest["files"]
    wrong = receipt(two.digest, two.manifest["files"])
    assert browser.post(f"/publishing/packages/{one.id}/receipt", data=wrong).status_code == 422
    lacking = receipt(one.digest, dict(list(one.manifest["files"].items())[1:]))
    assert "不一样" in browser.post(f"/publishing/packages/{one.id}/receipt", data=lacking).get_data(as_text=True)
    right = receipt(one.digest, one.manifest["files"])
    assert browser.post(f"/publishing/packages/{one.id}/receipt", data=right).status_code == 303
    assert "已收到" in browser.get(address).get_data(as_text=True)
    assert topics.compare_do({"article": first}, "k")["outcome"] == "no_route"
    assert signed_in(app, "dept").get(address).status_code == 404
    assert signed_in(app, "dept").get(f"/publishing/packages/{one.id}.zip").status_code == 404


def receipt(digest: str, files: dict[str, str]) -> dict[str, Any]:
    return {"receipt": (io.BytesIO(json.dumps({"package": digest, "files": files}).encode()), "回执.json")}


# Preview


def test_the_preview_of_what_is_published_knows_nobody(app: Flask, column: int) -> None:
    """Anybody may read it; it takes no cookie, sets none, runs nothing, and is not indexed."""
    article_id = add_article(column)
    publish(article_id)
    written(app)
    browser = signed_in(app, "dept")
    last_seen = sessions()
    for path in ("", "index.html", "news/", article(article_id).path or "", "feed.xml", "nowhere.html"):
        answer = browser.get(f"/preview/housing/{path}")
        assert "Set-Cookie" not in answer.headers, path
        assert answer.headers["Content-Security-Policy"].startswith("sandbox"), path
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert answer.status_code == (404 if path == "nowhere.html" else 200), path
        assert "林知行" not in answer.get_data(as_text=True).replace("作者：林知行", "")
    assert sessions() == last_seen
    assert 'href="/preview/housing/index.html"' in browser.get("/preview/housing/nowhere.html").get_data(as_text=True)
    for path in (
        "/preview/housing/../guanjia.db",
        "/preview/../x",
        "/preview/.housing.lock/",
        "/preview/none/",
        "/preview/housing/.x",
    ):
        assert browser.get(path).status_code == 404, path


def sessions() -> list[Any]:
    db.session.rollback()
    return list(db.session.execute(select(AuthSession.last_seen)).all())


def test_an_unpublished_article_is_shown_to_who_may_see_it(app: Flask, column: int) -> None:
    """The office sees it as the site would show it, with its picture; another department does not."""
    picture = add_picture(site_id_of())
    body = f'<p>还没有发布<img src="/content/media/{picture["media_id"]}" alt="图"></p>'
    article_id = add_article(column, body=body, files=[picture], state="review")
    assert app.test_client().get(f"/preview/article/{article_id}").status_code in {302, 303}
    assert signed_in(app, "other_dept").get(f"/preview/article/{article_id}").status_code == 404
    answer = signed_in(app, "office").get(f"/preview/article/{article_id}")
    text = answer.get_data(as_text=True)
    assert "还没有发布" in text
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    source = re.search(r'src="(/preview/article/file/[^"]+)"', text)
    assert source
    shown = app.test_client().get(source[1])
    assert (shown.status_code, shown.mimetype) == (200, "image/png")
    shown.close()
    assert app.test_client().get(source[1][:-4] + "xxxx").status_code == 404
    style = re.search(r'href="(/preview/article/style/[^"]+)"', text)
    assert style
    assert app.test_client().get(style[1]).mimetype == "text/css"


# How a site is published


def test_the_manager_sets_mode_style_and_names(app: Flask, column: int) -> None:
    """Each change is a record, a version where it changes the look, and the pages are written anew."""
    site_id, browser = site_id_of(), signed_in(app, "office")
    article_id = add_article(column)
    publish(article_id)
    written(app)
    address = f"/publishing/sites/{site_id}"
    shown = browser.get(address).get_data(as_text=True)
    assert "产品自带的版式" in shown
    values = {"mode": "own", "route": "preview", "folder": "housing", "title": "住建之窗", "footer": "电话 0571"}
    seen = re.search(r'name="row_version" value="(\d+)"', shown)
    assert seen
    assert browser.post(address, data={**values, "row_version": seen[1]}).status_code == 303
    assert browser.post(address, data={**values, "row_version": seen[1]}).status_code == 409
    assert browser.post(address, data={**values, "folder": "../x"}).status_code == 422
    assert browser.post(address, data={**values, "folder": "article"}).status_code == 422
    bad = browser.post(f"{address}/style", data={"style": "a{background:url(//x)}", "note": "底色"})
    assert bad.status_code == 422
    assert browser.post(f"{address}/style", data={"style": ".top{background:#333}", "note": ""}).status_code == 422
    assert (
        browser.post(f"{address}/style", data={"style": ".top{background:#333}", "note": "底色"}).status_code == 303
    )
    assert browser.post(f"{address}/rebuild").status_code == 303
    written(app)
    text = page_text(app, article(article_id).path or "")
    assert "住建之窗" in text
    assert "电话 0571" in text
    sheet = re.search(r"_assets/site-\w+\.css", text)
    assert sheet
    assert ".top{background:#333}" in page_text(app, sheet[0])
    db.session.rollback()
    assert list(db.session.scalars(select(SiteTemplate.number).order_by(SiteTemplate.number))) == [1, 2]
    kinds = set(db.session.scalars(select(Record.kind).where(Record.kind.like("content:%"))))
    assert {"content:site:changed", "content:template:changed", "content:site:rebuilt"} <= kinds


def test_other_templates_are_another_version(app: Flask, column: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release that brings other templates leaves a row at the next publication, which names it."""
    first = publish(add_article(column))
    monkeypatch.setattr(sites, "template_digest", lambda _style: "f" * 64)
    second = publish(add_article(column, "第二篇"))
    assert first.template_id != second.template_id
    assert db.session.get_one(SiteTemplate, second.template_id).note == "产品自带的版式更新"


def test_the_pages_of_publication_open(app: Flask, column: int) -> None:
    """What waits and what was done are listed for the publisher; others have no such page."""
    waits, done = add_article(column, "等着的"), add_article(column, "发过的")
    publish(done)
    browser = signed_in(app, "publisher")
    text = browser.get("/publishing").get_data(as_text=True)
    assert "等着的" in text
    assert "发过的" in text
    assert browser.get("/publishing/outside").status_code == 200
    assert browser.get(f"/publishing/articles/{done}/take-down").status_code == 200
    taken = browser.post(f"/publishing/articles/{done}/take-down", data={"reason": ""})
    assert taken.status_code == 422
    assert browser.post(f"/publishing/articles/{done}/take-down", data={"reason": "重复"}).status_code == 303
    assert article(done).state == "down"
    assert waits
    assert signed_in(app, "office").get("/publishing/sites").status_code == 200
    for name in ("dept", "vendor_a_lead"):
        for path in ("/publishing", "/publishing/sites", f"/publishing/articles/{done}/take-down"):
            assert signed_in(app, name).get(path).status_code == 404, (name, path)


def test_both_databases_list_alike(either_app: Flask) -> None:
    """Places, months and comparison of instants hold on PostgreSQL as on SQLite."""
    site_id = site_id_of()
    set_mode(site_id)
    column = add_column(site_id)
    ids = [add_article(column, f"第 {number} 篇") for number in range(45)]
    for one in ids:
        publish(one)
    with transaction() as session:
        places = [snapshot.slot_of(session, session.get_one(Article, one)) for one in ids]
        total = snapshot.total_slots(session, column)
        lines = [snapshot.lines_in(session, column, paging.slots(page, total), total) for page in (0, 1)]
    assert places == list(range(45))
    assert [line.title for line in lines[0]] == [f"第 {number} 篇" for number in range(44, 19, -1)]
    assert [line.title for line in lines[1]] == [f"第 {number} 篇" for number in range(19, -1, -1)]
    found = build_site(db.session(), site_id)
    assert build_site(db.session(), site_id, ids[:1]).changed == []
    assert len(found.changed) > 45


def test_a_crafted_title_runs_nothing(app: Flask, column: int, tmp_path: Path) -> None:
    """Title, source and names are text on every page that shows them."""
    del tmp_path
    with transaction() as session:
        row = make_article(session, column, "<script>alert(1)</script>", "<p>x</p>", clock.now(session))
        article_id = row.id
    publish(article_id)
    written(app)
    for path in ("index.html", "news/index.html", article(article_id).path or "", "feed.xml"):
        assert "<script>" not in page_text(app, path), path

"""Pages of a site: what they are drawn as, where they stay, what a style may hold, how a page is compared."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import pytest
from cryptography.exceptions import InvalidSignature
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from app.content import fetching
from app.content.fetching import NotFetched
from app.content.sites import packing, paging, render
from app.content.sites.comparing import compare_words, text_of_page
from app.content.sites.facts import ColumnFacts, FileFacts, Line, Page, SiteFacts, Story, WrittenFile
from app.content.sites.render import Shelf, Turn
from app.content.sites.style import TEMPLATES, clean_style, sheet, template_digest
from app.content.sites.writing import inside, write_pages
from app.errors import Invalid

AT = datetime(2026, 11, 17, 1, 20, tzinfo=UTC)
NEWS = ColumnFacts(1, "news", "工作<动态>")
SITE = SiteFacts(
    7,
    "3300000001",
    "住建局门户",
    "",
    "市住建局",
    "housing",
    "https://zjj.example.cn",
    sheet="_assets/x.css",
    columns=(NEWS,),
)
LINES = [
    Line(number, f"第 {number} 篇", f"news/202611/a{number}.html", AT + timedelta(days=number)) for number in range(3)
]
STORY = Story(12, "news/202611/a12.html", "标题 <b>&", "<p>正文</p>", AT, NEWS, source="市住建局", byline="林知行")


def text(data: bytes) -> str:
    return data.decode()


@given(st.integers(0, 500), st.integers(1, 25))
def test_every_slot_is_on_one_page_and_stays_there(total: int, size: int) -> None:
    """Each article is shown once; one more article moves none that is on a numbered page."""
    pages = range(paging.numbered(total, size) + 1)
    shown = [slot for page in pages for slot in paging.slots(page, total, size)]
    assert sorted(shown) == list(range(total))
    for page in pages:
        for slot in paging.slots(page, total, size):
            assert paging.page_of(slot, total, size) == page
            if page:
                assert paging.page_of(slot, total + 1, size) == page
    assert total < size or size <= len(paging.slots(0, total, size)) < 2 * size


@given(st.integers(0, 500), st.integers(1, 25))
def test_a_new_article_touches_few_pages(total: int, size: int) -> None:
    """However many articles there are: the index and at most two numbered pages, and no other reads differently."""

    def drawn(count: int, page: int) -> object:
        return list(paging.slots(page, count, size)), paging.newer(page, count, size), paging.older(page, count, size)

    touched = set(paging.touched([total], total + 1, size))
    assert len(touched) <= 3
    for page in range(1, paging.numbered(total + 1, size) + 1):
        if page not in touched:
            assert drawn(total, page) == drawn(total + 1, page)


def test_an_article_page_says_what_the_rules_ask_for() -> None:
    """Title, time to the minute, source, author, the way back, the report link; everything escaped."""
    page = text(render.render_article(SITE, STORY))
    for words in (
        '<html lang="zh-CN">',
        "标题 &lt;b&gt;&amp;",
        "2026-11-17 09:20",
        "来源：市住建局",
        "作者：林知行",
        'href="../../_assets/x.css"',
        'href="../index.html">工作&lt;动态&gt;',
        "/report-error?u=news%2F202611%2Fa12.html&amp;s=housing",
        "3300000001",
    ):
        assert words in page, words
    assert "<script" not in page
    assert not re.search(r'(src|href)="(https?:)?//', page)


def test_pictures_lead_into_the_site() -> None:
    """A picture of the library is shown from the site's own file; one that is not in the version is left out."""
    known = FileFacts(5, "ab" * 32, "图.png", "picture")
    html = '<p><img src="/content/media/5" alt="图"><img src="/content/media/6" alt="别的"></p>'
    page = text(render.render_article(SITE, replace(STORY, html=html, files=(known,))))
    assert f'src="../../_files/{"ab" * 32}.png"' in page
    assert "别的" not in page
    assert "/content/media/" not in page


def test_attachments_links_and_corrections_are_shown() -> None:
    """Attachments bear their names, policy and interpretation lead to each other, a correction says so."""
    story = replace(
        STORY,
        files=(FileFacts(8, "cd" * 32, "办法.pdf", "attachment"),),
        interpretations=(LINES[1],),
        updated_at=AT + timedelta(days=1),
        note="更正一处数字。",
    )
    page = text(render.render_article(SITE, story))
    for words in ("办法.pdf", "政策解读", "a1.html", "更新时间：", "2026-11-18 09:20", "更正说明：更正一处数字。"):
        assert words in page, words


def test_the_pages_of_a_site_are_well_formed() -> None:
    """Home, column, missing page as HTML; feed and site map as XML, even with control signs in a title."""
    odd = [replace(LINES[0], title="坏\x0b字符 & <标题>"), *LINES[1:]]
    home = text(render.render_home(SITE, [Shelf(NEWS, tuple(odd))]))
    column = text(
        render.render_column(SITE, NEWS, "news/page-2.html", odd, Turn(2, "news/index.html", "news/page-1.html"))
    )
    assert "坏字符 &amp; &lt;标题&gt;" in home
    assert 'rel="prev" href="index.html"' in column
    assert 'href="/_assets/x.css"' in text(render.render_missing(SITE))
    for data in (
        render.render_feed(SITE, odd),
        render.render_sitemap(SITE, odd),
        render.render_sitemap_index(SITE, ["2026-11"]),
        render.render_sitemap_columns(SITE),
    ):
        etree.fromstring(data)


def test_templates_load_nothing_from_elsewhere() -> None:
    """No script, no style in the markup, no address of another host, no cookie, no counter."""
    for path in TEMPLATES.iterdir():
        words = path.read_text(encoding="utf-8")
        assert not re.search(r"<script|<iframe|\sstyle=|\son[a-z]+=|@import|url\(", words), path.name
        assert not re.search(r'(src|href)="(https?:)?//', words), path.name


@pytest.mark.parametrize(
    "style",
    [
        "a { background: url(https://x.example/a.png) }",
        "@import 'x.css';",
        "@font-face { font-family: x }",
        "a { background: u\\72l(x) }",
        "a { color: red",
        "a } b {",
        "/* open",
        "</style><b>",
        "a { width: expression(alert(1)) }",
        "a { background: URL (x) }",
    ],
)
def test_a_style_that_could_fetch_is_refused(style: str) -> None:
    """Whatever loads, runs or leaves the sheet is refused with a sentence."""
    with pytest.raises(Invalid):
        clean_style(style)


def test_a_style_is_kept_and_counted() -> None:
    """Comments go, rules stay; another style is another digest and another name of the sheet."""
    kept = clean_style("/* 说明 */\n.top { background: #333; }\n\n")
    assert kept == ".top { background: #333; }"
    assert kept.encode() in sheet(kept)
    assert template_digest("") != template_digest(kept)


def test_files_are_written_only_when_they_differ(tmp_path: Path) -> None:
    """The second round changes nothing; what has to go goes; nothing leads out of the folder."""
    pages = [Page("a/b.html", b"one"), Page("c.html", b"two")]
    assert [one.changed for one in write_pages(tmp_path, pages)] == [True, True]
    assert [one.changed for one in write_pages(tmp_path, pages)] == [False, False]
    assert [one.changed for one in write_pages(tmp_path, [Page("c.html", None), Page("c.html", None)])] == [
        True,
        False,
    ]
    assert (tmp_path / "a/b.html").read_bytes() == b"one"
    for path in ("../x", "a/../../x", "/x", "a//x", ".x", "a/.part", "a\\x", ""):
        with pytest.raises(ValueError):  # noqa: PT011
            inside(tmp_path, path)


@pytest.mark.parametrize(
    ("page", "is_same"),
    [
        (
            "<html><body><h1>配租通知</h1><div>今日起<b>开始</b>，共 320 套。</div><p>请到大厅。</p></body></html>",
            True,
        ),
        ("<h1>配租通知</h1><p>今日起开始,共320套。请到大厅。</p>", True),
        ("<h1>配租通知</h1><p>今日起开始，共 230 套。请到大厅。</p>", False),
        ("<h1>配租通知</h1><p>今日起开始，共 320 套。广告</p><p>请到大厅。</p>", False),
        ("<h1>别的</h1><p>今日起开始，共 320 套。请到大厅。</p>", False),
        ("<script>配租通知今日起开始，共 320 套。请到大厅。</script>", False),
    ],
)
def test_a_page_is_compared_by_its_words(page: str, is_same: bool) -> None:
    """Layout, spaces and widths are no difference; another number, an insertion, a lacking title are."""
    found = compare_words(
        "配租通知",
        "<p>今日起<strong>开始</strong>，共 320 套。</p><p>请到大厅。</p>",
        text_of_page(page.encode(), "x.html"),
    )
    assert (found is None) is is_same


def test_the_differing_passage_is_named() -> None:
    """The sentence shows the words as passed and as found."""
    found = compare_words("通知", "<p>共 320 套房源。</p>", "通知 共 230 套房源。")
    assert found is not None
    assert "320套" in found.passed
    assert "230套" in found.found


def test_saved_pages_of_all_kinds_are_read() -> None:
    """A page in GBK, one file with everything (mhtml), plain text."""
    html = '<html><head><meta charset="gb2312"></head><body>配租通知</body></html>'
    assert "配租通知" in text_of_page(html.encode("gbk"), "页.htm")
    archive = (
        b"From: <Saved by Browser>\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\n'
        b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.b64encode("<p>配租通知</p>".encode())
        + b"\r\n--b--\r\n"
    )
    assert "配租通知" in text_of_page(archive, "页.mhtml")
    assert text_of_page("配租通知".encode(), "页.txt") == "配租通知"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost:8000/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://10.1.2.3/",
        "http://169.254.169.254/latest/meta-data",
        "http://0.0.0.0/",
        "http://100.64.0.1/",
        "http://224.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "file:///etc/passwd",
        "ftp://example.cn/",
        "http://user:password@example.cn/",
        "http:///x",
        "http://example.cn:99999/",
        "gopher://x",
        "",
    ],
)
def test_nothing_inside_is_fetched(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback, private, link-local, multicast, other schemes, passwords: refused before connecting."""
    monkeypatch.setattr(fetching.requests.Session, "get", lambda *_a, **_k: pytest.fail("it connected"))
    with pytest.raises(NotFetched):
        fetching.fetch(url)


def test_one_inner_address_among_many_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads outside and inside is not asked at all."""
    both = [(2, 1, 6, "", ("93.184.216.34", 80)), (2, 1, 6, "", ("10.0.0.5", 80))]
    monkeypatch.setattr(fetching.socket, "getaddrinfo", lambda *_a, **_k: both)
    with pytest.raises(NotFetched, match="内部"):
        fetching.public_address("mixed.example", 80)


def test_a_redirect_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step of a redirect is looked at anew; what was checked is what is connected to."""
    asked: list[str] = []

    class Answer:
        is_redirect, status_code, headers = True, 302, {"location": "http://127.0.0.1/secret"}

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            return None

    def get(session: fetching.requests.Session, url: str, **_: object) -> Answer:
        adapter = session.get_adapter(url)
        asked.append(getattr(adapter, "_address", ""))
        assert session.trust_env is False
        return Answer()

    monkeypatch.setattr(fetching.requests.Session, "get", get)
    monkeypatch.setattr(
        fetching.socket,
        "getaddrinfo",
        lambda host, *_a, **_k: [(2, 1, 6, "", ("127.0.0.1" if host == "127.0.0.1" else "93.184.216.34", 80))],
    )
    with pytest.raises(NotFetched, match="内部"):
        fetching.fetch("http://example.cn/")
    assert asked == ["93.184.216.34"]


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    """The first use makes it, later ones read it; nobody else may."""
    path = tmp_path / "package.key"
    first = packing.public_text(packing.signing_key(path))
    assert packing.public_text(packing.signing_key(path)) == first
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_package_shows_every_change(tmp_path: Path) -> None:
    """Signature and digests hold; another byte, another manifest, another key do not pass."""
    folder, key = tmp_path / "site", packing.signing_key(tmp_path / "k")
    (one,) = write_pages(folder, [Page("news/a.html", "内容".encode())])
    manifest = packing.manifest_of({"number": 1}, [one, WrittenFile("gone.html", "")], [])
    digest = packing.write_package(tmp_path / "p.zip", manifest, folder, key)
    assert packing.verify_package(tmp_path / "p.zip", key.public_key()) == json.loads(json.dumps(manifest))
    other = packing.signing_key(tmp_path / "other").public_key()
    with pytest.raises(InvalidSignature):
        packing.verify_package(tmp_path / "p.zip", other)
    (folder / "news/a.html").write_text("改过", encoding="utf-8")
    with pytest.raises(Invalid):
        packing.write_package(tmp_path / "q.zip", manifest, folder, key)
    files = manifest["files"]
    good = json.dumps({"package": digest, "files": files}).encode()
    assert packing.read_receipt(good, digest, files)["package"] == digest
    for receipt in (
        b"no json",
        b"[]",
        b'{"package": "00"}',
        json.dumps({"package": digest, "files": {"news/a.html": "00"}}).encode(),
        json.dumps({"package": digest, "files": {**files, "more.html": "00"}}).encode(),
        b'{"package": 7}',
    ):
        with pytest.raises(Invalid):
            packing.read_receipt(receipt, digest, files)

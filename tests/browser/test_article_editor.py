"""The article editor in a browser: writing, pasting from Word and WPS, pictures, two writers, nothing lost, axe."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from app.db import db, transaction
from tests.browser.conftest import Enter
from tests.browser.visit import House, Visit
from tests.factories.content import a_picture, an_article, columns_of, content_people, site_named
from tests.factories.dispatch import Dispatch
from tests.factories.small import viewer

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:v="urn:schemas-microsoft-com:vml"><head>
<style><!-- p.MsoNormal {mso-style-parent:"";} --></style></head><body><!--StartFragment-->
<p class=MsoNormal align=center style='text-align:center'><b><span lang=EN-US style='font-family:宋体'>关于</span></b>
<b><span style='font-size:16.0pt'>公租房的通知</span></b><o:p></o:p></p>
<p class=MsoNormal style='text-indent:21.0pt;mso-char-indent-count:2.0'><span style='color:red'>各有关单位：现将
有关事项通知如下。</span><span lang=EN-US>&nbsp;&nbsp;&nbsp;</span></p>
<p class=MsoListParagraph style='margin-left:18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>1.<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;</span></span><![endif]>带身份证</p>
<p class=MsoListParagraph style='margin-left:39.0pt;mso-list:l0 level2 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>a)<span>&nbsp;</span></span><![endif]>原件</p>
<p class=MsoListParagraph style='margin-left:18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>2.<span>&nbsp;</span></span><![endif]><font color=blue>带受理单</font></p>
<!--[if gte vml 1]><v:shape id="a" style='width:99pt'><v:imagedata src="file:///C:/tmp/clip_image001.png"/></v:shape>
<![endif]--><![if !vml]><img width=132 src="file:///C:/tmp/clip_image001.png" v:shapes="a"><![endif]>
<table class=MsoTable border=1 style='border-collapse:collapse'><tr><td width=99 colspan=2 style='padding:0'>
<p class=MsoNormal><span style='mso-bidi-font-weight:bold;font-weight:bold'>合计</span></p></td></tr></table>
<p class=MsoNormal><o:p>&nbsp;</o:p></p><script>alert(1)</script><!--EndFragment--></body></html>"""
WORD_KEPT = (
    '<p class="align-center"><strong>关于公租房的通知</strong></p>'
    '<p class="indent-2">各有关单位：现将有关事项通知如下。</p>'
    "<ol><li><p>带身份证</p><ol><li><p>原件</p></li></ol></li><li><p>带受理单</p></li></ol>"
    '<table><tbody><tr><td colspan="2"><p><strong>合计</strong></p></td></tr></tbody></table>'
)
WPS = """<html><head><meta name="generator" content="ksohtml"></head><body><!--StartFragment-->
<div><div><p class="16" style="mso-list:l1 level1 lfo2;margin-left:21pt"><span style="mso-list:Ignore;">●&nbsp;</span>
<span style="mso-spacerun:'yes';font-family:仿宋;">第一项</span></p>
<p class="16" style="mso-list:l1 level1 lfo2;"><span style="mso-list:Ignore;">●&nbsp;</span><i>第二项</i></p></div>
<p style="text-align:right;">　　临澜市住建局<a name="_GoBack"></a></p>
<p><a href="javascript:alert(1)">坏</a><a href="https://zjj.example.cn/a?b=1">好</a></p></div>
<!--EndFragment--></body></html>"""
WPS_KEPT = (
    "<ul><li><p>第一项</p></li><li><p><em>第二项</em></p></li></ul>"
    '<p class="align-right indent-2">临澜市住建局</p><p>坏<a href="https://zjj.example.cn/a?b=1">好</a></p>'
)
PASTE = """([place, html]) => {
  const data = new DataTransfer(); data.setData("text/html", html); data.setData("text/plain", "x");
  place.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })); }"""

PASTE_FILE = """([place, text]) => {
  const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const data = new DataTransfer(); data.items.add(new File([bytes], "窗口.png", { type: "image/png" }));
  place.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })); }"""


@pytest.fixture(scope="module")
def site(dispatch: Dispatch) -> int:
    """The columns of a site in the served city, and who writes in them."""
    with dispatch.app.test_request_context():
        with transaction() as session:
            content_people(session)
            found = site_named(session).id
            columns_of(session, found)
        db.session.remove()
    return found


@pytest.fixture
def article(dispatch: Dispatch, site: int) -> int:
    """A fresh article of one paragraph."""
    with dispatch.app.test_request_context():
        with transaction() as session:
            place = columns_of(session, site)["news"]
            body = "<p>市住建局公布配租结果。</p>"
            found = an_article(session, viewer(session, "editor"), place, body=body).id
        db.session.remove()
    return found


def text_of(page: Page) -> Locator:
    """Return the text that is written in."""
    return page.locator("[data-article-text] .gj-article-text")


def open_editor(visit: Visit, article: int) -> Page:
    """Open the editor and wait until one can write."""
    visit.open(f"/articles/{article}/edit")
    expect(text_of(visit.page)).to_be_visible()
    return visit.page


def saved(house: House, article: int) -> dict[str, Any]:
    """Return the fields of an article as the server has them."""
    (row,) = house.ask("select fields from article_draft where article_id = ?", article)
    return dict(json.loads(row[0]))


def expect_saved(page: Page) -> None:
    """Wait until everything is on the server."""
    expect(page.locator("[data-article-editor]")).to_have_attribute("data-saving", "saved")
    expect(page.locator("[data-save-text]")).to_contain_text("已保存")


def write_all(page: Page, words: str) -> None:
    """Replace the text by typing."""
    text_of(page).click()
    page.keyboard.press("Control+a")
    page.keyboard.type(words)


def choose_picture(page: Page, name: str, words: str) -> None:
    """Bring a picture through the dialog of the library."""
    page.get_by_role("button", name="图片", exact=True).click()
    dialog = page.get_by_role("dialog", name="插入图片")
    dialog.get_by_label("图上有什么").fill(words)
    picture = {"name": name, "mimeType": "image/png", "buffer": a_picture(kind="PNG")}
    dialog.get_by_label("上传新的").set_input_files(picture)
    expect(text_of(page).get_by_alt_text(words)).to_be_visible()


def flush(page: Page) -> None:
    """Leave through the page's own button, which saves first."""
    page.get_by_role("link", name="写好了").click()
    expect(page).not_to_have_url("**/edit")
    page.wait_for_url(lambda url: not url.endswith("/edit"))


def test_what_is_written_with_toolbar_and_keyboard_is_saved(enter: Enter, house: House, article: int) -> None:
    page = open_editor(enter("editor"), article)
    write_all(page, "第一段")
    page.keyboard.press("Control+a")
    page.get_by_role("button", name="加粗").click()
    page.get_by_role("button", name="居中").click()
    expect(page.get_by_role("button", name="居中")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("段落样式").select_option("h2")
    page.keyboard.press("Control+End")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="表格", exact=True).click()
    page.get_by_role("button", name="加一行").click()
    page.get_by_role("button", name="去掉这列").click()
    page.get_by_label("摘要").fill("一句摘要")
    page.get_by_label("转载").check()
    flush(page)
    fields = saved(house, article)
    assert '<h2 class="align-center"><strong>第一段</strong></h2>' in fields["body"]
    assert fields["body"].count("<tr>") == 4
    assert fields["body"].count("<th>") == 2
    assert fields["summary"] == "一句摘要"
    assert fields["reprint"] is True


@pytest.mark.parametrize(("source", "kept"), [(WORD, WORD_KEPT), (WPS, WPS_KEPT)], ids=["word", "wps"])
def test_what_comes_from_an_office_program_is_clean(
    enter: Enter, house: House, article: int, source: str, kept: str
) -> None:
    page = open_editor(enter("editor"), article)
    text_of(page).click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.evaluate(PASTE, [text_of(page).element_handle(), source])
    if source is WORD:
        expect(page.locator("[data-paste-note]")).to_contain_text("clip_image001.png")
    flush(page)
    assert saved(house, article)["body"] == kept


def test_a_pasted_picture_goes_to_the_library_and_asks_for_its_words(
    enter: Enter, house: House, article: int
) -> None:
    page = open_editor(enter("editor"), article)
    text_of(page).click()
    page.keyboard.press("Control+End")
    address = "data:image/jpeg;base64," + base64.b64encode(a_picture()).decode()
    page.evaluate(PASTE, [text_of(page).element_handle(), f'<p>图</p><img src="{address}">'])
    words = page.locator("[data-silent]").get_by_label("图上有什么")
    words.fill("市民在选房")
    words.press("Tab")
    expect(page.locator("[data-silent]")).to_be_hidden()
    flush(page)
    body = saved(house, article)["body"]
    assert 'src="/content/media/' in body
    assert 'alt="市民在选房"' in body
    assert "base64" not in body


def test_a_pasted_figure_keeps_its_caption(enter: Enter, house: House, article: int) -> None:
    """Picture and caption stay together, whatever stood around them; Enter goes on below; a caption alone is text."""
    page = open_editor(enter("editor"), article)
    write_all(page, "开头")
    address = "data:image/jpeg;base64," + base64.b64encode(a_picture()).decode()
    source = (
        f'<figure class="wp-block"><a href="/big.jpg"><img src="{address}" alt="选房现场"></a>'
        "<figcaption><p>图 1 <b>选房</b>现场</p></figcaption></figure>"
        '<figure><img src="https://other.example.cn/x.png"><figcaption>没有来的图</figcaption></figure>'
    )
    page.evaluate(PASTE, [text_of(page).element_handle(), source])
    expect(text_of(page).locator("figure img")).to_have_attribute("src", re.compile("/content/media/"))
    text_of(page).locator("figcaption").click()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.keyboard.type("下一段")
    flush(page)
    body = re.sub(r"/content/media/\d+", "…", saved(house, article)["body"])
    figure = '<figure><img src="…" alt="选房现场"><figcaption>图 1 <strong>选房</strong>现场</figcaption></figure>'
    assert figure in body
    assert f"{figure}<p>下一段</p>" in body
    assert "<p>没有来的图</p>" in body
    page.goto(page.url + "/edit")
    expect(text_of(page).locator("figcaption")).to_have_text("图 1 选房现场")
    text_of(page).locator("figure img").click()
    page.keyboard.press("Delete")
    expect(text_of(page).locator("figure, figcaption")).to_have_count(0)


def test_a_picture_is_chosen_from_the_library_by_keyboard(enter: Enter, house: House, article: int) -> None:
    page = open_editor(enter("editor"), article)
    page.get_by_role("button", name="图片", exact=True).click()
    dialog = page.get_by_role("dialog", name="插入图片")
    dialog.get_by_label("图上有什么").fill("办事窗口")
    dialog.get_by_label("上传新的").set_input_files(
        {"name": "窗口.png", "mimeType": "image/png", "buffer": a_picture(kind="PNG")}
    )
    expect(text_of(page).locator("img")).to_have_attribute("alt", "办事窗口")
    page.get_by_role("button", name="图片", exact=True).click()
    dialog.get_by_label("从媒体库选").fill("办事窗口")
    tile = dialog.get_by_role("button", name="窗口.png").first
    tile.focus()
    page.keyboard.press("Enter")
    expect(text_of(page).locator("img")).to_have_count(2)
    flush(page)
    assert saved(house, article)["body"].count("<img ") == 2


def test_a_second_writer_is_told_and_neither_text_is_lost(enter: Enter, house: House, article: int) -> None:
    first, second = open_editor(enter("editor"), article), open_editor(enter("editor2"), article)
    expect(second.locator("[data-draft-others]")).to_contain_text("姜若谷也开着这篇稿件")
    write_all(first, "甲写的")
    expect_saved(first)
    first.get_by_label("摘要").fill("甲的摘要")
    first.get_by_role("button", name="预览").click()
    expect(first.frame_locator("dialog iframe").get_by_text("甲写的")).to_be_visible()
    write_all(second, "乙写的")
    expect(second.locator("[data-draft-bar]")).to_contain_text("姜若谷")
    assert "甲写的" in saved(house, article)["body"]
    expect(text_of(second)).to_contain_text("乙写的")
    second.get_by_role("button", name="用我的覆盖").click()
    expect_saved(second)
    assert "乙写的" in saved(house, article)["body"]


def test_what_a_closed_window_could_not_send_is_offered_again(enter: Enter, house: House, article: int) -> None:
    visit = enter("editor")
    page = open_editor(visit, article)
    page.route("**/draft", lambda route: route.abort() if route.request.method == "PUT" else route.continue_())
    write_all(page, "断网时写的")
    expect(page.locator("[data-draft-bar]")).to_contain_text("暂存在这台电脑")
    page.unroute("**/draft")
    page.reload()
    page.get_by_role("button", name="接着用这些改动").click()
    expect(text_of(page)).to_contain_text("断网时写的")
    expect_saved(page)
    flush(page)
    assert "断网时写的" in saved(house, article)["body"]
    visit.troubles.clear()  # the browser complains about the requests this test broke


def test_a_click_on_a_finding_selects_its_words(enter: Enter, article: int) -> None:
    page = open_editor(enter("editor"), article)
    write_all(page, "会议定于2026年2月30日召开。")
    found = page.locator("[data-findings] li button", has_text="2月30日").first
    expect(found).to_be_visible()
    found.click()
    assert "2月30日" in page.evaluate("window.getSelection().toString()")


def test_a_finding_may_stand_for_a_reason(enter: Enter, article: int) -> None:
    """Too short a reason is answered with a sentence; with a good one the finding stops nothing any more."""
    visit = enter("editor")
    page = open_editor(visit, article)
    write_all(page, "会议定于2026年2月30日召开。")
    found = page.locator("[data-findings] li", has_text="2月30日").first
    found.get_by_label("为什么可以这样写").fill("好")
    found.get_by_role("button", name="保留").click()
    expect(page.locator("[data-findings] [data-count]")).to_contain_text("至少 4 个字")
    found.get_by_label("为什么可以这样写").fill("原文如此，引用时不改")
    found.get_by_role("button", name="保留").click()
    expect(found).to_contain_text("已说明理由")
    expect(found.get_by_label("为什么可以这样写")).to_have_count(0)


@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_of_articles_read_well_and_fit(
    enter: Enter, house: House, article: int, width: int, site: int
) -> None:
    visit = enter("editor", width=width)
    for path in ("/articles", f"/articles/{article}", f"/articles/{article}/edit", f"/sites/{site}/media"):
        visit.open(path)
        if path.endswith("/edit"):
            expect(text_of(visit.page)).to_be_visible()
        visit.page.evaluate(AXE.read_text())
        found = visit.page.evaluate(
            "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => v.id))"
        )
        assert found == [], path
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert visit.page.evaluate(wide) <= 0, path


def test_without_script_the_text_is_a_field(enter: Enter, house: House, article: int) -> None:
    visit = enter("editor", scripts=False)
    visit.open(f"/articles/{article}/edit")
    visit.field("body").fill("<p>没有脚本也能写</p>")
    visit.page.get_by_role("button", name="保存", exact=True).click()
    assert saved(house, article)["body"] == "<p>没有脚本也能写</p>"


def test_a_picture_gets_a_caption_by_the_toolbar(enter: Enter, house: House, article: int) -> None:
    """At a picture the button opens a line below it, a second press returns to it; elsewhere it is off."""
    page = open_editor(enter("editor"), article)
    button = page.get_by_role("button", name="图注")
    write_all(page, "开头")
    expect(button).to_have_attribute("aria-disabled", "true")
    choose_picture(page, "窗口.png", "办事窗口")
    text_of(page).locator("img").click()
    expect(button).to_have_attribute("aria-disabled", "false")
    button.click()
    page.keyboard.type("图 1 大厅")
    expect(button).to_have_attribute("aria-pressed", "true")
    text_of(page).locator("img").click()
    button.click()
    page.keyboard.type("的窗口")
    flush(page)
    body = re.sub(r"/content/media/\d+", "…", saved(house, article)["body"])
    assert '<figure><img src="…" alt="办事窗口"><figcaption>图 1 大厅的窗口</figcaption></figure>' in body
    assert body.startswith("<p>开头</p>")


def test_a_chosen_picture_replaces_nothing_and_writing_goes_on_below(
    enter: Enter, house: House, article: int
) -> None:
    """Selected words stay when a picture is chosen, and the next words stand below it."""
    page = open_editor(enter("editor"), article)
    write_all(page, "选中的字")
    page.keyboard.press("Control+a")
    choose_picture(page, "一.png", "第一张")
    page.keyboard.type("下面")
    flush(page)
    body = re.sub(r'<img [^>]*alt="(.*?)">', r"[\1]", saved(house, article)["body"])
    assert body == "<p>选中的字</p>[第一张]<p>下面</p>"


def test_the_caret_stays_while_a_pasted_picture_is_on_its_way(enter: Enter, house: House, article: int) -> None:
    """Words typed meanwhile stand together, whichever field they are in; the picture comes where it was pasted."""
    page = open_editor(enter("editor"), article)
    write_all(page, "前后")
    page.keyboard.press("ArrowLeft")
    held: list[Route] = []
    page.route("**/media", lambda route: held.append(route) if route.request.method == "POST" else route.continue_())
    with page.expect_request(lambda request: request.method == "POST" and request.url.endswith("/media")):
        page.evaluate(PASTE_FILE, [text_of(page).element_handle(), base64.b64encode(a_picture(kind="PNG")).decode()])
    page.keyboard.type("一边等")
    page.get_by_label("摘要").focus()
    held[0].continue_()
    expect(text_of(page).locator("img")).to_have_count(1)
    page.keyboard.type("摘要里的字")
    text_of(page).focus()
    page.keyboard.type("一边写")
    flush(page)
    fields = saved(house, article)
    assert re.sub(r"<img [^>]*>", "[图]", fields["body"]) == "<p>前</p>[图]<p>一边等一边写后</p>"
    assert fields["summary"].startswith("摘要里的字")

"""The page of the trace: the line of versions, the words marked, everybody who passed; as open as the article."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from app import clock
from app.content.operations.sites import set_style
from app.db import db, transaction
from app.work.models import Case
from tests.conftest import signed_in
from tests.factories import correcting as c
from tests.factories.content import content_people, site_named
from tests.factories.small import viewer

BAD = "<p>请各单位尽快布署 &lt;公租房&gt; 配租工作。</p>"


@pytest.fixture
def article(app: Flask) -> int:
    """A published article whose second version brought a wrong word in."""
    del app
    with transaction() as session:
        content_people(session)
    return c.published_fault()


def page(app: Flask, article_id: int, query: str = "words=布署", by: str = "office") -> str:
    answer = signed_in(app, by).get(f"/articles/{article_id}/trace?{query}")
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def test_the_page_names_the_version_and_every_passer(app: Flask, article: int) -> None:
    """Version, author, the words in their place, four people with opening time, the publication."""
    text = page(app, article)
    assert re.search(r"第 2 版带进来的，姜若谷 在 .+ 交的", text)
    assert "请各单位尽快<mark>布署</mark>公租房" in text
    for name in ("黎照晚", "穆长歌", "孟清晏", "祁云阶"):
        assert f"<b>{name}</b>" in text
    assert "看了 8 分" in text
    assert "现在还在网上" in text
    assert text.count("is-origin") == 1


def test_without_words_the_versions_are_listed_and_nobody_is_blamed(app: Flask, article: int) -> None:
    """No version is marked before somebody says what is wrong."""
    text = page(app, article, "")
    assert "写上错在哪几个字" in text
    assert "带进来的，" not in text
    assert "is-fault" not in text


def test_a_layout_fault_shows_what_changed_in_the_style(app: Flask, article: int) -> None:
    """The template's version, who changed it, the lines that came."""
    with transaction() as session:
        now = clock.now(session)
        set_style(session, viewer(session, "office"), site_named(session).id, "h1 { color: #fff }", "标题改白", now)
    text = page(app, article, "words=布署&layout=1")
    assert re.search(r"版式第 \d 版带进来的，沈明溪", text)
    assert "<ins>+ h1 { color: #fff }</ins>" in text


def test_words_that_no_version_has_lead_to_the_layout_and_say_so(app: Flask, article: int) -> None:
    """The reader learns that the words are in no text."""
    assert "“页脚的字”在任何一版的文字、图片和附件名里都没有" in page(app, article, "words=页脚的字")


def test_what_was_typed_is_never_markup(app: Flask, article: int) -> None:
    """Words and texts are shown as they are, whatever signs they have."""
    c.change(article, BAD)
    text = page(app, article, "words=<公租房>")
    assert "<mark>&lt;公租房&gt;</mark>" in text
    text = page(app, article, 'words="><script>alert(1)</script>')
    assert "<script>alert" not in text


def test_reports_are_listed_for_those_who_correct(app: Flask, article: int) -> None:
    """The desk sees the reports, the author does not."""
    c.report_it(article)
    assert "/reports/1" in page(app, article)
    assert "/reports/1" not in page(app, article, by="editor")


@pytest.mark.parametrize("by", ["vendor_b_editor", "health_editor"])
def test_who_may_not_see_the_article_sees_no_trace(app: Flask, by: str) -> None:
    """An article in writing belongs to its unit."""
    with transaction() as session:
        content_people(session)
    article_id = c.write_article()
    answer = signed_in(app, by).get(f"/articles/{article_id}/trace?words=布署")
    assert answer.status_code == 404


def test_whoever_confirms_sees_what_readers_see(app: Flask) -> None:
    """A version handed in since is not what was reported: the page shows the published one, and takes its hash."""
    c.publish_correction()
    article_id = c.published_fault()
    published = c.seen(article_id)
    case_id = c.take_up(app, c.report_it(article_id))
    c.change(article_id, c.GOOD)
    item = c.opened(case_id)[0].id
    publisher = signed_in(app, "publisher")
    text = publisher.get(f"/tasks/{item}").get_data(as_text=True)
    assert f'name="seen" value="{published}"' in text
    assert "尽快布署" in text
    assert "尽快部署" not in text
    sent = {"seen": published, "fault_kind": "wording", "severity_wish": "rule", "words": "布署"}
    assert publisher.post(f"/tasks/{item}", data={**sent, "decision": "confirm", "key": "a"}).status_code == 303


def test_whoever_decides_on_responsibility_reads_every_statement(app: Flask) -> None:
    """Each statement stands on the page with name and time, in the order in which they came."""
    c.publish_correction()
    article_id = c.published_fault()
    case_id = c.take_up(app, c.report_it(article_id))
    c.confirm(app, case_id, article_id, kind="political")
    c.correct(app, case_id, article_id)
    people = ("reviewer1", "editor", "reviewer2", "secrecy", "reviewer3")
    for by in people:
        c.do(app, case_id, by, "submit", statement=f"{by} 的说明")
    text = signed_in(app, "supervisor").get(f"/tasks/{c.opened(case_id)[0].id}").get_data(as_text=True)
    places = [text.index(f"{by} 的说明") for by in people]
    assert places == sorted(places)
    assert len(re.findall(r"<h2>说明情况</h2><span[^>]*>(?:黎照晚|姜若谷|穆长歌|孟清晏|祁云阶)", text)) == len(people)


def test_the_steps_show_report_and_trace(app: Flask) -> None:
    """Whoever confirms reads the report beside the article; whoever mends reads the trace."""
    c.publish_correction()
    article_id = c.published_fault()
    case_id = c.take_up(app, c.report_it(article_id, remark="第一段"))
    publisher = signed_in(app, "publisher")
    text = publisher.get(f"/tasks/{c.opened(case_id)[0].id}").get_data(as_text=True)
    assert "说明：第一段" in text
    assert "哪一种错" in text
    c.confirm(app, case_id, article_id)
    text = signed_in(app, "editor").get(f"/tasks/{c.opened(case_id)[0].id}").get_data(as_text=True)
    assert "第 2 版带进来的" in text
    assert "更正说明" in text
    assert "还不能送审" not in text


def test_whoever_mends_is_told_the_level_that_comes(app: Flask) -> None:
    """The corrected text is another version: the first level is next, with its person and time, then the third."""
    c.publish_correction()
    article_id = c.published_fault()
    case_id = c.take_up(app, c.report_it(article_id))
    c.confirm(app, case_id, article_id)
    text = signed_in(app, "editor").get(f"/tasks/{c.opened(case_id)[0].id}").get_data(as_text=True)
    assert "下一步：一审，由黎照晚办理，4 工作小时" in text
    course = text[text.rindex('class="gj-timeline"') :]
    assert re.findall(r"is-future.*?<b>(.*?)</b>", course, re.DOTALL)[:2] == ["一审", "三审"]


def test_a_report_that_was_taken_up_leads_to_its_correction(app: Flask) -> None:
    """The page of the report names the case for whoever may open it."""
    c.publish_correction()
    report_id = c.report_it(c.published_fault())
    number = db.session.get_one(Case, c.take_up(app, report_id)).number
    assert f'href="/cases/{number}"' in signed_in(app, "publisher").get(f"/reports/{report_id}").text


def test_who_was_found_responsible_is_read_by_name(app: Flask) -> None:
    """The decision names people as they were on the list, on the page of the case too."""
    c.publish_correction()
    article_id = c.published_fault()
    case_id = c.take_up(app, c.report_it(article_id))
    c.confirm(app, case_id, article_id, kind="political")
    c.correct(app, case_id, article_id)
    for by in ("editor", "reviewer1", "reviewer2", "secrecy", "reviewer3"):
        c.do(app, case_id, by, "submit", statement="说明")
    liable = c.data_at(case_id)["responsible"][:2]
    c.do(app, case_id, "supervisor", "decide", liable=liable, measure="remind", decision_text="提醒。")
    number = db.session.get_one(Case, case_id).number
    text = signed_in(app, "supervisor").get(f"/cases/{number}?tab=form").get_data(as_text=True)
    assert "姜若谷（带进来的人）、黎照晚（一审）" in text


def test_a_confirmed_fault_needs_its_kind_and_a_changed_grade_its_reason(app: Flask) -> None:
    """What is missing is said at the field; nothing is done."""
    c.publish_correction()
    article_id = c.published_fault()
    case_id = c.take_up(app, c.report_it(article_id))
    item = c.opened(case_id)[0]
    publisher = signed_in(app, "publisher")
    data = {"decision": "confirm", "seen": c.seen(article_id), "severity_wish": "serious", "key": "k1"}
    answer = publisher.post(f"/tasks/{item.id}", data=data)
    assert answer.status_code == 422
    assert c.at(case_id) == ["confirm"]

"""The article's process on its pages: handed in from the article, read and decided on the task page, nothing lost."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from app.content.rules import DRAFT, REVIEW
from tests.conftest import signed_in
from tests.factories.articled import OTHER, Newsroom
from tests.factories.reviewing import CHECKS

SECRET = "<p>本件为机密★，联系人身份证号 11010519491231002X。</p>"


@pytest.fixture
def news(app: Flask) -> Newsroom:
    """A newsroom."""
    made = Newsroom(app)
    made.open()
    return made


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, name
    return found[1]


def test_an_article_is_handed_in_from_its_page(news: Newsroom) -> None:
    """The button makes version 1 and begins the review; the page then names the case and the level it is at."""
    article_id = news.write()
    editor, address = signed_in(news.app, "editor"), f"/articles/{article_id}"
    page = editor.get(address).get_data(as_text=True)
    sent = {"key": hidden(page, "key"), "row_version": hidden(page, "row_version")}
    assert editor.post(f"{address}/hand-in", data=sent).status_code == 303
    page = editor.get(address).get_data(as_text=True)
    assert news.case(article_id).number in page
    assert "一审" in page
    assert news.article(article_id).state == REVIEW


def test_what_blocks_stands_on_the_page(news: Newsroom) -> None:
    """The findings are listed on the same page; nothing was handed in."""
    article_id = news.write(body=SECRET)
    answer = signed_in(news.app, "editor").post(f"/articles/{article_id}/hand-in", data={"key": "a"})
    assert answer.status_code == 422
    assert "没有交" in answer.get_data(as_text=True)
    assert news.article(article_id).state == DRAFT


def test_a_page_that_is_behind_says_so(news: Newsroom) -> None:
    """Somebody saved since the page was drawn: a sentence with who, on the same page."""
    article_id = news.write()
    editor = signed_in(news.app, "editor")
    seen = hidden(editor.get(f"/articles/{article_id}").get_data(as_text=True), "row_version")
    news.edit(article_id, by="editor2", summary="另一人改的摘要")
    answer = editor.post(f"/articles/{article_id}/hand-in", data={"key": "a", "row_version": seen})
    assert answer.status_code == 409
    assert "安如初" in answer.get_data(as_text=True)


def test_an_approval_of_a_version_that_was_replaced_is_refused_and_nothing_is_lost(news: Newsroom) -> None:
    """The reviewer had version 1 open, version 2 came: the same page again, with the sentence and what was typed."""
    article_id = news.begin()
    first = signed_in(news.app, "reviewer1")
    item = news.items(news.case(article_id).id)["review_1"]
    page = first.get(f"/tasks/{item.id}").get_data(as_text=True)
    seen = hidden(page, "seen")
    assert seen == news.version(article_id).digest
    news.decide(article_id, "pass")
    news.edit(article_id, body=OTHER)
    news.hand_in(article_id)
    again = news.items(news.case(article_id).id)["review_1"]
    sent = {**CHECKS["review_1"], "seen": seen, "opinion": "文字通顺，逐句核过", "decision": "pass", "key": "k1"}
    answer = first.post(f"/tasks/{again.id}", data=sent)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "第 2 版" in text
    assert "文字通顺，逐句核过" in text
    assert news.at(article_id) == ["review_1"]
    done = first.post(f"/tasks/{again.id}", data={**sent, "seen": news.version(article_id).digest, "key": "k2"})
    assert done.status_code == 303
    assert news.at(article_id) == ["review_2"]


def test_every_step_can_be_done_on_its_page(news: Newsroom) -> None:
    """Publishing and the reading after it: the pages draw, say what is missing, and take the answers."""
    article_id = news.begin()
    news.pass_all(article_id)
    publisher, case_id = signed_in(news.app, "publisher"), news.case(article_id).id
    item = news.items(case_id)["publish"].id
    assert "现在发布" in publisher.get(f"/tasks/{item}").get_data(as_text=True)
    timeless = publisher.post(f"/tasks/{item}", data={"decision": "schedule", "key": "a"})
    assert timeless.status_code == 422
    assert publisher.post(f"/tasks/{item}", data={"decision": "now", "key": "b"}).status_code == 303
    news.run()
    news.run(minutes=16)
    reader, item = signed_in(news.app, "editor2"), news.items(case_id)["post_read"].id
    page = reader.get(f"/tasks/{item}").get_data(as_text=True)
    assert f"/a{article_id}.html" in page
    assert reader.post(f"/tasks/{item}", data={"decision": "fine", "key": "c"}).status_code == 422
    checks = dict.fromkeys(("reads_words", "reads_names", "reads_links", "reads_layout"), "yes")
    assert reader.post(f"/tasks/{item}", data={**checks, "decision": "fine", "key": "d"}).status_code == 303
    assert news.at(article_id) == ["(已发布)"]


def test_it_is_not_begun_from_the_list_of_processes(news: Newsroom) -> None:
    """Nobody is offered to begin it without an article."""
    editor = signed_in(news.app, "editor")
    assert "信息发布审核" not in editor.get("/start").get_data(as_text=True)
    assert editor.get("/start/article_review").status_code == 403


def consequences(page: str) -> list[str]:
    """Return what the buttons of a step say will follow."""
    return re.findall(r'class="gj-act[^"]*"[^>]*name="decision"[^>]*>.*?<span>(.*?)</span>', page, re.DOTALL)


def test_every_level_says_who_has_it_next(news: Newsroom) -> None:
    """A pass names the next level, its people and their time; the last one the publisher; a return its author."""
    article_id = news.begin()
    case_id = news.case(article_id).id
    told = []
    for user, level in (("reviewer1", "review_1"), ("reviewer2", "review_2"), ("secrecy", "secrecy")):
        page = signed_in(news.app, user).get(f"/tasks/{news.items(case_id)[level].id}").get_data(as_text=True)
        told.append(consequences(page)[0])
        assert "给姜若谷：作者改后从第一级重新走" in consequences(page)
        news.decide(article_id, "pass")
    page = signed_in(news.app, "reviewer3").get(f"/tasks/{news.items(case_id)['review_3'].id}").get_data(as_text=True)
    assert [*told, consequences(page)[0]] == [
        "下一步：二审，由穆长歌办理，4 工作小时",
        "下一步：保密审查，由孟清晏办理，4 工作小时",
        "下一步：三审，由祁云阶办理，4 工作小时",
        "下一步：发布，由蓝采薇办理，4 工作小时",
    ]


def test_whoever_submits_again_is_told_the_level_that_comes(news: Newsroom) -> None:
    """An unchanged text keeps the passes that saw it, so the next is the one that returned it; all others follow."""
    article_id = news.begin()
    news.decide(article_id, "pass")
    news.decide(article_id, "return")
    item = news.items(news.case(article_id).id)["revise"]
    page = signed_in(news.app, "editor").get(f"/tasks/{item.id}").get_data(as_text=True)
    assert consequences(page)[0] == "下一步：二审 第 2 轮，由穆长歌办理，4 工作小时"
    course = page[page.rindex('class="gj-timeline"') :]
    told = re.findall(r"is-future.*?<b>(.*?)</b>", course, re.DOTALL)
    assert told == ["二审", "保密审查", "三审", "发布", "发布后校对"]
    assert "由您办理" not in course


def test_the_course_of_a_case_names_the_levels_to_come(news: Newsroom) -> None:
    """What is still to come stands in order, with people and limits, and writes nothing."""
    number = news.case(news.begin()).number
    page = signed_in(news.app, "editor").get(f"/cases/{number}").get_data(as_text=True)
    course = page[page.rindex('class="gj-timeline"') :]
    assert re.findall(r"is-future.*?<b>(.*?)</b>", course, re.DOTALL)[:4] == ["二审", "保密审查", "三审", "发布"]


def test_whoever_sees_the_case_reads_what_is_reviewed(news: Newsroom) -> None:
    """The text, its changes and the passes stand on the case for people who decide nothing; strangers get nothing."""
    article_id = news.begin()
    news.decide(article_id, "pass")
    news.edit(article_id, body=OTHER)
    news.hand_in(article_id)
    address = f"/cases/{news.case(article_id).number}?tab=review"
    page = signed_in(news.app, "editor").get(address).get_data(as_text=True)
    assert "稿件与审核" in page
    assert "黎照晚 上次通过的第 1 版" in page
    assert re.search("一审.{0,80}黎照晚", page, re.DOTALL)
    assert 'name="seen"' not in page
    assert ">您<" not in page
    assert signed_in(news.app, "vendor_a_lead").get(address).status_code == 404


def test_a_closed_case_shows_the_version_it_reviewed(news: Newsroom) -> None:
    """Later versions are another case's matter."""
    article_id = news.begin()
    news.decide(article_id, "reject")
    page = signed_in(news.app, "editor").get(f"/cases/{news.case(article_id).number}?tab=review")
    assert page.status_code == 200
    assert "gj-review-text" in page.get_data(as_text=True)


def test_a_returned_article_is_mended_from_its_step(news: Newsroom) -> None:
    """The step leads to the editor; at a level, and for whoever only looks on, it does not."""
    article_id = news.begin()
    address = f'href="/articles/{article_id}/edit"'
    level = news.items(news.case(article_id).id)["review_1"]
    assert address not in signed_in(news.app, "reviewer1").get(f"/tasks/{level.id}").text
    news.decide(article_id, "return")
    item = news.items(news.case(article_id).id)["revise"]
    assert address in signed_in(news.app, "editor").get(f"/tasks/{item.id}").text


def test_what_readers_see_is_not_offered_for_review_again(news: Newsroom) -> None:
    """Published and unchanged: no 交审, but why; changed, the button is there again."""
    article_id = news.begin()
    news.pass_all(article_id)
    news.do(article_id, "publish", "publisher", "now")
    news.run()
    editor, address = signed_in(news.app, "editor"), f"/articles/{article_id}"
    page = editor.get(address).text
    assert f'action="{address}/hand-in"' not in page
    assert "内容和已发布的一样，不用再交" in page
    assert editor.post(f"{address}/hand-in", data={"key": "again"}).status_code == 409
    news.edit(article_id, sensitive=True)
    page = editor.get(address).text
    assert f'action="{address}/hand-in"' in page
    assert "交过以后又改过" in page


def test_whoever_publishes_and_whoever_reads_afterwards_has_the_text_before_them(news: Newsroom) -> None:
    """The version that was passed stands on the page of the publication, with who passed it."""
    article_id = news.begin()
    news.pass_all(article_id)
    item = news.items(news.case(article_id).id)["publish"]
    page = signed_in(news.app, "publisher").get(f"/tasks/{item.id}").get_data(as_text=True)
    assert 'class="gj-review-text"' in page
    assert "逐级通过" in page
    assert 'name="seen"' not in page


@pytest.mark.parametrize(("decision", "words"), [("return", "退回了第 1 版"), ("reject", "决定不予发布第 1 版")])
def test_an_article_that_came_back_says_why(news: Newsroom, decision: str, words: str) -> None:
    """Its page names who returned or refused which version and with what words; a refused one waits for no level."""
    article_id = news.begin()
    news.decide(article_id, decision, opinion="附表和正文对不上。")
    page = signed_in(news.app, "editor").get(f"/articles/{article_id}").get_data(as_text=True)
    assert re.search(rf"一审 黎照晚 在 .+ {words}", page)
    assert "附表和正文对不上。" in page
    assert ("is-future" in page) == (decision == "return")

"""Correction on the real machinery and both databases: from a reader's report to the registered fault."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, runtime_of
from app.content.models import Article, ErrorReport, Fault, Publication
from app.content.operations.sites import set_style
from app.content.operations.submitting import hand_in
from app.db import db, transaction
from app.engine import foretell
from app.errors import Conflict
from app.ledger import verify
from app.outbox.models import Notice
from app.people import operations as people
from app.people.models import User
from app.review.hooks import editing_of
from app.review.queries import sealed
from app.review.subjects import find
from app.work.models import Candidate, Case
from tests.factories import correcting as c
from tests.factories.content import site_named
from tests.factories.small import viewer

PASSERS = ["姜若谷", "黎照晚", "穆长歌", "孟清晏", "祁云阶"]


@pytest.fixture
def house(either_app: Flask) -> Flask:
    """A house with both processes, on each database."""
    c.publish_correction()
    return either_app


def article_of(article_id: int) -> Article:
    db.session.rollback()
    return db.session.get_one(Article, article_id, populate_existing=True)


def acts_online(article_id: int) -> list[tuple[str, str]]:
    db.session.rollback()
    rows = db.session.scalars(
        select(Publication).where(Publication.article_id == article_id).order_by(Publication.id)
    )
    return [(row.act, row.reason) for row in rows]


def faults() -> list[Fault]:
    db.session.rollback()
    return list(db.session.scalars(select(Fault)))


def told() -> list[tuple[str, str]]:
    db.session.rollback()
    query = (
        select(User.user_name, Notice.message).join(User, User.id == Notice.user_id).where(Notice.kind == "content")
    )
    return [(row.user_name, row.message) for row in db.session.execute(query.order_by(Notice.id))]


def test_an_ordinary_fault_is_traced_mended_and_published_with_a_note(house: Flask) -> None:
    """The page stays until the mended text replaces it; version and every passer are registered."""
    article_id = c.published_fault()
    report_id = c.report_it(article_id, contact="13800000000")
    case_id = c.take_up(house, report_id)
    assert c.at(case_id) == ["confirm"]
    assert "布署" in c.data_at(case_id)["reported_text"]
    c.confirm(house, case_id, article_id)
    assert c.at(case_id) == ["fix"]
    [item] = c.opened(case_id)
    assert item.assignee_name == "姜若谷"
    data = c.data_at(case_id)
    assert (data["cause"], data["severity"], data["trace_found"]["version"]) == ("words", "ordinary", 2)
    assert [one["name"] for one in data["trace_found"]["people"]] == PASSERS
    assert "打开 8 分 12 秒" in data["trace_text"]
    assert article_of(article_id).published_id is not None
    c.correct(house, case_id, article_id)
    assert c.at(case_id) == ["已更正"]
    assert acts_online(article_id) == [("publish", ""), ("update", "“布署”改为“部署”。")]
    article = article_of(article_id)
    assert (article.state, article.published_id) == ("published", article.version_id)
    assert sealed(db.session(), f"article:{article_id}", c.seen(article_id))
    [fault] = faults()
    assert (fault.cause, fault.severity, fault.words, fault.report_id) == ("words", "ordinary", "布署", report_id)
    assert [one["name"] for one in fault.passers] == PASSERS
    assert ("publisher", "“%(title)s”的报告人留了联系方式，请把结果告诉他。") in told()
    assert verify(db.session(), f"case:{case_id}").clean


def test_a_serious_fault_is_taken_down_first_and_responsibility_is_decided_by_others(house: Flask) -> None:
    """Down at once; everybody with a hand in it makes a statement; the decision is none of theirs."""
    article_id = c.published_fault()
    case_id = c.take_up(house, c.report_it(article_id, by="dept"))
    c.confirm(house, case_id, article_id, kind="political")
    assert [one[0] for one in acts_online(article_id)] == ["publish", "take_down"]
    assert article_of(article_id).published_id is None
    [item] = c.opened(case_id)
    assert (item.node, c.data_at(case_id)["fix_limit"]) == ("fix", "30 分钟")
    c.correct(house, case_id, article_id)
    assert c.at(case_id) == ["statement"] * 5
    assert [one.assignee_name for one in c.opened(case_id)] == PASSERS
    for by in ("editor", "reviewer1", "reviewer2", "secrecy", "reviewer3"):
        c.do(house, case_id, by, "submit", statement=f"{by} 的说明")
    assert c.at(case_id) == ["decide_responsibility"]
    decider, liable = c.opened(case_id)[0], c.data_at(case_id)["responsible"][0]
    assert decider.status == "open"
    c.do(house, case_id, "supervisor", "decide", liable=[liable], measure="remind", decision_text="提醒并补课。")
    assert c.at(case_id) == ["已更正并定责"]
    [fault] = faults()
    assert (fault.severity, fault.by, fault.decision) == ("serious", "周予安", "提醒；姜若谷；提醒并补课。")
    assert fault.passers[0]["statement"] == "editor 的说明"
    assert [one["is_liable"] for one in fault.passers] == [True, False, False, False, False]
    said = told()
    assert ("dept", "您报告的“%(title)s”已经更正，谢谢。") in said
    assert {name for name, words in said if "内部通报" in words or "本单位通报" in words} >= {"editor", "reviewer3"}
    assert acts_online(article_id)[-1][0] == "update"


def test_nobody_responsible_decides_about_responsibility(house: Flask) -> None:
    """One who passed it is a supervisor too: only the others are asked."""
    article_id = c.published_fault()
    with transaction() as session:
        person = session.scalars(select(User).where(User.user_name == "reviewer3")).one()
        people.grant_role(
            session, people.by_setup(), person.id, role="supervisor", unit_id=None, now=clock.now(session)
        )
    case_id = c.take_up(house, c.report_it(article_id))
    c.confirm(house, case_id, article_id, kind="leader")
    c.correct(house, case_id, article_id)
    for by in ("editor", "reviewer1", "reviewer2", "secrecy", "reviewer3"):
        c.do(house, case_id, by, "submit", statement="说明")
    [item] = c.opened(case_id)
    asked = set(
        db.session.scalars(
            select(User.user_name).join(Candidate, Candidate.user_id == User.id).where(Candidate.item_id == item.id)
        )
    )
    assert asked == {"supervisor", "director"}


def test_what_a_table_will_find_is_told_only_from_what_is_known(house: Flask) -> None:
    """What is not answered yet is not taken for empty; inside a call, what nobody hands over is empty for certain."""
    library, session = runtime_of(house).library, db.session()
    version_id = library.running(session, "article_correction").version_id
    definition = library.bundle(session, version_id, library.pins(session, version_id)).definition
    table, call = definition.nodes["severity"], definition.nodes["short_review"]
    assert foretell(definition, table, {"fault_kind": "political"}) is None
    known = {"fault_kind": "political", "severity_wish": "rule"}
    assert foretell(definition, table, known) == {"severity": "serious", "fix_limit": "30 分钟"}
    inside = foretell(definition, call, {"subject": "article:1", "leader": True})
    assert inside == {
        "subject": "article:1",
        "review_kind": "correction",
        "reprint": None,
        "leader": None,
        "sensitive": None,
    }
    depth = foretell(
        definition, definition.nodes["multi_level_review:review_depth"], {**(inside or {}), "urgent": False}
    )
    assert depth is not None
    assert depth["levels"] == "review_1,review_3"


def test_a_report_of_nothing_wrong_changes_nothing(house: Flask) -> None:
    """The page, the article and its versions are as before; who reported is told why."""
    article_id = c.published_fault()
    report_id = c.report_it(article_id, by="dept")
    before = article_of(article_id)
    kept = (before.state, before.published_id, before.version_id, before.case_id, before.row_version)
    case_id = c.take_up(house, report_id)
    answers = {"seen": c.seen(article_id), "severity_wish": "rule", "confirm_note": "原文如此。"}
    c.do(house, case_id, "publisher", "no_error", **answers)
    assert c.at(case_id) == ["没有错"]
    after = article_of(article_id)
    assert (after.state, after.published_id, after.version_id, after.case_id, after.row_version) == kept
    assert [one[0] for one in acts_online(article_id)] == ["publish"]
    assert faults() == []
    assert told()[-1][0] == "dept"
    assert "经核实没有错" in told()[-1][1]


def test_a_layout_fault_leads_to_the_templates_and_the_text_stays(house: Flask) -> None:
    """No new version, no review: the style is mended, the page is written and compared."""
    article_id = c.published_fault()
    with transaction() as session:
        now = clock.now(session)
        set_style(session, viewer(session, "office"), site_named(session).id, "h1 { color: #fff }", "标题改白", now)
    case_id = c.take_up(house, c.report_it(article_id, words="标题看不见"))
    c.confirm(house, case_id, article_id, kind="layout", words="标题看不见")
    assert c.at(case_id) == ["fix_layout"]
    found = c.data_at(case_id)["trace_found"]
    assert (found["cause"], found["template"], [one["name"] for one in found["people"]]) == ("layout", 2, ["沈明溪"])
    with transaction() as session:
        now = clock.now(session)
        set_style(session, viewer(session, "office"), site_named(session).id, "h1 { color: #333 }", "改回深色", now)
    c.do(house, case_id, "office", "mended", layout_note="标题改回深色。")
    c.let_it_run(house)
    assert c.at(case_id) == ["已更正"]
    [fault] = faults()
    assert (fault.cause, fault.version_id, fault.template_id is not None) == ("layout", None, True)
    assert article_of(article_id).state == "published"


def test_what_was_not_mended_does_not_go_to_review(app: Flask) -> None:
    """The same text, and a text with a blocking finding, come back with a sentence; nothing is lost."""
    c.publish_correction()
    article_id = c.published_fault()
    case_id = c.take_up(app, c.report_it(article_id))
    c.confirm(app, case_id, article_id)
    c.do(app, case_id, "editor", "submit", seen=c.seen(article_id), correction_note="改了。")
    assert c.at(case_id) == ["fix"]
    assert "还和网上的一样" in c.data_at(case_id)["fix_note"]
    c.type_in(article_id, "<p>身份证号 11010519491231002X 的申请人。</p>")
    with pytest.raises(Conflict, match="更正办件"), transaction() as session:
        hand_in(session, runtime_of(app), viewer(session, "editor"), article_id, "k", clock.now(session))
    subject, who = find(db.session(), f"article:{article_id}", {}), viewer(db.session(), "editor")
    assert editing_of(db.session(), who, subject) == f"/articles/{article_id}/edit"
    c.do(app, case_id, "editor", "submit", seen=c.seen(article_id), correction_note="改了。")
    assert c.at(case_id) == ["fix"]
    assert "自动检查有" in c.data_at(case_id)["fix_note"]


def test_a_correction_that_review_rejects_leaves_the_page_down(app: Flask) -> None:
    """An ordinary fault whose correction is rejected: the faulty page goes too."""
    c.publish_correction()
    article_id = c.published_fault()
    case_id = c.take_up(app, c.report_it(article_id))
    c.confirm(app, case_id, article_id)
    c.type_in(article_id, c.GOOD)
    c.do(app, case_id, "editor", "submit", seen=c.seen(article_id), correction_note="改了错字。")
    c.review(app, case_id, article_id, "review_1", "reject")
    assert c.at(case_id) == ["已更正"]
    article = article_of(article_id)
    assert (article.state, article.published_id) == ("down", None)


def test_a_returned_correction_is_mended_again(app: Flask) -> None:
    """Review returns it with a reason; another text is passed by both levels and goes online."""
    c.publish_correction()
    article_id = c.published_fault()
    case_id = c.take_up(app, c.report_it(article_id))
    c.confirm(app, case_id, article_id)
    c.type_in(article_id, c.GOOD.replace("12 月", "11 月"))
    c.do(app, case_id, "editor", "submit", seen=c.seen(article_id), correction_note="改了错字。")
    c.review(app, case_id, article_id, "review_1")
    c.review(app, case_id, article_id, "review_3", "return")
    assert (c.at(case_id), c.data_at(case_id)["review_note"]) == (["fix"], "请改。")
    c.correct(app, case_id, article_id)
    assert c.at(case_id) == ["已更正"]


def test_on_an_outside_platform_people_take_down_and_replace(app: Flask) -> None:
    """What the product cannot reach is asked of the publisher; without a route the page is checked by hand."""
    c.publish_correction()
    c.publish_outside()
    article_id = c.published_fault()
    case_id = c.take_up(app, c.report_it(article_id))
    c.confirm(app, case_id, article_id, severity_wish="serious", severity_reason="已被转发")
    assert c.at(case_id) == ["remove_outside"]
    c.do(app, case_id, "publisher", "removed", removed_note="已撤下。")
    c.type_in(article_id, c.GOOD)
    c.do(app, case_id, "editor", "submit", seen=c.seen(article_id), correction_note="改了错字。")
    c.review(app, case_id, article_id, "review_1")
    c.review(app, case_id, article_id, "review_3")
    assert c.at(case_id) == ["publish_outside"]
    c.do(app, case_id, "publisher", "replaced", outside_url="https://platform.example/a/12")
    c.let_it_run(app)
    assert c.at(case_id) == ["check_page"]
    assert "无网络通路" in c.data_at(case_id)["compare_note"]
    c.do(app, case_id, "publisher", "right", page_note="看过，已经改好。")
    assert c.at(case_id) == ["statement"] * 5
    assert article_of(article_id).outside_url == "https://platform.example/a/12"


def test_the_case_says_what_it_is_about(app: Flask) -> None:
    """Title, number and the report's own state."""
    c.publish_correction()
    report_id = c.report_it(c.published_fault())
    case_id = c.take_up(app, report_id)
    case = db.session.get_one(Case, case_id)
    assert case.title == "更正：公租房配租结果公示"
    assert case.number.startswith("GZ")
    assert db.session.get_one(ErrorReport, report_id).case_id == case_id

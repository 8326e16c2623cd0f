"""An article from its first hand-in to the reading after publication, through the real operations."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, runtime_of
from app.content.models import Article, ArticleLink, ErrorReport, PageCheck, Publication
from app.content.operations import publishing
from app.content.queries.trace import trace
from app.content.rules import DOWN, PASSED, PUBLISHED, REJECTED, RETURNED, REVIEW
from app.db import db, transaction
from app.errors import Conflict, Refused
from app.ledger import Actor, verify
from app.ledger.models import Record
from app.outbox.models import Notice
from app.people.models import User
from app.review.models import ReviewAct
from app.review.queries import passers, sealed, standing
from app.work.models import Incident, Transcription, WorkItem
from app.work.operations import answer_transcription
from tests.conftest import START
from tests.factories.articled import LEVELS, OTHER, TEXT, Newsroom
from tests.factories.content import site_named
from tests.factories.dictated import record
from tests.factories.published import add_article, set_mode
from tests.factories.reviewing import CHECKS
from tests.factories.small import viewer


@pytest.fixture
def news(either_app: Flask) -> Newsroom:
    """A newsroom on each database."""
    made = Newsroom(either_app)
    made.open()
    return made


@pytest.fixture
def lite(app: Flask) -> Newsroom:
    """A newsroom on SQLite."""
    made = Newsroom(app)
    made.open()
    return made


def page(news: Newsroom, article_id: int) -> str:
    path = news.article(article_id).path
    answer = news.app.test_client().get(f"/preview/3300000001/{path}")
    assert answer.status_code == 200, path
    return str(answer.get_data(as_text=True))


def publications(article_id: int) -> list[Publication]:
    query = select(Publication).where(Publication.article_id == article_id).order_by(Publication.id)
    return list(db.session.scalars(query))


def publish(news: Newsroom, article_id: int) -> None:
    """Let the publisher publish, and everything owed be done."""
    news.do(article_id, "publish", "publisher", "now")
    news.run()


def test_from_the_hand_in_to_the_reading_after_publication(news: Newsroom) -> None:
    """A return, an edit after the second pass, four passes, publication, comparison, reading."""
    article_id = news.begin()
    assert (news.at(article_id), news.article(article_id).state) == (["review_1"], REVIEW)
    assert news.case(article_id).number.startswith("XX-")
    assert news.case(article_id).title == "公租房配租结果公示"
    assert news.case(article_id).summary == ["住建局门户", "工作动态", "工作动态"]

    news.decide(article_id, "return", opinion="第二段缺日期。")
    assert (news.at(article_id), news.article(article_id).state) == (["revise"], RETURNED)
    news.edit(article_id, summary="共 412 户选到住房。")
    news.hand_in(article_id, note="日期已补。")
    assert news.version(article_id).number == 2

    news.pass_all(article_id, "review_1", "review_2")
    news.edit(article_id, body=OTHER)
    receipt = news.hand_in(article_id)
    assert receipt.code
    assert news.at(article_id) == ["review_1"]
    assert news.acts(article_id)[-2:] == [("void", "review_1"), ("void", "review_2")]

    news.pass_all(article_id)
    version = news.version(article_id)
    assert (news.at(article_id), news.article(article_id).state) == (["publish"], PASSED)
    assert sealed(db.session(), f"article:{article_id}", version.digest)

    publish(news, article_id)
    published = news.article(article_id)
    assert (published.state, published.published_id) == (PUBLISHED, version.id)
    (row,) = publications(article_id)
    assert (row.digest, row.by, row.case_id) == (version.digest, "蓝采薇", published.case_id)
    assert "421 户" in page(news, article_id)

    news.run(minutes=16)
    (found,) = db.session.scalars(select(PageCheck).where(PageCheck.publication_id == row.id))
    assert found.outcome == "same"
    assert news.at(article_id) == ["post_read"]
    who = news.items(published.case_id or 0)["post_read"].assignee_name
    involved = {one.name for one in passers(db.session(), f"article:{article_id}")} | {"姜若谷"}
    assert who
    assert who not in involved
    news.do(article_id, "post_read", "editor2", "fine")
    assert news.at(article_id) == ["(已发布)"]
    assert verify(db.session(), f"case:{published.case_id}").clean
    assert db.session.scalars(select(Incident)).all() == []


def test_an_edit_while_it_waits_for_publication_leads_back_to_the_first_level(news: Newsroom) -> None:
    """What was passed and is changed before it goes out is reviewed again; the old version can no longer go out."""
    article_id = news.begin()
    news.pass_all(article_id)
    old = news.version(article_id)
    news.edit(article_id, body=OTHER)
    news.hand_in(article_id)
    assert (news.at(article_id), news.article(article_id).state) == (["review_1"], REVIEW)
    assert not sealed(db.session(), f"article:{article_id}", old.digest)
    news.pass_all(article_id)
    publish(news, article_id)
    assert [one.digest for one in publications(article_id)] == [news.version(article_id).digest]


def test_an_edit_between_the_decision_and_the_writing_is_not_published(news: Newsroom) -> None:
    """The publisher has decided, the page is not written yet, the author changes the text: it is reviewed again."""
    article_id = news.begin()
    news.pass_all(article_id)
    news.do(article_id, "publish", "publisher", "now")
    news.edit(article_id, body=OTHER)
    news.hand_in(article_id)
    news.run()
    assert publications(article_id) == []
    assert (news.at(article_id), news.article(article_id).state) == (["review_1"], REVIEW)
    news.pass_all(article_id)
    publish(news, article_id)
    assert len(publications(article_id)) == 1


def test_a_wished_time_is_kept_without_anybody(news: Newsroom) -> None:
    """An article with a wished time goes out then by itself; nobody is asked."""
    article_id = news.begin(publish_at="2026-11-17T18:00")
    news.pass_all(article_id)
    assert news.at(article_id) == []
    news.run(minutes=60)
    assert publications(article_id) == []
    news.run(minutes=60 * 8)
    (row,) = publications(article_id)
    assert row.by == "程序"


def test_a_publisher_sets_a_time(lite: Newsroom) -> None:
    """A set time is waited for; the publisher who set it is named."""
    article_id = lite.begin()
    lite.pass_all(article_id)
    lite.do(article_id, "publish", "publisher", "schedule", wished_at="2026-11-17T18:00:00+08:00")
    lite.run()
    assert publications(article_id) == []
    lite.run(minutes=60 * 9)
    assert [one.by for one in publications(article_id)] == ["蓝采薇"]


def test_a_rejected_article_is_kept_and_not_published(lite: Newsroom) -> None:
    """A rejection ends the case; the article stays as it was."""
    article_id = lite.begin()
    lite.decide(article_id, "reject", opinion="不宜公开。")
    assert lite.at(article_id) == ["(不予发布)"]
    assert lite.article(article_id).state == REJECTED


def test_a_page_that_cannot_be_reached_is_checked_by_a_person(lite: Newsroom) -> None:
    """Without a route nothing is said to be the same until a person has looked; the site is never alarmed about."""
    with lite.app.app_context():
        set_mode(site_named(db.session()).id, route="none")
    article_id = lite.begin()
    lite.pass_all(article_id)
    publish(lite, article_id)
    lite.run(minutes=16)
    assert lite.at(article_id) == ["check_by_hand"]
    lite.do(article_id, "check_by_hand", "publisher", "different", seen_note="正文少一段")
    assert lite.at(article_id) == ["mismatch"]
    lite.do(article_id, "mismatch", "publisher", "rewrite")
    lite.run(minutes=16)
    assert lite.at(article_id) == ["check_by_hand"]
    lite.do(article_id, "check_by_hand", "publisher", "same", seen_note="逐段核对一致")
    assert lite.at(article_id) == ["post_read"]
    outcomes = list(db.session.scalars(select(PageCheck.outcome).order_by(PageCheck.id)))
    assert outcomes == ["no_route", "different", "no_route", "same"]
    assert db.session.scalars(select(PageCheck.by).order_by(PageCheck.id.desc())).first() == "蓝采薇"


def test_an_explained_difference_goes_on_to_the_reading(lite: Newsroom) -> None:
    """A page changed by somebody else shows up as different; an explanation leads on."""
    article_id = lite.begin()
    lite.pass_all(article_id)
    publish(lite, article_id)
    (row,) = publications(article_id)
    with transaction() as session:
        folder = lite.app.extensions["guanjia.settings"].data / "sites"
        (written,) = folder.glob(f"*/{session.get_one(Article, article_id).path}")
        written.write_bytes(written.read_bytes().replace(b"421", b"0").replace(b"412", b"0"))
    lite.run(minutes=16)
    assert lite.at(article_id) == ["mismatch"]
    lite.do(article_id, "mismatch", "publisher", "explain", mismatch_note="平台加了页眉")
    assert lite.at(article_id) == ["post_read"]
    assert row.id


def test_a_policy_waits_for_its_published_interpretation(news: Newsroom) -> None:
    """A policy document opens a task beside the comparison; only a published article can be named."""
    article_id = news.begin(column="policy", document_number="建房〔2026〕12号")
    news.pass_all(article_id)
    publish(news, article_id)
    assert news.at(article_id) == ["interpretation"]
    explains = add_article(news.article(article_id).column_id, "办法解读", kind="interpretation")
    item = news.items(news.case(article_id).id)["interpretation"]
    assert item.due_at is not None
    with transaction() as session:
        other = session.get_one(Article, explains)
        other.published_id, other.published_at, other.state = other.version_id, item.opened_at, PUBLISHED
        other.path = "policy/a.html"
    news.do(article_id, "interpretation", "editor", "linked", interpreting_article=explains)
    assert db.session.get(ArticleLink, (article_id, explains)) is not None
    news.run(minutes=16)
    assert news.at(article_id) == ["post_read"]


def test_a_fault_read_after_publication_is_reported(news: Newsroom) -> None:
    """What the second pair of eyes finds becomes a report of staff; without a process of correction it waits."""
    article_id = news.begin()
    news.pass_all(article_id)
    publish(news, article_id)
    news.run(minutes=16)
    news.do(
        article_id,
        "post_read",
        "editor2",
        "fault",
        fault_words="412 户",
        fault_where="第一段",
        fault_severity="serious",
    )
    assert news.at(article_id) == ["(已报更正)"]
    row = db.session.scalars(select(ErrorReport)).one()
    assert (row.source, row.article_id, row.words, row.state) == ("staff", article_id, "412 户", "new")
    assert row.reporter == "安如初"


def test_a_published_article_that_is_changed_is_reviewed_in_a_case_of_its_own(news: Newsroom) -> None:
    """The page stays as it is until the change has passed; then it is updated, with the note for readers."""
    article_id = news.begin()
    news.pass_all(article_id)
    publish(news, article_id)
    first = news.case(article_id).id
    news.edit(article_id, body=OTHER)
    news.hand_in(article_id)
    assert news.case(article_id).id != first
    assert news.at(article_id) == ["review_1"]
    assert "412 户" in page(news, article_id)
    # whoever passed another level before passes none of the others now
    news.pass_all(article_id)
    news.do(article_id, "publish", "publisher", "now", update_note="更正户数")
    news.run()
    assert [one.act for one in publications(article_id)] == ["publish", "update"]
    assert "更正户数" in page(news, article_id)
    assert news.article(article_id).state == PUBLISHED != DOWN


def test_an_approval_of_a_version_that_was_replaced_does_not_count(news: Newsroom) -> None:
    """A pass that saw another version is kept as refused; the level comes again, nothing is lost."""
    article_id = news.begin()
    seen = news.version(article_id).digest
    news.edit(article_id, body=OTHER)
    news.hand_in(article_id)
    news.decide(article_id, "pass", seen=seen)
    assert news.at(article_id) == ["review_1"]
    assert news.acts(article_id)[-1] == ("refused", "review_1")


def test_levels_are_held_by_the_people_of_the_columns_unit(lite: Newsroom) -> None:
    """The first two levels and secrecy sit in the unit of the column, the last in the office."""
    article_id = lite.begin()
    lite.pass_all(article_id)
    query = select(WorkItem.unit_name).where(WorkItem.case_id == lite.case(article_id).id, WorkItem.status == "done")
    units = list(db.session.scalars(query.order_by(WorkItem.id)))
    assert units[-len(LEVELS) :] == ["市住建局", "市住建局", "市住建局", "网站管理办公室"]


def test_what_is_not_for_everybody_is_not_passed_and_not_published(news: Newsroom) -> None:
    """A secrecy pass that says 依申请公开 is refused and the level comes again; with 主动公开 it goes on."""
    article_id = news.begin()
    news.pass_all(article_id, "review_1", "review_2")
    news.decide(article_id, "pass", openness="on_request", openness_reason="涉及企业投标")
    assert (news.at(article_id), news.acts(article_id)[-1]) == (["secrecy"], ("refused", "secrecy"))
    news.pass_all(article_id, "secrecy", "review_3")
    assert news.at(article_id) == ["publish"]


def test_a_pass_from_before_that_rule_goes_back_to_the_secrecy_review(news: Newsroom) -> None:
    """Passed as not for everybody by an earlier release: publishing refuses it, the case returns to the level."""
    article_id = news.begin()
    news.pass_all(article_id)
    version = news.version(article_id)
    with transaction() as session:
        _say_closed(session, article_id)
    with pytest.raises(Refused, match="不是主动公开"), transaction() as session:
        publishing.publish(session, article_id, version.id, Actor("worker", "程序"), None, START)
    publish(news, article_id)
    assert publications(article_id) == []
    assert news.at(article_id) == ["secrecy"]
    news.pass_all(article_id, "secrecy")
    assert news.at(article_id) == ["publish"]
    publish(news, article_id)
    assert len(publications(article_id)) == 1


def _say_closed(session: Session, article_id: int) -> None:
    """Write the passes again as an earlier release left them: the one of secrecy said 不予公开."""
    rows = select(ReviewAct).where(ReviewAct.subject == f"article:{article_id}").order_by(ReviewAct.id)
    old = next(one for one in session.scalars(rows) if (one.act, one.level) == ("pass", "secrecy"))
    seal = session.scalars(rows.where(ReviewAct.act == "seal")).one()
    for one in (old, seal):
        facts = {name: getattr(one, name) for name in [*ReviewAct.__table__.columns.keys()] if name != "id"}
        if one is old:
            facts |= {"answers": {**one.answers, "openness": "closed"}, "item_id": None}
        session.add(ReviewAct(**facts))
        session.flush()


def test_a_change_of_a_published_article_leaves_the_passes_of_what_readers_see(news: Newsroom) -> None:
    """Who passed the published version stands in the record as it was, while the next one is reviewed and after."""
    article_id = news.begin()
    news.pass_all(article_id)
    first = news.version(article_id).digest
    publish(news, article_id)
    news.edit(article_id, body=OTHER)
    news.hand_in(article_id)
    news.decide(article_id, "pass")
    news.decide(article_id, "return_level", back_to_level="review_1")
    db.session.rollback()
    assert [one.is_void for one in passers(db.session(), f"article:{article_id}", first)] == [False] * 4
    news.pass_all(article_id)
    publish(news, article_id)
    news.edit(article_id, body=TEXT.replace("412", "414"))
    news.hand_in(article_id)
    db.session.rollback()
    for step in trace(db.session(), viewer(db.session(), "publisher"), article_id, "412 户").line[:2]:
        assert [one.is_void for one in step.passers if one.level == "review_3"] == [False]


def test_an_article_taken_down_before_the_comparison_is_taken_down_not_different(lite: Newsroom) -> None:
    """After a quarter of an hour the check says 已撤下, and nobody is asked to look at a page that is gone."""
    article_id = lite.begin()
    lite.pass_all(article_id)
    publish(lite, article_id)
    with transaction() as session:
        publishing.take_down(session, viewer(session, "publisher"), article_id, "数字有误", clock.now(session))
    lite.run(minutes=16)
    (found,) = db.session.scalars(select(PageCheck))
    assert found.outcome == "taken_down"
    assert "撤下" in found.note
    assert lite.at(article_id) == ["(已撤下)"]


def test_an_address_noted_by_hand_completes_the_step_that_waits_for_it(news: Newsroom) -> None:
    """One act: the article is out, its step is done by whoever noted the address, and the case goes on."""
    article_id = news.write()
    set_mode(news.article(article_id).site_id, "outside", route="none")
    news.hand_in(article_id)
    news.pass_all(article_id)
    note_outside(news, article_id, "https://platform.example.cn/1")
    assert news.at(article_id) == []
    news.run()
    (row,) = publications(article_id)
    assert (row.url, row.by) == ("https://platform.example.cn/1", "蓝采薇")
    step = db.session.scalars(select(WorkItem).where(WorkItem.node == "publish")).one()
    assert (step.status, step.done_by_name) == ("done", "蓝采薇")
    news.run(minutes=16)
    assert news.at(article_id) == ["check_by_hand"]
    note_outside(news, article_id, "https://platform.example.cn/1")
    assert len(publications(article_id)) == 1


def note_outside(news: Newsroom, article_id: int, url: str) -> None:
    with transaction() as session:
        who, now = viewer(session, "publisher"), clock.now(session)
        publishing.publish_outside(session, runtime_of(news.app), who, article_id, url, None, now)


@pytest.mark.parametrize("state", ["published", "taken down"])
def test_nothing_changed_nothing_to_hand_in(lite: Newsroom, state: str) -> None:
    """What readers see, or saw, is not reviewed again as it is; the sentence says so."""
    article_id = lite.begin()
    lite.pass_all(article_id)
    publish(lite, article_id)
    if state == "taken down":
        with transaction() as session:
            publishing.take_down(session, viewer(session, "publisher"), article_id, "数字有误", clock.now(session))
    with pytest.raises(Conflict, match="一样"):
        lite.hand_in(article_id)
    lite.edit(article_id, body=OTHER)
    lite.hand_in(article_id)
    assert lite.at(article_id) == ["review_1"]


def deny(news: Newsroom, article_id: int) -> None:
    """Let the director say that the pass recorded in their name is not theirs."""
    with transaction() as session:
        row = session.scalars(select(Transcription).order_by(Transcription.id.desc())).first()
        assert row is not None
        who, now = viewer(session, "reviewer3"), clock.now(session)
        answer_transcription(session, runtime_of(news.app), who, row.id, "objected", "我没有同意。", now)


def dictate(news: Newsroom, article_id: int) -> None:
    """Let a clerk record the last pass as the director's."""
    item = news.items(news.case(article_id).id)["review_3"]
    answers = {**CHECKS["review_3"], "seen": news.version(article_id).digest, "decision": "pass"}
    record(runtime_of(news.app), item.id, leader="reviewer3", **answers)


def test_a_denied_pass_breaks_the_seal_before_publication(news: Newsroom) -> None:
    """The recorded last pass was never given: it is void, nothing goes out, the level comes again."""
    article_id = news.begin()
    news.pass_all(article_id, "review_1", "review_2", "secrecy")
    dictate(news, article_id)
    assert news.at(article_id) == ["publish"]
    deny(news, article_id)
    assert (news.at(article_id), news.article(article_id).state) == (["review_3"], REVIEW)
    assert news.acts(article_id)[-2:] == [("void", "review_3"), ("open", "")]
    assert not sealed(db.session(), f"article:{article_id}", news.version(article_id).digest)
    with news.app.test_request_context():
        stamps = standing(db.session(), f"article:{article_id}", news.version(article_id).digest).stamps
    assert [one.why for one in stamps if one.state == "void"] == ["祁云阶否认代录后作废"]
    news.pass_all(article_id, "review_3")
    publish(news, article_id)
    assert len(publications(article_id)) == 1
    assert verify(db.session(), f"case:{news.case(article_id).id}").clean


def test_a_pass_denied_after_the_decision_to_publish_stops_the_writing(news: Newsroom) -> None:
    """The publisher has decided, nothing is written yet: it goes back to the level, readers see nothing."""
    article_id = news.begin()
    news.pass_all(article_id, "review_1", "review_2", "secrecy")
    dictate(news, article_id)
    news.do(article_id, "publish", "publisher", "now")
    deny(news, article_id)
    news.run()
    assert publications(article_id) == []
    assert news.at(article_id) == ["review_3"]


def test_a_pass_denied_after_publication_is_told_and_shown(news: Newsroom) -> None:
    """The page stays until a person decides; publisher and office are told, the record holds it, the pass is void."""
    article_id = news.begin()
    news.pass_all(article_id, "review_1", "review_2", "secrecy")
    dictate(news, article_id)
    publish(news, article_id)
    deny(news, article_id)
    db.session.rollback()
    assert news.article(article_id).state == PUBLISHED
    for user_name in ("publisher", "office", "supervisor"):
        told = db.session.scalars(
            select(Notice).join(User, User.id == Notice.user_id).where(User.user_name == user_name)
        )
        assert any("已经发布" in one.message for one in told), user_name
    kinds = db.session.scalars(select(Record.kind).where(Record.case_id == news.case(article_id).id)).all()
    assert "review:passes:denied" in kinds
    passes = passers(db.session(), f"article:{article_id}")
    assert [(one.level, one.is_void) for one in passes][-1] == ("review_3", True)


def test_an_interpretation_that_is_not_out_stops_its_step_in_words(lite: Newsroom) -> None:
    """What was submitted stands; the step is an incident that says what to do, and goes on once that is done."""
    article_id = lite.begin(kind="policy", column="policy", document_number="建房〔2026〕12号")
    lite.pass_all(article_id)
    publish(lite, article_id)
    other = lite.write(kind="interpretation", column="interpretation")
    lite.do(article_id, "interpretation", "editor", "linked", interpreting_article=other)
    done = db.session.scalars(select(WorkItem).where(WorkItem.node == "interpretation")).one()
    assert (done.status, (done.answers or {})["interpreting_article"]) == ("done", other)
    (row,) = db.session.scalars(select(Incident))
    assert row.reason == "这篇解读还没有发布，发布以后再关联。"

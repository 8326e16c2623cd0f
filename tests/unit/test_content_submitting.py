"""Handing an article in: who may, what stops it, what becomes of a review that runs, nothing lost for anybody."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.content.models import Article, ArticleVersion
from app.content.operations import submitting
from app.content.operations.findings import check, waive
from app.content.queries import articles as queries
from app.content.rules import DRAFT, RETURNED, REVIEW
from app.db import db, transaction
from app.errors import Conflict, Invalid, NotFound
from app.ledger.models import Record
from app.people.models import User
from app.review.subjects import find, provider_of
from app.work.models import Case, WorkItem
from tests.conftest import START
from tests.factories.articled import OTHER, Newsroom
from tests.factories.small import viewer

SECRET = "<p>本件为机密★，联系人身份证号 11010519491231002X。</p>"


@pytest.fixture
def news(app: Flask) -> Newsroom:
    """A newsroom."""
    made = Newsroom(app)
    made.open()
    return made


def count(model: type, *where: object) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0  # type: ignore[arg-type]


def test_the_same_key_is_one_hand_in(news: Newsroom) -> None:
    """A submit that arrives twice gives one case, one version, one receipt."""
    article_id = news.write()
    first = news.hand_in(article_id, key="once")
    again = news.hand_in(article_id, key="once")
    assert (again.code, again.item_id, again.repeated) == (first.code, first.item_id, True)
    assert (count(Case), count(ArticleVersion)) == (1, 1)


def test_what_blocks_is_listed_and_nothing_is_changed(news: Newsroom) -> None:
    """Blocking findings come as sentences by themselves; no version, no case, the draft stays."""
    article_id = news.write(body=SECRET)
    with pytest.raises(Invalid) as refused:
        news.hand_in(article_id)
    assert refused.value.fields
    assert all("%(" not in sentence for sentence in refused.value.fields.values())
    assert (count(Case), count(ArticleVersion), news.article(article_id).state) == (0, 0, DRAFT)
    assert queries.draft(db.session(), article_id).fields["body"] == SECRET


def test_a_waived_finding_stops_nothing(news: Newsroom) -> None:
    """A reason given for every finding lets the article go to review."""
    article_id = news.write(body=SECRET)
    with transaction() as session:
        who, article = viewer(session, "editor"), session.get_one(Article, article_id)
        fields = {**queries.draft(session, article_id).fields, "meta": {}}
        for one, _reason in check(session, article, fields):
            waive(session, who, article_id, one.rule, one.text, "原件如此，已核对", START)
    news.hand_in(article_id)
    assert news.article(article_id).state == REVIEW


def test_a_stranger_cannot_hand_in(news: Newsroom) -> None:
    """An editor of another department finds no such article; one of a vendor neither."""
    article_id = news.write()
    for other in ("health_editor", "vendor_b_editor"):
        with pytest.raises(NotFound):
            news.hand_in(article_id, by=other)


def test_a_page_that_shows_an_older_draft_is_refused(news: Newsroom) -> None:
    """A second editor saved in between: the first one's hand-in says so, and the saved text is still there."""
    article_id = news.write()
    seen = queries.draft(db.session(), article_id).row_version
    db.session.rollback()
    news.edit(article_id, by="editor2", summary="另一人改的摘要")
    with pytest.raises(Conflict) as refused:
        news.hand_in(article_id, row_version=seen)
    assert refused.value.values["who"] == "安如初"
    assert queries.draft(db.session(), article_id).fields["summary"] == "另一人改的摘要"
    assert count(Case) == 0


def test_a_hand_in_without_a_change_while_it_is_reviewed_says_so(news: Newsroom) -> None:
    """The version is under review already, handed in by somebody else; the review goes on as it was."""
    article_id = news.begin()
    with pytest.raises(Conflict) as refused:
        news.hand_in(article_id, by="editor2")
    assert refused.value.values == {"number": 1, "who": "姜若谷"}
    assert news.at(article_id) == ["review_1"]


def test_a_changed_text_handed_in_twice_has_one_receipt(news: Newsroom) -> None:
    """A version handed in while the review runs leaves a record; the same submit again gives its code."""
    article_id = news.begin()
    news.decide(article_id, "pass")
    news.edit(article_id, body=OTHER)
    first = news.hand_in(article_id)
    again = news.hand_in(article_id)
    assert (first.code, first.repeated) == (again.code, False)
    assert again.repeated
    assert db.session.scalar(select(Record.kind).where(Record.code == first.code)) == submitting.HANDED_IN
    assert news.at(article_id) == ["review_1"]


def test_a_colleague_hands_in_what_was_returned(news: Newsroom) -> None:
    """Whoever may write in the article completes its step; the record says that it was taken over."""
    article_id = news.begin()
    news.decide(article_id, "return")
    assert news.article(article_id).state == RETURNED
    news.edit(article_id, by="editor2", body=OTHER)
    news.hand_in(article_id, by="editor2")
    assert news.at(article_id) == ["review_1"]
    item = db.session.scalars(select(WorkItem).where(WorkItem.node == "revise")).one()
    assert (item.done_by_name, item.answers and item.answers["revise_note"]) == ("安如初", submitting.REVISED)
    assert count(Record, Record.kind == "work:item:transferred", Record.item_id == item.id) == 1


def test_an_article_is_a_subject_of_review(news: Newsroom) -> None:
    """The version handed in last, everybody who wrote one, the unit of the column, the text by its hash."""
    article_id = news.begin(kind="policy", column="policy", document_number="建房〔2026〕12号", leader=True)
    first = news.version(article_id)
    news.edit(article_id, by="editor2", body=OTHER)
    news.hand_in(article_id, by="editor2")
    ref = f"article:{article_id}"
    subject = find(db.session(), ref, {})
    names = set(db.session.scalars(select(User.user_name).where(User.id.in_(subject.authors))))
    assert (subject.version, names, subject.url) == (2, {"editor", "editor2"}, f"/articles/{article_id}")
    content = provider_of(ref).content(db.session(), ref, first.digest, {})
    assert content is not None
    assert (content.html, content.title) == (first.body, first.title)
    assert dict(content.facts)["发文字号"] == "建房〔2026〕12号"
    assert dict(content.facts)["领导活动"] == "是"
    assert provider_of(ref).content(db.session(), ref, "0" * 64, {}) is None
    assert provider_of(ref).find(db.session(), "article:999", {}) is None

"""Random editing, handing in, deciding and publishing: no page without a complete chain over exactly its content."""

from __future__ import annotations

from itertools import count
from typing import Any, Final

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from app import clock
from app.content.models import Article, ArticleVersion, Publication
from app.content.operations import publishing
from app.db import db, transaction
from app.errors import UserError
from app.ledger import Actor
from app.people.models import User
from app.review.models import PASS, SEAL, VOID, ReviewAct
from app.review.rules import levels_of
from app.work.models import Candidate, WorkItem
from tests.conftest import FULL
from tests.factories.articled import Newsroom
from tests.factories.reviewing import CHECKS

PEOPLE = ("editor", "editor2", "reviewer1", "reviewer2", "reviewer3", "secrecy", "publisher", "office", "supervisor")
FIRST: Final = {"revise": "resubmit", "publish": "now", "post_read": "fine", "mismatch": "explain"}
NUMBERS = count(1)
TEXTS = ("412", "421", "418")
EXAMPLES, STEPS = (40, 60) if FULL else (4, 14)
KEPT = settings(
    max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
)


class Editing(RuleBasedStateMachine):
    """People who do what they please with one article; what is refused changes nothing."""

    news: Newsroom

    def __init__(self) -> None:
        super().__init__()
        self.number = next(NUMBERS)  # articles with the same words would stop one another
        self.article_id = self.news.begin(title=f"第 {self.number} 批配租结果", body=self.text("412"))
        self.checked = 0

    @rule(text=st.sampled_from(TEXTS), by=st.sampled_from(("editor", "editor2")))
    def edit(self, text: str, by: str) -> None:
        """Write another number into the text."""
        self.attempt(lambda: self.news.edit(self.article_id, by, body=self.text(text)))

    @rule(by=st.sampled_from(("editor", "editor2")))
    def hand_in(self, by: str) -> None:
        """Hand in what is written."""
        self.attempt(lambda: self.news.hand_in(self.article_id, by))

    @rule(who=st.integers(0, 3), decision=st.sampled_from(("pass", "pass", "pass", "return", "return_level")))
    def decide(self, who: int, decision: str) -> None:
        """Decide at an open step, as one of those who may, of the content that is there now."""
        for step, item in self.news.items(self.case_id).items():
            self.answer(step, item, who, decision)

    @rule(times=st.integers(2, 6))
    def press_on(self, times: int) -> None:
        """Let it pass level after level, and be published when that is what comes next."""
        for _ in range(times):
            self.decide(0, "pass")

    @rule(by=st.sampled_from(PEOPLE), decision=st.sampled_from(("pass", "now", "resubmit")))
    def meddle(self, by: str, decision: str) -> None:
        """Try a step that may be anybody's, having seen whatever version."""
        for item in self.news.items(self.case_id).values():
            seen = self.versions()[0].digest
            self.attempt(lambda: self.news.do_item(item.id, by, {"decision": decision, "seen": seen}))  # noqa: B023

    @rule(minutes=st.sampled_from((0, 20)))
    def time_goes_by(self, minutes: int) -> None:
        """Let services, pages and timers have their turn."""
        self.news.run(minutes=minutes)

    @rule(version=st.integers(0, 5))
    def publish_at_once(self, version: int) -> None:
        """Try to publish some version without asking anybody."""
        versions = self.versions()
        chosen = versions[version % len(versions)].id

        def publish() -> None:
            with transaction() as session:
                actor = Actor("person", "蓝采薇")
                publishing.publish(session, self.article_id, chosen, actor, None, clock.now(session))

        self.attempt(publish)

    @invariant()
    def whatever_is_published_was_passed(self) -> None:
        """Every publication had, when it was made, its whole chain by distinct people over exactly its content."""
        db.session.rollback()
        query = select(Publication).where(Publication.id > self.checked).order_by(Publication.id)
        for row in db.session.scalars(query.where(Publication.article_id == self.article_id)):
            assert_chain(row)
            self.checked = row.id

    @property
    def case_id(self) -> int:
        """The case that reviews the article."""
        return self.news.article(self.article_id).case_id or 0

    def text(self, homes: str) -> str:
        """Return a text with a number in it."""
        return f"<p>第 {self.number} 批保障性住房配租结果公布，共 {homes} 户家庭选到住房，公示五个工作日。</p>"

    def versions(self) -> list[ArticleVersion]:
        """Return the versions, newest first."""
        query = select(ArticleVersion).where(ArticleVersion.article_id == self.article_id)
        return list(db.session.scalars(query.order_by(ArticleVersion.number.desc())))

    def answer(self, step: str, item: WorkItem, who: int, decision: str) -> None:
        """Complete a step as it is meant; a step that is no level takes its first action."""
        people = [item.assignee_id] if item.assignee_id else candidates(item.id)
        name = user_name(people[who % len(people)])
        wanted = {"revise": "resubmit", "publish": "now", "post_read": "fine", "mismatch": "explain"}.get(
            step, decision
        )
        answers: dict[str, Any] = {
            "seen": self.versions()[0].digest,
            "opinion": "请改。",
            "back_to_level": "review_1",
        }
        checks = CHECKS.get(step, {})
        self.attempt(lambda: self.news.do_item(item.id, name, {**answers, **checks, "decision": wanted}))

    def attempt(self, act: Any) -> None:
        """Do something; a sentence for the person who did it is no failure."""
        try:
            act()
        except UserError:
            db.session.rollback()


def assert_chain(row: Publication) -> None:
    """Check that a publication rests on a seal, and the seal on passes by distinct people, none an author."""
    query = select(ReviewAct).where(ReviewAct.subject == f"article:{row.article_id}").order_by(ReviewAct.id)
    acts = list(db.session.scalars(query))
    seals = [one for one in acts if one.act == SEAL and one.digest == row.digest]
    assert seals
    passes = [one for one in acts if one.id in seals[-1].answers["passes"]]
    assert [one.level for one in passes] == list(seals[-1].answers["levels"])
    assert levels_of(",".join(one.level for one in passes))
    assert {one.act for one in passes} == {PASS}
    assert {one.digest for one in passes} == {row.digest}
    ended = {one.voids_id for one in acts if one.act == VOID and one.id < seals[-1].id}
    assert not ended & {one.id for one in passes}
    people = [one.user_id for one in passes]
    authors = db.session.scalars(
        select(ArticleVersion.created_by_id).where(ArticleVersion.article_id == row.article_id)
    )
    assert len(set(people)) == len(people)
    assert not set(people) & {*authors, db.session.get_one(Article, row.article_id).author_id}


def candidates(item_id: int) -> list[int]:
    return list(db.session.scalars(select(Candidate.user_id).where(Candidate.item_id == item_id)))


def user_name(user_id: int) -> str:
    return str(db.session.get_one(User, user_id).user_name)


@pytest.mark.timeout(1800 if FULL else 300)
def test_nothing_is_published_without_its_chain(either_app: Flask) -> None:
    """Whatever people do in whatever order, on each database."""
    Editing.news = Newsroom(either_app)
    Editing.news.open()
    run_state_machine_as_test(Editing, settings=KEPT)

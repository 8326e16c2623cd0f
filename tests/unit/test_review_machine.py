"""Whatever people do to a text under review, in any order: it is never sealed without a complete chain of passes.

Complete means: every level passed exactly the sealed content, by distinct people who hold the level, none an author.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, runtime_of
from app.db import db, transaction
from app.errors import UserError
from app.ledger import Actor
from app.people import operations as people
from app.people.models import RoleGrant, User
from app.review.models import OPEN, PASS, SEAL, VOID, ReviewAct
from app.review.operations import content_changed
from app.review.queries import sealed
from app.review.subjects import register
from app.work.models import Candidate, Case, WorkItem
from app.work.operations import complete_work_item, start_case, transfer
from tests.conftest import FULL
from tests.factories.reviewing import CHECKS, MEMOS, OPEN_CALL, Memo, publish_review
from tests.factories.small import viewer

# several hold two levels, and whoever edits becomes an author: levels climb, and fall to the desk
EXTRA = (("editor2", "reviewer_1"), ("editor2", "reviewer_2"), ("reviewer2", "secrecy"), ("reviewer3", "reviewer_1"))
PEOPLE = ("editor", "editor2", "reviewer1", "reviewer2", "reviewer3", "secrecy", "office", "vendor_a_editor")
ROLES = {"review_1": "reviewer_1", "review_2": "reviewer_2", "secrecy": "secrecy", "review_3": "reviewer_3"}
SETTINGS = settings(
    max_examples=100 if FULL else 10,
    stateful_step_count=60 if FULL else 15,
    deadline=None,
    database=None,
    derandomize=not FULL,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
PERSON = st.sampled_from(PEOPLE)
TEXT = st.sampled_from(["甲", "乙", "丙"])


class Reviewing(RuleBasedStateMachine):
    """Does to one text, in one case after the other, what anybody may try."""

    house: Flask

    @initialize()
    def begin(self) -> None:
        self.ref, self.memo = f"memo:{uuid4().hex[:8]}", Memo("甲")
        MEMOS.kept = {self.ref: self.memo}
        self.known = 0
        with transaction() as session:
            self.memo.write("甲", viewer(session, "editor").user_id)
        self._start()

    def _start(self) -> None:
        with transaction() as session:
            answers = {"title": "便笺", "subject": self.ref, "decision": "submit"}
            who, now = viewer(session, "editor"), clock.now(session)
            self.case_id = start_case(
                session, runtime_of(self.house), OPEN_CALL, who, answers, uuid4().hex, now
            ).case_id

    @contextmanager
    def _try(self) -> Iterator[Session]:
        """Do something, or be refused with a sentence."""
        try:
            with transaction() as session:
                clock.advance(session, clock.now(session) + timedelta(minutes=1))
                yield session
        except UserError:
            pass

    def _item(self, session: Session) -> WorkItem | None:
        query = select(WorkItem).where(WorkItem.case_id == self.case_id, WorkItem.status == "open")
        return session.scalars(query).first()

    def _decide(self, session: Session, who: int, decision: str, **answers: Any) -> None:
        item = self._item(session)
        if item is not None:
            person = people_viewer(session, who)
            level = item.node.rpartition(":")[2]
            given = {**CHECKS.get(level, {}), **answers, "decision": decision}
            runtime, now = runtime_of(self.house), clock.now(session)
            complete_work_item(session, runtime, item.id, person, given, uuid4().hex, now)

    def _holder(self, session: Session, number: int) -> int:
        """Return one of those whose turn it is."""
        item = self._item(session)
        if item is None:
            return 0
        offered = session.scalars(select(Candidate.user_id).where(Candidate.item_id == item.id)).all()
        holders = [item.assignee_id] if item.assignee_id else sorted(offered)
        return holders[number % len(holders)] if holders else 0

    @rule(number=st.integers(0, 2), times=st.integers(1, 4))
    def whose_turn_it_is_passes(self, number: int, times: int) -> None:
        for _ in range(times):
            with self._try() as session:
                self._decide(session, self._holder(session, number), "pass", seen=self.memo.digest)

    @rule(text=TEXT, back=st.integers(0, 3))
    def somebody_passes_what_they_saw_before(self, text: str, back: int) -> None:
        self.somebody_edits("editor", text, told=False)
        with self._try() as session:
            old = self.memo.seen[back % len(self.memo.seen)]
            self._decide(session, self._holder(session, 0), "pass", seen=old)
        self.whose_turn_it_is_passes(0, 4)

    @rule(who=PERSON)
    def anybody_tries_to_pass(self, who: str) -> None:
        with self._try() as session:
            self._decide(session, viewer(session, who).user_id, "pass", seen=self.memo.digest)

    @rule(level=st.sampled_from(sorted(ROLES)))
    def a_level_sends_back(self, level: str) -> None:
        with self._try() as session:
            self._decide(session, self._holder(session, 0), "return_level", back_to_level=level, opinion="再看。")

    @rule(text=TEXT)
    def a_level_returns_and_the_author_hands_in(self, text: str) -> None:
        with self._try() as session:
            self._decide(session, self._holder(session, 0), "return", opinion="请改。")
        with self._try() as session:
            author = viewer(session, "editor").user_id
            item = self._item(session)
            if item is not None and item.node == "draft":
                self.memo.write(text, author)
                self._decide(session, author, "submit", title="便笺")

    @rule(to=PERSON, passes=st.booleans())
    def a_step_is_handed_over(self, to: str, passes: bool) -> None:
        with self._try() as session:
            item = self._item(session)
            if item is not None:
                holder = people_viewer(session, self._holder(session, 0))
                transfer(session, item.id, holder, viewer(session, to).user_id, "外出", clock.now(session))
        if passes:
            self.whose_turn_it_is_passes(0, 1)

    @rule(who=PERSON, text=TEXT, told=st.booleans())
    def somebody_edits(self, who: str, text: str, told: bool) -> None:
        with self._try() as session:
            person = viewer(session, who)
            self.memo.write(text, person.user_id)
            if told:
                actor, now = Actor("person", person.name, person.user_id), clock.now(session)
                content_changed(session, runtime_of(self.house), self.ref, actor, now, case_id=self.case_id)

    @rule(to=st.lists(PERSON, max_size=3))
    def the_levels_go_through(self, to: list[str]) -> None:
        """Hand some levels over, then let all pass in turn."""
        for who in to:
            self.a_step_is_handed_over(who, passes=True)
        self.whose_turn_it_is_passes(0, 4)

    @rule()
    def a_new_round_begins_when_the_last_is_over(self) -> None:
        db.session.rollback()
        if db.session.get_one(Case, self.case_id, populate_existing=True).status != "running":
            self._start()

    @invariant()
    def a_seal_stands_on_a_complete_chain(self) -> None:
        db.session.rollback()
        acts = db.session.scalars(select(ReviewAct).where(ReviewAct.subject == self.ref).order_by(ReviewAct.id)).all()
        for index, act in enumerate(acts[self.known :], self.known):
            if act.act == SEAL:
                self._refute(list(acts[:index]), act.digest)
        self.known = len(acts)

    def _refute(self, before: list[ReviewAct], digest: str) -> None:
        """Fail unless what was done before a seal is a complete chain over exactly its content."""
        wanted = [name for name, _title in [one for one in before if one.act == OPEN][-1].answers["levels"]]
        ended = {one.voids_id for one in before if one.act == VOID}
        chain = [one for one in before if one.act == PASS and one.digest == digest and one.id not in ended]
        by_level = {one.level: one.user_id for one in chain}
        assert digest == self.memo.digest
        assert wanted
        assert set(wanted) == set(by_level)
        assert len(set(by_level.values())) == len(wanted)
        assert not set(by_level.values()) & self.memo.authors
        for one in chain:
            assert (db.session.get_one(WorkItem, one.item_id).answers or {})["seen"] == digest
        for level, who in by_level.items():
            held = select(RoleGrant.role).where(RoleGrant.user_id == who)
            assert ROLES[level] in db.session.scalars(held).all()

    @invariant()
    def nobody_ever_passed_two_levels(self) -> None:
        passes = select(ReviewAct.user_id, ReviewAct.level).where(
            ReviewAct.subject == self.ref, ReviewAct.act == PASS
        )
        pairs = {tuple(row) for row in db.session.execute(passes)}
        assert len({who for who, _level in pairs}) == len(pairs)

    @invariant()
    def a_content_that_changed_is_not_sealed(self) -> None:
        for digest in self.memo.seen:
            if sealed(db.session(), self.ref, digest):
                last = select(ReviewAct).where(ReviewAct.subject == self.ref, ReviewAct.act.in_((SEAL, VOID)))
                assert db.session.scalars(last.order_by(ReviewAct.id.desc())).first().digest == digest  # type: ignore[union-attr]


def people_viewer(session: Session, user_id: int) -> Any:
    """Return the person with this number; refused when there is none."""
    row = session.get(User, user_id)
    if row is None:
        raise UserError
    return viewer(session, row.user_name)


@pytest.mark.timeout(1800 if FULL else 300)
def test_nothing_is_sealed_without_a_complete_chain(app: Flask) -> None:
    """Random edits, passes, returns, hand-overs by random people; several rounds over one text."""
    publish_review()
    with transaction() as session:
        for user_name, role in EXTRA:
            person, now = viewer(session, user_name), clock.now(session)
            people.grant_role(session, people.by_setup(), person.user_id, role=role, unit_id=None, now=now)
    register("memo", MEMOS)
    machine: Callable[[], RuleBasedStateMachine] = type("Machine", (Reviewing,), {"house": app})
    run_state_machine_as_test(machine, settings=SETTINGS)

"""Random people in an emergency, calls in vain, time that passes: it always goes on, and nothing owed is lost."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from app import clock, runtime_of
from app.db import db, transaction
from app.deadlines.operations import limit_in_force
from app.deadlines.queries import open_of_item
from app.deadlines.rules import parse_limit
from app.emergency import queries
from app.emergency.rules import KINDS, OUTCOMES
from app.errors import UserError
from app.ledger import verify
from app.people.models import User
from app.work.models import Candidate, Incident, WorkItem
from app.work.operations import complete_work_item
from app.work.watch import suspects
from tests.conftest import FULL
from tests.factories.emergency import FACTS, Running, publish_emergency
from tests.factories.small import viewer

EXAMPLES, STEPS = (40, 40) if FULL else (4, 20)
KEPT = settings(
    max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
)
MOST = 120  # steps that an emergency may still need to its end
SENT = {"decision": "sent", "report_text": "初步情况", "channel": "phone", "receiver_name": "网信办"}
# what the shipped table says of a grade: commander, status
LIMITS: Final = {
    4: ("4 小时", "4 小时"),
    3: ("60 分钟", "2 小时"),
    2: ("30 分钟", "1 小时"),
    1: ("15 分钟", "30 分钟"),
}
FOLLOWING: Final = {"commander_activate": 0, "status_report": 1}
REPORTS: Final = {"phone": "phone_report", "written": "first_report", "police": "police_report"}
NUMBERS = st.sampled_from((None, None, 0, 2_000_000, 20_000_000))


class Happening(RuleBasedStateMachine):
    """An emergency with people who do what they please; what is refused changes nothing."""

    house: Flask

    @initialize(
        kind=st.sampled_from(tuple(KINDS)),
        by=st.sampled_from(("dept", "duty", "office")),
        place=st.sampled_from(("", "province", "province", "city")),
    )
    def alarm(self, kind: str, by: str, place: str) -> None:
        """Raise the alarm; most are confirmed at once, so that all branches are open early."""
        self.run_ = Running(self.house, kind).begin(by)
        if place:
            self.run_.confirm(place=place, unreachable=True)

    @rule(
        place=st.sampled_from(("province", "city", "county")),
        operator=st.sampled_from(("organ", "cii", "other")),
        unreachable=st.booleans(),
        harmful=st.booleans(),
        leaked=NUMBERS,
        real=st.sampled_from((True, True, True, True, False)),
    )
    def judge(
        self, *, place: str, operator: str, unreachable: bool, harmful: bool, leaked: int | None, real: bool
    ) -> None:
        """Confirm it with some facts, or say that it was nothing."""
        facts = {"place": place, "operator_kind": operator, "unreachable": unreachable, "harmful_home": harmful}
        decision = "confirm" if real else "false_alarm"
        self.act("confirm_incident", 0, {**FACTS, **facts, "leaked_people": leaked, "decision": decision})

    @rule(who=st.integers(0, 3), outcome=st.sampled_from((*OUTCOMES, "no_answer", "busy")), again=st.booleans())
    def telephone(self, who: int, outcome: str, *, again: bool) -> None:
        """End a call somehow; when nobody answered, call again or find somebody."""
        self.act("call", who, {"decision": outcome})
        self.act("nobody_answers", who, {"decision": "again" if again else "found"})

    @rule(who=st.integers(0, 3), grade=st.sampled_from(("", "", "1", "2", "3", "4")), on=st.booleans())
    def command(self, who: int, grade: str, *, on: bool) -> None:
        """Give the order or not, perhaps with another grade."""
        decision = "activate" if on else "stand_down"
        self.act("commander_activate", who, {"decision": decision, "new_grade": grade, "grade_reason": "看情况"})

    @rule(who=st.integers(0, 3), times=st.integers(1, 7), passed=st.sampled_from((True, True, False)))
    def repair(self, who: int, times: int, *, passed: bool) -> None:
        """Contain it, do some steps of the repair, say whether it runs again."""
        self.act("first_containment", who, {"decision": "contained", "measure": "isolate"})
        for node in [one for one in self.open() if one.startswith("handle_")][:1] * times:
            kind, _, _step = node.rpartition(":")
            for step in [one for one in self.open() if one.startswith(f"{kind}:")]:
                self.act(step, who, {"decision": "checked" if step.endswith(":check_site") else "done"})
        self.act("verify_recovered", who, {"decision": "pass" if passed else "fail", "reason": "还没有"})

    @rule(who=st.integers(0, 3), leaked=NUMBERS, still=st.sampled_from((None, True, False)))
    def tell(self, who: int, leaked: int | None, *, still: bool | None) -> None:
        """Say how it stands, perhaps with other facts."""
        facts = {"leaked_people": leaked, "unreachable": still}
        self.act("status_report", who, {"decision": "report", "status_text": "正在排查", **facts})

    @rule(which=st.sampled_from((*REPORTS.values(), "closing_report")))
    def report(self, which: str) -> None:
        """Send one report."""
        self.act(which, 0, SENT)

    @rule(minutes=st.sampled_from((1, 3, 11, 31, 65, 125)))
    def time_goes_by(self, minutes: int) -> None:
        """Let timers have their turn."""
        self.run_.wait(minutes)

    @invariant()
    def it_goes_on(self) -> None:
        """Somebody or something is waited for until it has ended, and nothing failed."""
        db.session.rollback()
        assert db.session.scalars(select(Incident.reason)).all() == []
        assert suspects(db.session()) == []

    @invariant()
    def a_rule_only_raises(self) -> None:
        """No grade falls by the table; the one in force is the last that was written."""
        row = self.run_.row
        changes = queries.grades_of(db.session(), row.id)
        assert row.grade == (changes[-1].after if changes else None)
        for one in changes:
            assert one.by_id is not None or one.before is None or one.after < one.before

    @invariant()
    def limits_are_those_of_the_grade(self) -> None:
        """Every open step whose limit follows has that of the grade in force."""
        row, data = self.run_.row, self.run_.data
        for node, item in self.run_.items().items():
            wanted = data.get("phone_limit") if node == "phone_report" else None
            if node in FOLLOWING and row.grade:
                wanted = LIMITS[row.grade][FOLLOWING[node]]
            if wanted:
                (deadline,) = open_of_item(db.session(), item.id)
                assert limit_in_force(deadline) == parse_limit(wanted), node
                assert item.due_at == deadline.due_at

    @invariant()
    def what_is_owed_stays_owed(self) -> None:
        """A report that was owed once is open until it is sent."""
        data, row = self.run_.data, self.run_.row
        sent = {one.kind for one in queries.reports_of(db.session(), row.id)}
        owed = {"phone", "written"} if data.get("report_required") else set()
        owed |= {"police"} if data.get("police") else set()
        owed |= {"closing"} if data.get("report_required") and self.run_.case.status == "ended" else set()
        missing = owed - sent
        assert {REPORTS.get(kind, "closing_report") for kind in missing} <= self.run_.open()

    def teardown(self) -> None:
        """Do whatever is still asked: it comes to its end, and the record fits."""
        if not hasattr(self, "run_"):
            return
        for _ in range(MOST):
            opened = [node for node in self.open() if not node.endswith(":status_report") and node != "status_report"]
            if self.run_.case.status == "ended":
                break
            self.finish(opened[0])
        assert self.run_.case.status == "ended", self.open()
        self.what_is_owed_stays_owed()
        assert verify(db.session(), f"case:{self.run_.case_id}").clean

    def finish(self, node: str) -> None:
        """Complete a step in the way that leads on."""
        name = node.rpartition(":")[2]
        usual = "sent" if name.endswith("_report") and name != "review_report" else "done"
        wanted = {
            "confirm_incident": "confirm",
            "call": "reached",
            "nobody_answers": "found",
            "commander_activate": "activate",
            "first_containment": "contained",
            "check_site": "checked",
            "verify_recovered": "pass",
            "commander_close": "close",
            "review_report": "submit",
        }.get(name, usual)
        facts = {**FACTS} if name == "confirm_incident" else SENT if usual == "sent" else {}
        before = self.open()
        self.act(node, 0, {**facts, "decision": wanted})
        assert self.open() != before or self.run_.case.status == "ended", node

    def open(self) -> list[str]:
        """Return the open steps by their whole names, the oldest first."""
        db.session.rollback()
        query = select(WorkItem.node).where(WorkItem.case_id == self.run_.case_id, WorkItem.status == "open")
        return list(db.session.scalars(query.order_by(WorkItem.id)))

    def act(self, node: str, who: int, answers: dict[str, Any]) -> None:
        """Complete an open step, if there is one, as one of those who may; a refusal is no failure."""
        db.session.rollback()
        query = select(WorkItem).where(WorkItem.case_id == self.run_.case_id, WorkItem.status == "open")
        found = [one for one in db.session.scalars(query) if node in {one.node, one.node.rpartition(":")[2]}]
        if found:
            try:
                self.complete(found[0].id, who, answers)
            except UserError:
                db.session.rollback()

    def complete(self, item_id: int, who: int, answers: dict[str, Any]) -> None:
        """Complete a step as the holder or one of the candidates."""
        with transaction() as session:
            offered = select(Candidate.user_id).where(Candidate.item_id == item_id).order_by(Candidate.user_id)
            holder = session.get_one(WorkItem, item_id).assignee_id
            people = [holder] if holder else list(session.scalars(offered))
            by = viewer(session, session.get_one(User, people[who % len(people)]).user_name)
            now = clock.now(session)
            complete_work_item(session, runtime_of(self.house), item_id, by, answers, uuid4().hex, now)


@pytest.mark.timeout(1800 if FULL else 300)
def test_whatever_happens_an_emergency_goes_on(either_app: Flask) -> None:
    """No order of acts and no passing of time loses the way, a limit or a report, on each database."""
    publish_emergency()
    Happening.house = either_app
    run_state_machine_as_test(Happening, settings=KEPT)

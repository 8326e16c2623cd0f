"""Service tasks: what a handler does inside the act and outside it, and what its failure leaves."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock, runtime_of
from app.db import after_commit, db, savepoint, transaction
from app.dispatch.handlers import split_rest
from app.errors import Conflict, Invalid, UserError
from app.ledger import Actor
from app.outbox.models import Notice, Owed
from app.people.models import Setting
from app.work.models import Case, WorkItem
from app.work.operations import results
from app.work.operations.advance import settle
from app.work.operations.cases import lock_case, resume
from app.work.runtime import BpmnError, Call, Topic
from tests.factories.served import TOPIC, Handler, Served, inside, outside
from tests.factories.small import open_item


@pytest.fixture
def served(app: Flask) -> Served:
    """The process with a handler that works outside."""
    found = Served(app, Handler())
    found.publish(outside(found.handler))
    return found


def hands_in(served: Served, owner: str, answer: int) -> bool:
    """Hand in a result of the newest owed service as `owner`."""
    with transaction() as session:
        owed = served.owed()
        claim = results.Claim(owed.id, owed.kind, owed.payload)
        return results.hand_in(session, served.runtime, claim, owner, {"answer": answer}, clock.now(session))


# Inside the act


def test_a_handler_inside_the_act_goes_on_at_once(app: Flask) -> None:
    """The next step is open when the transaction ends."""
    served = Served(app, Handler())
    served.publish(inside(served.handler))
    receipt = served.start()
    assert open_item(receipt.case_id).node == "look"
    assert served.case().priority == "high"
    assert served.case().incident is None


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (UserError("合同里没有这个网站。"), "合同里没有这个网站。"),
        (Invalid(fields={"url": "没有写网址。"}), "没有写网址。"),
        (KeyError("vendor"), "KeyError: 'vendor'"),
    ],
)
def test_a_handler_that_raises_keeps_what_the_person_did(either_app: Flask, error: Exception, told: str) -> None:
    """Whatever it raises, the submission stays, the handler's own changes go, the step stops as an incident."""
    served = Served(either_app, Handler([error]))
    served.publish(inside(served.handler))
    receipt = served.start()
    assert receipt.code
    case = served.case()
    assert told in (case.incident or "")
    assert (case.title, case.status, case.priority) == ("查一查", "running", "normal")
    assert served.kinds() == ["work:item:completed", "work:incident:raised"]
    done = db.session.scalars(select(WorkItem)).one()
    assert (done.status, done.receipt_code) == ("done", receipt.code)


def test_no_handler_is_an_incident_too(app: Flask) -> None:
    """A topic nobody handles stops the case visibly and names itself."""
    served = Served(app, Handler())
    served.publish(inside(served.handler))
    del served.runtime.topics[TOPIC]
    served.start()
    assert TOPIC in (served.case().incident or "")


@pytest.mark.parametrize("topic", [inside, outside])
def test_an_error_the_diagram_provides_for_goes_its_way(app: Flask, topic: Callable[[Handler], Topic]) -> None:
    """A boundary event that catches the code goes on at once, with no incident and no second try."""
    served = Served(app, Handler([BpmnError("REFUSED", "对方不收。")]))
    served.publish(topic(served.handler))
    receipt = served.start()
    served.drain()
    assert open_item(receipt.case_id).node == "mend"
    assert served.case().incident is None
    assert served.drain(hours=2) == 0


def test_an_error_nobody_catches_is_an_incident(app: Flask) -> None:
    """A code no boundary event names stops the step with its message."""
    served = Served(app, Handler([BpmnError("OTHER", "对方不收。")]))
    served.publish(outside(served.handler))
    served.start()
    assert served.drain() == 1
    assert (served.incident().reason, served.incident().tries) == ("对方不收。", 1)


def test_the_rest_of_a_demand_needs_an_open_account(app: Flask) -> None:
    """When whoever asked is gone, the linked case is refused in words that say what to do."""
    with transaction() as session:
        now = clock.now(session)
        call = Call(Case(number="RW-1"), "t", "dispatch.split_rest", {}, {}, {"requester": 999}, now)
        with pytest.raises(Conflict, match="启用这个账号"):
            split_rest(session, runtime_of(app), call)


def test_a_savepoint_takes_back_its_after_commit_acts(app: Flask) -> None:
    """What was to happen after the commit because of undone work does not happen."""
    acts: list[str] = []
    with transaction() as session:
        after_commit(session, lambda: acts.append("kept"))
        with pytest.raises(ZeroDivisionError), savepoint(session):
            session.add(Setting(key="gone", value=1))
            after_commit(session, lambda: acts.append("gone"))
            1 / 0  # noqa: B018
        session.add(Setting(key="kept", value=1))
    assert acts == ["kept"]
    assert (db.session.get(Setting, "gone"), db.session.get(Setting, "kept") is not None) == (None, True)


# Outside


def test_work_outside_is_owed_and_done_by_the_drain(either_app: Flask) -> None:
    """The drain hands the inputs and a lasting key to the handler, writes its result and goes on; once."""
    served = Served(either_app, Handler([{"answer": Decimal("1.50")}]))
    served.publish(outside(served.handler))
    receipt = served.start()
    assert served.drain() == 1
    assert served.drain() == 0
    assert [inputs for inputs, _key in served.handler.calls] == [{"what": "查一查"}]
    assert open_item(receipt.case_id).node == "look"
    assert served.kinds()[-1] == "work:service:done"
    assert served.owed().done_at is not None


def test_a_failed_try_is_repeated_later_with_the_same_key(either_app: Flask) -> None:
    """Work that fails first and then succeeds waits in between and never becomes an incident."""
    served = Served(either_app, Handler([TimeoutError("no answer"), {"answer": 2}]))
    served.publish(outside(served.handler))
    receipt = served.start()
    assert served.drain() == 0
    assert served.drain() == 0, "it waits before it is tried again"
    assert "TimeoutError" in (served.owed().last_error or "")
    assert served.drain(minutes=5) == 1
    (_, first), (_, second) = served.handler.calls
    assert first == second
    assert served.case().incident is None
    assert open_item(receipt.case_id).node == "look"


def test_the_last_failure_is_an_incident(either_app: Flask) -> None:
    """After the topic's number of tries the step stops, with reason and tries; somebody is told."""
    served = Served(either_app, Handler([UserError("对方系统没有回答。")]))
    served.publish(outside(served.handler, tries=3))
    served.start()
    assert [served.drain(hours=2) for _ in range(4)] == [0, 0, 1, 0]
    found = served.incident()
    assert (found.reason, found.tries, found.state) == ("对方系统没有回答。", 3, "open")
    assert served.case().incident == "对方系统没有回答。"
    assert served.owed().dead_at is not None
    assert db.session.scalar(select(func.count(Notice.id)).where(Notice.message.contains("请您处置"))) == 1


def test_a_retried_incident_is_owed_anew(served: Served) -> None:
    """Retrying work outside gives it new tries under the same key."""
    served.handler.plan = [UserError("忙"), UserError("忙"), UserError("忙"), {"answer": 3}]
    receipt = served.start()
    for _ in range(3):
        served.drain(hours=2)
    assert served.retry()
    assert served.case().incident is None
    assert served.drain() == 1
    assert len({key for _, key in served.handler.calls}) == 1
    assert open_item(receipt.case_id).node == "look"


def test_a_handler_nobody_has_is_a_failed_try(served: Served) -> None:
    """A topic missing on this machine is tried again, for another may have it."""
    served.start()
    served.runtime.topics[TOPIC] = outside(served.handler)
    served.runtime.topics["other"] = served.runtime.topics.pop(TOPIC)
    assert served.drain() == 0
    assert TOPIC in (served.owed().last_error or "")


def test_a_failing_record_is_a_failed_try(served: Served) -> None:
    """When the result cannot be written nothing of it stays, and the work is tried again."""
    served.handler.plan = [{"answer": object()}, {"answer": 4}]
    receipt = served.start()
    assert served.drain() == 0
    assert served.drain(hours=1) == 1
    assert open_item(receipt.case_id).node == "look"


# Whose result counts


def test_a_killed_worker_repeats_its_work_and_it_counts_once(either_app: Flask) -> None:
    """Killed between the work and its record: the lease runs out, the work is done again, one result is written."""
    served = Served(either_app, Handler())
    served.publish(outside(served.handler))
    served.start()
    with transaction() as session:
        claimed = results.claim_due(session, "killed", clock.now(session))
    assert claimed is not None
    assert served.drain("other") == 0, "the lease still runs"
    assert served.drain("other", minutes=5) == 1
    assert not hands_in(served, "killed", 9), "the killed worker comes back too late"
    assert [result["answer"] for result in served.handler.recorded] == [1]
    assert served.kinds().count("work:service:done") == 1


def test_handing_in_twice_counts_once(served: Served) -> None:
    """The second hand-in of the same work changes nothing."""
    served.start()
    with transaction() as session:
        results.claim_due(session, "one", clock.now(session))
    assert hands_in(served, "one", 5)
    assert not hands_in(served, "one", 6)
    assert served.kinds().count("work:service:done") == 1


def test_a_lost_lease_writes_nothing(served: Served) -> None:
    """A worker whose lease another one took is refused, the other one's result counts."""
    served.start()
    for owner in ("slow", "quick"):
        with transaction() as session:
            claimed = results.claim_due(session, owner, clock.now(session))
            owed = session.scalars(select(Owed)).one()
            owed.lease_until = clock.now(session)
        assert claimed is not None
    assert not hands_in(served, "slow", 7)
    assert hands_in(served, "quick", 8)
    assert [result["answer"] for result in served.handler.recorded] == [8]


def end(served: Served) -> None:
    """End the case as a withdrawal does."""
    with transaction() as session:
        case = lock_case(session, served.case().id)
        act = resume(session, served.runtime, case, Actor("console", "console"), clock.now(session))
        settle(act, [served.runtime.engine.cancel(act.live, act.env)])


def test_a_result_after_the_end_is_dropped(served: Served) -> None:
    """What comes back for a case that has ended is noted with the owed row and written nowhere."""
    served.start()
    with transaction() as session:
        results.claim_due(session, "one", clock.now(session))
    end(served)
    assert not hands_in(served, "one", 5)
    assert served.handler.recorded == []
    assert (served.owed().last_error, served.owed().done_at is not None) == (results.CASE_OVER, True)


def test_work_for_an_ended_case_is_not_begun(served: Served) -> None:
    """Owed work of a case that has ended is dropped undone."""
    served.start()
    end(served)
    assert served.drain() == 0
    assert served.handler.calls == []
    assert served.owed().done_at is not None


def test_a_suspended_case_keeps_its_work_waiting(served: Served) -> None:
    """Work of a suspended case is not begun, a result that comes back meanwhile is fetched again after the resume."""
    served.start()
    with transaction() as session:
        results.claim_due(session, "one", clock.now(session))
        lock_case(session, served.case().id).status = "suspended"
    assert not hands_in(served, "one", 5)
    assert served.drain(hours=1) == 0
    assert served.handler.calls == []
    with transaction() as session:
        lock_case(session, served.case().id).status = "running"
    assert served.drain(hours=1) == 1

"""Incidents: raised and told once, solved by those who may, every act recorded with its reason."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.db import db, transaction
from app.errors import Conflict, Invalid, NotFound, Refused, UserError
from app.ledger import Actor, verify
from app.ledger.models import Record
from app.outbox.models import Notice
from app.people.models import User
from app.work.models import WorkItem
from app.work.operations.advance import settle
from app.work.operations.cases import lock_case, resume
from app.work.operations.incidents import retry
from app.work.operations.stuck import TIMER, stop_case
from app.work.pages.handling import Typed, changes, kind_of, read, text_of
from tests.factories.served import Handler, Served, inside
from tests.factories.small import open_item, viewer

FAULT = UserError("合同里没有这个网站。")


@pytest.fixture
def served(app: Flask) -> Served:
    """The process, standing still at its automatic step."""
    found = Served(app, Handler([FAULT, {"answer": 1}]))
    found.publish(inside(found.handler))
    found.start()
    return found


def told() -> dict[str, list[str]]:
    """Return the sentences of everybody's notices about the incident, by user name."""
    found: dict[str, list[str]] = {}
    rows = db.session.execute(select(User.user_name, Notice.message).join(User, User.id == Notice.user_id))
    for name, message in rows:
        found.setdefault(name, []).append(message)
    return found


def last(kind: str) -> tuple[Record, dict[str, Any]]:
    """Return the newest record of a kind and its payload."""
    db.session.rollback()
    record = db.session.scalars(select(Record).where(Record.kind == kind).order_by(Record.id.desc())).first()
    assert record is not None
    return record, json.loads(record.body)["payload"]


def test_who_answers_for_it_is_told_once(served: Served) -> None:
    """The process owner gets the reason, the starter a calm word; neither twice."""
    found = served.incident()
    assert (found.node, found.node_name, found.kind) == ("work", "自动办", "service")
    assert (found.reason, found.owner, found.tries) == ("合同里没有这个网站。", "流程负责人", 1)
    notices = told()
    assert [len(notices[name]) for name in ("owner", "dept")] == [1, 1]
    assert "%(reason)s" in notices["owner"][0]
    assert "%(reason)s" not in notices["dept"][0]


def test_without_an_owner_the_supervisor_answers(app: Flask) -> None:
    """When nobody holds the role of process owner it falls to the supervisor, who may solve it too."""
    with transaction() as session:
        session.scalars(select(User).where(User.user_name == "owner")).one().disabled_at = clock.now(session)
    served = Served(app, Handler([FAULT, {}]))
    served.publish(inside(served.handler))
    served.start()
    assert "督办" in served.incident().owner
    assert "supervisor" in told()
    assert served.retry("supervisor")


def test_a_retry_goes_on_and_is_recorded(served: Served) -> None:
    """The next step opens, the case carries no incident any more, the record names person and reason."""
    served.retry(reason="合同已经补录")
    found = served.incident()
    assert (found.state, found.solved_by_name, found.solved_how) == ("retried", "叶青梧", "合同已经补录")
    assert served.case().incident is None
    assert open_item(served.case().id).node == "look"
    record, payload = last("work:incident:retried")
    assert (record.actor_name, record.node) == ("叶青梧", "work")
    assert payload["reason"] == "合同已经补录"
    assert payload["fault"] == "合同里没有这个网站。"
    assert verify(db.session(), f"case:{served.case().id}").clean


def test_a_retry_that_fails_again_leaves_it_open(served: Served) -> None:
    """It counts one more try, keeps since when it stands, and tells nobody a second time."""
    before = served.incident().raised_at
    served.handler.plan = [KeyError("site"), {}]
    assert not served.retry()
    found = served.incident()
    assert (found.state, found.tries, found.raised_at) == ("open", 2, before)
    assert "KeyError" in found.reason
    assert served.case().incident == found.reason
    assert len(told()["owner"]) == 1
    assert served.retry()


def test_a_repair_records_old_and_new(served: Served) -> None:
    """The handler sees the repaired value; the record keeps both values, decimals exact."""
    assert served.repair({"title": "查另一个", "amount": Decimal("12.50")})
    assert served.handler.recorded[-1]["title"] == "查另一个"
    assert served.incident().state == "repaired"
    _, payload = last("work:incident:repaired")
    assert payload["values"]["title"] == {"old": "查一查", "new": "查另一个"}
    assert payload["values"]["amount"] == {"old": None, "new": "12.50"}


def test_a_skip_goes_on_without_the_handler(served: Served) -> None:
    """The handler is not asked again; what it would have written comes from the person and is recorded."""
    calls = len(served.handler.recorded)
    assert served.skip({"answer": 7})
    assert len(served.handler.recorded) == calls
    assert open_item(served.case().id).node == "look"
    assert served.incident().state == "skipped"
    _, payload = last("work:incident:skipped")
    assert payload["values"]["answer"] == {"old": None, "new": 7}


@pytest.mark.parametrize(
    ("by", "reason", "error"),
    [
        ("dept", "想试试", Refused),
        ("vendor_a_lead", "想试试", Refused),
        ("owner", "  ", Invalid),
        ("owner", "长" * 2001, Invalid),
    ],
)
def test_what_is_refused_changes_nothing(served: Served, by: str, reason: str, error: type[UserError]) -> None:
    """Neither a stranger nor a missing reason gets anything done."""
    before = served.kinds()
    with pytest.raises(error):
        served.retry(by, reason)
    with pytest.raises(error):
        served.skip({}, by, reason)
    assert served.kinds() == before
    assert served.incident().state == "open"


def test_a_repair_without_a_change_says_so(served: Served) -> None:
    """Nothing changed is no repair."""
    with pytest.raises(Invalid):
        served.repair({})


def test_the_second_of_two_is_told_who_was_first(served: Served) -> None:
    """Whoever comes later reads who solved it; nothing happens twice."""
    served.retry()
    with pytest.raises(Conflict, match="叶青梧"):
        served.skip({}, "supervisor")


def test_an_unknown_incident_is_missing(served: Served) -> None:
    """A number that is no incident reads as missing."""
    with pytest.raises(NotFound), transaction() as session:
        retry(session, served.runtime, 999, viewer(session, "owner"), "试试", clock.now(session))


def test_the_end_of_the_case_closes_its_incidents(served: Served) -> None:
    """A case that ends leaves nothing to solve."""
    with transaction() as session:
        case = lock_case(session, served.case().id)
        act = resume(session, served.runtime, case, Actor("console", "console"), clock.now(session))
        settle(act, [served.runtime.engine.cancel(act.live, act.env)])
    assert served.incident().state == "gone"
    assert served.case().incident is None
    with pytest.raises(Conflict):
        served.retry()


def test_the_submission_stays_through_everything(served: Served) -> None:
    """What the person handed in before the fault is untouched by retry, repair and skip."""
    served.repair({"title": "查另一个"})
    done = db.session.scalars(select(WorkItem).where(WorkItem.node == "ask")).one()
    assert done.answers == {"title": "查一查"}


def test_a_case_that_stands_still_as_a_whole_begins_anew(app: Flask) -> None:
    """Where no step failed but a clock did, a retry gives the clocks their tries again; there is nothing to mend."""
    served = Served(app, Handler())
    served.publish(inside(served.handler))
    served.start()
    with transaction() as session:
        case = lock_case(session, served.case().id)
        case.failures = 8
        stop_case(session, case, TIMER, "到时该走的一步没有走成。", clock.now(session))
    with pytest.raises(Conflict):
        served.repair({"title": "改"})
    with pytest.raises(Conflict):
        served.skip({})
    assert served.retry(reason="程序改好了")
    case = served.case()
    assert (case.failures, case.held_until, case.incident) == (0, None, None)
    assert served.incident().state == "retried"
    assert last("work:incident:retried")[1]["reason"] == "程序改好了"


# What is typed


@pytest.mark.parametrize(
    ("value", "kind", "typed", "becomes"),
    [
        ("甲", "text", " 乙 ", " 乙 "),
        (3, "number", "4", 4),
        (Decimal("1.50"), "number", "2.75", Decimal("2.75")),
        (True, "flag", "false", False),
        ([1, "a"], "list", '[{"x": 1.5}]', [{"x": Decimal("1.5")}]),
        (None, "none", "12", 12),
        (None, "none", "true", True),
        (None, "none", "文字", "文字"),
        (None, "none", "  ", None),
        (3, "number", "", None),
    ],
)
def test_what_is_typed_is_read_as_what_was_there(value: Any, kind: str, typed: str, becomes: Any) -> None:
    """A value is read back as the kind it had; its own text changes nothing."""
    assert kind_of(value) == kind
    assert changes({"x": value}, Typed(texts={"x": text_of(value)})) == {}
    found = read(typed, kind)
    assert (found, type(found)) == (becomes, type(becomes))


def test_dates_and_times_are_read_back() -> None:
    """A date stays a date, a time a time of the house's zone."""
    assert read("2026-11-18", "date").isoformat() == "2026-11-18"
    assert read("2026-11-18 09:30", "time").isoformat() == "2026-11-18T09:30:00+08:00"


@pytest.mark.parametrize(
    ("kind", "typed"), [("number", "三"), ("number", "NaN"), ("date", "明天"), ("time", "早上"), ("list", "[1,")]
)
def test_what_cannot_be_read_says_what_to_type(kind: str, typed: str) -> None:
    """Each kind has its own sentence."""
    with pytest.raises(ValueError, match=r"这里|写成"):
        read(typed, kind)


def test_a_value_may_be_added_by_name() -> None:
    """A missing name is added as what it looks like; a name that exists, or none at all, is refused."""
    assert changes({}, Typed(new_name="site", new_text="5")) == {"site": 5}
    with pytest.raises(Invalid):
        changes({"site": 1}, Typed(new_name="site", new_text="5"))
    with pytest.raises(Invalid):
        changes({}, Typed(new_text="5"))

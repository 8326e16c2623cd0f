"""What people do to the course of a case: each with its reason, its record, its clocks and its refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import clock
from app.db import db, transaction
from app.deadlines.models import Deadline
from app.engine import MoveRefused
from app.errors import Conflict, Invalid, Refused
from app.ledger import verify
from app.ledger.models import Record
from app.outbox.models import Notice
from app.work import operations as work
from app.work.jobs import fire_timers
from app.work.models import Case, Draft, Stretch, WorkItem
from app.work.runtime import Runtime
from tests.factories.drawn import asked, done, publish_drawn, start_drawn
from tests.factories.small import complete, publish_small, start_small, viewer
from tests.processes.diagrams import (
    boundary,
    chain,
    end,
    extension,
    flows,
    gateway,
    node,
    properties,
    script,
    several,
    start,
    timer,
    user,
)

VENDOR = "${role('vendor_staff', 'vendor_a')}"


@pytest.fixture
def runtime(app: Flask) -> Runtime:
    """The machinery of an application with the process `small`."""
    publish_small()
    return app.extensions["guanjia.runtime"]


def item_at(case_id: int, node: str) -> WorkItem:
    """Return the open item of a node."""
    db.session.rollback()
    query = select(WorkItem).where(WorkItem.case_id == case_id, WorkItem.node == node, WorkItem.status == "open")
    return db.session.scalars(query).one()


def open_nodes(case_id: int) -> list[str]:
    """Return the nodes that are open, by name."""
    db.session.rollback()
    query = select(WorkItem.node).where(WorkItem.case_id == case_id, WorkItem.status == "open")
    return sorted(db.session.scalars(query))


def act(operation: Any, runtime: Runtime, target: int, who: str, *given: Any, at: datetime | None = None) -> Any:
    """Run one operation as a person of the city in its own transaction."""
    with transaction() as session:
        return operation(session, runtime, target, viewer(session, who), *given, at or clock.now(session))


def payload_of(case_id: int, kind: str) -> dict[str, Any]:
    """Return what the one record of a kind holds."""
    db.session.rollback()
    record = db.session.scalars(select(Record).where(Record.case_id == case_id, Record.kind == kind)).one()
    found: dict[str, Any] = json.loads(record.body)["payload"]
    return found


def told(user_name: str) -> list[str]:
    """Return the sentences a person was told."""
    db.session.rollback()
    person = viewer(db.session(), user_name)
    return list(db.session.scalars(select(Notice.message).where(Notice.user_id == person.user_id)))


def deadlines(item_id: int) -> list[str]:
    """Return the states of an item's deadlines."""
    db.session.rollback()
    return list(db.session.scalars(select(Deadline.state).where(Deadline.work_item_id == item_id)))


# --- send back -----------------------------------------------------------------------------------------------


def test_an_item_goes_back_to_who_did_it(either_app: Flask) -> None:
    """The step is open again for the same person, with the answers; the clocks of the other one are void."""
    publish_small()
    runtime: Runtime = either_app.extensions["guanjia.runtime"]
    case_id = start_small(runtime).case_id
    handled = item_at(case_id, "do")
    receipt = act(work.send_back, runtime, handled.id, "vendor_a_tech", "ask", "标题不清楚", "k1")
    back = item_at(case_id, "ask")
    assert (back.assignee_name, back.round, back.returned) == ("林知行", 2, True)
    assert deadlines(handled.id) == ["void"]
    assert payload_of(case_id, "work:item:sent_back")["reason"] == "标题不清楚"
    again = act(work.send_back, runtime, handled.id, "vendor_a_tech", "ask", "标题不清楚", "k1")
    assert (again.code, again.repeated) == (receipt.code, True)
    assert any("退回" in one for one in told("dept"))
    complete(runtime, back.id, "dept", {"title": "附件打不开", "wanted": "请修好第三页。"})
    assert item_at(case_id, "do").round == 2
    with transaction() as session:
        assert verify(session, f"case:{case_id}").clean


def test_only_to_steps_done_before(runtime: Runtime) -> None:
    """The list names what can be reached; anything else is refused, so is a missing reason, and another person."""
    case_id = start_small(runtime).case_id
    item = item_at(case_id, "do")
    session = db.session()
    assert [(one.node, one.who) for one in work.ways_back(session, runtime, item)] == [("ask", "林知行")]
    for wrong in ("check", "do", "nothing"):
        with pytest.raises(Conflict, match="已经办完的步骤"):
            act(work.send_back, runtime, item.id, "vendor_a_tech", wrong, "不对", "k")
    with pytest.raises(Invalid):
        act(work.send_back, runtime, item.id, "vendor_a_tech", "ask", "  ", "k")
    with pytest.raises(Refused):
        act(work.send_back, runtime, item.id, "vendor_b_tech", "ask", "不对", "k")
    assert open_nodes(case_id) == ["do"]


def test_the_case_page_tells_of_it(runtime: Runtime, sign_in: Callable[[str], FlaskClient]) -> None:
    """The timeline says what was done to the course of the case, and why."""
    receipt = start_small(runtime)
    act(work.send_back, runtime, item_at(receipt.case_id, "do").id, "vendor_a_tech", "ask", "标题不清楚", "k")
    act(work.suspend, runtime, receipt.case_id, "office", "等上级批复")
    page = sign_in("dept").get(f"/cases/{receipt.number}").get_data(as_text=True)
    for said in ("退回：办理", "标题不清楚", "等上级批复"):
        assert said in page


def test_a_draft_of_a_withdrawn_item_is_kept(runtime: Runtime) -> None:
    """What somebody had typed when the item was taken from them is not thrown away."""
    case_id = start_small(runtime).case_id
    item = item_at(case_id, "do")
    with transaction() as session:
        person = viewer(session, "vendor_a_tech")
        work.save_draft(session, person, {"note": "写到一半"}, clock.now(session), item_id=item.id)
    act(work.send_back, runtime, item.id, "vendor_a_tech", "ask", "先补充", "k")
    assert db.session.scalars(select(Draft.fields).where(Draft.item_id == item.id)).one() == {"note": "写到一半"}


def reviews(runtime: Runtime) -> int:
    """Start a case with two reviews side by side and return its id."""
    publish_drawn(
        "reviews",
        start(),
        asked(),
        gateway("parallel", "g"),
        done("x"),
        done("y"),
        gateway("parallel", "j"),
        done("check"),
        end(),
        chain("s", "ask", "g", "x", "j", "check", "e"),
        flows("g>y", "y>j"),
    )
    return start_drawn(runtime, "reviews").case_id


def test_a_branch_that_has_met_is_done_again_alone(runtime: Runtime) -> None:
    """From behind the join into one branch; beside an open branch the list leaves that branch out."""
    case_id = reviews(runtime)
    complete(runtime, item_at(case_id, "x").id, "dept", {"note": "好"})
    ways = work.ways_back(db.session(), runtime, item_at(case_id, "y"))
    assert [one.node for one in ways] == ["ask"]
    with pytest.raises(MoveRefused, match="另一条分支"):
        act(work.send_back, runtime, item_at(case_id, "y").id, "dept", "x", "再看", "k1")
    complete(runtime, item_at(case_id, "y").id, "dept", {"note": "好"})
    act(work.send_back, runtime, item_at(case_id, "check").id, "dept", "x", "再看", "k2")
    assert open_nodes(case_id) == ["x"]
    complete(runtime, item_at(case_id, "x").id, "dept", {"note": "更好"})
    assert open_nodes(case_id) == ["check"]


# --- take back -----------------------------------------------------------------------------------------------


def test_a_step_is_taken_back_while_nobody_touched_what_follows(runtime: Runtime) -> None:
    """It is open again for the same person; the record names reason and time, the next person is told."""
    receipt = start_small(runtime)
    act(work.withdraw, runtime, receipt.item_id, "dept", "写错了")
    back = item_at(receipt.case_id, "ask")
    assert (back.assignee_name, back.round) == ("林知行", 2)
    assert open_nodes(receipt.case_id) == ["ask"]
    assert payload_of(receipt.case_id, "work:item:taken_back")["reason"] == "写错了"
    assert any("撤回" in one for one in told("vendor_a_tech"))
    with pytest.raises(Conflict, match="撤不回来"):
        act(work.withdraw, runtime, receipt.item_id, "dept", "再撤一次")


@pytest.mark.parametrize("touch", ["opened", "claimed", "done"])
def test_a_step_somebody_has_begun_behind_is_not_taken_back(runtime: Runtime, touch: str) -> None:
    """Once the next item was opened, claimed or done, taking back is refused with who it was."""
    offered = user("do", assignee="", camunda_candidateGroups="staff", camunda_formRef="do")
    publish_drawn("offered", start(), asked(), offered, done("f"), end(), chain("s", "ask", "do", "f", "e"))
    receipt = start_drawn(runtime, "offered")
    item = item_at(receipt.case_id, "do")
    assert item.assignee_id is None
    with transaction() as session:
        person, now = viewer(session, "other_dept"), clock.now(session)
        if touch == "opened":
            work.mark_opened(session, item.id, person, now)
        elif touch == "claimed":
            work.claim(session, item.id, person, now)
    if touch == "done":
        complete(runtime, item.id, "other_dept", {"note": "好了"})
    with pytest.raises(Conflict, match="撤不回来"):
        act(work.withdraw, runtime, receipt.item_id, "dept", "写错了")


def test_only_one_s_own_completed_step_is_taken_back(runtime: Runtime) -> None:
    """An open item, and one that somebody else completed, are refused."""
    receipt = start_small(runtime)
    with pytest.raises(Refused):
        act(work.withdraw, runtime, receipt.item_id, "other_dept", "写错了")
    with pytest.raises(Conflict, match="不是办完的一步"):
        act(work.withdraw, runtime, item_at(receipt.case_id, "do").id, "dept", "写错了")


# --- jump, end -----------------------------------------------------------------------------------------------


def test_the_owner_lets_a_case_jump(runtime: Runtime) -> None:
    """Forwards over a step, with reason and both nodes on record; others may not."""
    case_id = start_small(runtime).case_id
    token = item_at(case_id, "do").token
    with pytest.raises(Refused):
        act(work.jump, runtime, case_id, "office", token, "check", "已在现场办完")
    act(work.jump, runtime, case_id, "owner", token, "check", "已在现场办完")
    assert open_nodes(case_id) == ["check"]
    found = payload_of(case_id, "work:case:jumped")
    assert (found["from"], found["to"], found["reason"]) == ("do", "check", "已在现场办完")
    assert any("跳转" in one for one in told("vendor_a_tech"))


def test_a_case_is_ended_at_once(runtime: Runtime) -> None:
    """Everything open is withdrawn, clocks are void, starter and holders are told; a second time is refused."""
    case_id = start_small(runtime).case_id
    item = item_at(case_id, "do")
    with pytest.raises(Refused):
        act(work.terminate, runtime, case_id, "dept", "不办了")
    act(work.terminate, runtime, case_id, "director", "上级已统一处理")
    case = db.session.get_one(Case, case_id, populate_existing=True)
    assert (case.status, case.result, open_nodes(case_id)) == ("ended", "terminated", [])
    assert deadlines(item.id) == ["void"]
    assert payload_of(case_id, "work:case:terminated")["reason"] == "上级已统一处理"
    assert any("终止" in one for one in told("dept"))
    assert any("终止" in one for one in told("vendor_a_tech"))
    with pytest.raises(Conflict, match="已经办结"):
        act(work.terminate, runtime, case_id, "director", "再来")


# --- suspend, resume, deadlines ------------------------------------------------------------------------------


def watched(runtime: Runtime) -> int:
    """Start a case that waits for a person for two days, with a limit and a timer, and return its id."""
    publish_drawn(
        "watched",
        start(),
        asked(),
        user("work", properties({"limit": "2 天"}), camunda_formRef="do"),
        boundary("late", "work", timer("Duration", "P2D")),
        done("rescue"),
        end(),
        chain("s", "ask", "work", "e"),
        flows("late>rescue", "rescue>e"),
    )
    return start_drawn(runtime, "watched").case_id


def test_a_suspended_case_stands_still(runtime: Runtime) -> None:
    """Nothing is completed, claimed or moved, no timer fires; resumed, clocks and timers have what was left."""
    case_id = start_small(runtime).case_id
    item = item_at(case_id, "do")
    due = item.due_at
    assert due is not None
    act(work.suspend, runtime, case_id, "office", "等上级批复")
    for attempt in (
        lambda session, person, now: work.claim(session, item.id, person, now),
        lambda session, person, now: work.complete_work_item(session, runtime, item.id, person, {}, "k", now),
        lambda session, person, now: work.send_back(session, runtime, item.id, person, "ask", "不清", "k", now),
    ):
        with pytest.raises(Conflict, match="已经暂停"), transaction() as session:
            attempt(session, viewer(session, "vendor_a_tech"), clock.now(session))
    assert deadlines(item.id) == ["paused"]
    assert item_at(case_id, "do").paused_at is not None
    assert running_stretches(case_id) == []
    with pytest.raises(Conflict, match="已经暂停"):
        act(work.suspend, runtime, case_id, "office", "再停")
    later = clock.now(db.session()) + timedelta(days=7)
    act(work.resume_case, runtime, case_id, "office", "批复到了", at=later)
    item = item_at(case_id, "do")
    assert item.paused_at is None
    assert item.due_at is not None
    assert item.due_at >= due + timedelta(days=6)
    assert deadlines(item.id) == ["running"]
    assert (
        len(db.session.scalars(select(Stretch).where(Stretch.case_id == case_id, Stretch.ends.is_(None))).all()) == 1
    )
    complete(runtime, item.id, "vendor_a_tech", {"note": "好了"})


def running_stretches(case_id: int) -> list[Stretch]:
    """Return what a case's time is charged to now."""
    query = select(Stretch).where(Stretch.case_id == case_id, Stretch.ends.is_(None))
    return list(db.session.scalars(query))


def test_drawn_timers_wait_with_the_case(either_app: Flask) -> None:
    """A timer due while the case is suspended does not fire; it is due later by as long as the case stood still."""
    runtime: Runtime = either_app.extensions["guanjia.runtime"]
    case_id = watched(runtime)
    due = due_of(case_id)
    act(work.suspend, runtime, case_id, "supervisor", "等上级批复")
    move_clock(timedelta(days=5))
    assert fire_timers(runtime) == 0
    act(work.resume_case, runtime, case_id, "supervisor", "批复到了")
    assert due_of(case_id) - due >= timedelta(days=5)
    assert fire_timers(runtime) == 0
    move_clock(timedelta(days=2))
    assert fire_timers(runtime) == 1
    assert open_nodes(case_id) == ["rescue"]
    assert payload_of(case_id, "work:case:resumed")["due"]["old"]


def due_of(case_id: int) -> datetime:
    """Return when the case has to do something by itself."""
    db.session.rollback()
    due = db.session.get_one(Case, case_id).next_due
    assert due is not None
    return due


def move_clock(by: timedelta) -> None:
    """Let time pass."""
    with transaction() as session:
        clock.advance(session, clock.now(session) + by)


def test_a_deadline_is_moved(runtime: Runtime) -> None:
    """Later and earlier, on record with old and new; the list shows it, the holders are told, the drain obeys."""
    case_id = start_small(runtime).case_id
    item = item_at(case_id, "do")
    old = item.due_at
    assert old is not None
    with pytest.raises(Refused):
        act(work.change_deadline, runtime, item.id, "vendor_a_lead", old + timedelta(days=7), "来不及")
    later = (old + timedelta(days=7)).replace(second=0, microsecond=0)
    new = act(work.change_deadline, runtime, item.id, "office", later, "等上级批复")
    assert new == later
    assert item_at(case_id, "do").due_at == new
    found = payload_of(case_id, "work:item:due_changed")["due"]
    assert [datetime.fromisoformat(found[one]) for one in ("old", "new")] == [old, new]
    (deadline,) = db.session.scalars(select(Deadline).where(Deadline.work_item_id == item.id))
    assert (deadline.original_due_at, deadline.due_at) == (old, new)
    earlier = later - timedelta(days=8)
    assert act(work.change_deadline, runtime, item.id, "office", earlier, "提前") == earlier
    assert any("时限" in one for one in told("vendor_a_tech"))
    with pytest.raises(Invalid):
        act(work.change_deadline, runtime, item.id, "office", clock.now(db.session()) - timedelta(1), "不行")


def test_a_suspended_case_can_be_ended(runtime: Runtime) -> None:
    """What stands still needs not be resumed to be ended."""
    case_id = start_small(runtime).case_id
    act(work.suspend, runtime, case_id, "office", "等上级批复")
    act(work.terminate, runtime, case_id, "owner", "不再需要")
    db.session.rollback()
    assert db.session.get_one(Case, case_id).status == "ended"
    with pytest.raises(Conflict, match="没有暂停"):
        act(work.resume_case, runtime, case_id, "owner", "恢复")


# --- signers -------------------------------------------------------------------------------------------------


def signed(runtime: Runtime, *people: str, one_by_one: bool = False) -> int:
    """Start a case in which these people sign, and return its id."""
    marker = several("${people}", one_by_one=one_by_one)
    sign = node(
        "userTask",
        "sign",
        extension(properties({"name.en": "sign"})) + marker,
        camunda_assignee="${one}",
        camunda_formRef="do",
    )
    names = script("names", f"people = {list(people)}")
    way = chain("s", "ask", "names", "sign", "after", "e")
    publish_drawn("signed", start(), asked(), names, sign, done("after"), end(), way)
    return start_drawn(runtime, "signed").case_id


def signer_of(case_id: int, who: str) -> WorkItem:
    """Return the open item of a signer."""
    db.session.rollback()
    person = viewer(db.session(), who)
    query = select(WorkItem).where(WorkItem.case_id == case_id, WorkItem.assignee_id == person.user_id)
    return db.session.scalars(query.where(WorkItem.status == "open", WorkItem.node == "sign")).one()


def number(user_name: str) -> int:
    """Return the id of a person."""
    return viewer(db.session(), user_name).user_id


def test_a_signer_is_added(either_app: Flask) -> None:
    """Asked at once beside the others, with the reason on record; the step waits for the new one too."""
    runtime: Runtime = either_app.extensions["guanjia.runtime"]
    case_id = signed(runtime, "dept_head", "other_head")
    item = signer_of(case_id, "dept_head")
    with pytest.raises(Refused):
        act(work.add_signer, runtime, item.id, "dept", number("other_dept"), "一起看")
    act(work.add_signer, runtime, item.id, "dept_head", number("other_dept"), "一起看")
    assert payload_of(case_id, "work:item:signer_added")["who"] == "江晚舟"
    with pytest.raises(Conflict, match="已经在"):
        act(work.add_signer, runtime, item.id, "dept_head", number("other_dept"), "一起看")
    with pytest.raises(Invalid):
        act(work.add_signer, runtime, item.id, "dept_head", number("vendor_b_tech"), "一起看")
    for who in ("dept_head", "other_head", "other_dept"):
        assert open_nodes(case_id)[0] == "sign"
        complete(runtime, signer_of(case_id, who).id, who, {"note": "同意"})
    assert open_nodes(case_id) == ["after"]


def test_one_more_is_asked_after_the_others(runtime: Runtime) -> None:
    """Where people sign one after the other, the one added comes last."""
    case_id = signed(runtime, "dept_head", one_by_one=True)
    act(work.add_signer, runtime, signer_of(case_id, "dept_head").id, "office", number("other_head"), "一起看")
    assert len(open_nodes(case_id)) == 1
    complete(runtime, signer_of(case_id, "dept_head").id, "dept_head", {"note": "同意"})
    complete(runtime, signer_of(case_id, "other_head").id, "other_head", {"note": "同意"})
    assert open_nodes(case_id) == ["after"]


def test_a_signer_is_removed(runtime: Runtime) -> None:
    """By the desks, or by whoever added them; the last one stays."""
    case_id = signed(runtime, "dept_head", "other_head")
    act(work.add_signer, runtime, signer_of(case_id, "dept_head").id, "dept_head", number("other_dept"), "一起看")
    with pytest.raises(Refused):
        act(work.remove_signer, runtime, signer_of(case_id, "other_dept").id, "other_head", "不用了")
    act(work.remove_signer, runtime, signer_of(case_id, "other_dept").id, "dept_head", "不用了")
    act(work.remove_signer, runtime, signer_of(case_id, "other_head").id, "office", "出差")
    assert any("不用您办" in one for one in told("other_head"))
    with pytest.raises(Conflict, match="只剩这一个人"):
        act(work.remove_signer, runtime, signer_of(case_id, "dept_head").id, "office", "出差")
    complete(runtime, signer_of(case_id, "dept_head").id, "dept_head", {"note": "同意"})
    assert open_nodes(case_id) == ["after"]


def test_only_a_list_of_people_gains_one(runtime: Runtime) -> None:
    """A step of one person, or of a role, has no list to add to."""
    case_id = start_small(runtime).case_id
    with pytest.raises(Conflict, match="不能加人"):
        act(work.add_signer, runtime, item_at(case_id, "do").id, "office", number("dept"), "一起看")

"""Kill -9 at every commit of a scripted emergency: it goes on with every branch, limit and call it had.

A program of its own, as `boundaries`: `python -m tests.crash.emergencies DIR STEP`. A process dies right before its
STEP-th act, the next one right after it, and so on; with STEP 1 every act of an emergency is hit on both sides. Then
others are killed at commits of any kind. Prints as JSON how often.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from flask import Flask
from sqlalchemy import func, select

from app import clock, create_app
from app.config import load_settings
from app.db import db, transaction
from app.deadlines.models import Deadline
from app.emergency.models import CallAttempt, Emergency, EmergencyReport, GradeChange, LogEntry
from app.emergency.operations.opening import open_emergency
from app.ledger import verify
from app.ledger.models import Record
from app.people.models import User
from app.work.jobs import fire_deadlines, fire_timers
from app.work.jobs_services import serve_owed
from app.work.jobs_signals import deliver_owed
from app.work.models import Candidate, Case, Incident, WorkItem
from app.work.operations import complete_work_item
from app.work.runtime import Runtime
from app.work.watch import find_stalled
from tests.crash.boundaries import Boundary, dying, forked, once
from tests.factories.emergency import FACTS, publish_emergency
from tests.factories.small import viewer

ROUNDS = 200
SIDES = ("before", "after")
# an hour and ten minutes went by unnoticed: the second turn of the half-hour grid makes it III, which is reported
UNNOTICED = timedelta(minutes=70)
REPORT = {"decision": "sent", "report_text": "初步情况", "channel": "phone", "receiver_name": "网信办"}
ANSWERS: Final[dict[str, dict[str, Any]]] = {
    "nobody_answers": {"decision": "found"},
    "first_containment": {"decision": "contained", "measure": "isolate"},
    "status_report": {"decision": "report", "status_text": "正在排查"},
    "commander_activate": {"decision": "activate", "new_grade": "2", "grade_reason": "社会关注大"},
    "check_site": {"decision": "checked"},
    "verify_recovered": {"decision": "pass"},
    "commander_close": {"decision": "close"},
    "review_report": {"decision": "submit", "cause": "弱口令"},
    **{f"{kind}_report": REPORT for kind in ("phone", "first", "police", "closing")},
}
CALLS: Final = {"duty": ("no_answer", "reached"), "commander": ("busy", "wrong_number")}
# what an emergency that nobody interrupts comes to
WHOLE: Final[dict[str, Any]] = {
    "steps": {
        "call": 4,
        **dict.fromkeys(set(ANSWERS) | {"confirm_incident"}, 1),
        **dict.fromkeys(("analyse", "eradicate", "restore"), 1),
    },
    "calls": [
        ("duty", 1, "no_answer"),
        ("duty", 1, "reached"),
        ("commander", 1, "busy"),
        ("commander", 1, "wrong_number"),
    ],
    "grades": [(None, 4), (4, 3), (3, 2)],
    "reports": {"phone": 1, "written": 1, "police": 1, "closing": 1},
    "log": {"alarm": 1, "decision": 2, "status": 1},
}


# --- the run: it looks at the database only, so that whoever restarts it goes on where it stands


def drive(runtime: Runtime, turn: int = 0) -> None:
    """Raise the alarm of this turn and do whatever is to be done until the emergency is over."""
    case_id = _begin(runtime, turn)
    for _ in range(ROUNDS):
        if _machines(runtime) or _person(runtime, case_id):
            continue
        if _read(select(Case.status).where(Case.id == case_id)) == ["ended"]:
            return
        _pass_time(case_id)
    raise AssertionError(f"no end in sight: {_read(_open(case_id).with_only_columns(WorkItem.node))}")


def _begin(runtime: Runtime, turn: int) -> int:
    with transaction() as session:
        who, now = viewer(session, "dept"), clock.now(session)
        return open_emergency(session, runtime, who, "outage", None, "打不开", key=f"crash-{turn}", now=now).id


def _machines(runtime: Runtime) -> int:
    return serve_owed(runtime, "one") + fire_timers(runtime) + fire_deadlines() + deliver_owed(runtime, "one")


def _person(runtime: Runtime, case_id: int) -> bool:
    """Do the first open step whose turn it is; say whether there was one."""
    done = {node.rpartition(":")[2] for node in _read(_steps(case_id, "done").with_only_columns(WorkItem.node))}
    for item_id, node in _rows(_open(case_id).with_only_columns(WorkItem.id, WorkItem.node)):
        answers = _answers(case_id, node.rpartition(":")[2], done)
        if answers is not None:
            _complete(runtime, item_id, answers)
            return True
    return False


def _answers(case_id: int, node: str, done: set[str]) -> dict[str, Any] | None:
    """Return what is handed in at a step; None as long as nobody does it."""
    calls = _calls(case_id)
    if node == "call":
        group = calls[-1][0]
        return {"decision": CALLS[group][sum(one[0] == group for one in calls) - 1]}
    if node == "confirm_incident":
        happened = _read(select(Emergency.began_at).where(Emergency.case_id == case_id))[0] - UNNOTICED
        facts = {**FACTS, "unreachable": True, "happened_at": happened.isoformat()}
        return {"decision": "confirm", **facts} if ("duty", 1, "reached") in calls else None
    if node == "status_report" and node in done:
        return None
    if node == "commander_activate" and "nobody_answers" not in done:
        return None
    if node not in ANSWERS or node == "check_site":
        # repairs wait for the commander, so that every branch is open for a long time
        return ANSWERS.get(node, {"decision": "done"}) if "commander_activate" in done else None
    return ANSWERS[node]


def _complete(runtime: Runtime, item_id: int, answers: dict[str, Any]) -> None:
    with transaction() as session:
        offered = select(Candidate.user_id).where(Candidate.item_id == item_id).order_by(Candidate.user_id)
        user_id = session.get_one(WorkItem, item_id).assignee_id or session.scalars(offered).first()
        who, now = viewer(session, session.get_one(User, user_id).user_name), clock.now(session)
        complete_work_item(session, runtime, item_id, who, answers, f"key-{item_id}", now)


def _pass_time(case_id: int) -> None:
    """Let time go by until the next timer of the emergency is due and nobody who died holds it any more."""
    with transaction() as session:
        case, now = session.get_one(Case, case_id), clock.now(session)
        assert case.next_due is not None, "nothing is waited for"
        clock.advance(session, max(case.next_due, case.held_until or now, now) + timedelta(seconds=1))


def _steps(case_id: int, status: str) -> Any:
    return select(WorkItem).where(WorkItem.case_id == case_id, WorkItem.status == status).order_by(WorkItem.id)


def _open(case_id: int) -> Any:
    return _steps(case_id, "open")


def _calls(case_id: int) -> list[tuple[str, int, str]]:
    query = select(CallAttempt.group, CallAttempt.round, CallAttempt.outcome).order_by(CallAttempt.id)
    return [tuple(row) for row in _rows(query.join(Emergency).where(Emergency.case_id == case_id))]


def _read(query: Any) -> list[Any]:
    db.session.rollback()
    return list(db.session.scalars(query))


def _rows(query: Any) -> list[Any]:
    db.session.rollback()
    return list(db.session.execute(query))


# --- what must hold


def check(runtime: Runtime) -> None:
    """After a restart nothing is broken, nothing stands still, every limit runs, nothing was done or told twice."""
    assert verify(db.session()).clean
    db.session.rollback()
    assert find_stalled(runtime) == 0
    assert _rows(select(Incident.reason)) == []
    unlike = select(WorkItem.node).where(WorkItem.status == "open", WorkItem.due_at.is_not(None))
    ticking = select(Deadline.id).where(
        Deadline.work_item_id == WorkItem.id, Deadline.state == "running", Deadline.due_at == WorkItem.due_at
    )
    assert _read(unlike.where(~ticking.exists())) == []
    told = select(Record.kind, Record.item_id).where(
        Record.kind.in_(("work:item:completed", "work:deadline:overdue"))
    )
    assert _rows(told.group_by(Record.kind, Record.item_id).having(func.count() > 1)) == []


def summary(turn: int) -> dict[str, Any]:
    """Return what an emergency came to."""
    ((case_id, row_id),) = _rows(
        select(Emergency.case_id, Emergency.id).join(Case).where(Case.start_key == f"crash-{turn}")
    )
    nodes = _read(_steps(case_id, "done").with_only_columns(WorkItem.node))
    grades = select(GradeChange.before, GradeChange.after).where(GradeChange.emergency_id == row_id)
    return {
        "steps": dict(Counter(node.rpartition(":")[2] for node in nodes)),
        "calls": _calls(case_id),
        "grades": [tuple(row) for row in _rows(grades.order_by(GradeChange.id))],
        "reports": dict(Counter(_read(select(EmergencyReport.kind).where(EmergencyReport.emergency_id == row_id)))),
        "log": dict(Counter(_read(select(LogEntry.kind).where(LogEntry.emergency_id == row_id)))),
    }


# --- the killing


class Acts(Boundary):
    """Counts the commits that wrote into the ledger: those that brought an emergency on."""

    def _statement(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        self._wrote = self._wrote or statement.startswith("INSERT INTO record")


def killed(app: Flask, kind: type[Boundary], side: str, number: int, turn: int) -> bool:
    """Restart, check, go on and die at a commit; False when the emergency was over before."""

    def act(runtime: Runtime) -> None:
        check(runtime)
        kind(dying(side, number))
        drive(runtime, turn)

    status = forked(app, act)
    assert os.WIFSIGNALED(status) or status == 0, "the run failed"
    return os.WIFSIGNALED(status)


def over(app: Flask, turn: int) -> None:
    """Restart, go on to the end; all of it happened, and once."""

    def act(runtime: Runtime) -> None:
        check(runtime)
        drive(runtime, turn)
        check(runtime)
        assert summary(turn) == WHOLE, summary(turn)

    assert forked(app, act) == 0, "it did not come to its end"


def kill_at_acts(app: Flask, step: int, turn: int) -> int:
    """Kill one process after the other, before and after their `step`-th act in turns; return how many."""
    kills = 0
    while killed(app, Acts, SIDES[kills % 2], step, turn):
        kills += 1
    over(app, turn)
    return kills


def kill_anywhere(app: Flask, step: int, turn: int) -> int:
    """Kill at other commits too, such as that of a drain's lease; never twice in a row at the same."""
    kills = 0
    while killed(app, Boundary, SIDES[kills % 2], step + (kills + 2 * turn) % 7, turn):
        kills += 1
    over(app, turn)
    return kills


def warm(runtime: Runtime) -> None:
    """Let one be a false alarm, so that the processes forked later know the diagrams already."""
    case_id = _begin(runtime, 0)
    (item_id,) = _read(_open(case_id).with_only_columns(WorkItem.id))
    _complete(runtime, item_id, {"decision": "false_alarm"})


def main() -> None:
    """Publish what is needed, then kill."""
    folder, step = Path(sys.argv[1]), int(sys.argv[2])
    app = create_app(load_settings(data=str(folder)))
    once(app, lambda _runtime: publish_emergency())
    once(app, warm)
    acts = kill_at_acts(app, step, turn=1)
    anywhere = sum(kill_anywhere(app, step, turn) for turn in range(2, 5 if step == 1 else 3))
    print(json.dumps({"acts": acts, "anywhere": anywhere}))


if __name__ == "__main__":
    main()

"""The emergency plan on the engine: who is open when, what time and messages do, and that nothing owed is lost."""

from __future__ import annotations

import pytest

from app.engine import NotWaiting
from tests.processes.emergencies import Running

REPORTS = ["first_report", "phone_report"]


def test_an_answer_takes_back_the_calls() -> None:
    """Ten minutes without an answer open a call; whoever confirms meanwhile withdraws it."""
    case = Running().wait(minutes=10)
    assert case.open == ["call_roster:call", "confirm_incident"]
    assert case.confirm().open == ["commander_activate", "first_containment"]


def test_after_a_busy_line_the_next_is_called_at_once_and_after_an_answer_in_ten_minutes() -> None:
    """Nobody waits for a busy line; who was reached has ten minutes; then nobody is left and an alarm is raised."""
    case = Running(roster=3).wait(minutes=10).do("call_roster:call", "busy")
    assert case.open == ["call_roster:call", "confirm_incident"]
    case.do("call_roster:call", "reached")
    assert case.open == ["confirm_incident"]
    case.wait(minutes=10)
    assert case.open == ["call_roster:call", "confirm_incident"]
    case.do("call_roster:call", "no_answer")
    assert case.open == ["call_roster:nobody_answers", "confirm_incident"]


def test_without_a_commander_containment_and_reports_go_on() -> None:
    """No commander is reachable: technical work and the reports end, and the case waits for command alone."""
    case = Running(facts={"leaked_people": 1_000_000}).confirm()
    assert case.open == ["commander_activate", "first_containment", *REPORTS]
    case.wait(minutes=60)
    assert "call_roster:call" in case.open
    case.do("call_roster:call", "no_answer").do("call_roster:call", "wrong_number")
    assert "call_roster:nobody_answers" in case.open
    case.do("call_roster:nobody_answers", "found").restore()
    case.do("phone_report", "sent").do("first_report", "sent")
    assert case.open == ["commander_activate"]
    assert case.activate().open == ["commander_close"]


def test_a_commander_who_decides_is_no_longer_called() -> None:
    """The activation withdraws the call that is open."""
    case = Running().confirm().wait(minutes=60)
    assert case.open == ["call_roster:call", "commander_activate", "first_containment"]
    assert case.activate(decision="stand_down").open == ["first_containment"]


def test_time_raises_the_grade_and_opens_the_reports_once() -> None:
    """Every half hour the grade is reckoned anew; reports open when they become due, and a further rise adds none."""
    case = Running().confirm()
    assert case.grades[-1] == 4
    case.facts["harmful_home_minutes"] = 30
    assert case.wait(minutes=29).open == ["commander_activate", "first_containment"]
    case.wait(minutes=1)
    assert (case.grades[-1], case.open) == (3, ["commander_activate", "first_containment", *REPORTS])
    case.facts["harmful_home_minutes"] = 120
    case.wait(minutes=30)
    assert case.grades[-1] == 2
    assert case.drafted == ["phone", "written", "police"]
    case.facts["harmful_home_minutes"] = 360
    case.wait(hours=2)
    assert case.grades[-1] == 1
    assert [one for one in case.open if "report" in one] == [*REPORTS, "police_report"]
    assert len(case.drafted) == 3


def test_a_status_report_has_the_grade_reckoned_at_once() -> None:
    """New facts do not wait for the half hour; the next status report is open again."""
    case = Running().confirm().do("first_containment", "contained")
    case.facts["forwarded"] = 1_000
    case.do("status_report", "report", status_text="被转发")
    assert case.grades[-1] == 3
    assert {"status_report", *REPORTS} <= set(case.open)


def test_reports_owed_outlive_the_repair() -> None:
    """All is restored and command is done: the reports are still owed, and only then it can be closed."""
    case = Running(facts={"viewed": 10_000}).confirm().activate().restore()
    assert case.open == REPORTS
    case.do("phone_report", "sent")
    assert case.open == ["first_report"]
    assert case.do("first_report", "sent").open == ["commander_close"]
    assert case.do("commander_close", "close").open == ["closing_report"]
    assert case.do("closing_report", "sent").open == ["review_report"]
    assert case.sent == ["phone", "written", "closing"]
    case.do("review_report", "submit")
    assert case.live.ended


@pytest.mark.parametrize(("grade", "owed"), [(2, [*REPORTS, "police_report"]), (3, REPORTS), (None, [])])
def test_a_grade_set_after_the_repair_still_opens_the_reports(grade: int | None, owed: list[str]) -> None:
    """The commander decides last of all: what the grade demands is reported before anything is closed."""
    case = Running().confirm().restore()
    assert case.open == ["commander_activate"]
    case.activate(grade)
    assert case.open == (owed or ["commander_close"])
    for report in owed:
        case.do(report, "sent")
    assert case.open == ["commander_close"]


def test_status_reports_and_grading_end_with_the_repair() -> None:
    """The open status report is withdrawn when the recovery is verified; no timer is left when all is closed."""
    case = Running().confirm().activate()
    assert case.restore().open == ["commander_close"]
    graded = len(case.grades)
    case.wait(hours=5)
    assert len(case.grades) == graded


def test_a_new_fact_is_reported_even_after_all_the_rest() -> None:
    """A follow-up report opens beside everything and stays when the response is over; later ones are refused."""
    case = Running().confirm()
    with pytest.raises(NotWaiting):
        Running().tell("new_fact")
    case.tell("new_fact").tell("new_fact")
    assert case.open == ["commander_activate", "first_containment", "followup_report", "followup_report"]
    case.do("followup_report", "sent").activate().restore()
    assert case.open == ["commander_close", "followup_report"]
    with pytest.raises(NotWaiting):
        case.tell("new_fact")
    case.do("commander_close", "close").do("review_report", "submit")
    assert case.open == ["followup_report"]
    assert case.do("followup_report", "sent").live.ended


def test_a_failed_verification_begins_the_handling_anew() -> None:
    """What is not restored goes back to handling by kind, again by the technical group."""
    case = Running().confirm().activate().do("first_containment", "contained")
    for step in ("analyse", "eradicate", "harden", "restore"):
        case.do(f"handle_tamper:{step}", "done")
    case.do("handle_tamper:check_site", "checked", **dict.fromkeys(CHECKS, "ok"))
    assert case.do("verify_recovered", "fail").open == ["handle_tamper:analyse", "status_report"]


CHECKS = ("check_pages", "check_files_same", "check_doors", "check_others", "check_links")


def test_a_false_alarm_ends_it() -> None:
    """Nothing else ever opens."""
    case = Running().do("confirm_incident", "false_alarm")
    assert case.live.ended

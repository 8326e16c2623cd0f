"""The incident report on the engine: what is an emergency runs as one inside the same case."""

from __future__ import annotations

from tests.processes.emergencies import Running


def test_a_false_alarm_is_summed_up_too() -> None:
    """Triage sends it to the emergency plan, which finds nothing: the summary is still written."""
    case = Running("incident_report").do("report", "submit", what="首页异常", kind="tamper", site=1)
    assert case.do("triage", "emergency", kind="tamper").open == ["emergency_plan:confirm_incident"]
    case.wait(minutes=10)
    assert case.open == ["call_roster:call", "emergency_plan:confirm_incident"]
    assert case.do("emergency_plan:confirm_incident", "false_alarm").open == ["summary"]


def test_no_incident_ends_at_triage() -> None:
    """Nothing is handled and nothing summed up."""
    case = Running("incident_report").do("report", "submit", what="看错了", kind="other", site=1)
    assert case.do("triage", "no_incident").live.ended

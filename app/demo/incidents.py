"""Incident reports (事件汇报) of the demo: one in time, one late, one that waits for its triage."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from app import clock
from app.demo.emergencies import Told, emergency_texts, upload
from app.demo.stage import STORY, Life, Stage
from app.demo.watch import watcher
from app.work import operations

SLUG: Final = "incident_report"


def incident_lives(stage: Stage) -> list[tuple[datetime, Life]]:
    """Return the lives of all incident reports with the instants at which they are made."""
    made = [Report(stage, text) for text in emergency_texts()["incident"]]
    return [(one.begins, one.life()) for one in made]


@dataclass
class Report:
    """One incident report as its people handle it; `case_id` is known once it was made."""

    stage: Stage
    text: Told
    case_id: int = field(default=0, init=False)

    @property
    def begins(self) -> datetime:
        """Return when it is reported."""
        return self.stage.at(self.text["back"], self.text["hour"], self.text["minute"], 21)

    def life(self) -> Life:
        """Report it; then play the steps it has, each so long after the report."""
        self._make()
        for name, play in (
            ("claimed", self._claim),
            ("triage", self._triage),
            ("handled", self._handle),
            ("verified", self._verify),
            ("summed", self._sum_up),
            ("confirmed", self._confirm),
            ("read", self._read),
        ):
            if name in self.text:
                after, *said = self.text[name]
                yield self._when(after)
                play(*said)

    def _when(self, after: str) -> datetime:
        hours, minutes, seconds = (int(part) for part in after.split(":"))
        return self.stage.at_work(self.begins + timedelta(hours=hours, minutes=minutes, seconds=seconds))

    def _make(self) -> None:
        one, stage = self.text, self.stage
        caller, number = one.get("phone", (None, None))
        answers = {
            "what": one["what"],
            "site": stage.site_ids[one["unit"]][0],
            "category": stage.category_ids[one["category"]],
            "kind": one["kind"],
            "found_at": self._ago(one["found"]),
            "found_how": one["found_how"],
            "detail": one["detail"],
            "decision": "submit",
            **({"caller": caller, "caller_phone": number} if caller else {}),
        }
        start = {"start": "phone" if caller else "report"}
        with stage.act() as session:
            who, key = stage.viewer(one["by"]), STORY + one["name"]
            receipt = operations.start_case(session, stage.runtime, SLUG, who, answers, key, stage.now, data=start)
            self.case_id = receipt.case_id
        stage.serve()

    def _ago(self, minutes: int) -> str:
        return clock.local(self.stage.now - timedelta(minutes=minutes)).replace(second=0, microsecond=0).isoformat()

    def _do(self, who: str, node: str, answers: dict[str, Any]) -> None:
        self.stage.do(self.case_id, who, answers, node)
        self.stage.serve()

    def _claim(self) -> None:
        self.stage.claim(self.case_id, watcher(self.stage, self.stage.now))

    def _triage(self, severity: str, said: str) -> None:
        answers = {"kind": self.text["kind"], "severity": severity, "triage_note": said, "decision": "handle"}
        self._do(watcher(self.stage, self.stage.now), "triage", answers)

    def _handle(self, said: str) -> None:
        vendor = self.text["vendor"]
        evidence = [upload(self.stage, vendor, "处理后.png")]
        answers = {"handled_note": said, "restored_at": self._ago(4), "evidence": evidence, "decision": "done"}
        self._do(vendor, "handle", answers)

    def _verify(self, said: str) -> None:
        self._do(watcher(self.stage, self.stage.now), "verify", {"verify_note": said, "decision": "pass"})

    def _sum_up(self, cause: str, side: str, said: str) -> None:
        found = clock.local(self.begins - timedelta(minutes=self.text["found"])).isoformat()
        answers = {"found_at": found, "cause_class": cause, "responsible_side": side, "recurring": False}
        answers |= {"summary_text": said, "decision": "submit"}
        self._do(watcher(self.stage, self.stage.now), "summary", answers)

    def _confirm(self, said: str) -> None:
        self._do("office_b", "office_confirm", {"confirm_note": said, "decision": "confirm"})

    def _read(self, said: str) -> None:
        self._do("director", "leader_read", {"leader_note": said, "decision": "read"})

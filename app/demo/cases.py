"""One case on the stage: who acts in it, and every act with the answers its form asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app import clock
from app.demo import files
from app.demo.stage import Stage
from app.demo.texts import Demand, Phrases

VENDOR_OF = {
    "content": "vendor_a",
    "page": "vendor_a",
    "data": "vendor_b",
    "function": "vendor_b",
    "security": "vendor_c",
    "design": "vendor_a",
}
FINISH_HOURS = {"urgent": 4.0, "high": 8.0, "normal": 15.0, "low": 37.5}
KINDS = {"content": "text", "page": "page", "design": "page", "security": "safety"}
WITH_FILE = ("按附件", "附件《")
WITH_LIST = ("清单", "附后", "附件里")
STEP_HOURS = 0.3
TIMED = re.compile(r"\d\d:\d\d ")
HALF_HOUR = timedelta(minutes=30)


def clerk_of(unit: str) -> str:
    """Return who makes a unit's demands."""
    return "dept" if unit == "housing" else f"{unit}_clerk"


def head_of(unit: str) -> str:
    """Return the head of a unit."""
    return "dept_head" if unit == "housing" else f"{unit}_head"


@dataclass
class Dossier:
    """A case as its people handle it; `case_id` is known once it was raised."""

    stage: Stage
    phrases: Phrases
    demand: Demand
    vendor: str = ""
    engineer: str = ""
    story: str = ""
    requester: str = ""
    case_id: int = 0
    round: int = 1
    began: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.stage.now
        self.vendor = self.vendor or VENDOR_OF[self.demand.category]
        self.engineer = self.engineer or f"{self.vendor}_tech"

    @property
    def clerk(self) -> str:
        """Return the requester."""
        return self.requester or clerk_of(self.demand.unit)

    @property
    def head(self) -> str:
        """Return the requester's head of unit."""
        return head_of(self.demand.unit)

    @property
    def lead(self) -> str:
        """Return the vendor's lead."""
        return f"{self.vendor}_lead"

    # --- the requesting unit

    def facts(self) -> dict[str, Any]:
        """Return what the demand's form holds."""
        one = self.demand
        return {
            "title": one.title,
            "wanted": one.wanted,
            "criteria": list(one.criteria),
            "site": self.stage.site_ids[one.unit][one.site - 1],
            "category": self.stage.category_ids[one.category],
            "priority": one.priority,
            "wished_on": None,
            "files": [],
        }

    def raise_(self, *, by: str = "", parent_id: int | None = None) -> None:
        """Make the demand, with the attachment it speaks of."""
        who = by or self.clerk
        answers = {**self.facts(), "channel": "system"}
        if any(words in self.demand.wanted for words in WITH_FILE):
            answers["files"] = [self._file(who, "附件", "csv", self._criteria_table("验收要点"))]
        self.case_id = self.stage.start(who, answers, story=self.story, parent_id=parent_id)

    def record(self, *, by: str, channel: str, caller: str, phone: str, claimed: datetime) -> None:
        """Enter a demand that somebody made by phone, in person or on paper."""
        asked = {
            "channel": channel,
            "caller": caller,
            "caller_phone": phone,
            "claimed_at": claimed.isoformat(),
            "requester": self.stage.viewer(self.clerk).user_id,
        }
        self.case_id = self.stage.start(by, {**asked, **self.facts()}, intake=True, story=self.story)

    def confirm(self, note: str = "", **corrected: Any) -> None:
        """Let the named requester confirm what was recorded, with corrections where they are given."""
        decision = "correct" if corrected else "confirm"
        answers = {**self.facts(), **corrected, "confirm_note": note or None, "decision": decision}
        self.stage.do(self.case_id, self.clerk, answers)

    def deny(self, note: str) -> None:
        """Let the named requester say that it was not theirs."""
        self.stage.do(self.case_id, self.clerk, {**self.facts(), "confirm_note": note, "decision": "not_mine"})

    def approve(self, note: str = "", decision: str = "approve") -> None:
        """Let the head of the unit decide."""
        answers = {"head_note": note or self.phrases.deal("head"), "decision": decision}
        self.stage.do(self.case_id, self.head, answers)

    def revise(self, wanted: str) -> None:
        """Submit the demand again with a better text."""
        self.stage.do(self.case_id, self.clerk, {**self.facts(), "wanted": wanted, "decision": "resubmit"})

    def withdraw(self, reason: str) -> None:
        """Take the demand back before the vendor accepts it."""
        self.stage.send(self.case_id, self.clerk, "withdraw", "withdraw", reason)

    def object(self, reason: str) -> None:
        """Object to the restatement."""
        self.stage.send(self.case_id, self.clerk, "object_restatement", "object", reason)

    def supply(self, note: str) -> None:
        """Supply the material the vendor asked for."""
        content = files.text((self.demand.title, note))
        upload = self._file(self.clerk, "补充材料", "txt", content)
        self.stage.do(self.case_id, self.clerk, {"supply_note": note, "supply_files": [upload], "decision": "supply"})

    def check(self, decision: str = "pass", note: str = "", unmet: Sequence[int] = (0,)) -> None:
        """Check every criterion; a return names the lines that are not met."""
        missed = () if decision == "pass" else unmet
        checked = [{"text": line, "met": n not in missed} for n, line in enumerate(self.demand.criteria)]
        answers = {"checked": checked, "accept_note": note or self._phrase("pass"), "accept_files": []}
        self.stage.do(self.case_id, self.clerk, {**answers, "decision": decision})
        self.round += decision == "rework"
        self.began = self.stage.now

    def rate(self, grade: int, remark: str = "", low: str = "") -> None:
        """Rate the work."""
        answers: dict[str, Any] = {"grade": grade, "rating_text": remark or None, "decision": "rate"}
        self.stage.do(self.case_id, self.clerk, {**answers, "low_reason": low} if low else answers)

    # --- the office

    def triage(self, vendor: str, note: str) -> None:
        """Dispatch what no contract covers to a vendor."""
        self.vendor = vendor
        answers = {"vendor": self.stage.unit_ids[vendor], "triage_note": note, "decision": "dispatch"}
        self.stage.do(self.case_id, "office", answers)

    def turn_down(self, note: str) -> None:
        """Decide at triage that it is not handled."""
        self.stage.do(self.case_id, "office", {"vendor": None, "triage_note": note, "decision": "close"})

    def order(self, note: str) -> None:
        """Rule that the refusal does not hold."""
        self.stage.do(self.case_id, "office", {"new_vendor": None, "ruling_note": note, "decision": "order"})

    def redispatch(self, vendor: str, note: str) -> None:
        """Rule that the refusal holds and send the case to another vendor."""
        self.vendor, self.engineer = vendor, f"{vendor}_tech"
        answers = {"new_vendor": self.stage.unit_ids[vendor], "ruling_note": note, "decision": "redispatch"}
        self.stage.do(self.case_id, "office", answers)

    # --- the vendor

    def accept(self, hours: float, restatement: str = "") -> None:
        """Accept and restate; promise it within some working hours."""
        answers = {
            "restatement": restatement or self.demand.restatement,
            "promised_at": self._promise(hours).isoformat(),
            "vendor_note": None,
            "decision": "accept",
        }
        self.stage.do(self.case_id, self.lead, answers)

    def refuse(self, reason: str) -> None:
        """Refuse the case."""
        self._say_no("refuse", reason)

    def ask(self, wanted: str) -> None:
        """Ask for material; the vendor's clock stands still meanwhile."""
        self._say_no("ask", wanted)

    def _say_no(self, decision: str, note: str) -> None:
        answers = {"restatement": None, "promised_at": None, "vendor_note": note, "decision": decision}
        self.stage.do(self.case_id, self.lead, answers)

    def assign(self, engineer: str = "", note: str = "") -> None:
        """Give the case to an engineer."""
        self.engineer = engineer or self.engineer
        answers = {
            "engineer": self.stage.viewer(self.engineer).user_id,
            "assign_note": note or self._phrase("assign"),
            "decision": "assign",
        }
        self.stage.do(self.case_id, self.lead, answers)
        self.began = self.stage.now

    def submit(
        self, result: str = "", log: Sequence[str] = (), span: tuple[datetime, datetime] | None = None
    ) -> None:
        """Hand in the result with evidence, operation log and what was done to production systems, within `span`."""
        note = result or self.demand.result
        answers: dict[str, Any] = {
            "result_note": note,
            "results": self._evidence(note),
            "operation_log": "\n".join(self._log(log or self.demand.log)),
            "touched_production": "yes" if self.demand.change else "no",
            "decision": "submit",
        }
        self.stage.do(self.case_id, self.engineer, {**answers, **self._change(span or self._span())})

    def _span(self) -> tuple[datetime, datetime]:
        """Return the newest part of the work, some tens of minutes, that lies within office hours."""
        length = timedelta(minutes=12 + self.case_id * 7 % 38)
        for steps in range(1, 30):
            begin = self._back(STEP_HOURS * steps)
            if self.stage.works(begin) and self.stage.works(begin + length) and begin + length < self.stage.now:
                return begin, begin + length
        return self.began, self.stage.now

    def _change(self, span: tuple[datetime, datetime]) -> dict[str, Any]:
        change = self.demand.change
        if change is None:
            return {}
        begin, end = span
        watcher = self.clerk if self.case_id % 3 == 0 else self.lead
        return {
            "change_object": change.object,
            "change_from": clock.local(begin).isoformat(),
            "change_to": clock.local(end).isoformat(),
            "change_done": change.done,
            "backup": change.backup,
            "rollback": change.rollback,
            "watched_by": self.stage.viewer(watcher).name,
        }

    def _evidence(self, note: str) -> list[int]:
        who, seed = self.engineer, self.case_id * 7 + self.round
        if any(words in note for words in WITH_LIST):
            return [self._file(who, "清单", "csv", self._criteria_table("核对项")), *self._proof(who, seed)]
        return self._proof(who, seed)

    def _proof(self, who: str, seed: int) -> list[int]:
        if self.demand.category in {"content", "page", "design"}:
            before = self._file(who, "改前", "png", files.page_picture(seed, good=False))
            return [before, self._file(who, "改后", "png", files.page_picture(seed, good=True))]
        return [self._file(who, "核对结果", "csv", self._criteria_table("自查"))]

    def _criteria_table(self, head: str) -> bytes:
        rows = [(str(number), line) for number, line in enumerate(self.demand.criteria, 1)]
        return files.table(("序号", head), rows)

    def _log(self, lines: Sequence[str]) -> Iterator[str]:
        today = clock.local(self.stage.now).date()
        for number, line in enumerate(lines):
            if TIMED.match(line):
                yield line
                continue
            at = clock.local(self._back(STEP_HOURS * (len(lines) - number)))
            yield f"{at:%H:%M} {line}" if at.date() == today else f"{at:%m-%d %H:%M} {line}"

    def _back(self, hours: float) -> datetime:
        """Return an instant of the work just done, so long ago but not before it began."""
        done = (self.stage.now - self.began) * 0.9
        return max(self.stage.before(self.stage.now, hours), self.stage.now - done)

    def _phrase(self, pack: str) -> str:
        return self.phrases.deal(f"{pack}_{KINDS.get(self.demand.category, 'system')}")

    def _promise(self, hours: float) -> datetime:
        due = clock.local(self.stage.working(hours)).replace(second=0, microsecond=0)
        return due + (HALF_HOUR - timedelta(minutes=due.minute % 30))

    def _file(self, who: str, kind: str, extension: str, content: bytes) -> int:
        mark = "" if self.round == 1 else f"_第{self.round}轮"
        return self.stage.file(who, f"{self.demand.title[:14]}_{kind}{mark}.{extension}", content)

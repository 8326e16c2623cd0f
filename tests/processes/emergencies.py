"""Runs the emergency processes on the engine alone: topics answer from a small model, people and clock by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from app.engine import Advance, Engine, Environment, Live, OpenNode
from tests.processes.test_routes import definition_of

BEGIN = datetime(2026, 11, 17, 1, 20, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
GROUPS = {
    "case.duty": [11, 12],
    "case.commander": [21, 22],
    "case.tech": [31],
    "case.publicity": [41],
    "case.liaison": [51],
    "case.responders": [11, 31],
    "case.duty_and_office": [11, 61],
    "case.confirm_limit": "10 分钟",
    "case.contain_limit": "10 分钟",
}
NUMBERS = (
    "down_minutes", "harmful_home_minutes", "harmful_other_minutes", "leaked_people", "forwarded", "viewed", "loss",
    "affected_people",
)  # fmt: skip
HARMLESS = {"operator_kind": "other", "place": "city", "portal": False, **dict.fromkeys(NUMBERS, 0)}
REPAIRS = ("analyse", "eradicate", "harden", "restore", "check_site")


@dataclass
class Running:
    """One emergency: `facts` are measured, `ordered` is a grade set by command, `roster` how many may be called."""

    slug: str = "emergency_plan"
    facts: dict[str, Any] = field(default_factory=dict)
    roster: int = 2
    ordered: int | None = None
    now: datetime = BEGIN
    engine: Engine = field(default_factory=Engine)
    grades: list[int] = field(default_factory=list)
    drafted: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    live: Live = field(init=False)

    def __post_init__(self) -> None:
        start = {"kind": "tamper", "site": 1, "told": "首页异常", "drill": False, "start": "report"}
        self.live, step = self.engine.start(definition_of(self.slug), start, {}, self.env)
        self._settle(step)

    @property
    def env(self) -> Environment:
        due = {"confirm_incident": timedelta(minutes=10), "commander_activate": timedelta(minutes=60)}
        return Environment(self.now, {"id": 7, "unit": 3}, {name: self.now + after for name, after in due.items()})

    @property
    def open(self) -> list[str]:
        """Return the nodes that wait for people."""
        return sorted(one.node for one in self.engine.open_nodes(self.live) if one.wait == "person")

    def do(self, node: str, decision: str, **answers: Any) -> Running:
        """Let somebody complete an open node."""
        token = next(one.token for one in self.engine.open_nodes(self.live) if one.node == node)
        self._settle(self.engine.complete(self.live, token, {"decision": decision, **answers}, self.env))
        return self

    def wait(self, **span: float) -> Running:
        """Let time pass: every timer that comes due on the way fires at its instant."""
        until = self.now + timedelta(**span)
        while (due := self._next_due()) is not None and due <= until:
            self.now = due
            self._settle(self.engine.tick(self.live, self.env))
        self.now = until
        return self

    def tell(self, message: str) -> Running:
        """Send the case a message."""
        self._settle(self.engine.message(self.live, message, {"reason": "有新情况"}, self.env))
        return self

    def confirm(self) -> Running:
        return self.do("confirm_incident", "confirm")

    def activate(self, grade: int | None = None, decision: str = "activate") -> Running:
        self.ordered = grade
        return self.do("commander_activate", decision, publicity_needed=False)

    def restore(self) -> Running:
        """Contain, repair and verify."""
        self.do("first_containment", "contained", measure="static", evidence=[7])
        for step in REPAIRS:
            last = step == "check_site"
            checks = dict.fromkeys(("pages", "files_same", "doors", "others", "links"), "ok") if last else {}
            answers = {f"check_{name}": value for name, value in checks.items()}
            self.do(f"handle_tamper:{step}", "checked" if last else "done", **answers)
        return self.do("verify_recovered", "pass")

    def _next_due(self) -> datetime | None:
        return min((one.due for one in self.engine.open_nodes(self.live) if one.due), default=None)

    def _settle(self, step: Advance) -> None:
        assert step.incidents == ()
        while services := [one for one in self.engine.open_nodes(self.live) if one.wait == "service"]:
            done = self.engine.finish_service(self.live, services[0].token, self._answer(services[0]), self.env)
            assert done.incidents == ()

    def _answer(self, node: OpenNode) -> Mapping[str, Any]:
        """Return what the topic of a service answers; most of them nothing that the diagram reads."""
        own = getattr(self, f"_{(node.topic or '').rpartition('.')[2]}", None)
        return own(node) if own else {}

    def _open(self, _node: OpenNode) -> Mapping[str, Any]:
        return {"plan": 1, "case.kind": "tamper", **GROUPS}

    def _measure(self, _node: OpenNode) -> Mapping[str, Any]:
        standing = min(self.grades, default=4)
        return {"kind": "tamper", **HARMLESS, **self.facts, "standing_grade": standing, "overruled_grade": 5}

    def _activated(self, _node: OpenNode) -> Mapping[str, Any]:
        self.grades += [self.ordered] if self.ordered else []
        return {}

    def _next_call(self, _node: OpenNode) -> Mapping[str, Any]:
        self.roster -= 1
        return {"has_next": self.roster >= 0, "over": False, "callee_name": "值班二", "callers": [11]}

    def _record_call(self, node: OpenNode) -> Mapping[str, Any]:
        return {"reached": node.data["decision"] == "reached"}

    def _draft(self, node: OpenNode) -> Mapping[str, Any]:
        self.drafted.append(node.inputs["report_kind"])
        return {"report_text": "待查"}

    def _report_sent(self, node: OpenNode) -> Mapping[str, Any]:
        self.sent.append(node.inputs["report_kind"])
        return {}

    def _graded(self, node: OpenNode) -> Mapping[str, Any]:
        inputs = node.inputs
        self.grades.append(min(int(inputs["grade"]), *self.grades, 4))
        gone = (self.now - BEGIN) // HALF_HOUR + 1
        limits = ("activate_limit", "status_limit", "phone_limit", "written_limit", "review_limit", "police")
        told = {f"case.{name}": inputs[name] for name in (*limits, "report_required")}
        return {"case.grade": self.grades[-1], **told, "regrade_at": (BEGIN + gone * HALF_HOUR).isoformat()}

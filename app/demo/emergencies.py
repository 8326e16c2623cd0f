"""Emergencies and drills of the demo, played act by act as content/emergencies.toml tells them."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import select

from app import clock
from app.clock import ZONE
from app.db import db
from app.demo import files
from app.demo.cases import Dossier
from app.demo.newsroom import CHECKS
from app.demo.stage import SEED, STORY, Life, Stage
from app.demo.texts import CONTENT, Demand, Phrases
from app.demo.watch import bring_in, watcher
from app.emergency.models import EmergencyPlan, Inject
from app.emergency.operations import drilling, injecting
from app.emergency.operations.log import note
from app.emergency.operations.opening import open_emergency
from app.emergency.queries import of_case
from app.work.models import Case, WorkItem
from app.work.queries.casefile import token_data

PLANNED_BEFORE: Final = 2  # working days
MOMENT: Final = timedelta(seconds=1)
RELATIVE: Final = re.compile(r"@(-?\d+)")
# what an act says beside the answers in its step's form
OWN: Final = frozenset({"after", "office", "by", "node", "log", "text", "message", "review"})
FILED: Final = frozenset({"evidence", "analysis_files", "check_files"})
REPORTING: Final = frozenset({"phone_report", "first_report", "police_report", "followup_report", "closing_report"})
Told = Mapping[str, Any]


@cache
def emergency_texts() -> Told:
    """Read what is written about emergencies and incident reports."""
    return tomllib.loads((CONTENT / "emergencies.toml").read_text("utf-8"))


def emergency_lives(stage: Stage) -> list[tuple[datetime, Life]]:
    """Return the lives of all emergencies and drills, each with the instant at which it begins or is planned."""
    # dice of their own: what is written about tasks stays what it is
    dice = random.Random(SEED + 3)  # noqa: S311 - a story, not a secret
    phrases = Phrases(dice)
    lives = []
    for text in emergency_texts()["emergency"]:
        one = Alarm(stage, phrases, dice, text)
        begins = stage.at(text["back"] + PLANNED_BEFORE, 16, 20) if "drill" in text else one.begins
        lives.append((max(begins, stage.begin), one.life()))
    return lives


@dataclass
class Alarm:
    """One emergency or drill as its people handle it; `case_id` is known once the alarm was raised."""

    stage: Stage
    phrases: Phrases
    dice: random.Random
    text: Told
    case_id: int = field(default=0, init=False)
    began: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.begins

    @property
    def begins(self) -> datetime:
        """Return when the alarm is raised."""
        if "night" in self.text:
            return datetime.combine(self.stage.holiday(), time.fromisoformat(self.text["night"]), ZONE)
        return self.stage.at(self.text["back"], self.text["hour"], self.text["minute"], 8)

    def life(self) -> Life:
        """Raise the alarm and play every act at its time; then do what the review asked for."""
        yield from self._raise()
        for act in self.text["acts"]:
            yield from self._until(self._when(act))
            self._play(act)
        yield from self._improve()
        yield from self._until(self.stage.end - MOMENT)

    # --- when

    def _when(self, act: Told) -> datetime:
        hours, minutes, seconds = (int(part) for part in act["after"].split(":"))
        found = self.began + timedelta(hours=hours, minutes=minutes, seconds=seconds)
        return self.stage.at_work(found) if act.get("office") else found

    def _until(self, instant: datetime) -> Life:
        """Wait, while the drill's script brings in what it has."""
        while (due := self._next_inject()) is not None and due < instant:
            yield due
            bring_in(self.stage, self.dice)
        yield instant

    def _next_inject(self) -> datetime | None:
        if "drill" not in self.text or not self.case_id:
            return None
        emergency = of_case(db.session(), self.case_id)
        query = injecting.waiting().with_only_columns(Inject.due_at).order_by(Inject.due_at)
        found = db.session.scalar(query.where(Inject.emergency_id == emergency.id).limit(1)) if emergency else None
        db.session.rollback()
        return found

    # --- the alarm

    def _raise(self) -> Life:
        site_id = self.stage.site_ids[self.text["unit"]][self.text.get("site", 1) - 1]
        if "drill" in self.text:
            drill_id = self._plan(site_id)
            yield self.begins
            self.case_id = self._start_drill(drill_id)
        else:
            self.case_id = self._start(site_id)
        self.began = self.stage.now

    def _start(self, site_id: int) -> int:
        stage, one = self.stage, self.text
        who, key = stage.viewer(one["by"]), STORY + one["name"]
        with stage.act() as session:
            return open_emergency(
                session, stage.runtime, who, one["kind"], site_id, one["told"], key=key, now=stage.now
            ).id

    def _plan(self, site_id: int) -> int:
        day, who = clock.local(self.begins).date(), self.stage.viewer(self.text["by"])
        with self.stage.act() as session:
            plan_id = session.scalars(select(EmergencyPlan.id).where(EmergencyPlan.kind == self.text["kind"])).one()
            scene = drilling.Scene(plan_id, site_id, day, self.text["drill"])
            return drilling.plan_drill(session, who, scene, self.stage.now).id

    def _start_drill(self, drill_id: int) -> int:
        stage = self.stage
        with stage.act() as session:
            return drilling.start_drill(session, stage.runtime, stage.viewer(self.text["by"]), drill_id, stage.now).id

    # --- the acts

    def _play(self, act: Told) -> None:
        who = self._who(act["by"])
        if "log" in act:
            self._note(who, act["log"], act["text"])
        elif "message" in act:
            self.stage.send(self.case_id, who, act["message"], act["decision"], act["reason"])
        else:
            self._step(who, act)
        self.stage.serve()

    def _who(self, name: str) -> str:
        if name.startswith("@"):
            return watcher(self.stage, self.began, other=name == "@other")
        return name

    def _note(self, who: str, kind: str, text: str) -> None:
        stage = self.stage
        with stage.act() as session:
            emergency = of_case(session, self.case_id)
            if emergency is not None:
                note(session, stage.viewer(who), emergency.id, kind, text, stage.now)

    def _step(self, who: str, act: Told) -> None:
        node = act["node"]
        answers = {name: self._answer(who, name, value) for name, value in act.items() if name not in OWN}
        if node in REPORTING:
            answers["report_text"] = self._known(node, "report_text")
        if act.get("review"):
            answers |= {**CHECKS[node], "seen": self._known(node, "review_digest")}
        self.stage.do(self.case_id, who, answers, node)

    def _answer(self, who: str, name: str, value: Any) -> Any:
        if name in FILED:
            return [upload(self.stage, who, one) for one in value]
        if name == "improvements":
            return [self._line(one) for one in value]
        back = RELATIVE.fullmatch(value) if isinstance(value, str) else None
        return self._at(int(back[1])) if back else value

    def _at(self, minutes: int) -> str:
        found = clock.local(self.stage.now).replace(second=0, microsecond=0) + timedelta(minutes=minutes)
        return found.isoformat()

    def _line(self, one: Told) -> dict[str, Any]:
        category = self.stage.category_ids[one["category"]] if "category" in one else None
        return {"what": one["what"], "site": None, "category": category, "wished_on": None}

    def _known(self, node: str, name: str) -> Any:
        """Return what the token at an open step knows, such as the draft of a report."""
        item = db.session.get_one(WorkItem, self.stage.open_item(self.case_id, node))
        found = token_data(db.session(), self.case_id, item.token)[name]
        db.session.rollback()
        return found

    # --- what the review asked for

    def _improve(self) -> Life:
        """Let the vendors do each task of the review, and whoever wrote the review check it."""
        for line, told, task in zip(self._improvements(), self.text.get("task", ()), self._tasks(), strict=False):
            one = self._dossier(line, told, task)
            yield self.stage.working(0.4)
            one.accept(told["promise"])
            yield self.stage.working(0.5)
            one.assign()
            yield self.stage.working(told["promise"] * 0.6)
            one.submit()
            yield self.stage.working(3)
            one.check(note=told["note"])
            yield self.stage.working(0.2)
            one.rate(5, "说到做到。")

    def _improvements(self) -> Sequence[Told]:
        return next((act["improvements"] for act in self.text["acts"] if "improvements" in act), ())

    def _tasks(self) -> Sequence[int]:
        query = select(Case.id).where(Case.parent_id == self.case_id).order_by(Case.id)
        found = db.session.scalars(query).all()
        db.session.rollback()
        return found

    def _dossier(self, line: Told, told: Told, case_id: int) -> Dossier:
        demand = Demand(
            unit=self.text["unit"],
            site=1,
            category=line["category"],
            priority="normal",
            title=line["what"],
            wanted=line["what"],
            criteria=(f"已经做到：{line['what']}",),
            restatement=told["restatement"],
            result=told["result"],
            log=tuple(told["log"]),
        )
        return Dossier(self.stage, self.phrases, demand, requester="duty", case_id=case_id)


def upload(stage: Stage, who: str, name: str) -> int:
    """Upload a small real file of this name; return its id."""
    extension = name.rpartition(".")[2]
    made = {
        "png": files.page_picture(len(name) * 3, good="后" in name),
        "csv": files.table(("序号", "核对项", "结果"), [("1", name.partition(".")[0], "无异常")]),
    }
    return stage.file(who, name, made.get(extension) or files.text((name.partition(".")[0],)))


def drill_scenes() -> Mapping[str, str]:
    """Return by which scene a drill of the demo is found again, by its name."""
    return {one["name"]: one["drill"] for one in emergency_texts()["emergency"] if "drill" in one}

"""Emergencies in tests: people of the groups, a plan with targets, a roster, and acts in a running emergency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, runtime_of
from app.db import db, transaction
from app.emergency.models import Drill, Emergency, EmergencyPlan, PlanVersion, RosterMember
from app.emergency.operations.opening import open_emergency
from app.emergency.rules import KINDS
from app.ledger import Actor
from app.people.models import Site, User
from app.processes.operations import publish
from app.processes.source import read_source
from app.work.jobs import fire_timers
from app.work.models import Candidate, Case, WorkItem
from app.work.operations import complete_work_item
from tests.factories.city import hire
from tests.factories.reviewing import publish_review
from tests.factories.small import viewer

ROOT = Path(__file__).resolve().parents[2]
# in the order in which one calls the other
PROCESSES = (
    "call_roster",
    "grade_emergency",
    *(f"handle_{kind}" for kind in KINDS),
    "emergency_plan",
)
PEOPLE = (
    ("duty", "崔望舒", "office", "值班员", ("duty",), "13900000101"),
    ("duty2", "桑榆晚", "office", "值班员", ("duty",), "13900000102"),
    ("commander", "闻人澈", "office", "分管副主任", ("commander",), "13900000103"),
    ("commander2", "谢临渊", "office", "值班领导", ("commander",), "13900000104"),
    ("tech_lead", "南宫砚", "office", "技术组长", ("staff",), "13900000105"),
    ("tech2", "柏知秋", "office", "技术组", ("staff",), "13900000106"),
    ("publicity", "花见月", "office", "宣传组", ("publicity",), "13900000107"),
    ("liaison", "步惊澜", "office", "报告联络员", ("liaison",), "13900000108"),
    # who reviews a statement of the office: the one who raised the alarm counts as its author
    ("office_reviewer1", "荀子衿", "office", "信息审核", ("reviewer_1",), "13900000109"),
    ("office_secrecy", "岳千山", "office", "保密审查员", ("secrecy",), "13900000110"),
)
ROSTER = {
    "duty": ("duty", "duty2"),
    "commander": ("commander", "commander2"),
    "tech": ("tech_lead", "tech2"),
    "publicity": ("publicity",),
    "liaison": ("liaison",),
}
TARGETS = {"confirm": "10 分钟", "contain": "10 分钟", "phone": "30 分钟", "written": "4 小时", "restore": "8 小时"}
SCRIPT = [{"after": "PT5M", "text": "首页出现不明链接。"}, {"after": "PT20M", "text": "有媒体来电询问。"}]
FACTS = {
    "portal": "yes",
    "operator_kind": "organ",
    "place": "city",
    "unreachable": False,
    "harmful_home": False,
    "harmful_other": False,
}


def emergency_people(session: Session) -> None:
    """Add the people of the groups to the test city, those that it does not have yet."""
    hire(session, PEOPLE, clock.now(session))


def add_plans(session: Session, **targets: str) -> None:
    """Add a plan for every kind that has none, with one version, and the roster of all plans."""
    now = clock.now(session)
    planned = set(session.scalars(select(EmergencyPlan.kind)))
    for kind, name in KINDS.items():
        if kind not in planned:
            plan = EmergencyPlan(kind=kind, name=f"{name}应急预案", name_en=kind)
            session.add(plan)
            session.flush()
            session.add(_version(plan.id, {**TARGETS, **targets}, now))
    _fill_roster(session)


def _version(plan_id: int, targets: Mapping[str, str], now: datetime) -> PlanVersion:
    return PlanVersion(
        plan_id=plan_id,
        number=1,
        body="<p>先断开，再取证，再修复。</p>",
        targets=dict(targets),
        knowledge=[],
        script=SCRIPT,
        digest="0" * 64,
        made_by_name="setup",
        made_at=now,
    )


def _fill_roster(session: Session) -> None:
    users = {row.user_name: row.id for row in session.execute(select(User.user_name, User.id))}
    for group, names in ROSTER.items():
        for place, name in enumerate(names):
            session.add(RosterMember(group=group, position=place, user_id=users[name], title="", phone=""))
    session.flush()


def publish_emergency() -> None:
    """Publish the shipped processes of emergencies with the people, plans and roster they need."""
    publish_review()
    with transaction() as session:
        now, setup = clock.now(session), Actor("setup", "setup")
        emergency_people(session)
        for slug in PROCESSES:
            publish(session, read_source(ROOT / "bpmn", ROOT / "forms", slug), setup, now)
        add_plans(session)


@dataclass
class Running:
    """One emergency that a test walks through."""

    app: Flask
    kind: str = "tamper"
    drill: bool = False
    case_id: int = field(default=0)

    def begin(self, by: str = "duty") -> Running:
        """Raise the alarm."""
        with transaction() as session:
            site = session.scalars(select(Site.id).where(Site.name == "住建局门户")).one()
            drill = self._planned(session, site) if self.drill else None
            case = open_emergency(
                session,
                runtime_of(self.app),
                viewer(session, by),
                self.kind,
                site,
                "首页被换成不明图片",
                drill=drill,
                key=uuid4().hex,
                now=clock.now(session),
            )
            self.case_id = case.id
        return self

    def _planned(self, session: Session, site_id: int) -> Drill:
        plan = session.scalars(select(EmergencyPlan).where(EmergencyPlan.kind == self.kind)).one()
        today = clock.local(clock.now(session)).date()
        drill = Drill(plan_id=plan.id, site_id=site_id, planned_on=today, scene="", script=[], result={})
        session.add(drill)
        session.flush()
        return drill

    @property
    def case(self) -> Case:
        """The case as it is now."""
        db.session.rollback()
        return db.session.get_one(Case, self.case_id, populate_existing=True)

    @property
    def row(self) -> Emergency:
        """The emergency as it is now."""
        db.session.rollback()
        query = select(Emergency).where(Emergency.case_id == self.case_id)
        return db.session.scalars(query.execution_options(populate_existing=True)).one()

    @property
    def data(self) -> dict[str, Any]:
        """What `case.*` holds."""
        from app.engine.state import untag  # noqa: PLC0415

        return dict(untag(self.case.header["case"]))

    def items(self, status: str = "open") -> dict[str, WorkItem]:
        """Return the steps of a status by their node without the process; the newest of each."""
        db.session.rollback()
        query = select(WorkItem).where(WorkItem.case_id == self.case_id, WorkItem.status == status)
        rows = db.session.scalars(query.order_by(WorkItem.id).execution_options(populate_existing=True))
        return {one.node.rpartition(":")[2]: one for one in rows}

    def open(self) -> set[str]:
        """Return the names of the open steps."""
        return set(self.items())

    def do(self, node: str, by: str | None = None, **answers: Any) -> None:
        """Complete an open step, as this person or as the first who may."""
        item_id = self.items()[node].id
        with transaction() as session:
            who = viewer(session, by or self._holder(session, item_id))
            now = clock.now(session)
            complete_work_item(session, runtime_of(self.app), item_id, who, answers, uuid4().hex, now)

    def _holder(self, session: Session, item_id: int) -> str:
        item = session.get_one(WorkItem, item_id)
        offered = select(Candidate.user_id).where(Candidate.item_id == item_id).order_by(Candidate.user_id)
        user_id = item.assignee_id or session.scalars(offered.limit(1)).one()
        return session.get_one(User, user_id).user_name

    def wait(self, minutes: float) -> None:
        """Let time pass and every timer that came due fire, as the drains do."""
        with transaction() as session:
            clock.advance(session, clock.now(session) + timedelta(minutes=minutes))
        while fire_timers(runtime_of(self.app)):
            pass

    def confirm(self, by: str = "duty", **facts: Any) -> None:
        """Confirm it with facts."""
        self.do("confirm_incident", by, decision="confirm", **{**FACTS, **facts})

    def mend(self) -> None:
        """Let the technical group do everything its process asks, until somebody else may verify it."""
        while "verify_recovered" not in self.open():
            node = self._of_handling()[0]
            self.do(node, "tech_lead", decision="checked" if node == "check_site" else "done")

    def _of_handling(self) -> list[str]:
        opened = (one.node for one in self.items().values() if one.node.startswith(f"handle_{self.kind}:"))
        return [node.rpartition(":")[2] for node in opened]

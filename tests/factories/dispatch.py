"""The shipped dispatch process in the test city: published, started, walked, its clock moved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import select

from app import clock, runtime_of
from app.db import db, transaction
from app.deadlines.operations import establish
from app.files.jobs import receive
from app.ledger import Actor
from app.people.models import ServiceCategory, Site, User
from app.processes.operations import load_folders
from app.work.models import Case, WorkItem
from app.work.operations import Receipt, complete_work_item, mark_opened, start_case
from tests.factories.small import viewer

ROOT = Path(__file__).parents[2]
SLUG = "task_dispatch"
CRITERIA = ("三个附件能下载并打开", "附件文件名保留中文")


@dataclass(frozen=True)
class Dispatch:
    """The dispatch process of one application, driven from outside any request."""

    app: Flask

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Open the application and give its connections back afterwards."""
        with self.app.app_context():
            yield
            db.session.remove()

    def publish(self) -> None:
        """Give the city its calendar and publish the process as it ships."""
        topics = frozenset(runtime_of(self.app).topics)
        setup = Actor("setup", "setup")
        with self.inside(), transaction() as session:
            establish(session, clock.now(session))
            load_folders(session, ROOT / "bpmn", ROOT / "forms", setup, clock.now(session), topics)

    def start(self, title: str, by: str = "dept", **answers: Any) -> Receipt:
        """Begin a case with a demand; inside the content contract unless `category` says otherwise."""
        with self.inside(), transaction() as session:
            demand = self.demand(title, answers.pop("category", "content")) | answers
            return start_case(
                session,
                runtime_of(self.app),
                SLUG,
                viewer(session, by),
                demand,
                uuid4().hex,
                clock.now(session),
                data={"start": "demand"},
            )

    def demand(self, title: str, category: str) -> dict[str, Any]:
        """Return the answers of an ordinary demand."""
        return {
            "title": title,
            "wanted": "“政策文件”栏目 3 个附件点开后提示“文件不存在”，群众来电两次。请恢复下载。",
            "criteria": list(CRITERIA),
            "site": db.session.scalar(select(Site.id).order_by(Site.id)),
            "category": db.session.scalar(select(ServiceCategory.id).where(ServiceCategory.code == category)),
            "priority": "high",
            "channel": "system",
            "decision": "submit",
        }

    def do(self, case_id: int, by: str, **answers: Any) -> Receipt:
        """Read and complete the open step of a case."""
        item_id = self.item(case_id)
        with self.inside(), transaction() as session:
            who, now = viewer(session, by), clock.now(session)
            mark_opened(session, item_id, who, now)
            return complete_work_item(session, runtime_of(self.app), item_id, who, answers, uuid4().hex, now)

    def item(self, case_id: int) -> int:
        """Return the id of the one open step of a case."""
        with self.inside():
            query = select(WorkItem.id).where(WorkItem.case_id == case_id, WorkItem.status == "open")
            return db.session.scalars(query).one()

    def case_id(self, number: str) -> int:
        """Return the id of a case by its number."""
        with self.inside():
            return db.session.scalars(select(Case.id).where(Case.number == number)).one()

    def user_id(self, user_name: str) -> int:
        """Return the id of a person by the name they sign in with."""
        with self.inside():
            return db.session.scalars(select(User.id).where(User.user_name == user_name)).one()

    def upload(self, by: str, name: str, content: bytes = b"1,ok\n2,ok\n") -> int:
        """Store a file for somebody; return its number, as a form posts it."""
        owner = self.user_id(by)
        with self.inside():
            return receive(BytesIO(content), name, owner_id=owner).id

    def forward(self, **span: float) -> None:
        """Move the clock of the city on."""
        with self.inside(), transaction() as session:
            clock.advance(session, clock.now(session) + timedelta(**span))

    def accept(self, case_id: int) -> Receipt:
        """Accept the demand as the vendor's lead, restating it."""
        promised = "2026-11-20T17:00:00+08:00"
        restated = "重传三个附件，修正链接，文件名保留中文。"
        return self.do(case_id, "vendor_a_lead", decision="accept", restatement=restated, promised_at=promised)

    def assign(self, case_id: int) -> Receipt:
        """Give the case to the vendor's engineer."""
        return self.do(case_id, "vendor_a_lead", decision="assign", engineer=self.user_id("vendor_a_tech"))

    def submit(self, case_id: int, name: str = "附件检查清单.csv", **answers: Any) -> Receipt:
        """Hand in the result with one file."""
        files = [self.upload("vendor_a_tech", name)]
        result = {
            "result_note": "已重传三个附件，逐个点开核对。",
            "operation_log": "09:40 登录后台，10:05 重传完成。",
        }
        work = result | {"touched_production": "no"} | answers
        return self.do(case_id, "vendor_a_tech", decision="submit", results=files, **work)

    def check(self, case_id: int, decision: str, *met: bool, note: str = "") -> Receipt:
        """Judge the result line by line as the requester."""
        lines = [{"text": text, "met": is_met} for text, is_met in zip(CRITERIA, met, strict=True)]
        return self.do(case_id, "dept", decision=decision, checked=lines, accept_note=note)

    def rate(self, case_id: int, grade: int = 5) -> Receipt:
        """Rate the finished work."""
        return self.do(case_id, "dept", decision="rate", grade=grade)

    def to_execution(self, title: str) -> Receipt:
        """Begin a case and bring it to the engineer's desk."""
        begun = self.start(title)
        self.accept(begun.case_id)
        self.assign(begun.case_id)
        return begun

    def to_acceptance(self, title: str) -> Receipt:
        """Begin a case and bring its result to the requester's desk."""
        begun = self.to_execution(title)
        self.submit(begun.case_id)
        return begun

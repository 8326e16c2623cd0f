"""A process with one reviewing step, and texts to review that live in a file, so that a server sees them change.

Imported by a server's command line as well: it makes subjects called `note:1` known to that process.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, runtime_of
from app.db import db, transaction
from app.ledger import Actor
from app.processes.operations import publish
from app.processes.source import Source
from app.review import hooks
from app.review.models import OPEN, PASS, VOID, ReviewAct
from app.review.subjects import Attached, Content, Subject, register
from app.work.models import WorkItem
from app.work.operations import Receipt, start_case
from tests.factories.small import viewer
from tests.processes import diagrams as d

SLUG, REF = "reviewed", "note:1"
FILE = "GUANJIA_TEST_NOTES"
LEVELS = [["review_1", "一审"], ["review_2", "二审"], ["secrecy", "保密审查"], ["review_3", "三审签发"]]
TITLE = "《住宅专项维修资金管理办法》政策解读"
OLD = (
    "<p>近日，我市修订印发《住宅专项维修资金管理办法》（以下简称《办法》），自 2026 年 12 月 1 日起施行。"
    "为便于业主了解，现就有关问题解读如下。</p>"
    "<p>一、为什么要修订？原办法施行已满八年，部分条款与上位规定不一致，群众反映较为集中。</p>"
    "<p>二、使用资金需要多少业主同意？应当由专有部分面积占比三分之二以上且人数占比三分之二以上的业主参与表决，"
    "并经参与表决专有部分面积半数以上且参与表决人数半数以上的业主同意。</p>"
    "<p>三、遇到电梯停运、外墙脱落怎么办？《办法》列出六种应急情形，经核实后可先行动用。</p>"
    "<table><tbody><tr><th>情形</th><th>时限</th></tr><tr><td>电梯停运</td><td>3 日</td></tr>"
    "<tr><td>外墙脱落</td><td>5 日</td></tr></tbody></table>"
    "<p>四、业主可以到哪里查询？登录市住建局网站“维修资金查询”栏目，或到房屋所在地的街道便民服务中心查询。</p>"
)
NEW = (
    OLD.replace("2026 年 12 月 1 日", "2027 年 1 月 1 日")
    .replace("不一致，群众", "不一致，申请材料多、等待时间长，群众")
    .replace("面积半数以上且参与表决人数半数以上", "面积过半数且参与表决人数过半数")
    .replace("可先行动用。", "可先行动用，五个工作日内在小区公示栏和市住建局网站公开支出明细。")
    .replace("<td>5 日</td>", "<td>2 日</td>")
)


def facts(klass: str = "主动公开") -> list[list[str]]:
    """Return the facts of a text."""
    return [["单位", "市住房和城乡建设局"], ["栏目", "政策解读"], ["公开属性", klass]]


def a_text(
    html: str, title: str = TITLE, files: tuple[tuple[str, str, int], ...] = (("办法原文.pdf", "a" * 64, 182_000),)
) -> dict[str, Any]:
    """Return one version of a text as the file keeps it."""
    return {"title": title, "html": html, "facts": facts(), "files": [list(one) for one in files]}


class Notes:
    """The provider of `note:…`: numbered versions in a file, the last one is the present one."""

    @property
    def path(self) -> Path:
        """The file."""
        return Path(os.environ[FILE])

    def versions(self) -> list[dict[str, Any]]:
        """Return all versions, oldest first."""
        found: list[dict[str, Any]] = json.loads(self.path.read_text("utf-8"))
        return found

    def write(self, *versions: dict[str, Any]) -> None:
        """Replace all versions."""
        self.path.write_text(json.dumps(versions, ensure_ascii=False), "utf-8")

    def add(self, version: dict[str, Any]) -> str:
        """Add a version as an author does; return its hash."""
        self.write(*self.versions(), version)
        return digest_of(version)

    def find(self, session: Session, ref: str, data: Mapping[str, Any]) -> Subject | None:
        """Return the present version."""
        del session, data
        if ref != REF:
            return None
        versions = self.versions()
        last = versions[-1]
        return Subject(ref, last["title"], len(versions), digest_of(last), frozenset(), None, len(last["html"]))

    def content(self, session: Session, ref: str, digest: str, data: Mapping[str, Any]) -> Content | None:
        """Return the version with this hash."""
        del session, ref, data
        found = next((one for one in self.versions() if digest_of(one) == digest), None)
        if found is None:
            return None
        files = tuple(Attached(*one) for one in found["files"])
        return Content(found["title"], found["html"], tuple((a, b) for a, b in found["facts"]), files)


NOTES = Notes()


def digest_of(version: Mapping[str, Any]) -> str:
    """Return the hash of a version."""
    return hashlib.sha256(json.dumps(version, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def remarks(session: Session, subject: Subject) -> list[hooks.MarginNote]:
    """Return the remarks beside the sample text."""
    del session
    if "2027 年 1 月 1 日" not in NOTES.versions()[-1]["html"] or subject.ref != REF:
        return []
    return [
        hooks.MarginNote("日期改动", "须与公文原件一致", "2027 年 1 月 1 日"),
        hooks.MarginNote("曾拦截，已改", "“半数以上”含本数，“过半数”不含。", "过半数且参与表决人数过半数", "plain"),
        hooks.MarginNote("新增承诺", "请核对《办法》第十七条", "五个工作日内"),
    ]


register("note", NOTES)
hooks.add_notes("note", remarks)


def _form() -> str:
    parts = [
        {"id": "f1", "type": "textfield", "key": "seen", "label": "审核的内容"}
        | {"properties": {"widget": "subject", "label.en": "Content"}},
        {"id": "f2", "type": "radio", "key": "dates", "label": "日期、文号与原件一致", "validate": {"required": True}}
        | {"values": [{"label": "是", "value": "yes"}, {"label": "否", "value": "no"}]}
        | {"properties": {"label.en": "Dates"}},
        {
            "id": "f3",
            "type": "checkbox",
            "key": "linked",
            "label": "已关联政策原文",
            "properties": {"label.en": "Linked"},
        },
        {"id": "f4", "type": "textarea", "key": "note", "label": "意见", "conditional": {"hide": "=linked = true"}}
        | {"properties": {"widget": "opinion", "label.en": "Opinion"}},
    ]
    return json.dumps({"type": "default", "id": "review", "components": parts}, ensure_ascii=False)


def _asking() -> str:
    part = {"id": "f1", "type": "textfield", "key": "subject", "label": "稿件", "properties": {"label.en": "Subject"}}
    return json.dumps({"type": "default", "id": "ask", "components": [part]}, ensure_ascii=False)


def _drawing() -> bytes:
    choice = d.properties(
        {
            "name.en": "First review",
            "actions": "pass:通过|return:退回作者|reject:不予发布",
            "reason.required": "return,reject",
        }
    )
    step = d.node(
        "userTask",
        "review_1",
        d.extension(choice),
        camunda_assignee="${starter}",
        camunda_formRef="review",
        name="一审",
    )
    return d.diagram(
        d.start(),
        d.user("ask", name="交稿", camunda_formRef="ask"),
        step,
        d.end(),
        d.chain("s", "ask", "review_1", "e"),
        own={"title": TITLE, "number": "XX"},
    )


@dataclass(frozen=True)
class Reviewed:
    """The process in one application, and its text."""

    app: Flask
    file: Path

    def publish(self) -> None:
        """Publish the process; the text has one version."""
        os.environ[FILE] = str(self.file)
        NOTES.write(a_text(OLD))
        source = Source(SLUG, _drawing(), forms={"ask": _asking(), "review": _form()})
        with transaction() as session:
            publish(session, source, Actor("setup", "setup"), clock.now(session))

    def start(self, by: str = "dept") -> Receipt:
        """Begin a case that waits for its review by the person who began it."""
        with transaction() as session:
            who, now = viewer(session, by), clock.now(session)
            begun = start_case(session, runtime_of(self.app), SLUG, who, {"subject": REF}, uuid4().hex, now)
            found = NOTES.find(session, REF, {})
            assert found is not None
            opened = ReviewAct(subject=REF, version=found.version, digest=found.digest, act=OPEN, at=now)
            opened.answers, opened.case_id = {"levels": LEVELS}, begun.case_id
            session.add(opened)
            return begun

    def item(self, case_id: int) -> WorkItem:
        """Return the step that waits."""
        db.session.rollback()
        query = select(WorkItem).where(WorkItem.case_id == case_id, WorkItem.status == "open")
        return db.session.scalars(query).one()

    def passed(self, case_id: int, by: str, level: str, level_name: str, at: datetime | None = None) -> int:
        """Record that a person passed the present version at a level."""
        with transaction() as session:
            now, who, subject = clock.now(session), viewer(session, by), NOTES.find(session, REF, {})
            assert subject is not None
            act = ReviewAct(
                subject=REF,
                version=subject.version,
                digest=subject.digest,
                act=PASS,
                level=level,
                level_name=level_name,
                case_id=case_id,
                user_id=who.user_id,
                user_name=who.name,
                unit_id=who.unit_id,
                unit_name=who.unit_name,
                at=at or now,
                characters=subject.characters,
                opinion="与公文原件核对一致。",
            )
            session.add(act)
            session.flush()
            return act.id

    def change(self, html: str, *voided: int) -> None:
        """Add a version as the author does; the given passes become void."""
        digest = NOTES.add(a_text(html))
        with transaction() as session:
            now = clock.now(session)
            for number in voided:
                ended = session.get_one(ReviewAct, number)
                session.add(
                    ReviewAct(
                        subject=REF,
                        version=len(NOTES.versions()),
                        digest=digest,
                        act=VOID,
                        level=ended.level,
                        level_name=ended.level_name,
                        case_id=ended.case_id,
                        at=now,
                        voids_id=number,
                    )
                )

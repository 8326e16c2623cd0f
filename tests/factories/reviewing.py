"""Processes that have their text reviewed, each a diagram and a form of its own, no code; and acts in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.db import db, transaction
from app.ledger import Actor
from app.processes.operations import publish
from app.processes.source import Source, read_source
from app.review.models import ReviewAct
from app.review.subjects import Content, Subject
from app.work.models import Case, WorkItem
from app.work.operations import Receipt, complete_work_item, start_case
from app.work.runtime import Runtime
from tests.factories.content import content_people
from tests.factories.small import viewer
from tests.processes import diagrams as d

SLUG, OPEN_CALL = "policy_interpretation", "reviewed_text"
ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent / "interpreting"
CHECKS: dict[str, dict[str, Any]] = {
    "review_1": {"wording": "yes", "format": "yes", "links": "yes", "names": "yes"},
    "review_2": {"facts": "yes", "basis": "yes", "placed": "yes", "worth": "yes"},
    "secrecy": {
        "openness": "open",
        "state_secret": "no",
        "work_secret": "no",
        "trade_secret": "no",
        "privacy": "no",
        "secrecy_basis": "《政府信息公开条例》第十七条",
    },
    "review_3": {"direction": "yes", "lawful": "yes", "timely": "yes"},
}
REVIEWERS = {"review_1": "reviewer1", "review_2": "reviewer2", "secrecy": "secrecy", "review_3": "reviewer3"}


@dataclass
class Memo:
    """A text that anybody edits; every editor becomes an author."""

    text: str
    seen: list[str] = field(default_factory=list)
    authors: set[int] = field(default_factory=set)

    @property
    def digest(self) -> str:
        """Return the hash of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def write(self, text: str, author: int) -> None:
        """Replace the text."""
        self.text = text
        self.authors.add(author)
        if self.digest not in self.seen:
            self.seen.append(self.digest)


class Memos:
    """The provider of `memo:…`."""

    kept: Mapping[str, Memo] = {}

    def find(self, session: Session, ref: str, data: Mapping[str, Any]) -> Subject | None:
        """Return a memo as it is now."""
        del session, data
        memo = self.kept[ref]
        version = memo.seen.index(memo.digest) + 1
        return Subject(ref, "便笺", version, memo.digest, frozenset(memo.authors), None, len(memo.text))

    def content(self, session: Session, ref: str, digest: str, data: Mapping[str, Any]) -> Content | None:
        """Return nothing: only hashes matter here."""
        del session, ref, digest, data
        return None


MEMOS = Memos()


def publish_review() -> None:
    """Publish the shipped review and two processes that call it, with the people who decide.

    `policy_interpretation` hands in and takes out named values; `reviewed_text` shares all its data.
    """
    with transaction() as session:
        now, setup = clock.now(session), Actor("setup", "setup")
        content_people(session)
        publish(session, read_source(ROOT / "bpmn", ROOT / "forms", "multi_level_review"), setup, now)
        publish(session, read_source(HERE / "bpmn", HERE / "forms", SLUG), setup, now)
        publish(session, Source(OPEN_CALL, _drawing(), forms={"draft": _form()}), setup, now)


def write(runtime: Runtime, by: str = "editor", *, slug: str = OPEN_CALL, **fields: Any) -> int:
    """Hand in a text and return its case."""
    answers = {"title": "办法解读", "body": "<p>近日印发《办法》，现就有关问题解读如下。</p>", **fields}
    with transaction() as session:
        who, now = viewer(session, by), clock.now(session)
        return start_case(session, runtime, slug, who, {**answers, "decision": "submit"}, uuid4().hex, now).case_id


def item_of(case_id: int) -> WorkItem:
    """Return the step a case is at."""
    db.session.rollback()
    query = select(WorkItem).where(WorkItem.case_id == case_id, WorkItem.status == "open")
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def at(case_id: int) -> str:
    """Return the name of the step a case is at, without the process it belongs to; its result when it is over."""
    db.session.rollback()
    case = db.session.get_one(Case, case_id, populate_existing=True)
    return item_of(case_id).node.rpartition(":")[2] if case.status == "running" else str(case.result)


def digest_at(case_id: int) -> str:
    """Return the hash of what is under review now."""
    found = item_data(case_id)["review_digest"]
    assert isinstance(found, str)
    return found


def item_data(case_id: int) -> dict[str, Any]:
    """Return what the waiting token knows."""
    from app.work.queries import casefile  # noqa: PLC0415

    return dict(casefile.token_data(db.session(), case_id, item_of(case_id).token))


def decide(runtime: Runtime, case_id: int, decision: str, by: str | None = None, **answers: Any) -> Receipt:
    """Complete the step a case is at; a pass sees the present content and answers the level's questions."""
    item = item_of(case_id)
    level = item.node.rpartition(":")[2]
    seen = {"seen": digest_at(case_id)} if level in CHECKS else {}
    given = {**seen, **(CHECKS.get(level, {}) if decision == "pass" else {"opinion": "请改。"}), **answers}
    with transaction() as session:
        who = viewer(session, by or REVIEWERS.get(level, "editor"))
        full = {**given, "decision": decision}
        return complete_work_item(session, runtime, item.id, who, full, uuid4().hex, clock.now(session))


def acts(ref: str) -> list[tuple[str, str, str]]:
    """Return what was done to a subject: act, level, who."""
    db.session.rollback()
    rows = db.session.scalars(select(ReviewAct).where(ReviewAct.subject == ref).order_by(ReviewAct.id))
    return [(row.act, row.level, row.user_name) for row in rows]


def _form() -> str:
    parts: list[dict[str, Any]] = [
        {"id": "title", "type": "textfield", "key": "title", "label": "标题", "validate": {"required": True}},
        {"id": "body", "type": "textarea", "key": "body", "label": "正文", "properties": {"widget": "richtext"}},
        {"id": "attachments", "type": "filepicker", "key": "attachments", "label": "附件", "multiple": True}
        | {"properties": {"widget": "evidence"}},
    ]
    return json.dumps({"type": "default", "id": "draft", "components": parts}, ensure_ascii=False)


def _drawing() -> bytes:
    choice = d.extension(d.properties({"name.en": "Draft", "actions": "submit:送审"}))
    draft = d.node("userTask", "draft", choice, camunda_assignee="${starter}", camunda_formRef="draft", name="撰稿")
    over = d.node("endEvent", "published", d.extension(d.properties({"result": "通过"})))
    refused = d.node("endEvent", "refused", d.extension(d.properties({"result": "不予发布"})))
    return d.diagram(
        d.start(),
        draft,
        d.call("review", "multi_level_review"),
        d.gateway("exclusive", "said", "back"),
        over,
        refused,
        d.chain("s", "draft", "review", "said"),
        d.flows(
            "said>published[${outcome == 'passed'}]", "said>refused[${outcome == 'rejected'}]", "back:said>draft"
        ),
        own={"title": "${title}", "number": "JD"},
    )

"""An article on its way through the shipped review: written, handed in, decided, published, its clock moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import select

from app import clock, runtime_of
from app.content.models import Article, ArticleVersion
from app.content.operations.articles import save_draft
from app.content.operations.submitting import hand_in
from app.content.queries import articles as queries
from app.db import db, transaction
from app.deadlines.operations import establish
from app.ledger import Actor
from app.outbox import channels_of
from app.outbox.jobs import drain
from app.processes.operations import publish
from app.processes.source import read_source
from app.review.models import ReviewAct
from app.work.jobs import fire_timers
from app.work.jobs_services import serve_owed
from app.work.models import Case, WorkItem
from app.work.operations import Receipt, complete_work_item
from tests.factories.content import an_article, columns_of, content_people, site_named
from tests.factories.reviewing import CHECKS, REVIEWERS
from tests.factories.small import viewer

ROOT = Path(__file__).resolve().parents[2]
SLUGS = ("multi_level_review", "article_review")
LEVELS = ("review_1", "review_2", "secrecy", "review_3")
TEXT = "<p>市住建局今天公布第三季度保障性住房配租结果，共 412 户家庭选到住房。</p><p>结果公示五个工作日。</p>"
OTHER = "<p>市住建局今天公布第三季度保障性住房配租结果，共 421 户家庭选到住房。</p><p>结果公示五个工作日。</p>"


@dataclass(frozen=True)
class Newsroom:
    """The people of an editorial office and the shipped processes, in one application."""

    app: Flask

    def open(self) -> None:
        """Publish the processes and bring the people."""
        topics = frozenset(runtime_of(self.app).topics)
        with transaction() as session:
            now = clock.now(session)
            establish(session, now)
            content_people(session)
            for slug in SLUGS:
                source = read_source(ROOT / "bpmn", ROOT / "forms", slug)
                publish(session, source, Actor("setup", "setup"), now, topics=topics)

    def write(self, by: str = "editor", column: str = "news", **fields: Any) -> int:
        """Write an article that can be handed in; return its number."""
        with transaction() as session:
            columns = columns_of(session, site_named(session).id)
            return an_article(session, viewer(session, by), columns[column], **{"body": TEXT, **fields}).id

    def edit(self, article_id: int, by: str = "editor", **fields: Any) -> None:
        """Change what is typed of an article."""
        with transaction() as session:
            seen = queries.draft(session, article_id).row_version
            save_draft(session, viewer(session, by), article_id, fields, seen, clock.now(session))

    def hand_in(self, article_id: int, by: str = "editor", key: str | None = None, **more: Any) -> Receipt:
        """Hand an article in."""
        with transaction() as session:
            who, now = viewer(session, by), clock.now(session)
            return hand_in(session, runtime_of(self.app), who, article_id, key or uuid4().hex, now, **more)

    def begin(self, by: str = "editor", **fields: Any) -> int:
        """Write an article and hand it in; return its number."""
        article_id = self.write(by, **fields)
        self.hand_in(article_id, by)
        return article_id

    def article(self, article_id: int) -> Article:
        """Return an article as it is now."""
        db.session.rollback()
        return db.session.get_one(Article, article_id, populate_existing=True)

    def version(self, article_id: int) -> ArticleVersion:
        """Return the handed-in version of an article."""
        return db.session.get_one(ArticleVersion, self.article(article_id).version_id)

    def case(self, article_id: int) -> Case:
        """Return the case that reviews an article."""
        return db.session.get_one(Case, self.article(article_id).case_id, populate_existing=True)

    def items(self, case_id: int) -> dict[str, WorkItem]:
        """Return the open steps of a case by their names, without the process they belong to."""
        db.session.rollback()
        query = select(WorkItem).where(WorkItem.case_id == case_id, WorkItem.status == "open")
        rows = db.session.scalars(query.execution_options(populate_existing=True))
        return {one.node.rpartition(":")[2]: one for one in rows}

    def at(self, article_id: int) -> list[str]:
        """Return the open steps of an article's case; its result in brackets when it is over."""
        case = self.case(article_id)
        return sorted(self.items(case.id)) if case.status == "running" else [f"({case.result})"]

    def do(self, article_id: int, step: str, by: str, decision: str, **answers: Any) -> Receipt:
        """Complete an open step of an article's case."""
        item = self.items(self.case(article_id).id)[step]
        return self.do_item(item.id, by, {**answers, "decision": decision})

    def do_item(self, item_id: int, by: str, answers: dict[str, Any]) -> Receipt:
        """Complete a step."""
        with transaction() as session:
            who, now = viewer(session, by), clock.now(session)
            return complete_work_item(session, runtime_of(self.app), item_id, who, answers, uuid4().hex, now)

    def decide(self, article_id: int, decision: str, by: str | None = None, **answers: Any) -> Receipt:
        """Decide at the level an article is at; a pass sees the handed-in version unless `seen` says otherwise."""
        (level,) = self.at(article_id)
        given = {"seen": self.version(article_id).digest, "opinion": "请改。"} | answers
        checks = CHECKS.get(level, {}) if decision == "pass" else {}
        return self.do(article_id, level, by or REVIEWERS[level], decision, **{**checks, **given})

    def pass_all(self, article_id: int, *levels: str) -> None:
        """Pass the given levels, all four without any."""
        for level in levels or LEVELS:
            assert self.at(article_id) == [level]
            self.decide(article_id, "pass")

    def run(self, *, minutes: float = 0) -> None:
        """Move the clock on, and let timers, services and pages have their turn until nothing is left."""
        if minutes:
            with transaction() as session:
                clock.advance(session, clock.now(session) + timedelta(minutes=minutes))
        runtime = runtime_of(self.app)
        while fire_timers(runtime) + serve_owed(runtime, "test") + drain(channels_of(self.app), "test"):
            db.session.rollback()
        db.session.rollback()

    def acts(self, article_id: int) -> list[tuple[str, str]]:
        """Return what reviewers did to an article: act and level."""
        db.session.rollback()
        query = select(ReviewAct).where(ReviewAct.subject == f"article:{article_id}").order_by(ReviewAct.id)
        return [(one.act, one.level) for one in db.session.scalars(query)]

"""A published article with a planted fault, the process that corrects it, and acts in that process."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import select

from app import clock, runtime_of
from app.content.models import Article, ErrorReport
from app.content.operations import publishing, reports
from app.content.operations.articles import save_draft
from app.content.operations.reports import Reported
from app.content.operations.sites import set_publishing
from app.content.queries import articles as queries
from app.db import db, transaction
from app.files.jobs import store
from app.ledger import Actor
from app.outbox import channels_of
from app.outbox.jobs import drain
from app.processes.operations import publish
from app.processes.source import read_source
from app.review.models import PASS, SEAL, VOID, ReviewAct
from app.work.jobs import fire_timers
from app.work.jobs_services import serve_owed
from app.work.models import Case, WorkItem
from app.work.operations import Receipt, complete_work_item
from app.work.queries import casefile
from tests.factories.content import a_version, an_article, columns_of, content_people, site_named
from tests.factories.reviewing import CHECKS, REVIEWERS, ROOT
from tests.factories.small import viewer

GOOD = "<p>请各单位尽快部署公租房配租工作，于 12 月 1 日前完成。</p>"
BAD = GOOD.replace("部署", "布署")
LEVELS = ("review_1", "review_2", "secrecy", "review_3")
NAMES = {"review_1": "一审", "review_2": "二审", "secrecy": "保密审查", "review_3": "三审"}


def publish_correction() -> None:
    """Publish the shipped processes of correction and of review, with the people of content."""
    with transaction() as session:
        now = clock.now(session)
        content_people(session)
        for slug in ("multi_level_review", "article_correction"):
            publish(session, read_source(ROOT / "bpmn", ROOT / "forms", slug), Actor("setup", "setup"), now)


def wait(**span: float) -> None:
    """Let time pass."""
    with transaction() as session:
        clock.advance(session, clock.now(session) + timedelta(**span))


def write_article(body: str = GOOD) -> int:
    """Write an article and hand in its first version."""
    with transaction() as session:
        author = viewer(session, "editor")
        column = columns_of(session, site_named(session).id)["news"]
        article = an_article(session, author, column, body=body)
        a_version(session, author, article)
        return article.id


def change(article_id: int, body: str) -> None:
    """Write another text and hand it in as the next version."""
    wait(minutes=7)
    with transaction() as session:
        author = viewer(session, "editor")
        a_version(session, author, queries.article(session, author, article_id), body=body)


def type_in(article_id: int, body: str, by: str = "editor") -> None:
    """Write another text in the editor; it is no version yet."""
    with transaction() as session:
        draft = queries.draft(session, article_id)
        save_draft(session, viewer(session, by), article_id, {"body": body}, draft.row_version, clock.now(session))


def pass_all(article_id: int, levels: tuple[str, ...] = LEVELS) -> None:
    """Write down that every level passed the present version, each after some minutes of reading."""
    for level in levels:
        wait(minutes=9)
        _act(article_id, PASS, level)
    _act(article_id, SEAL)


def void_last(article_id: int) -> None:
    """End the last pass, as a change of the text does."""
    with transaction() as session:
        last = session.scalars(
            select(ReviewAct).where(ReviewAct.act == PASS).order_by(ReviewAct.id.desc()).limit(1)
        ).one()
        session.add(
            ReviewAct(
                subject=f"article:{article_id}",
                version=last.version,
                digest=last.digest,
                act=VOID,
                level=last.level,
                level_name=last.level_name,
                at=clock.now(session),
                voids_id=last.id,
            )
        )


def put_online(article_id: int) -> None:
    """Publish the present version."""
    with transaction() as session:
        now, article = clock.now(session), session.get_one(Article, article_id)
        publishing.publish(session, article_id, article.version_id or 0, Actor("person", "蓝采薇"), None, now)


def published_fault() -> int:
    """Return an article whose second version brought a wrong word in, passed by four people and published."""
    article_id = write_article()
    change(article_id, BAD)
    pass_all(article_id)
    put_online(article_id)
    return article_id


def report_it(article_id: int, words: str = "布署", by: str | None = None, **more: str) -> int:
    """Report the fault, as a reader or as somebody of the house; return the number of the report."""
    wait(hours=1)
    with transaction() as session:
        row = reports.report(
            session,
            store(),
            Reported(url=f"/articles/{article_id}", words=words, **more),
            clock.now(session),
            reporter=viewer(session, by) if by else None,
            address="a" * 64,
        )
        row_id = row.id
    with transaction() as session:
        publisher = viewer(session, "publisher")
        if session.get_one(ErrorReport, row_id).article_id is None:
            reports.name_article(session, publisher, row_id, article_id)
    return row_id


def take_up(app: Flask, report_id: int) -> int:
    """Begin the correction of a report; return its case."""
    with transaction() as session:
        now = clock.now(session)
        return reports.take_up(session, runtime_of(app), viewer(session, "publisher"), report_id, now).id


def publish_outside(route: str = "none") -> None:
    """Let the site be one on an outside platform."""
    with transaction() as session:
        values = {"mode": "outside", "folder": "housing", "route": route, "title": "", "footer": ""}
        set_publishing(session, viewer(session, "office"), site_named(session).id, values, None, clock.now(session))


def opened(case_id: int) -> list[WorkItem]:
    """Return the open steps of a case, oldest first."""
    db.session.rollback()
    query = select(WorkItem).where(WorkItem.case_id == case_id, WorkItem.status == "open").order_by(WorkItem.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def at(case_id: int) -> list[str]:
    """Return the names of the open steps of a case; its result when it is over; its trouble when it stands still."""
    db.session.rollback()
    case = db.session.get_one(Case, case_id, populate_existing=True)
    if case.status == "ended":
        return [str(case.result)]
    return [one.node.rpartition(":")[2] for one in opened(case_id)] or [str(case.incident or "")]


def data_at(case_id: int) -> dict[str, Any]:
    """Return what the first open step of a case knows."""
    return dict(casefile.token_data(db.session(), case_id, opened(case_id)[0].token))


def do(app: Flask, case_id: int, by: str, decision: str, **answers: Any) -> Receipt:
    """Complete the open step of a case that is this person's, or the first one."""
    items = opened(case_id)
    with transaction() as session:
        who = viewer(session, by)
        item = next((one for one in items if one.assignee_id == who.user_id), items[0])
        given = {**answers, "decision": decision}
        return complete_work_item(session, runtime_of(app), item.id, who, given, uuid4().hex, clock.now(session))


def seen(article_id: int) -> str:
    """Return the hash of the version handed in last."""
    db.session.rollback()
    found = queries.version(db.session(), db.session.get_one(Article, article_id).version_id)
    assert found is not None
    return found.digest


def confirm(app: Flask, case_id: int, article_id: int, kind: str = "wording", **more: Any) -> None:
    """Confirm the fault as the publisher."""
    answers = {"seen": seen(article_id), "fault_kind": kind, "severity_wish": "rule", "words": "布署", **more}
    do(app, case_id, "publisher", "confirm", **answers)


def review(app: Flask, case_id: int, article_id: int, level: str, decision: str = "pass") -> None:
    """Decide at a level of the short review."""
    checks = CHECKS[level] if decision == "pass" else {"opinion": "请改。"}
    do(app, case_id, REVIEWERS[level], decision, seen=seen(article_id), **checks)


def correct(app: Flask, case_id: int, article_id: int, body: str = GOOD) -> None:
    """Mend the text, have it passed by both levels, publish it and compare the page a quarter of an hour later."""
    type_in(article_id, body)
    do(app, case_id, "editor", "submit", seen=seen(article_id), correction_note="“布署”改为“部署”。")
    review(app, case_id, article_id, "review_1")
    review(app, case_id, article_id, "review_3")
    let_it_run(app)


def let_it_run(app: Flask) -> None:
    """Let what is owed be done, a quarter of an hour pass, and what is then owed be done."""
    _drain(app)
    wait(minutes=16)
    fire_timers(runtime_of(app))
    _drain(app)


def _drain(app: Flask) -> None:
    drain(channels_of(app), "test")
    serve_owed(runtime_of(app), "test")
    drain(channels_of(app), "test")


def _act(article_id: int, act: str, level: str = "") -> None:
    with transaction() as session:
        now, article = clock.now(session), session.get_one(Article, article_id)
        version = queries.version(session, article.version_id)
        assert version is not None
        row = ReviewAct(
            subject=f"article:{article_id}",
            version=version.number,
            digest=version.digest,
            act=act,
            at=now,
            level=level,
        )
        row.level = level
        if level:
            who = viewer(session, REVIEWERS[level])
            row.level_name, row.user_id, row.user_name = NAMES[level], who.user_id, who.name
            row.unit_id, row.unit_name = who.unit_id, who.unit_name
            row.started_at, row.characters = now - timedelta(minutes=8, seconds=12), version.characters
            row.opinion = "与原件核对一致。"
        session.add(row)

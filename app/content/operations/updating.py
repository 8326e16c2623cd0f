"""Keeping columns fresh: remind their owner, ask for news by a case, close it when news is out."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import local
from app.content import freshness
from app.content.models import Article, SiteColumn
from app.content.queries.freshness import ColumnState, kept_of
from app.db import savepoint
from app.errors import UserError
from app.i18n import N_
from app.ledger import Actor
from app.outbox.operations import notify
from app.people import queries as house
from app.people.operations import holders
from app.people.rules import Viewer
from app.work.models import Case
from app.work.operations import open_case
from app.work.operations.cases import lock_case
from app.work.operations.signals import send_message
from app.work.runtime import Call, Runtime

SLUG: Final = "column_update"
MESSAGE: Final = "column_updated"
RULE: Final = Actor("rule", N_("栏目更新期限"))
TITLE: Final = N_("栏目更新：%(site)s %(column)s")
SOON: Final = N_("“%(site)s”的“%(column)s”%(day)s到更新期限，请安排稿件。")
NEVER: Final = N_("“%(site)s”的“%(column)s”还没有发布过稿件，要求 %(days)s 天更新一次，请安排稿件。")
NOT_IN_COLUMN: Final = N_("这篇稿件不在要更新的栏目，或者发布在上一个期限里。请选一篇新发布的。")


def keep_fresh(session: Session, runtime: Runtime, column_id: int, now: datetime) -> str:
    """Do what a column needs now and return what that was (`app.content.freshness`); asking twice does it once."""
    case = _asking(session, column_id)
    column = session.get_one(SiteColumn, column_id, with_for_update=True, populate_existing=True)
    if column.due_case_id != (case.id if case else None) or column.update_days is None or column.state != "open":
        return freshness.NOTHING
    found = ColumnState(column, kept_of(column, case), case)
    step = found.kept.step(now)
    if step == freshness.REMIND:
        _remind(session, found, now)
    elif step == freshness.ASK:
        _ask(session, runtime, found, now)
    elif step == freshness.CLOSE and case is not None:
        send_message(session, runtime, case, MESSAGE, {"column": column.id}, {}, now, actor=RULE)
    return step


def check_article(session: Session, call: Call) -> dict[str, Any]:
    """Say whether the article somebody named is out in the column since the period began, and if not, why."""
    if call.data.get("decision") != "updated":
        return {"column_fits": True, "column_note": ""}
    article = session.get(Article, call.data.get("column_article") or 0)
    begun = str(call.data.get("since") or "")
    at = article.published_at if article is not None and article.published_id else None
    is_here = article is not None and article.column_id == call.data.get("column")
    fits = is_here and at is not None and (not begun or at > datetime.fromisoformat(begun))
    return {"column_fits": fits, "column_note": "" if fits else NOT_IN_COLUMN}


def _asking(session: Session, column_id: int) -> Case | None:
    """Return the case that asked last, locked: cases before their columns, as everywhere."""
    case_id = session.scalar(select(SiteColumn.due_case_id).where(SiteColumn.id == column_id))
    return lock_case(session, case_id) if case_id else None


def _remind(session: Session, found: ColumnState, now: datetime) -> None:
    column, due = found.column, found.kept.due_at
    values: dict[str, Any] = {"site": column.site.name, "column": column.name, "days": column.update_days}
    if due is not None:
        values["day"] = f"{local(due):%m-%d}"
    sentence = NEVER if due is None else SOON
    told = _owners(session, column)
    notify(session, told, sentence, values=values, url="/content/freshness", now=now, kind="content")
    column.reminded_at = now
    session.flush()


def _ask(session: Session, runtime: Runtime, found: ColumnState, now: datetime) -> None:
    """Open the case of this period; without the process, or without anybody, the page alone says that it is due."""
    column, since = found.column, found.kept.since
    starter = _starter(session, column)
    if starter is None or since is None:
        return
    data = {
        "column": column.id,
        "column_name": column.name,
        "site": column.site_id,
        "site_name": column.site.name,
        "owner_unit": column.owner_id,
        "since": since.isoformat(),
        "column_note": "",
        "last_news": f"{local(column.last_published_at):%Y-%m-%d}" if column.last_published_at else "",
        "update_days": column.update_days,
    }
    key = f"column-{column.id}-{int(since.timestamp())}"
    try:
        with savepoint(session):
            case = open_case(session, runtime, SLUG, starter, data, key, now, actor=RULE)
    except UserError:
        return
    # open_case has let go of the row; lists show a case by these before its first step is done
    row = session.get_one(Case, case.id)
    row.title = TITLE % {"site": column.site.name, "column": column.name}
    row.site_id, row.summary = column.site_id, [column.site.name]
    column.due_case_id = case.id
    session.flush()


def _owners(session: Session, column: SiteColumn) -> list[int]:
    """Return the editors and the head of the unit whose duty a column is."""
    return sorted({*holders(session, "editor", column.owner_id), *holders(session, "unit_head", column.owner_id)})


def _starter(session: Session, column: SiteColumn) -> Viewer | None:
    """Return in whose name the case is listed: the owner's people, else whoever looks after columns."""
    heads = sorted(holders(session, "unit_head", column.owner_id))
    for user_id in (*heads, *_owners(session, column), *house.holding(session, "content.manage")):
        viewer = house.viewer_of(session, user_id)
        if viewer is not None:
            return viewer
    return None

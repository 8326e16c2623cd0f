"""Columns and passed articles for tests of publication, written straight into the tables."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.content.models import Article, ArticleVersion, Media, SiteColumn, SitePublishing
from app.content.rules import PASSED, PUBLISHED, digest_of
from app.db import db, transaction
from app.files.jobs import receive
from app.files.models import Upload
from app.people.models import Site, User
from app.review.models import SEAL, ReviewAct


def site_id_of(code: str = "3300000001") -> int:
    """Return a site of the city."""
    return db.session.scalars(select(Site.id).where(Site.code == code)).one()


def add_column(site_id: int, slug: str = "news", name: str = "工作动态", **more: Any) -> int:
    """Open a column of a site."""
    with transaction() as session:
        owner = session.get_one(Site, site_id).owner_id
        row = SiteColumn(site_id=site_id, slug=slug, name=name, kind="news", owner_id=owner, **more)
        session.add(row)
        session.flush()
        return row.id


def add_article(column_id: int, title: str = "公租房开始配租", body: str = "<p>今日开始。</p>", **more: Any) -> int:
    """Hand in an article as if it had been passed; return its number."""
    with transaction() as session:
        return make_article(session, column_id, title, body, clock.now(session), **more).id


def make_article(
    session: Session,
    column_id: int,
    title: str,
    body: str,
    now: datetime,
    *,
    kind: str = "news",
    files: Sequence[dict[str, Any]] = (),
    state: str = PASSED,
    author: User | None = None,
) -> Article:
    """Write an article with its first version."""
    column = session.get_one(SiteColumn, column_id)
    author = author or session.scalars(select(User).where(User.user_name == "dept")).one()
    row = Article(
        site_id=column.site_id,
        column_id=column_id,
        unit_id=author.unit_id,
        author_id=author.id,
        author_name=author.name,
        kind=kind,
        title=title,
        state=state,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    row.version_id = make_version(session, row, title, body, now, files=files).id
    session.flush()
    return row


def make_version(
    session: Session,
    article: Article,
    title: str,
    body: str,
    now: datetime,
    *,
    number: int = 1,
    files: Sequence[dict[str, Any]] = (),
) -> ArticleVersion:
    """Write a version of an article."""
    facts: dict[str, Any] = {
        "title": title,
        "summary": "",
        "body": body,
        "source": "市住建局",
        "byline": "林知行",
        "kind": article.kind,
        "meta": {},
    }
    row = ArticleVersion(
        article_id=article.id,
        number=number,
        files=list(files),
        digest=digest_of(**facts, files=files),
        characters=len(body),
        created_at=now,
        created_by_id=article.author_id,
        created_by=article.author_name,
        unit_name="市住建局",
        **facts,
    )
    session.add(row)
    session.flush()
    if article.state in {PASSED, PUBLISHED}:
        session.add(
            ReviewAct(subject=f"article:{article.id}", version=number, digest=row.digest, act=SEAL, at=now, level="")
        )
    return row


def next_version(
    article_id: int, title: str, body: str, number: int = 2, files: Sequence[dict[str, Any]] = ()
) -> int:
    """Hand in another version of an article, passed; return its number."""
    with transaction() as session:
        article = session.get_one(Article, article_id)
        article.state = PASSED
        row = make_version(session, article, title, body, clock.now(session), number=number, files=files)
        article.version_id = row.id
        return row.id


def add_picture(site_id: int, name: str = "图.png", colour: str = "navy") -> dict[str, Any]:
    """Put a picture into the library of a site; return how a version lists it."""
    data = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(data, "PNG")
    data.seek(0)
    user = db.session.scalars(select(User).where(User.user_name == "dept")).one()
    upload = receive(data, name, owner_id=user.id)
    return {"media_id": _library(site_id, upload, user), "digest": upload.digest, "name": name, "kind": "picture"}


def _library(site_id: int, upload: Upload, user: User) -> int:
    with transaction() as session:
        row = Media(
            site_id=site_id,
            upload_id=upload.id,
            digest=upload.digest,
            name=upload.name,
            media=upload.media,
            size=upload.size,
            created_at=clock.now(session),
            created_by_id=user.id,
            created_by=user.name,
        )
        session.add(row)
        session.flush()
        return row.id


def set_mode(site_id: int, mode: str = "own", folder: str = "housing", route: str = "preview") -> None:
    """Say how a site is published."""
    with transaction() as session:
        now = clock.now(session)
        session.add(
            SitePublishing(
                site_id=site_id,
                mode=mode,
                folder=folder,
                route=route,
                footer="备案号 0001",
                changed_at=now,
                changed_by="沈明溪",
            )
        )


def fill(session: Session, column_ids: Sequence[int], count: int, begin: datetime, step: timedelta) -> Iterable[int]:
    """Write `count` published articles, one each `step` from `begin`, spread over the columns."""
    author = session.scalars(select(User).where(User.user_name == "dept")).one()
    columns = [session.get_one(SiteColumn, one) for one in column_ids]
    for number in range(count):
        at, column = begin + number * step, columns[number % len(columns)]
        row = make_article(session, column.id, f"第 {number} 篇", BODY, at, state=PUBLISHED, author=author)
        row.published_id, row.published_at = row.version_id, at
        row.path = f"{column.slug}/{at:%Y%m}/a{row.id}.html"
        column.last_published_at = at
        yield row.id


BODY = "<p>为做好公租房保障工作，现将有关事项通知如下。</p>" * 12

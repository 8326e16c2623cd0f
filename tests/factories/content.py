"""Content for tests: the people who make it, columns of a site, articles with text and versions, pictures.

Every function works in the transaction of its caller.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.content.models import Article, ArticleVersion, Media, SiteColumn
from app.content.operations.articles import create_article, make_version, save_draft
from app.content.operations.columns import ColumnFacts, create_column
from app.content.queries import articles as queries
from app.people.models import Site
from app.people.rules import Viewer
from tests.factories.city import hire
from tests.factories.small import viewer

PEOPLE = (
    ("editor", "姜若谷", "housing", "信息科", ("editor",)),
    ("editor2", "安如初", "housing", "信息科", ("editor",)),
    ("reviewer1", "黎照晚", "housing", "信息科", ("reviewer_1",)),
    ("reviewer2", "穆长歌", "housing", "办公室", ("reviewer_2",)),
    ("reviewer3", "祁云阶", "office", "副主任", ("reviewer_3",)),
    ("secrecy", "孟清晏", "housing", "保密审查员", ("secrecy",)),
    ("publisher", "蓝采薇", "office", "发布岗", ("publisher",)),
    ("health_editor", "骆清池", "health", "信息科", ("editor",)),
    ("vendor_a_editor", "宁若溪", "vendor_a", "编辑", ("editor",)),
    ("vendor_b_editor", "容与归", "vendor_b", "编辑", ("editor",)),
)
COLUMNS = (
    ("news", "工作动态", "news", 14),
    ("notice", "通知公告", "notice", 30),
    ("policy", "政策文件", "policy", 180),
    ("interpretation", "政策解读", "interpretation", None),
)
TEXT = "<p>市住建局今天公布第三季度保障性住房配租结果，共 412 户家庭选到住房。</p><p>结果从即日起公示五个工作日。</p>"


def content_people(session: Session) -> None:
    """Add editors, reviewers and a publisher to the test city, those that it does not have yet."""
    hire(session, PEOPLE, clock.now(session))


def site_named(session: Session, name: str = "住建局门户") -> Site:
    """Return a site of the city."""
    return session.scalars(select(Site).where(Site.name == name)).one()


def columns_of(session: Session, site_id: int) -> dict[str, SiteColumn]:
    """Return the columns of a site by their folder name (news, notice, policy, interpretation), made when missing."""
    found = {row.slug: row for row in session.scalars(select(SiteColumn).where(SiteColumn.site_id == site_id))}
    site, owner = session.get_one(Site, site_id), viewer(session, "owner")
    for slug, name, kind, days in COLUMNS:
        if slug not in found:
            facts = ColumnFacts(name=name, slug=slug, kind=kind, owner_id=site.owner_id, update_days=days)
            found[slug] = create_column(session, owner, site_id, facts, clock.now(session))
    return found


def an_article(session: Session, author: Viewer, column: SiteColumn, **fields: Any) -> Article:
    """Write an article that can be handed in; `fields` replace those of its draft (title, body, reprint …)."""
    now = clock.now(session)
    title = fields.get("title", "公租房配租结果公示")
    article = create_article(session, author, column.id, fields.get("kind", column.kind), title, now)
    written = {"summary": "共 412 户家庭选到住房。", "body": TEXT, "byline": "姜若谷", **fields}
    save_draft(session, author, article.id, written, queries.draft(session, article.id).row_version, now)
    return article


def a_version(session: Session, author: Viewer, article: Article, **fields: Any) -> ArticleVersion:
    """Fix the article, with these fields changed first, as its next version."""
    now = clock.now(session)
    if fields:
        save_draft(session, author, article.id, fields, queries.draft(session, article.id).row_version, now)
    return make_version(session, author, article.id, now)


def a_picture(size: tuple[int, int] = (320, 200), kind: str = "JPEG", **options: Any) -> bytes:
    """Return the bytes of a small picture."""
    out = BytesIO()
    Image.new("RGB", size, (15, 92, 122)).save(out, kind, **options)
    return out.getvalue()


def media_rows(session: Session) -> list[Media]:
    """Return everything in all media libraries, oldest first."""
    return list(session.scalars(select(Media).order_by(Media.id)))

"""Articles as subjects of review (`article:12`): the version handed in last, its content by hash, who wrote it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.models import Article, ArticleVersion, Publication, SiteColumn
from app.content.operations.findings import of_version
from app.content.queries.articles import may_write, media_url, scope
from app.content.rules import ATTACHMENT, COVER, DRAFT, KINDS, RETURNED
from app.i18n import N_
from app.people.rules import Viewer
from app.review.hooks import MarginNote, add_notes, guard_sight, offer_editing, show_preview
from app.review.subjects import Attached, Content, Subject, register
from app.web.i18n import gettext

KIND: Final = "article"
YES: Final = N_("是")
FLAGS: Final[Mapping[str, str]] = {
    "reprint": N_("转载上级原文"),
    "leader": N_("领导活动"),
    "sensitive": N_("敏感题材"),
}


def ref_of(article_id: int) -> str:
    """Return the name of an article as a subject."""
    return f"{KIND}:{article_id}"


def id_of(ref: object) -> int | None:
    """Return the number of the article a subject's name stands for, None for anything else."""
    kind, _, number = str(ref or "").partition(":")
    return int(number) if kind == KIND and number.isdecimal() else None


def authors_of(session: Session, article: Article) -> frozenset[int]:
    """Return everybody who wrote an article: who began it, and who handed in a version of it."""
    query = select(ArticleVersion.created_by_id).where(ArticleVersion.article_id == article.id)
    return frozenset({article.author_id, *session.scalars(query)})


class Articles:
    """The provider of articles."""

    def find(self, session: Session, ref: str, data: Mapping[str, Any]) -> Subject | None:
        """Return the article as it was handed in last; None before that."""
        del data
        article = session.get(Article, id_of(ref) or 0)
        version = session.get(ArticleVersion, article.version_id) if article and article.version_id else None
        if article is None or version is None:
            return None
        return Subject(
            ref=ref,
            title=version.title,
            version=version.number,
            digest=version.digest,
            authors=authors_of(session, article),
            unit_id=session.get_one(SiteColumn, article.column_id).owner_id,
            characters=version.characters,
            url=f"/articles/{article.id}",
        )

    def content(self, session: Session, ref: str, digest: str, data: Mapping[str, Any]) -> Content | None:
        """Return the version with this hash."""
        del data
        found = _with_digest(session, ref, digest)
        return None if found is None else Content(found.title, found.body, tuple(_facts(found)), _files(found.files))

    def published(self, session: Session, ref: str) -> tuple[int, str] | None:
        """Return number and hash of the version readers see now."""
        article = session.get(Article, id_of(ref) or 0)
        version = session.get(ArticleVersion, article.published_id) if article and article.published_id else None
        return (version.number, version.digest) if version else None

    def shown(self, session: Session, ref: str) -> frozenset[str]:
        """Return the hashes of all versions that readers see or saw."""
        return frozenset(session.scalars(select(Publication.digest).where(Publication.article_id == id_of(ref))))


def install() -> None:
    """Let articles be reviewed, with what the checks found beside their text."""
    register(KIND, Articles())
    add_notes(KIND, _remarks)
    guard_sight(KIND, _may_see)
    show_preview(KIND, _preview)
    offer_editing(KIND, _editor)


def _preview(session: Session, subject: Subject) -> str:
    del session
    return f"/preview/article/{id_of(subject.ref)}?version={subject.version}"


def _editor(session: Session, viewer: Viewer, subject: Subject) -> str:
    """Return the editor's address while an article is back with whoever may write in it."""
    article = session.get(Article, id_of(subject.ref) or 0)
    is_theirs = article is not None and article.state in {DRAFT, RETURNED} and may_write(session, viewer, article)
    return f"/articles/{article.id}/edit" if article is not None and is_theirs else ""


def _with_digest(session: Session, ref: str, digest: str) -> ArticleVersion | None:
    query = select(ArticleVersion).where(ArticleVersion.article_id == id_of(ref), ArticleVersion.digest == digest)
    return session.scalar(query.order_by(ArticleVersion.number.desc()).limit(1))


def _facts(version: ArticleVersion) -> list[tuple[str, str]]:
    """Return what a reviewer must know besides the text; empty facts are left out."""
    meta = version.meta
    listed = [
        (N_("种类"), KINDS.get(version.kind, version.kind)),
        (N_("摘要"), version.summary),
        (N_("来源"), version.source),
        (N_("作者"), version.byline),
        (N_("发文字号"), str(meta.get("document_number") or "")),
        *((words, YES if meta.get(name) else "") for name, words in FLAGS.items()),
    ]
    return [(name, value) for name, value in listed if value]


def _files(files: Sequence[Mapping[str, Any]]) -> tuple[Attached, ...]:
    """Return attachments and cover; the pictures stand in the text."""
    return tuple(
        Attached(one["name"], one["digest"], one.get("size", 0), media_url(one["media_id"]))
        for one in files
        if one["kind"] in (ATTACHMENT, COVER)
    )


def _remarks(session: Session, subject: Subject) -> list[MarginNote]:
    """Return what the checks found in the version under review."""
    version = _with_digest(session, subject.ref, subject.digest)
    if version is None:
        return []
    return [
        MarginNote(
            gettext(one.message, **one.values),
            one.waived or "",
            one.text if one.field == "body" else "",
            "plain" if one.waived else one.level,
        )
        for one in of_version(session, version.id)
    ]


def _may_see(session: Session, viewer: Viewer, ref: str) -> bool:
    return session.scalar(select(Article.id).where(Article.id == id_of(ref), scope(viewer))) is not None

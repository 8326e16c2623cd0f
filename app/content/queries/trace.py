"""The trace of a fault (追溯): which version, file or template brought it in, who passed that and what they saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import ndiff
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.marking import Piece, pieces
from app.content.models import Article, ArticleVersion, Publication, SiteTemplate
from app.content.queries import articles as queries
from app.content.rules import plain
from app.content.tracing import FILE, LAYOUT, UNKNOWN, WORDS, Drawn, Origin, Text, origin_of
from app.people.rules import Viewer
from app.review.queries import Passer, passers

TAKE_DOWN: Final = "take_down"
CAUSES: Final = (WORDS, FILE, LAYOUT, UNKNOWN)


@dataclass(frozen=True)
class Shown:
    """For how long readers saw a version: from a publication until the next one; `until` is None while they do."""

    row: Publication
    until: datetime | None


@dataclass(frozen=True)
class Step:
    """One version in the line: whether it shows the fault, who passed exactly it, when readers saw it."""

    version: ArticleVersion
    is_faulty: bool
    is_origin: bool
    is_online: bool
    places: tuple[Piece, ...]
    files: tuple[str, ...]
    passers: tuple[Passer, ...]
    shown: tuple[Shown, ...]


@dataclass(frozen=True)
class Drawing:
    """A version of the site's templates with which the article was drawn, and what it changed in the style."""

    row: SiteTemplate
    is_origin: bool
    changes: tuple[str, ...]


@dataclass(frozen=True)
class Trace:
    """Everything the record says about a fault in an article."""

    article: Article
    words: str
    origin: Origin
    line: tuple[Step, ...]
    drawings: tuple[Drawing, ...]

    @property
    def step(self) -> Step | None:
        """Return the version that brought the fault in; None for the layout."""
        return next((one for one in self.line if one.is_origin), None)

    @property
    def drawing(self) -> Drawing | None:
        """Return the version of the templates that brought the fault in; None for words and files."""
        return next((one for one in self.drawings if one.is_origin), None)


def reading_time(one: Passer) -> timedelta | None:
    """Return for how long somebody had a content open before passing it."""
    return one.at - one.started_at if one.started_at else None


def trace(
    session: Session,
    viewer: Viewer,
    article_id: int,
    words: str,
    file_digest: str | None = None,
    at: datetime | None = None,
) -> Trace:
    """Lead a fault back for a reader who may see the article; raise NotFound for anybody else."""
    return trace_of(session, queries.article(session, viewer, article_id), words, file_digest, at)


def trace_of(
    session: Session, article: Article, words: str, file_digest: str | None = None, at: datetime | None = None
) -> Trace:
    """Lead a fault back. `words` are those of the fault, or `file_digest` names the file that is wrong.

    Without either it is the layout's: the templates in force `at` the time of the report, or now.
    """
    versions = list(reversed(queries.versions(session, article.id)))
    done = list(reversed(queries.publications(session, article.id)))
    templates = _templates(session, article, done, at)
    wanted = file_digest or words
    origin = origin_of(wanted, [_text(one) for one in versions], _drawn(done, templates))
    passed = passers(session, f"article:{article.id}")
    line = (_step(one, origin, wanted, article, passed, done) for one in versions)
    return Trace(article, words, origin, tuple(line), tuple(_drawings(templates, origin)))


def _text(version: ArticleVersion) -> Text:
    files = tuple((one["name"], one["digest"]) for one in version.files)
    return Text(version.number, words_of(version), files)


def words_of(version: ArticleVersion) -> str:
    """Return everything of a version that readers read."""
    parts = (version.title, version.summary, plain(version.body), version.source, version.byline)
    # a sign between them, so that no words are found across two parts
    return " ｜ ".join(part for part in parts if part)


def _drawn(done: Sequence[Publication], templates: Sequence[SiteTemplate]) -> list[Drawn]:
    """Return with which templates the article was drawn: at each publication, and whenever they changed later."""
    if not done:
        return []
    return [Drawn(done[-1].id, one.id) for one in templates]


def _templates(
    session: Session, article: Article, done: Sequence[Publication], at: datetime | None
) -> Sequence[SiteTemplate]:
    """Return the templates with which readers saw the article, oldest first: all its pages follow a change."""
    if not done:
        return []
    rows = select(SiteTemplate).where(SiteTemplate.site_id == article.site_id).order_by(SiteTemplate.number)
    known = session.scalars(rows.where(SiteTemplate.changed_at <= at) if at else rows).all()
    first = next((place for place, one in enumerate(known) if one.id == done[0].template_id), 0)
    return known[first:]


def _step(
    version: ArticleVersion,
    origin: Origin,
    wanted: str,
    article: Article,
    passed: Sequence[Passer],
    done: Sequence[Publication],
) -> Step:
    is_faulty = version.number in origin.faulty
    in_file = is_faulty and origin.cause == FILE
    return Step(
        version=version,
        is_faulty=is_faulty,
        is_origin=version.number == origin.version,
        is_online=version.id == article.published_id,
        places=tuple(pieces(words_of(version), wanted)) if is_faulty and not in_file else (),
        files=tuple(one["name"] for one in version.files) if in_file else (),
        passers=tuple(one for one in passed if one.digest == version.digest),
        shown=tuple(_shown(version, done)),
    )


def _shown(version: ArticleVersion, done: Sequence[Publication]) -> list[Shown]:
    following = [*(one.at for one in done[1:]), None]
    return [
        Shown(row, until)
        for row, until in zip(done, following, strict=False)
        if row.version_id == version.id and row.act != TAKE_DOWN
    ]


def _drawings(templates: Sequence[SiteTemplate], origin: Origin) -> list[Drawing]:
    before = [None, *templates[:-1]]
    return [
        Drawing(one, one.id == origin.template, _changes(last.style if last else one.style, one.style))
        for last, one in zip(before, templates, strict=False)
    ]


def _changes(old: str, new: str) -> tuple[str, ...]:
    """Return the lines of a style that came (`+`) and went (`-`)."""
    return tuple(line for line in ndiff(old.splitlines(), new.splitlines()) if line[:1] in "+-")

"""Articles: begin one, save what is typed, make a version of it, copy it, throw away what was never handed in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.content.bodies import MOST_PICTURES, media_ids, pictures_without_words
from app.content.models import Article, ArticleDraft, ArticleEditor, ArticleLink, ArticleVersion, Media
from app.content.operations.drafts import checked, empty_fields, publish_time, save_draft, stay
from app.content.queries import articles as queries
from app.content.queries import media as library
from app.content.queries.columns import column
from app.content.rules import DRAFT, KINDS, META_FLAGS, PICTURE, WRITE, count_characters, digest_of
from app.errors import Invalid, NotFound, Refused
from app.i18n import N_
from app.ledger import Entry, append
from app.people.rules import Viewer
from app.work.operations.act import person

NO_TITLE: Final = N_("还没有写标题。写好后才能交。")
NO_TEXT: Final = N_("正文还是空的。写好后才能交。")
NO_WORDS: Final = N_("正文里有图片没有说明文字。看不见图片的人要靠它，补上后才能交。")
STRANGE_PICTURE: Final = N_("正文里有图片不在这个网站的媒体库里。请重新插入。")
TOO_MANY_PICTURES: Final = N_("正文里的图片最多 60 张。")

__all__ = [
    "copy_article",
    "create_article",
    "link",
    "make_version",
    "save_draft",
    "stay",
    "throw_away",
    "unlink",
]


def create_article(session: Session, viewer: Viewer, column_id: int, kind: str, title: str, now: datetime) -> Article:
    """Begin an article in a column in which the viewer may write."""
    place = column(session, viewer, column_id, WRITE)
    if place.state != "open" or place.site.state != "open":
        raise Refused(N_("这个栏目已停用，不能再写新稿。"))
    if kind not in KINDS:
        raise Invalid(fields={"kind": N_("没有这种稿件。请从列表里选一种。")})
    if not title.strip():
        raise Invalid(fields={"title": N_("先写一个标题，以后还可以改。")})
    fields = checked({}, empty_fields(kind, title.strip()))
    fields["source"] = viewer.unit_name[:120]
    return _begin(session, viewer, place.site_id, place.id, fields, now)


def copy_article(session: Session, viewer: Viewer, article_id: int, column_id: int, now: datetime) -> Article:
    """Begin a new article with the text of another; files of another site's library stay behind."""
    original = queries.article(session, viewer, article_id)
    place = column(session, viewer, column_id, WRITE)
    kept = dict(queries.draft(session, article_id).fields)
    if place.site_id != original.site_id:
        kept["files"] = []
    fields = checked(kept, empty_fields(original.kind, original.title)) | {"publish_at": "", "urgent": False}
    return _begin(session, viewer, place.site_id, place.id, fields, now)


def throw_away(session: Session, viewer: Viewer, article_id: int, now: datetime) -> None:
    """Remove an article that was never handed in; what was handed in stays for ever."""
    found = queries.writable(session, viewer, article_id)
    if found.state != DRAFT or found.version_id is not None:
        raise Refused(N_("这篇稿件已经交过，不能扔掉。不想发了，可以让审核的人退回或不予发布。"))
    _note(session, viewer, "content:article:thrown_away", found, now)
    for table, own in (
        (ArticleDraft, ArticleDraft.article_id == found.id),
        (ArticleEditor, ArticleEditor.article_id == found.id),
        (ArticleLink, (ArticleLink.policy_id == found.id) | (ArticleLink.interpretation_id == found.id)),
    ):
        session.execute(delete(table).where(own).execution_options(synchronize_session="fetch"))
    session.delete(found)
    session.flush()


def make_version(session: Session, viewer: Viewer, article_id: int, now: datetime, note: str = "") -> ArticleVersion:
    """Fix what is written as the next version; the same content as in the last one returns that one.

    Raise Invalid, by field, when something a reader needs is missing.
    """
    found = queries.writable(session, viewer, article_id)
    session.refresh(found, with_for_update={"of": Article})
    draft = queries.draft(session, article_id)
    content = _content(session, found, checked({}, draft.fields))
    found.publish_at, found.urgent = publish_time(draft.fields), draft.fields["urgent"]
    last = queries.version(session, found.version_id)
    if last is not None and last.digest == content["digest"]:
        return last
    row = ArticleVersion(
        article_id=found.id,
        number=1 if last is None else last.number + 1,
        **content,
        note=note.strip()[:500],
        case_id=found.case_id,
        created_at=now,
        created_by_id=viewer.user_id,
        created_by=viewer.name,
        unit_name=viewer.unit_name,
    )
    session.add(row)
    session.flush()
    found.version_id, found.title, found.kind, found.updated_at = row.id, row.title, row.kind, now
    draft.base_version_id = row.id
    session.flush()
    _note(session, viewer, "content:article:version", found, now, number=row.number, digest=row.digest, note=row.note)
    return row


def link(session: Session, viewer: Viewer, article_id: int, other_id: int, now: datetime) -> None:
    """Link a policy document with an article that explains it, from either side."""
    policy, interpretation = _pair(session, viewer, article_id, other_id)
    if session.get(ArticleLink, (policy.id, interpretation.id)) is None:
        row = ArticleLink(policy_id=policy.id, interpretation_id=interpretation.id)
        row.linked_at, row.linked_by = now, viewer.name
        session.add(row)
        session.flush()
        _note(session, viewer, "content:article:linked", policy, now, interpretation=interpretation.id)


def unlink(session: Session, viewer: Viewer, article_id: int, other_id: int, now: datetime) -> None:
    """Take a link between a policy and an interpretation away."""
    policy, interpretation = _pair(session, viewer, article_id, other_id)
    row = session.get(ArticleLink, (policy.id, interpretation.id))
    if row is not None:
        session.delete(row)
        session.flush()
        _note(session, viewer, "content:article:unlinked", policy, now, interpretation=interpretation.id)


def _begin(
    session: Session, viewer: Viewer, site_id: int, column_id: int, fields: dict[str, Any], now: datetime
) -> Article:
    found = Article(
        site_id=site_id,
        column_id=column_id,
        unit_id=viewer.unit_id,
        author_id=viewer.user_id,
        author_name=viewer.name,
        kind=fields["kind"],
        title=fields["title"],
        state=DRAFT,
        created_at=now,
        updated_at=now,
    )
    session.add(found)
    session.flush()
    draft = ArticleDraft(article_id=found.id, fields=fields, saved_at=now, saved_by=viewer.name)
    draft.saved_by_id = viewer.user_id
    session.add(draft)
    session.flush()
    _note(session, viewer, "content:article:created", found, now)
    return found


def _content(session: Session, article: Article, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a version fixes of the fields, its digest among it."""
    _require_complete(fields)
    found: dict[str, Any] = {name: fields[name].strip() for name in ("title", "summary", "source", "byline")}
    found |= {"body": fields["body"], "kind": fields["kind"], "meta": meta_of(fields)}
    found |= {"files": _files(session, article, fields)}
    return found | {"digest": digest_of(**found), "characters": count_characters(found["body"])}


def typed_digest(session: Session, article: Article, fields: Mapping[str, Any]) -> str | None:
    """Return the digest a version made of these fields would have; None while something is missing."""
    try:
        return str(_content(session, article, checked({}, fields))["digest"])
    except Invalid:
        return None


def meta_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a draft that decide how deep it is reviewed, as a version keeps them."""
    meta: dict[str, Any] = {name: fields[name] for name in META_FLAGS}
    if fields["kind"] == "policy" and fields["document_number"].strip():
        meta["document_number"] = fields["document_number"].strip()
    return meta


def _require_complete(fields: Mapping[str, Any]) -> None:
    wrong = {}
    if not fields["title"].strip():
        wrong["title"] = NO_TITLE
    if not count_characters(fields["body"]) and not media_ids(fields["body"]) and not fields["files"]:
        wrong["body"] = NO_TEXT
    elif pictures_without_words(fields["body"]):
        wrong["body"] = NO_WORDS
    elif len(media_ids(fields["body"])) > MOST_PICTURES:
        wrong["body"] = TOO_MANY_PICTURES
    if wrong:
        raise Invalid(fields=wrong)


def _files(session: Session, article: Article, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the pictures of the text in its order, then attachments and cover. The number always stands first."""
    pictures = [{"media_id": number, "kind": PICTURE, "name": ""} for number in media_ids(fields["body"])]
    wanted = [*pictures, *fields["files"]]
    rows = library.of_site(session, article.site_id, {one["media_id"] for one in wanted})
    if any(one["media_id"] not in rows for one in wanted):
        raise Invalid(fields={"body": STRANGE_PICTURE})
    return [_bound(rows[one["media_id"]], one) for one in wanted]


def _bound(row: Media, wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "media_id": row.id,
        "digest": row.digest,
        "name": wanted["name"] or row.name,
        "kind": wanted["kind"],
        "size": row.size,
        "media": row.media,
    }


def _pair(session: Session, viewer: Viewer, article_id: int, other_id: int) -> tuple[Article, Article]:
    """Return a policy and its interpretation; the viewer must be able to write in the one that was opened."""
    opened, other = queries.writable(session, viewer, article_id), queries.article(session, viewer, other_id)
    by_kind = {one.kind: one for one in (opened, other)}
    if by_kind.keys() != {"policy", "interpretation"} or opened.site_id != other.site_id:
        raise NotFound(N_("政策文件只能和同一个网站的政策解读连起来。"))
    return by_kind["policy"], by_kind["interpretation"]


def _note(session: Session, viewer: Viewer, kind: str, article: Article, now: datetime, **facts: Any) -> None:
    payload = {"article_id": article.id, "title": article.title, "column_id": article.column_id, **facts}
    append(session, "house", [Entry(kind, person(viewer), payload)], now)

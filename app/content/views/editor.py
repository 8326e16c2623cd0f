"""The editor of one article: the page, what its script saves, who else has it open."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from app import clock
from app.content.bodies import LARGEST, clean_body, media_ids
from app.content.models import ArticleDraft, Media
from app.content.operations import articles as operations
from app.content.operations.drafts import FLAGS, kept_text
from app.content.queries import articles as queries
from app.content.queries import media as library
from app.content.queries.articles import media_url
from app.content.rules import ATTACHMENT, COVER, KINDS
from app.content.views.answering import UNREADABLE, body_of, reading
from app.content.views.blueprint import bp
from app.errors import Conflict, Invalid, TooLarge
from app.i18n import N_
from app.people.session import current_viewer
from app.web import permission
from app.web.acting import INVALID, SEE_OTHER, write
from app.web.filters import now as page_now
from app.web.i18n import gettext

# a page without script sends every byte of a text as %XX
LONGEST_FORM: Final = 3 * LARGEST + 1024 * 1024
TOO_LONG: Final = N_(
    "正文太大，没有保存：最多 5 MB。您写的还在上一页，按“后退”就能看到。请删减，或者分成几篇；图片传到媒体库。"
)
TYPED = ("title", "summary", "source", "byline", "kind", "document_number", "publish_at", "body")


@bp.url_value_preprocessor
def _take_long_texts(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Let the plain form send as much as the script may: before anything reads the form, its token included."""
    del values
    if endpoint != "content.save_article":
        return
    if (request.content_length or 0) > LONGEST_FORM:
        raise TooLarge(TOO_LONG)
    request.max_form_memory_size = LONGEST_FORM


@bp.get("/articles/<int:article_id>/edit")
@permission("content.write")
def edit_article(article_id: int) -> ResponseReturnValue:
    """Show the editor."""
    return _page(article_id)


@bp.post("/articles/<int:article_id>/edit")
@permission("content.write")
def save_article(article_id: int) -> ResponseReturnValue:
    """Save what a page without script sends."""
    viewer, typed = current_viewer(), request.form
    fields: dict[str, Any] = {name: typed[name] for name in TYPED if name in typed}
    fields |= {name: name in typed for name in FLAGS}
    seen = typed.get("row_version", 0, type=int)
    try:
        clean_body(fields.get("body", ""))
        write(lambda session, now: operations.save_draft(session, viewer, article_id, fields, seen, now))
    except (Invalid, Conflict) as error:
        return _page(article_id, error, fields), error.status
    flash(gettext("已保存。"), "ok")
    return redirect(url_for("content.edit_article", article_id=article_id), SEE_OTHER)


@bp.get("/articles/<int:article_id>/draft")
@permission("content.write")
def article_draft(article_id: int) -> ResponseReturnValue:
    """Answer what is typed, as the server has it."""
    queries.writable(reading(), current_viewer(), article_id)
    draft = queries.draft(reading(), article_id)
    return {"text": written(draft.fields), **_saved(draft)}


@bp.put("/articles/<int:article_id>/draft")
@permission("content.write")
def save_article_draft(article_id: int) -> ResponseReturnValue:
    """Save what is typed."""
    viewer, body = current_viewer(), body_of()
    fields, seen = _fields_in(body), body.get("row_version")
    if not isinstance(seen, int):
        raise Invalid(UNREADABLE)
    clean_body(fields.get("body", ""))  # before the transaction: a long text takes its time
    try:
        return _saved(
            write(lambda session, now: operations.save_draft(session, viewer, article_id, fields, seen, now))
        )
    except Invalid as error:
        # the script shows one sentence; which field it is about is said in it
        return {"error": " ".join(gettext(one) for one in error.fields.values()) or gettext(error.message)}, INVALID


@bp.get("/articles/<int:article_id>/presence")
@permission("content.write")
def article_presence(article_id: int) -> ResponseReturnValue:
    """Answer who else has the article open, and a token for requests after a new sign-in."""
    queries.writable(reading(), current_viewer(), article_id)
    return _who_else(article_id)


@bp.post("/articles/<int:article_id>/presence")
@permission("content.write")
def stay_in_article(article_id: int) -> ResponseReturnValue:
    """Note that this person has the article open; answer who else has."""
    viewer = current_viewer()
    queries.writable(reading(), viewer, article_id)
    write(lambda session, now: operations.stay(session, viewer, article_id, now))
    return _who_else(article_id)


def written(fields: Mapping[str, Any]) -> str:
    """Return the fields of a draft as the one text the page's script saves."""
    return json.dumps(fields, ensure_ascii=False, sort_keys=True)


def _page(article_id: int, error: Invalid | Conflict | None = None, typed: Mapping[str, Any] | None = None) -> str:
    session, viewer = reading(), current_viewer()
    found = queries.writable(session, viewer, article_id)
    draft = queries.draft(session, article_id)
    numbers = {*media_ids(draft.fields["body"]), *(one["media_id"] for one in draft.fields["files"])}
    return render_template(
        "content/editor.html",
        article=found,
        draft=draft,
        fields={**draft.fields, **(typed or {})},
        kinds=KINDS,
        error=error,
        errors=error.fields if isinstance(error, Invalid) else {},
        editor_data=_data(article_id, found.site_id, draft),
        files=_files(draft, library.of_site(session, found.site_id, numbers)),
        saved_at=clock.local(draft.saved_at).strftime("%H:%M"),
    )


def _data(article_id: int, site_id: int, draft: ArticleDraft) -> dict[str, Any]:
    """Return what the script of the editor needs to know."""
    return {
        "text": written(draft.fields),
        "row_version": draft.row_version,
        "draft": url_for("content.article_draft", article_id=article_id),
        "check": url_for("content.check_article", article_id=article_id),
        "waive": url_for("content.waive_finding", article_id=article_id),
        "preview": url_for("content.article_preview", article_id=article_id),
        "library": url_for("content.media_library", site_id=site_id),
        "upload": url_for("content.add_media", site_id=site_id),
    }


def _files(draft: ArticleDraft, rows: Mapping[int, Media]) -> list[dict[str, Any]]:
    return [
        {**one, "size": rows[one["media_id"]].size, "url": media_url(one["media_id"])}
        for one in draft.fields["files"]
        if one["media_id"] in rows and one["kind"] in (ATTACHMENT, COVER)
    ]


def _fields_in(body: Mapping[str, Any]) -> dict[str, Any]:
    text = body.get("text")
    try:
        fields = json.loads(text) if isinstance(text, str) else None
    except ValueError as error:
        raise Invalid(UNREADABLE) from error
    if not isinstance(fields, dict):
        raise Invalid(UNREADABLE)
    return {**fields, "body": kept_text(fields["body"])} if "body" in fields else fields


def _saved(draft: ArticleDraft) -> dict[str, Any]:
    return {"row_version": draft.row_version, "saved_at": clock.local(draft.saved_at).strftime("%H:%M")}


def _who_else(article_id: int) -> dict[str, Any]:
    names = queries.others_in(reading(), article_id, current_viewer(), page_now())
    row_version = queries.draft(reading(), article_id).row_version
    return {"others": list(names), "token": generate_csrf(), "row_version": row_version}

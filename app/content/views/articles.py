"""Pages of articles: the list, one article with its versions, beginning, copying and throwing one away."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.content.bodies import clean_body
from app.content.models import ArticleVersion
from app.content.operations import articles as operations
from app.content.queries import articles as queries
from app.content.queries.columns import PERMISSIONS, columns_with, managed_sites
from app.content.rules import (
    DOWN,
    DRAFT,
    KINDS,
    MANAGE,
    PASSED,
    PICTURE,
    PUBLISHED,
    REJECTED,
    RETURNED,
    REVIEW,
    STATES,
    WRITE,
    count_characters,
)
from app.content.views import beside
from app.content.views.answering import reading
from app.content.views.blueprint import bp
from app.errors import Conflict, Invalid
from app.i18n import N_
from app.people.session import current_viewer
from app.web import permission
from app.web.acting import INVALID, SEE_OTHER, asked, asked_id, settle, write
from app.web.i18n import gettext

SEALS: Final = {
    DRAFT: "todo",
    REVIEW: "run",
    RETURNED: "todo",
    REJECTED: "void",
    PASSED: "run",
    PUBLISHED: "done",
    DOWN: "hold",
}
SHORT: Final = {
    DRAFT: N_("撰写"),
    REVIEW: N_("审核"),
    RETURNED: N_("退回"),
    REJECTED: N_("不发"),
    PASSED: N_("待发"),
    PUBLISHED: N_("已发"),
    DOWN: N_("已撤"),
}
REFUSALS: Final = {
    "return": N_("%(level)s %(who)s 在 %(time)s 退回了第 %(version)s 版"),
    "reject": N_("%(level)s %(who)s 在 %(time)s 决定不予发布第 %(version)s 版"),
}
ACTS: Final = {"publish": N_("发布"), "update": N_("更新"), "take_down": N_("撤下")}
THROWN_AWAY: Final = N_("稿件已扔掉。")
LINKED: Final = N_("已连上。两篇发布后互相有链接。")


@bp.get("/articles")
@permission("content.view")
def articles() -> ResponseReturnValue:
    """List articles the reader may see."""
    session, viewer = reading(), current_viewer()
    filters = queries.Filters(
        site_id=asked_id("site"),
        column_id=asked_id("column"),
        state=asked("state"),
        mine=asked("mine") == "1",
        text=asked("q"),
    )
    columns = beside.columns_seen(session, viewer)
    return render_template(
        "content/articles.html",
        page=queries.articles(session, viewer, filters, asked_id("after")),
        filters=filters,
        states=STATES,
        kinds=KINDS,
        seals=SEALS,
        sites={one.site_id: one.site.name for one in columns},
        columns=[one for one in columns if filters.site_id in (None, one.site_id)],
        may_begin=bool(columns_with(session, viewer, WRITE)),
        # whoever manages all columns has them in the menu; by a grant alone there is no entry
        manages_some=not viewer.may(PERMISSIONS[MANAGE]) and bool(managed_sites(session, viewer)),
    )


@bp.get("/articles/new")
@permission("content.write")
def new_article() -> ResponseReturnValue:
    """Ask where a new article belongs and what it is called."""
    return _new_page({})


@bp.post("/articles/new")
@permission("content.write")
def begin_article() -> ResponseReturnValue:
    """Begin an article and open the editor."""
    viewer, typed = current_viewer(), request.form
    column_id, title = typed.get("column", type=int), typed.get("title", "")
    if column_id is None:
        return _new_page({"column": gettext("还没有选栏目。")}), INVALID
    kind = typed.get("kind") or beside.kind_of(reading(), column_id)
    try:
        made = write(lambda session, now: operations.create_article(session, viewer, column_id, kind, title, now).id)
    except Invalid as error:
        return _new_page({name: gettext(sentence) for name, sentence in error.fields.items()}), INVALID
    return redirect(url_for("content.edit_article", article_id=made), SEE_OTHER)


@bp.get("/articles/<int:article_id>")
@permission("content.view")
def article(article_id: int) -> ResponseReturnValue:
    """Show one article with everything that is kept about it."""
    return _page(article_id)


@bp.get("/articles/<int:article_id>/versions/<int:number>")
@permission("content.view")
def article_version(article_id: int, number: int) -> ResponseReturnValue:
    """Show one version as it was handed in."""
    session = reading()
    found = queries.article(session, current_viewer(), article_id)
    version = queries.version_numbered(session, article_id, number)
    return render_template(
        "content/version.html", article=found, version=version, kinds=KINDS, body=_markup(version.body)
    )


@bp.post("/articles/<int:article_id>/copy")
@permission("content.write")
def copy_article(article_id: int) -> ResponseReturnValue:
    """Begin another article with this text."""
    viewer, column_id = current_viewer(), request.form.get("column", type=int)
    found = queries.article(reading(), viewer, article_id)
    place = found.column_id if column_id is None else column_id
    made = write(lambda session, now: operations.copy_article(session, viewer, article_id, place, now).id)
    flash(gettext("已复制成一篇新稿。"), "ok")
    return redirect(url_for("content.edit_article", article_id=made), SEE_OTHER)


@bp.post("/articles/<int:article_id>/throw-away")
@permission("content.write")
def throw_away_article(article_id: int) -> ResponseReturnValue:
    """Remove an article that was never handed in."""
    viewer = current_viewer()
    return settle(
        lambda session, now: operations.throw_away(session, viewer, article_id, now),
        THROWN_AWAY,
        url_for("content.articles"),
    )


@bp.post("/articles/<int:article_id>/links")
@permission("content.write")
def link_article(article_id: int) -> ResponseReturnValue:
    """Link a policy with its interpretation."""
    viewer, other = current_viewer(), request.form.get("other", type=int) or 0
    back = url_for("content.article", article_id=article_id)
    return settle(lambda session, now: operations.link(session, viewer, article_id, other, now), LINKED, back)


@bp.post("/articles/<int:article_id>/links/<int:other_id>/remove")
@permission("content.write")
def unlink_article(article_id: int, other_id: int) -> ResponseReturnValue:
    """Take such a link away."""
    viewer, back = current_viewer(), url_for("content.article", article_id=article_id)
    return settle(
        lambda session, now: operations.unlink(session, viewer, article_id, other_id, now),
        N_("已断开。"),
        back,
    )


@bp.post("/articles/<int:article_id>/hand-in")
@permission("content.write")
def hand_in_article(article_id: int) -> ResponseReturnValue:
    """Hand the article in: what is written becomes a version and goes to review."""
    hand_in = beside.submitting()
    viewer, key = current_viewer(), request.form.get("key") or uuid4().hex
    runtime = current_app.extensions["guanjia.runtime"]
    seen = request.form.get("row_version", type=int)
    try:
        receipt = write(
            lambda session, now: hand_in(session, runtime, viewer, article_id, key, now, row_version=seen)
        )
    except (Invalid, Conflict) as error:
        return _page(article_id, error), error.status
    flash(gettext("已交审。回执 %(code)s。", code=receipt.code), "ok")
    return redirect(url_for("content.article", article_id=article_id), SEE_OTHER)


def _page(article_id: int, error: Invalid | Conflict | None = None) -> str:
    session, viewer = reading(), current_viewer()
    found = queries.article(session, viewer, article_id)
    draft, versions = queries.draft(session, article_id), queries.versions(session, article_id)
    latest = next((one for one in versions if one.id == found.version_id), None)
    may_write = queries.may_write(session, viewer, found)
    changed = _changed(draft.fields, latest)
    nothing_new = beside.nothing_new(session, found, draft.fields) if may_write else None
    is_new = may_write and (latest is None or changed)
    return render_template(
        "content/article.html",
        article=found,
        draft=draft,
        versions=versions,
        latest=latest,
        shown=_shown(draft.fields, latest),
        changed=changed,
        kinds=KINDS,
        states=STATES,
        seals=SEALS,
        short=SHORT,
        acts=ACTS,
        refusals=REFUSALS,
        refusal=beside.refusal(session, found),
        error=error,
        may_write=may_write,
        may_copy=columns_with(session, viewer, WRITE),
        linked=queries.linked(session, viewer, article_id),
        linkable=queries.linkable(session, viewer, found) if may_write else (),
        publications=queries.publications(session, article_id),
        findings=beside.findings_now(session, found, draft.fields) if is_new else beside.findings(session, latest),
        findings_are_new=is_new,
        stamps=beside.standing(session, found, latest),
        case=beside.case_of(session, viewer, found),
        may_hand_in=may_write and beside.can_submit() and nothing_new is None,
        nothing_new=nothing_new,
        hand_in_key=uuid4().hex,
    )


def _shown(fields: dict[str, Any], latest: ArticleVersion | None) -> dict[str, Any]:
    """Return the text the page shows: the latest version, or what is typed while there is none."""
    body = latest.body if latest is not None else fields["body"]
    return {
        "title": latest.title if latest is not None else fields["title"],
        "summary": latest.summary if latest is not None else fields["summary"],
        "body": _markup(body),
        "characters": count_characters(body),
    }


def _changed(fields: dict[str, Any], latest: ArticleVersion | None) -> bool:
    """Say whether something was typed after the latest version."""
    if latest is None:
        return False
    typed = {name: fields[name].strip() for name in ("title", "summary", "source", "byline")}
    typed |= {"body": fields["body"], "kind": fields["kind"], "meta": operations.meta_of(fields)}
    chosen = [(one["media_id"], one["kind"]) for one in latest.files if one["kind"] != PICTURE]
    is_refiled = chosen != [(one["media_id"], one["kind"]) for one in fields["files"]]
    return is_refiled or any(getattr(latest, name) != value for name, value in typed.items())


def _markup(body: str) -> Markup:
    """Return a stored text for a page; cleaned again, because stored data is not trusted either."""
    return Markup(clean_body(body))  # noqa: S704 - cleaned on this line


def _new_page(errors: dict[str, str]) -> str:
    columns = columns_with(reading(), current_viewer(), WRITE)
    return render_template("content/new.html", columns=columns, kinds=KINDS, errors=errors, typed=request.form)

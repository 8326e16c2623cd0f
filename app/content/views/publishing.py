"""What waits to be published, what was, publication by hand on outside platforms, taking down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from flask import Flask, current_app, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from app.content.models import PageCheck
from app.content.operations import publishing as operations
from app.content.queries import publishing as queries
from app.content.rules import ATTACHMENT, MODES, OUTSIDE
from app.content.sites import snapshot
from app.content.sites.comparing import text_of_html, text_of_page
from app.content.sites.jobs import KIND, SiteChannel
from app.content.views.answering import reading
from app.content.views.blueprint import bp
from app.errors import Conflict, Invalid, Refused, UserError
from app.files.rules import MAX_SIZE
from app.i18n import N_
from app.outbox import channels_of
from app.people.session import current_viewer
from app.web import permission
from app.web.acting import SEE_OTHER, write
from app.web.i18n import gettext

PUBLISH, TAKE_DOWN = "content.publish", "content.take_down"
OUTCOMES: Final[Mapping[str, tuple[str, str]]] = {
    operations.SAME: (N_("一致"), "green"),
    operations.DIFFERENT: (N_("不一致"), "red"),
    operations.UNREACHED: (N_("未核对（无网络通路）"), "none"),
    operations.FAILED: (N_("没有取到"), "amber"),
    operations.GONE: (N_("已撤下"), "none"),
}
ACTS: Final[Mapping[str, str]] = {
    operations.PUBLISH: N_("发布"),
    operations.UPDATE: N_("更新"),
    operations.TAKE_DOWN: N_("撤下"),
}
NO_PAGE: Final = N_("网页文件读不出来。请另存为网页（html、mhtml）或纯文本再传。")


@bp.record_once
def _install(state: BlueprintSetupState) -> None:
    channels_of(cast("Flask", state.app))[KIND] = SiteChannel()


@bp.get("/publishing")
@permission(PUBLISH)
def publishing() -> ResponseReturnValue:
    """List what waits to be published, and what was lately done to what readers see."""
    session, viewer = reading(), current_viewer()
    modes = {
        site_id: snapshot.publishing_of(session, site_id).mode
        for site_id in {one.site_id for one in queries.to_publish(session, viewer)}
    }
    return render_template(
        "content/publishing.html",
        waiting=queries.to_publish(session, viewer),
        modes=modes,
        mode_words=MODES,
        OUTSIDE=OUTSIDE,
        lines=queries.recent(session, viewer),
        acts=ACTS,
        outcomes=OUTCOMES,
        may_take_down=viewer.may(TAKE_DOWN),
    )


@bp.get("/publishing/outside")
@permission(PUBLISH)
def outside() -> ResponseReturnValue:
    """List the passed articles that go to an outside platform by hand."""
    rows = queries.outside(reading(), current_viewer())
    return render_template("content/publishing_outside.html", rows=rows)


@bp.get("/publishing/outside/<int:article_id>")
@permission(PUBLISH)
def outside_article(article_id: int) -> ResponseReturnValue:
    """Show the passed words and files, each with a button that copies it."""
    return _outside_page(article_id, {}, "")


@bp.post("/publishing/outside/<int:article_id>")
@permission(PUBLISH)
def note_outside(article_id: int) -> ResponseReturnValue:
    """Note the address of the page, and compare the saved page with what was passed."""
    viewer, url = current_viewer(), request.form.get("url", "")
    runtime = current_app.extensions["guanjia.runtime"]
    try:
        page = _saved_page()
        _row, check = write(
            lambda session, now: operations.publish_outside(session, runtime, viewer, article_id, url, page, now)
        )
        outcome, note = (check.outcome, check.note) if check else (None, "")
    except (Invalid, Conflict, Refused) as error:
        return _outside_page(article_id, _by_field(error), url), error.status
    flash(*_after(outcome, note))
    return redirect(url_for("content.publishing"), SEE_OTHER)


@bp.get("/publishing/articles/<int:article_id>/take-down")
@permission(TAKE_DOWN)
def take_down(article_id: int) -> ResponseReturnValue:
    """Ask for the reason and say what follows."""
    return _take_down_page(article_id, {}, "")


@bp.post("/publishing/articles/<int:article_id>/take-down")
@permission(TAKE_DOWN)
def take_down_now(article_id: int) -> ResponseReturnValue:
    """Take an article off its site."""
    viewer, reason = current_viewer(), request.form.get("reason", "")
    try:
        write(lambda session, now: operations.take_down(session, viewer, article_id, reason, now))
    except (Invalid, Conflict) as error:
        return _take_down_page(article_id, _by_field(error), reason), error.status
    flash(gettext("已撤下，网页马上换成“已撤下”。"), "ok")
    return redirect(url_for("content.article", article_id=article_id), SEE_OTHER)


def _outside_page(article_id: int, errors: Mapping[str, str], url: str) -> str:
    session = reading()
    found = queries.publishable(session, current_viewer(), article_id)
    version = queries.version_of(session, found)
    return render_template(
        "content/publishing_by_hand.html",
        article=found,
        version=version,
        refusal=operations.why_not(session, found.id, version.digest),
        text=_readable(version.body),
        files=[one for one in snapshot.files_of(version.files) if one.media_id is not None],
        ATTACHMENT=ATTACHMENT,
        errors=errors,
        url=url or found.outside_url,
    )


def _take_down_page(article_id: int, errors: Mapping[str, str], reason: str) -> str:
    session = reading()
    found = queries.removable(session, current_viewer(), article_id)
    last = operations.last_publication(session, found.id)
    mode = snapshot.publishing_of(session, found.site_id).mode
    return render_template(
        "content/publishing_take_down.html",
        article=found,
        last=last,
        is_outside=mode == OUTSIDE,
        errors=errors,
        reason=reason,
    )


def _saved_page() -> str | None:
    """Return the words of the uploaded page; None when none was uploaded."""
    file = request.files.get("page")
    if file is None or not file.filename:
        return None
    data = file.stream.read(MAX_SIZE + 1)
    words = text_of_page(data, file.filename) if len(data) <= MAX_SIZE else ""
    if not words.strip():
        raise Invalid(fields={"page": NO_PAGE})
    return words


def _readable(body: str) -> str:
    """Return the words of a text, a line to each paragraph, to be pasted elsewhere."""
    marked = body.replace("</p>", "</p>\n").replace("</h2>", "</h2>\n").replace("</h3>", "</h3>\n")
    marked = marked.replace("</h4>", "</h4>\n").replace("</li>", "</li>\n").replace("</tr>", "</tr>\n")
    lines = (line.strip() for line in text_of_html(marked.replace("<br>", "\n")).splitlines())
    return "\n".join(line for line in lines if line)


def _by_field(error: UserError) -> dict[str, str]:
    if isinstance(error, Invalid) and error.fields:
        return {name: gettext(sentence) for name, sentence in error.fields.items()}
    return {"": gettext(error.message, **error.values)}


def _after(outcome: str | None, note: str) -> tuple[str, str]:
    if outcome is None:
        return gettext("已记下网页地址。没有传网页文件，文字还没有核对。"), "ok"
    if outcome == operations.SAME:
        return gettext("已记下。网页上的文字和审定的一致。"), "ok"
    return gettext("网页上的文字和审定的不一致：%(note)s请改网页，再传一次。", note=note), "error"


def latest(check: PageCheck | None) -> tuple[str, str] | None:
    """Return the words and the lamp of a comparison."""
    return OUTCOMES.get(check.outcome) if check else None

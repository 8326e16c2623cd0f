"""The trace of a fault to its version and to everybody who passed it."""

from __future__ import annotations

from typing import Final

from flask import render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.content.bodies import clean_body
from app.content.marking import marked
from app.content.models import ArticleVersion
from app.content.queries import reports
from app.content.queries.trace import reading_time, trace
from app.content.tracing import FILE, LAYOUT, UNKNOWN, WORDS
from app.content.views.answering import reading
from app.content.views.articles import ACTS
from app.content.views.blueprint import bp
from app.i18n import N_
from app.people.session import current_viewer
from app.web import permission
from app.web.acting import asked

LONGEST: Final = 500
CAUSES: Final = {WORDS: N_("正文文字"), FILE: N_("图片或附件"), LAYOUT: N_("页面版式"), UNKNOWN: N_("没有找到")}


@bp.get("/articles/<int:article_id>/trace")
@permission("content.view")
def article_trace(article_id: int) -> ResponseReturnValue:
    """Show the line of versions of an article: which one brought a fault in, who passed it and what they saw."""
    session, viewer = reading(), current_viewer()
    typed, digest, is_layout = request.args.get("words", "").strip()[:LONGEST], asked("file"), asked("layout") == "1"
    words = "" if is_layout else typed
    found = trace(session, viewer, article_id, words, None if is_layout else digest or None)
    return render_template(
        "content/trace.html",
        trace=found,
        causes=CAUSES,
        acts=ACTS,
        reports=reports.of_article(session, article_id) if viewer.may("content.correct") else (),
        typed=typed,
        has_fault=bool(typed or digest or is_layout),
        body_of=lambda version: _body(version, words),
        reading_time=reading_time,
    )


def _body(version: ArticleVersion, words: str) -> Markup:
    """Return the whole text of a version with the words marked; cleaned again, as everything that is stored."""
    return marked(clean_body(version.body), words)

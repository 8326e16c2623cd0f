"""Word lists and the list of leaders; what is wrong with the text on an editor's page."""

from __future__ import annotations

import csv
import io
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.content.bodies import clean_body
from app.content.checks import LEVELS, RULES, Found
from app.content.operations import findings, terms
from app.content.operations.terms import LISTS, Entered
from app.content.queries import terms as queries
from app.content.queries.articles import article, may_write
from app.content.views.blueprint import bp
from app.db import db, transaction
from app.errors import Invalid, NotFound, Refused
from app.people.session import current_viewer
from app.web import permission
from app.web.i18n import gettext

MANAGE, SEE_OTHER = "content.manage", 303
TEXTS = ("title", "summary", "source", "byline", "kind")
MAX_FILE = 5 * 1024 * 1024


@bp.get("/content/terms")
@permission(MANAGE)
def term_list() -> ResponseReturnValue:
    """Show one word list, searchable, with what can be done about it."""
    return _page()


@bp.post("/content/terms/<list_>")
@permission(MANAGE)
def add_term(list_: str) -> ResponseReturnValue:
    """Add a word to a list."""
    _known(list_)
    try:
        with transaction() as session:
            word = terms.add_term(session, current_viewer(), list_, _entered(), clock.now(session)).text
    except Invalid as error:
        return _page(list_, error), 422
    flash(gettext("“%(word)s”已加到表里，正在写的稿件下次检查时就用。", word=word), "ok")
    return redirect(url_for("content.term_list", list=list_), SEE_OTHER)


@bp.get("/content/terms/<int:term_id>/edit")
@permission(MANAGE)
def edit_term(term_id: int) -> ResponseReturnValue:
    """Show the form to change what is said about a word."""
    return _edit_page(term_id)


@bp.post("/content/terms/<int:term_id>/edit")
@permission(MANAGE)
def change_term(term_id: int) -> ResponseReturnValue:
    """Change what is said about a word."""
    try:
        with transaction() as session:
            list_ = terms.change_term(session, current_viewer(), term_id, _entered(), clock.now(session)).list
    except Invalid as error:
        return _edit_page(term_id, error), 422
    return redirect(url_for("content.term_list", list=list_), SEE_OTHER)


@bp.post("/content/terms/<int:term_id>/remove")
@permission(MANAGE)
def remove_term(term_id: int) -> ResponseReturnValue:
    """Take a word out of its list."""
    with transaction() as session:
        removed = terms.remove_term(session, current_viewer(), term_id, clock.now(session))
        list_, word = removed.list, removed.text
    flash(gettext("“%(word)s”已拿掉。以前查出的记录还在。", word=word), "ok")
    return redirect(url_for("content.term_list", list=list_), SEE_OTHER)


@bp.post("/content/terms/<list_>/import")
@permission(MANAGE)
def import_terms(list_: str) -> ResponseReturnValue:
    """Add and change words by a table."""
    _known(list_)
    file = request.files.get("file")
    try:
        with transaction() as session:
            data = file.read(MAX_FILE + 1) if file else b""
            done = terms.import_terms(session, current_viewer(), list_, data, clock.now(session))
    except Invalid as error:
        return _page(list_, error), 422
    said = gettext("新加 %(new)s 个，改了 %(changed)s 个，%(same)s 个没有变。", **vars(done))
    flash(said, "ok")
    return redirect(url_for("content.term_list", list=list_), SEE_OTHER)


@bp.get("/content/terms/<list_>.csv")
@permission(MANAGE)
def export_terms(list_: str) -> ResponseReturnValue:
    """Send a word list as a table that can be changed and imported again."""
    _known(list_)
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["词", "建议", "程度", "说明", "依据"])
    for one in queries.all_terms(db.session(), list_):
        writer.writerow([_harmless(text) for text in (one.text, one.suggestion, one.level, one.note, one.basis)])
    headers = {"Content-Disposition": f"attachment; filename={list_}.csv"}
    return Response("\ufeff" + table.getvalue(), mimetype="text/csv", headers=headers)


@bp.get("/content/leaders")
@permission(MANAGE)
def leader_list() -> ResponseReturnValue:
    """Show the leaders in their order."""
    return _leaders_page()


@bp.post("/content/leaders")
@permission(MANAGE)
def save_leader() -> ResponseReturnValue:
    """Put a leader on the list, or change title and place."""
    fields = request.form
    place = fields.get("position", "1")
    try:
        with transaction() as session:
            name, title = fields.get("name", ""), fields.get("title", "")
            number = int(place) if place.isascii() and place.isdigit() else 1
            terms.save_leader(session, current_viewer(), name, title, number, clock.now(session))
    except Invalid as error:
        return _leaders_page(error), 422
    return redirect(url_for("content.leader_list"), SEE_OTHER)


@bp.post("/content/leaders/<int:leader_id>/remove")
@permission(MANAGE)
def remove_leader(leader_id: int) -> ResponseReturnValue:
    """Take a leader off the list."""
    with transaction() as session:
        terms.remove_leader(session, current_viewer(), leader_id, clock.now(session))
    return redirect(url_for("content.leader_list"), SEE_OTHER)


@bp.post("/articles/<int:article_id>/check")
@permission("content.write")
def check_article(article_id: int) -> ResponseReturnValue:
    """Say what is wrong with the texts as they are on the editor's page; nothing is kept."""
    session = db.session()
    found = article(session, current_viewer(), article_id)
    body = request.get_json(silent=True) or {}
    fields: dict[str, Any] = {name: str(body.get(name) or "") for name in TEXTS}
    fields |= {"body": clean_body(str(body.get("body") or "")), "meta": _map(body.get("meta")), "files": _list(body)}
    listed = findings.check(session, found, fields)
    return {"findings": [_shown(one, reason) for one, reason in listed]}


@bp.post("/articles/<int:article_id>/waive")
@permission("content.write")
def waive_finding(article_id: int) -> ResponseReturnValue:
    """Let a finding stand, with the reason."""
    viewer = current_viewer()
    if not may_write(db.session(), viewer, article(db.session(), viewer, article_id)):
        raise Refused
    body = request.get_json(silent=True) if request.is_json else request.form
    rule, text, reason = (str((body or {}).get(name) or "") for name in ("rule", "text", "reason"))
    try:
        with transaction() as session:
            findings.waive(session, viewer, article_id, rule, text, reason, clock.now(session))
    except Invalid as error:
        sentence = " ".join(gettext(one) for one in error.fields.values()) or gettext(error.message)
        if request.is_json:
            return {"error": sentence}, 422
        flash(sentence, "error")
    if request.is_json:
        return {"waived": reason.strip()}
    return redirect(url_for("content.article", article_id=article_id), SEE_OTHER)


def _page(list_: str | None = None, error: Invalid | None = None) -> str:
    asked = list_ or request.args.get("list", "wrong")
    _known(asked)
    search, after = request.args.get("search", "").strip()[:80], request.args.get("after", type=int)
    page = queries.terms(db.session(), asked, search, after)
    more = url_for("content.term_list", list=asked, search=search, after=page.after) if page.after else None
    return render_template(
        "content/terms.html",
        lists=LISTS,
        list_=asked,
        page=page,
        search=search,
        more=more,
        levels=LEVELS,
        error=error,
        errors=error.fields if error else {},
        typed=request.form,
    )


def _edit_page(term_id: int, error: Invalid | None = None) -> str:
    one = queries.term(db.session(), term_id)
    errors = error.fields if error else {}
    return render_template(
        "content/term.html", one=one, lists=LISTS, levels=LEVELS, errors=errors, typed=request.form or vars(one)
    )


def _leaders_page(error: Invalid | None = None) -> str:
    rows = queries.leaders(db.session())
    errors = error.fields if error else {}
    return render_template("content/leaders.html", rows=rows, errors=errors, typed=request.form)


def _entered() -> Entered:
    return Entered(*(request.form.get(name, "") for name in ("text", "suggestion", "level", "note", "basis")))


def _known(list_: str) -> None:
    if list_ not in LISTS:
        raise NotFound(terms.NO_LIST)


def _harmless(text: str) -> str:
    """Keep a table program from reading a word as a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@"} else text


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(body: dict[str, Any]) -> list[dict[str, Any]]:
    files = body.get("files")
    return [one for one in files if isinstance(one, dict)] if isinstance(files, list) else []


def _shown(one: Found, waived: str | None) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "rule_name": gettext(RULES[one.rule]),
        "level": one.level,
        "level_name": gettext(LEVELS[one.level]),
        "field": one.field,
        "text": one.text,
        "offset": one.offset,
        "sentence": gettext(one.message, **one.values),
        "suggestion": one.suggestion,
        "waived": waived,
    }

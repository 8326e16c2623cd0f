"""Error reports: from readers of a published page, from staff; taking them up or putting them aside."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from flask import current_app, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app import clock
from app.content.models import Article, ErrorReport
from app.content.operations import reports
from app.content.operations.reports import NEW, STATES, Reported, TooManyReports
from app.content.queries import reports as queries
from app.content.queries.articles import article
from app.content.views.blueprint import bp
from app.db import db, transaction
from app.errors import Invalid, NotFound
from app.files import queries as files
from app.files.jobs import store
from app.i18n import N_
from app.people.rules import Viewer
from app.people.session import current_viewer
from app.web import csrf, permission
from app.web.i18n import gettext
from app.web.permissions import public
from app.work.models import Case
from app.work.queries.scope import case_scope
from app.work.views.blueprint import runtime

CORRECT, SEE_OTHER, TOO_MANY = "content.correct", 303, 429
HONEYPOT = "website"
SIDES = ("x", "y", "width", "height")
LONGEST = {"url": 500, "words": 500, "remark": 2000, "contact": 120}


@bp.get("/report-error")
@public
def report_error() -> ResponseReturnValue:
    """Show readers of a published page the form to report an error; nothing about them is kept in a cookie."""
    return _public_page({"url": _asked_url()})


@bp.post("/report-error")
@public
def send_report() -> ResponseReturnValue:
    """Take a reader's report. Without a session there is no token to forge, so the form carries none."""
    if request.form.get(HONEYPOT):
        return render_template("content/report_thanks.html")
    try:
        with transaction() as session:
            now = clock.now(session)
            reports.report(session, store(), _reported(), now, address=_address(now))
    except TooManyReports as error:
        return _public_page(request.form, {"": str(error)}), TOO_MANY
    except Invalid as error:
        return _public_page(request.form, error.fields), 422
    return render_template("content/report_thanks.html")


csrf.exempt(send_report)


@bp.get("/articles/<int:article_id>/report")
@permission("content.view")
def report_article(article_id: int) -> ResponseReturnValue:
    """Show staff the form to report an error in an article."""
    found = article(db.session(), current_viewer(), article_id)
    return _staff_page(found, {"words": request.args.get("words", "")[:500]})


@bp.post("/articles/<int:article_id>/report")
@permission("content.view")
def send_staff_report(article_id: int) -> ResponseReturnValue:
    """Take a report of somebody who is signed in."""
    viewer = current_viewer()
    found = article(db.session(), viewer, article_id)
    try:
        with transaction() as session:
            row = reports.report(session, store(), _reported(), clock.now(session), reporter=viewer)
            row.article_id, row.site_id = found.id, found.site_id
    except Invalid as error:
        return _staff_page(found, request.form, error.fields), 422
    flash(gettext("已报告，发布岗和网管办会看到。"), "ok")
    return redirect(url_for("content.article", article_id=article_id), SEE_OTHER)


@bp.get("/reports")
@permission(CORRECT)
def report_list() -> ResponseReturnValue:
    """List the reports, those nobody took up first."""
    state = request.args.get("state", NEW)
    if state not in STATES:
        raise NotFound
    page = queries.reports(db.session(), current_viewer(), state, request.args.get("after", type=int))
    more = url_for("content.report_list", state=state, after=page.after) if page.after else None
    return render_template("content/reports.html", page=page, state=state, states=STATES, more=more)


@bp.get("/reports/<int:report_id>")
@permission(CORRECT)
def one_report(report_id: int) -> ResponseReturnValue:
    """Show one report and what can be done about it."""
    return _report_page(report_id)


@bp.post("/reports/<int:report_id>/take")
@permission(CORRECT)
def take_report(report_id: int) -> ResponseReturnValue:
    """Begin the correction."""
    viewer = current_viewer()
    try:
        with transaction() as session:
            now, chosen = clock.now(session), request.form.get("article", type=int)
            if chosen:
                reports.name_article(session, viewer, report_id, chosen)
            number = reports.take_up(session, runtime(), viewer, report_id, now).number
    except Invalid as error:
        return _report_page(report_id, error.fields), 422
    return redirect(url_for("work.case", number=number), SEE_OTHER)


@bp.post("/reports/<int:report_id>/aside")
@permission(CORRECT)
def put_report_aside(report_id: int) -> ResponseReturnValue:
    """Close a report without a correction."""
    try:
        with transaction() as session:
            reason = request.form.get("reason", "")
            reports.put_aside(session, current_viewer(), report_id, reason, clock.now(session))
    except Invalid as error:
        return _report_page(report_id, error.fields), 422
    flash(gettext("没有受理，理由留在记录里。"), "ok")
    return redirect(url_for("content.report_list"), SEE_OTHER)


@bp.get("/reports/<int:report_id>/screenshot")
@permission(CORRECT)
def report_screenshot(report_id: int) -> ResponseReturnValue:
    """Send the picture of a report; it was drawn anew when it came in."""
    row = queries.report(db.session(), current_viewer(), report_id)
    upload = files.upload(db.session(), row.screenshot_id) if row.screenshot_id else None
    if upload is None:
        raise NotFound
    return send_file(store().open(upload.digest), mimetype="image/png")


def _reported() -> Reported:
    texts = {name: request.form.get(name, "")[:most] for name, most in LONGEST.items()}
    file = request.files.get("picture")
    return Reported(**texts, area=_area(), picture=file.read(reports.MAX_PICTURE + 1) if file else b"")


def _area() -> dict[str, float] | None:
    """Return the marked part of the picture, or None when nothing sensible was marked."""
    shares = [request.form.get(f"area_{side}", type=float) for side in SIDES]
    if any(share is None or not 0 <= share <= 1 for share in shares):
        return None
    return {side: share for side, share in zip(SIDES, shares, strict=True) if share is not None}


def _address(now: datetime) -> str:
    """Return a hash of where the reader writes from; its key changes every day, so that nobody can be followed."""
    key = f"{current_app.secret_key!s}{now:%Y-%m-%d}".encode()
    return hmac.new(key, (request.remote_addr or "").encode(), hashlib.sha256).hexdigest()


def _asked_url() -> str:
    folder, path = request.args.get("s", ""), request.args.get("u", "")
    return f"/preview/{folder}/{path.lstrip('/')}"[:500] if folder else path[:500]


def _public_page(typed: Mapping[str, str], errors: Mapping[str, str] | None = None) -> str:
    return render_template("content/report_error.html", typed=typed, errors=errors or {}, honeypot=HONEYPOT)


def _staff_page(found: Article, typed: Mapping[str, str], errors: Mapping[str, str] | None = None) -> str:
    url = found.outside_url or url_for("content.article", article_id=found.id)
    return render_template("content/report_article.html", found=found, url=url, typed=typed, errors=errors or {})


def _report_page(report_id: int, errors: Mapping[str, str] | None = None) -> str:
    viewer = current_viewer()
    row = queries.report(db.session(), viewer, report_id)
    upload = files.upload(db.session(), row.screenshot_id) if row.screenshot_id else None
    return render_template(
        "content/report.html",
        row=row,
        about=_about(row, viewer),
        correction=_correction(row, viewer),
        picture=upload,
        states=STATES,
        errors=errors or {},
        typed=request.form,
        source=SOURCES[row.source],
    )


def _about(row: ErrorReport, viewer: Viewer) -> Article | None:
    return article(db.session(), viewer, row.article_id) if row.article_id else None


def _correction(row: ErrorReport, viewer: Viewer) -> Case | None:
    """Return the case that corrects what was reported, if the viewer may open it."""
    return (
        db.session().scalar(select(Case).where(Case.id == row.case_id, case_scope(viewer))) if row.case_id else None
    )


SOURCES = {"reader": N_("读者"), "staff": N_("工作人员"), "monitor": N_("监测")}

"""The working calendar (工作日历): a year at a glance, its source, the hours of a day; import and change."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import clock
from app.db import db, transaction
from app.deadlines import models as m
from app.deadlines import operations, queries, rules
from app.deadlines.models import CalendarPlan
from app.deadlines.queries import YearDay
from app.errors import Conflict, Invalid, TooLarge
from app.files.rules import read_csv
from app.i18n import N_
from app.people.session import current_author, current_viewer
from app.web import permission
from app.web.i18n import gettext

bp = Blueprint("deadlines", __name__, template_folder="templates")
FIRST_YEAR, LAST_YEAR = 2004, 2100
MOST_TABLE = 256 * 1024
WEEKDAYS = (N_("一"), N_("二"), N_("三"), N_("四"), N_("五"), N_("六"), N_("日"))
KINDS = {m.HOLIDAY: N_("放假"), m.MAKEUP: N_("上班")}


@dataclass(frozen=True)
class Shown:
    """What the page was asked to show, and what was typed and could not be accepted."""

    year: int
    plan: CalendarPlan | None
    problem: str = ""
    spans: str = ""
    weekdays: tuple[int, ...] = ()


@bp.get("/calendar")
@permission("account.self")
def calendar() -> ResponseReturnValue:
    """Show a year as a plan works it."""
    plan = _plan(db.session(), request.args.get("plan", type=int))
    return _page(Shown(_year(request.args.get("year", type=int)), plan))


@bp.get("/calendar/<int:year>.csv")
@permission("account.self")
def table(year: int) -> ResponseReturnValue:
    """Send a year's special days as a table that can be changed and imported again."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([gettext("日期"), gettext("类别"), gettext("名称")])
    for day in sorted(queries.days_of(db.session(), None, _year(year)), key=lambda one: one.date):
        writer.writerow([day.date.isoformat(), KINDS[day.kind], _plain(day.name)])
    # the mark tells spreadsheets that this is UTF-8
    response = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=f"calendar-{year}.csv")
    return response


@bp.post("/calendar/<int:year>/table")
@permission("calendar.edit")
def import_table(year: int) -> ResponseReturnValue:
    """Replace a year's special days by those of an uploaded table."""
    file, author = request.files.get("table"), current_author()

    def act(session: Session, now: datetime) -> None:
        if file is None or not file.filename:
            raise Invalid(N_("没有选择文件。请先选择放假表，再导入。"))
        content = file.stream.read(MOST_TABLE + 1)
        if len(content) > MOST_TABLE:
            raise TooLarge(N_("放假表太大，原来的日历没有改动。一年的表不超过 256 KB。"))
        source = file.filename.replace("\\", "/").rpartition("/")[2][:120]
        operations.import_rows(session, _year(year), read_csv(content), source=source, by=author, now=now)

    return _settle(act, gettext("%(year)s 年的安排已导入。", year=year), Shown(year, None))


@bp.post("/calendar/<int:year>/package")
@permission("calendar.edit")
def import_package(year: int) -> ResponseReturnValue:
    """Import a year from the package's data."""
    author = current_author()

    def act(session: Session, now: datetime) -> None:
        operations.import_year(session, _year(year), author, now)

    return _settle(act, gettext("%(year)s 年已按自带数据更新。", year=year), Shown(year, None))


@bp.post("/calendar/plans")
@permission("calendar.edit")
def add_plan() -> ResponseReturnValue:
    """Give a unit hours of its own."""
    author, (spans, weekdays) = current_author(), _hours()
    unit = request.form.get("unit", type=int) or 0

    def act(session: Session, now: datetime) -> None:
        operations.add_plan(session, unit_id=unit, spans=spans, weekdays=weekdays, by=author, now=now)

    return _settle(act, gettext("已为这个单位单设工作时段。"), Shown(_this_year(), None))


@bp.post("/calendar/plans/<int:plan_id>")
@permission("calendar.edit")
def change_plan(plan_id: int) -> ResponseReturnValue:
    """Change the hours of a plan."""
    author, (spans, weekdays) = current_author(), _hours()
    seen = request.form.get("version", type=int)

    def act(session: Session, now: datetime) -> None:
        operations.change_plan(session, plan_id, spans=spans, weekdays=weekdays, by=author, now=now, seen=seen)

    return _settle(act, gettext("工作时段已保存，没办完的时限已重新计算。"), _typed(plan_id, spans, weekdays))


@bp.post("/calendar/plans/<int:plan_id>/drop")
@permission("calendar.edit")
def drop_plan(plan_id: int) -> ResponseReturnValue:
    """Let a unit follow the default again."""
    author = current_author()

    def act(session: Session, now: datetime) -> None:
        operations.drop_plan(session, plan_id, by=author, now=now)

    return _settle(act, gettext("这个单位改回默认工作时段。"), Shown(_this_year(), None))


def _settle(act: Callable[[Session, datetime], None], done: str, shown: Shown) -> ResponseReturnValue:
    """Do it in one transaction and go back; what cannot be accepted comes back with the page."""
    try:
        with transaction() as session:
            act(session, clock.now(session))
    except (Invalid, Conflict, TooLarge) as error:
        problem = gettext(error.message, **error.values)
        plan = shown.plan or _plan(db.session(), None)
        return _page(Shown(shown.year, plan, problem, shown.spans, shown.weekdays)), error.status
    flash(done, "ok")
    plan_id = shown.plan.id if shown.plan and shown.plan.unit_id else None
    return redirect(url_for("deadlines.calendar", year=shown.year, plan=plan_id), 303)


def _typed(plan_id: int, spans: str, weekdays: tuple[int, ...]) -> Shown:
    year = _year(request.form.get("year", type=int))
    return Shown(year, _plan(db.session(), plan_id), "", spans, weekdays)


def _hours() -> tuple[str, tuple[int, ...]]:
    return request.form.get("spans", ""), tuple(request.form.getlist("weekday", type=int))


def _page(shown: Shown) -> str:
    session = db.session()
    plan = shown.plan
    working = queries.calendar_of(session, plan)
    year = next((row for row in queries.years(session) if row.year == shown.year), None)
    special = queries.days_of(session, plan.id if plan else None, shown.year)
    may_edit = current_viewer().may("calendar.edit")
    return render_template(
        "deadlines/calendar.html",
        shown=shown,
        plan=plan,
        plans=queries.plans(session),
        year=year,
        months=[_weeks(month) for month in queries.year_grid(session, plan, shown.year)],
        special=sorted(special, key=lambda day: day.date),
        kinds=KINDS,
        spans=shown.spans or rules.write_spans(working.spans),
        weekdays=shown.weekdays or sorted(working.weekdays),
        weekday_names=WEEKDAYS,
        hours=working.day_length / timedelta(hours=1),
        working_days=working.count_days(date(shown.year, 1, 1), date(shown.year + 1, 1, 1)),
        today=clock.local(clock.now(session)).date(),
        waiting=queries.running_into_provisional(session) if may_edit else 0,
        units=queries.units_without_plan(session) if may_edit else [],
        may_edit=may_edit,
        years=(FIRST_YEAR, LAST_YEAR),
    )


def _weeks(month: list[YearDay]) -> list[list[YearDay | None]]:
    """Lay a month out in weeks that begin on Monday."""
    squares: list[YearDay | None] = [*[None] * month[0].date.weekday(), *month]
    squares += [None] * (-len(squares) % 7)
    return [squares[start : start + 7] for start in range(0, len(squares), 7)]


def _plan(session: Session, plan_id: int | None) -> CalendarPlan | None:
    if plan_id is None:
        return queries.plan_of(session, None)
    return session.get(CalendarPlan, plan_id) or abort(404)


def _year(year: int | None) -> int:
    if year is None:
        return _this_year()
    return year if FIRST_YEAR <= year <= LAST_YEAR else abort(404)


def _this_year() -> int:
    return clock.local(clock.now(db.session())).year


def _plain(text: str) -> str:
    """Keep a spreadsheet from reading a name as a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text

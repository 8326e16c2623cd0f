"""Whom groups call, and who is on duty: lists with their numbers, the table of a week."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import ZONE, local
from app.db import db
from app.emergency import readiness
from app.emergency.models import DutyShift
from app.emergency.operations import duty as shifts
from app.emergency.operations import roster as operations
from app.emergency.operations.plans import MANAGE
from app.emergency.queries import library, numbers
from app.emergency.rules import DUTY, GROUPS
from app.emergency.views.acting import day, number, typed
from app.emergency.views.blueprint import bp
from app.errors import Invalid, UserError
from app.i18n import N_
from app.people import queries as house
from app.people.session import current_viewer
from app.web import menu, permission
from app.web.acting import INVALID, SEE_OTHER, now, settle, told, write
from app.web.i18n import gettext

SEE: Final = "emergency.figures"
WEEK: Final = timedelta(days=7)
WEEKDAYS: Final = (
    N_("星期一"),
    N_("星期二"),
    N_("星期三"),
    N_("星期四"),
    N_("星期五"),
    N_("星期六"),
    N_("星期日"),
)
STEPS: Final = {"up": operations.UP, "down": operations.DOWN}

menu.add("maintenance", "emergency.roster", N_("值班与呼叫名单"), "phone", SEE)


@bp.get("/emergency/roster")
@permission(SEE)
def roster() -> ResponseReturnValue:
    """Show the lists for all plans, or those of one."""
    return _page()


@bp.post("/emergency/roster")
@permission(MANAGE)
def add_member() -> ResponseReturnValue:
    """Put somebody on a list."""
    viewer, plan_id = current_viewer(), number("plan")
    group, user_id, title, phone = typed("group"), number("user") or 0, typed("title"), typed("phone")
    try:
        write(
            lambda session, at: operations.add_member(
                session, viewer, group, plan_id, user_id, at, title=title, phone=phone
            )
        )
    except Invalid as error:
        return _page(group, told(error)), INVALID
    flash(gettext("已加到名单最后。打一个电话核对号码，再点“号码正确”。"), "ok")
    return redirect(_back(plan_id, group), SEE_OTHER)


@bp.post("/emergency/roster/<int:member_id>")
@permission(MANAGE)
def change_member(member_id: int) -> ResponseReturnValue:
    """Change post or number of somebody on a list."""
    viewer, title, phone, seen = current_viewer(), typed("title"), typed("phone"), number("row_version")
    return settle(
        lambda session, at: operations.change_member(session, viewer, member_id, title, phone, seen, at),
        N_("已经改好。"),
        _back(number("plan"), typed("group")),
    )


@bp.post("/emergency/roster/<int:member_id>/move")
@permission(MANAGE)
def move_member(member_id: int) -> ResponseReturnValue:
    """Let somebody be called earlier or later."""
    viewer, step = current_viewer(), STEPS.get(typed("step"), operations.UP)
    return settle(
        lambda session, at: operations.move_member(session, viewer, member_id, step, at),
        N_("顺序已改。"),
        _back(number("plan"), typed("group")),
    )


@bp.post("/emergency/roster/<int:member_id>/remove")
@permission(MANAGE)
def remove_member(member_id: int) -> ResponseReturnValue:
    """Take somebody off a list."""
    viewer = current_viewer()
    return settle(
        lambda session, at: operations.remove_member(session, viewer, member_id, at),
        N_("已从名单拿掉。"),
        _back(number("plan"), typed("group")),
    )


@bp.post("/emergency/roster/<int:member_id>/check")
@permission(MANAGE)
def check_number(member_id: int) -> ResponseReturnValue:
    """Note that a number was found right."""
    viewer, phone = current_viewer(), typed("phone")
    back = url_for("emergency.plan", plan_id=plan_id) if (plan_id := number("seen_on")) else None
    return settle(
        lambda session, at: operations.check_number(session, viewer, member_id, phone, at),
        N_("号码已核对。"),
        back or _back(number("plan"), typed("group")),
    )


@bp.get("/emergency/duty")
@permission(SEE)
def duty() -> ResponseReturnValue:
    """Show who is on duty, a week at a time."""
    return _duty_page(_monday(day("week")))


@bp.post("/emergency/duty")
@permission(MANAGE)
def add_shift() -> ResponseReturnValue:
    """Put somebody on duty."""
    viewer, user_id = current_viewer(), number("user") or 0
    starts, ends = shifts.read_instant(typed("starts_at")), shifts.read_instant(typed("ends_at"))
    wrong = {name: shifts.UNREADABLE for name, at in (("starts_at", starts), ("ends_at", ends)) if at is None}
    if starts is None or ends is None:
        return _duty_page(_monday(day("week")), wrong), INVALID
    try:
        write(lambda session, at: shifts.add_shift(session, viewer, user_id, starts, ends, at))
    except Invalid as error:
        return _duty_page(_monday(day("week")), error.fields), INVALID
    flash(gettext("班次已加。"), "ok")
    return redirect(url_for("emergency.duty", week=_monday(local(starts).date())), SEE_OTHER)


@bp.post("/emergency/duty/<int:shift_id>/remove")
@permission(MANAGE)
def remove_shift(shift_id: int) -> ResponseReturnValue:
    """Take out a shift that has not begun."""
    viewer = current_viewer()
    return settle(
        lambda session, at: shifts.remove_shift(session, viewer, shift_id, at),
        N_("班次已拿掉。"),
        url_for("emergency.duty", week=day("week")),
    )


@bp.post("/emergency/duty/import")
@permission(MANAGE)
def import_shifts() -> ResponseReturnValue:
    """Add the shifts of a table."""
    viewer, file = current_viewer(), request.files.get("file")
    data = file.read(shifts.MOST_BYTES + 1) if file else b""
    try:
        done = write(lambda session, at: shifts.import_shifts(session, viewer, data, at))
    except UserError as error:
        return _duty_page(_monday(day("week")), {"file": told(error)}), error.status
    flash(gettext("新加 %(new)s 个班次，%(same)s 个已经有了。", **vars(done)), "ok")
    return redirect(url_for("emergency.duty", week=day("week")), SEE_OTHER)


def _back(plan_id: int | None, group: str) -> str:
    return url_for("emergency.roster", plan=plan_id, _anchor=group if group in GROUPS else None)


def _page(group: str = "", problem: str = "") -> str:
    session, viewer, at = db.session(), current_viewer(), now()
    plan_id = number("plan")
    chosen = library.plan(session, plan_id) if plan_id else None
    lists, common = numbers.lists(session, plan_id), numbers.lists(session, None)
    listed = [one for rows in lists.values() for one in rows]
    stale = [one for one in listed if not readiness.is_valid(numbers.phone_of(one), one.checked_at, at)]
    return render_template(
        "emergency/roster.html",
        plans=library.plans(session),
        chosen=chosen,
        lists=lists,
        common=common,
        stale=stale,
        phone_of=numbers.phone_of,
        groups=GROUPS,
        people=house.people_choices(session, viewer) if viewer.may(MANAGE) else (),
        may_manage=viewer.may(MANAGE),
        problem=problem,
        wrong_group=group,
        watch=numbers.on_duty(session, at),
        duty_group=DUTY,
    )


def _duty_page(monday: date, errors: dict[str, str] | None = None) -> str:
    session, viewer, at = db.session(), current_viewer(), now()
    since = datetime.combine(monday, time(), ZONE)
    rows = numbers.shifts(session, since, since + WEEK)
    spans = numbers.spans(rows)
    first = max(since, at)
    return render_template(
        "emergency/duty.html",
        monday=monday,
        before=monday - WEEK,
        after=monday + WEEK,
        this=_monday(None),
        days=[(monday + timedelta(days=n), WEEKDAYS[n], _of_day(rows, monday + timedelta(days=n))) for n in range(7)],
        gaps=readiness.gaps(spans, first, since + WEEK) if rows and first < since + WEEK else (),
        overlaps=readiness.overlaps(spans),
        rows=rows,
        at=at,
        today=local(at).date(),
        watch=numbers.on_duty(session, at),
        people=house.people_choices(session, viewer) if viewer.may(MANAGE) else (),
        may_manage=viewer.may(MANAGE),
        errors=errors or {},
        typed=request.form,
    )


def _of_day(rows: Sequence[DutyShift], day_: date) -> list[DutyShift]:
    """Return the shifts that touch a day."""
    since = datetime.combine(day_, time(), ZONE)
    return [one for one in rows if one.starts_at < since + timedelta(days=1) and one.ends_at > since]


def _monday(of: date | None) -> date:
    found = of or local(now()).date()
    return found - timedelta(days=found.weekday())

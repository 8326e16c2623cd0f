"""Figures: workload, returns, reading speed, faults, each number with its list; freshness of columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from flask import Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import local
from app.content import figures, freshness
from app.content.figures import PERIODS, Period, Reviews, Work, period_of
from app.content.queries import figure_lists as lists
from app.content.queries import freshness as columns
from app.content.queries.figure_lists import TESTS, Lines
from app.content.queries.figures import Figures, Slice, figures_of, slice_for
from app.content.views.blueprint import bp
from app.db import db
from app.i18n import N_
from app.people.session import current_viewer
from app.web import filters, permission
from app.web.i18n import gettext

FIGURES: Final = "content.figures"
LAMPS: Final[Mapping[str, str]] = {
    freshness.STALE: "red",
    freshness.NEVER: "amber",
    freshness.SOON: "amber",
    freshness.FRESH: "green",
}
LISTS: Final[Mapping[str, str]] = {
    "articles": N_("交审的稿件"),
    "versions": N_("交审的版本"),
    "published": N_("发布"),
    "decided": N_("审核决定"),
    "returned": N_("退回"),
    "rejected": N_("不予发布"),
    "fast": N_("过快的通过"),
    "unopened": N_("没有打开就通过"),
    "faults": N_("发布后发现的错"),
}
ACTS: Final[Mapping[str, str]] = {
    "publish": N_("发布"),
    "update": N_("更新"),
    "version": N_("交审"),
    "pass": N_("通过"),
    "return": N_("退回"),
    "reject": N_("不予发布"),
    "fault": N_("差错"),
}
MADE = (N_("稿件"), N_("版本"), N_("字数"), N_("发布"))
DECIDED = (
    N_("决定"),
    N_("退回"),
    N_("退回率"),
    N_("用时中位数（工作分钟）"),
    N_("每分钟字数中位数"),
    N_("过快"),
    N_("没有打开"),
)
TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "people": (N_("人"), N_("单位"), *MADE),
    "units": (N_("单位"), *MADE),
    "vendors": (N_("外包单位"), *MADE),
    "levels": (N_("级"), *DECIDED),
    "reviewers": (N_("审核人"), N_("单位"), *DECIDED, N_("发布后发现的错")),
}


@bp.get("/content/figures", endpoint="figures")
@permission(FIGURES)
def figures_page() -> ResponseReturnValue:
    """Show who wrote how much, how it was reviewed and what was found wrong afterwards."""
    part = _slice()
    return render_template(
        "content/figures.html",
        found=figures_of(db.session(), part),
        part=part,
        periods=PERIODS,
        today=_today(),
        fast=(figures.TOO_FAST_CHARACTERS, figures.TOO_FAST_SECONDS),
        query=_query(part.period),
        tables=TABLES,
    )


@bp.get("/content/figures/list")
@permission(FIGURES)
def figures_list() -> ResponseReturnValue:
    """List exactly what a number of the figures counted."""
    which, part, after = request.args.get("which", ""), _slice(), max(0, request.args.get("after", 0, type=int))
    if which not in LISTS:
        abort(404)
    page = _lines(which, part, after)
    named = {"person": part.person, "unit": part.unit, "level": part.level or None}
    more = {**_query(part.period), **named, "which": which, "after": page.after}
    return render_template(
        "content/figures_list.html",
        page=page,
        title=LISTS[which],
        acts=ACTS,
        part=part,
        back=url_for("content.figures", **_query(part.period)),
        more=url_for("content.figures_list", **more) if page.after else None,
    )


@bp.get("/content/figures/<table>.csv")
@permission(FIGURES)
def figures_table(table: str) -> ResponseReturnValue:
    """Send one table of the figures for a spreadsheet."""
    if table not in TABLES:
        abort(404)
    part = _slice()
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([gettext(name) for name in TABLES[table]])
    writer.writerows(_rows(table, figures_of(db.session(), part)))
    # the mark tells spreadsheets that this is UTF-8
    response = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    name = f"{table}-{part.period.first}-{part.period.last}.csv"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


@bp.get("/content/freshness", endpoint="freshness")
@permission("content.view")
def freshness_page() -> ResponseReturnValue:
    """Show how fresh each column is against its rule, the most pressing first."""
    now = filters.now()
    rows = columns.columns(db.session(), current_viewer(), now)
    chosen = request.args.get("state", "")
    states = [one.kept.state(now) for one in rows]
    return render_template(
        "content/figures_freshness.html",
        rows=[one for one, state in zip(rows, states, strict=True) if chosen in ("", state)],
        total=len(rows),
        counts={state: states.count(state) for state in freshness.STATES},
        names=freshness.STATES,
        lamps=LAMPS,
        chosen=chosen if chosen in freshness.STATES else "",
        now=now,
    )


def _lines(which: str, part: Slice, after: int) -> Lines:
    if which in TESTS:
        return lists.reviews(db.session(), part, which, after)
    reader = {
        "articles": lists.articles_handed_in,
        "versions": lists.versions,
        "published": lists.publications,
        "faults": lists.faults,
    }[which]
    return reader(db.session(), part, after)


def _slice() -> Slice:
    args = request.args
    period = period_of(args.get("period", figures.MONTH), _today(), _day("first"), _day("last"))
    own = slice_for(current_viewer(), period)
    person, unit = args.get("person", type=int), args.get("unit", type=int)
    return Slice(period, own.own_unit, person, unit, args.get("level", "")[:40])


def _query(period: Period) -> dict[str, Any]:
    days = {"first": period.first, "last": period.last} if period.kind == figures.OWN else {}
    return {"period": period.kind, **days}


def _today() -> date:
    return local(filters.now()).date()


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _rows(table: str, found: Figures) -> Iterable[list[Any]]:
    if table in ("people", "units", "vendors"):
        work: Mapping[int, Work] = getattr(found, table)
        return [[*_who(one, with_unit=table == "people"), *_made(one)] for one in work.values()]
    if table == "levels":
        return [[_plain(gettext(one.name)), *_decided(one)] for one in found.levels.values()]
    return [[*_who(one, with_unit=True), *_decided(one), one.faults] for one in found.reviewers.values()]


def _who(one: Work | Reviews, *, with_unit: bool) -> list[str]:
    return [_plain(one.name), _plain(one.unit)] if with_unit else [_plain(one.name)]


def _made(one: Work) -> list[int]:
    return [one.articles, one.versions, one.characters, one.published]


def _decided(one: Reviews) -> list[Any]:
    figures_ = (one.rate, one.typical_minutes, one.typical_speed)
    rate, minutes, speed = ("" if value is None else value for value in figures_)
    return [
        one.decided,
        one.returned,
        f"{rate:.1%}" if rate != "" else "",
        f"{minutes:.1f}" if minutes != "" else "",
        f"{speed:.0f}" if speed != "" else "",
        one.fast,
        one.unopened,
    ]


def _plain(text: str) -> str:
    """Keep a spreadsheet from reading a name as a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text

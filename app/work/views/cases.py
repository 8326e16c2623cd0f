"""Cases: the list of all, the case page with its diagram, time, records and talk, and what one may do there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import clock
from app.db import transaction
from app.deadlines.rules import add_working, parse_limit
from app.errors import Conflict, Invalid, Refused
from app.ledger import verify
from app.people.rules import Viewer
from app.people.session import current_viewer
from app.web import permission
from app.web.i18n import gettext, locale
from app.work import operations as work
from app.work.models import Case
from app.work.pages import diagram
from app.work.pages.offers import Offer, Offering
from app.work.pages.records import LIMITS
from app.work.pages.sections import everything
from app.work.pages.words import LIST_STATES, SIDES, name_of
from app.work.queries import boxes, casefile
from app.work.queries.boxes import STATES, Filters
from app.work.queries.scope import find_case, may_act
from app.work.views.blueprint import SEE_OTHER, bp, now, reader_for, reading, runtime
from app.work.views.inbox import Choice, address, choices, condition_words, listed, read_filters
from app.work.views.sources import reviewed_in
from app.work.views.telling import Telling, tell
from app.work.views.troubles import Left, handling_of

TABS = ("all", "review", "form", "files", "data", "related", "talk", "handling")


@dataclass(frozen=True)
class Checked:
    """What checking the records gave: how many fit, or the number of the first that does not."""

    count: int
    broken: int | None
    clean: bool
    at: datetime


@bp.get("/cases")
@permission("work.view")
def cases() -> ResponseReturnValue:
    """List all cases open to this viewer, with filters."""
    viewer = current_viewer()
    reader, filters = reader_for(viewer), read_list_filters()
    page = boxes.cases(reading(), viewer, filters, now(), request.args.get("after"))
    counts = boxes.case_counts(reading(), viewer, filters, now())
    rows = listed(viewer, reader, page.rows)
    return render_template(
        "work/cases.html",
        rows=rows,
        total=counts[filters.state],
        chips=[(address(state=state), word, counts[state], filters.state == state) for state, word in _states()],
        choices=[*choices(reader, filters), _sides(filters)],
        filters=filters,
        named=condition_words(filters, reader),
        way=_way(filters),
        more=address(after=page.more) if page.more else None,
    )


def _way(filters: Filters) -> list[tuple[str, str]]:
    """Return the conditions that pages of the studio link with, in words, each with the address without it."""
    words = {
        "version": gettext("v%(number)s 的办件", number=filters.version) if filters.version is not None else "",
        "node": gettext("办过“%(step)s”", step=boxes.step_name(reading(), filters.node)) if filters.node else "",
        "days": gettext("近 %(count)s 天发起的", count=filters.days) if filters.days is not None else "",
    }
    return [(address(**{name: None}), word) for name, word in words.items() if word]


@bp.get("/cases/<number>")
@permission("work.view")
def case(number: str) -> ResponseReturnValue:
    """Show a case: where it stands, whose time it was, what is on record."""
    viewer = current_viewer()
    found = find_case(reading(), viewer, number)
    if casefile.is_copied(reading(), viewer, found.id):
        found = _note_reading(viewer, found)
    return case_page(viewer, found)


@bp.get("/cases/<number>/diagram.bpmn")
@permission("work.view")
def case_diagram(number: str) -> ResponseReturnValue:
    """Send the diagram of the version the case runs on."""
    found = find_case(reading(), current_viewer(), number)
    bundle = runtime().library.bundle(reading(), found.version_id)
    response = Response(bundle.diagram, content_type="application/xml; charset=utf-8")
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


@bp.post("/cases/<number>/verify")
@permission("work.view")
def verify_case(number: str) -> ResponseReturnValue:
    """Check the records of the case and say plainly what that proves and what not."""
    viewer = current_viewer()
    found = find_case(reading(), viewer, number)
    verdict = verify(reading(), f"case:{found.id}")
    broken = verdict.fault.seq if verdict.fault else None
    return case_page(viewer, found, checked=Checked(verdict.records, broken, verdict.clean, now()))


@bp.post("/cases/<number>/urge")
@permission("work.urge")
def urge(number: str) -> ResponseReturnValue:
    """Remind everybody whose turn it is."""
    viewer = current_viewer()
    found = find_case(reading(), viewer, number)
    if not may_urge(viewer, found, tell(viewer, found)):
        raise Refused(gettext("这件现在不用您催。"))
    case_id = found.id
    return _act(number, gettext("已催办。"), lambda session, at: work.urge(session, case_id, viewer, at))


@bp.post("/cases/<number>/comments")
@permission("work.view")
def add_comment(number: str) -> ResponseReturnValue:
    """Add a remark to the discussion."""
    viewer = current_viewer()
    case_id, text = find_case(reading(), viewer, number).id, request.form.get("text", "")
    done = gettext("已发到讨论里。")
    return _act(number, done, lambda session, at: work.comment(session, case_id, viewer, text, at), tab="talk")


@bp.post("/cases/<number>/messages/<name>")
@permission("work.act")
def send(number: str, name: str) -> ResponseReturnValue:
    """Send the case one of the messages that are offered to this person now, such as 撤回."""
    viewer = current_viewer()
    found = find_case(reading(), viewer, number)
    offer = next((one for one in offers_for(tell(viewer, found)) if one.name == name), None)
    if offer is None:
        raise Refused(gettext("这件办件现在不接收这个请求。请看过最新情况。"))
    case_id, reason = found.id, request.form.get("reason", "").strip()
    if offer.reason_required and not reason:
        sentence = gettext("“%(action)s”要写明理由。写好后再提交。", action=offer.label)
        return case_page(viewer, found, errors={name: sentence}), Invalid.status
    payload = {"reason": reason} if reason else {}
    done = gettext("%(action)s：已办好，记录在案。", action=offer.label)
    return _act(
        number,
        done,
        lambda session, at: work.send_message(session, runtime(), case_id, name, payload, viewer, at),
    )


def read_list_filters() -> Filters:
    """Read the conditions of the list of cases from the address."""
    common = read_filters()
    state, side = request.args.get("state", ""), request.args.get("side", "")
    return Filters(
        slug=common.slug,
        site=common.site,
        vendor=common.vendor,
        priority=common.priority,
        text=common.text,
        state=state if state in STATES else "",
        side=side if side in SIDES else "",
        unit=request.args.get("unit", type=int),
        version=request.args.get("version", type=int),
        node=request.args.get("node", ""),
        days=request.args.get("days", type=int),
    )


def offers_for(told: Telling) -> list[Offer]:
    """Return the messages this viewer may send to the case now."""
    if told.case.status != "running" or not told.viewer.may("work.act"):
        return []

    def later(begins: datetime, text: str) -> datetime:
        return add_working(told.calendar, begins, parse_limit(text))

    return Offering(
        file=told.file,
        definition=told.bundle.definition,
        viewer=told.viewer,
        names=with_start(told),
        waiting=casefile.waiting_tokens(reading(), told.case.id),
        add_working=later,
        now=now(),
        locale=locale(),
    ).offers()


def with_start(told: Telling) -> dict[str, Any]:
    """Return the names of the case; `case.started` says that somebody has reported progress on it."""
    case_data = told.names.get("case") or {}
    started = any(one.kind == "progress" for one in told.file.comments)
    return {**told.names, "case": {**case_data, "started": started}}


def may_urge(viewer: Viewer, found: Case, told: Telling) -> bool:
    """Say whether this person may urge: the case runs, somebody else has the turn, and the step may be urged."""
    if found.status != "running" or not viewer.may("work.urge"):
        return False
    nodes = told.bundle.definition.nodes
    others = [
        item for item in told.file.open if item.assignee_id != viewer.user_id and item.unit_id != viewer.unit_id
    ]
    return any(nodes[item.node].properties.get("urgeable") != "false" for item in others if item.node in nodes)


def case_page(
    viewer: Viewer,
    found: Case,
    *,
    tab: str = "",
    checked: Checked | None = None,
    errors: Mapping[str, str] | None = None,
    left: Left | None = None,
) -> str:
    """Draw the page of a case; `errors` and `left` are what a submit left that could not be accepted."""
    told = tell(viewer, found)
    tab = tab or request.args.get("tab", "all")
    tab = tab if tab in TABS and (tab != "handling" or viewer.may("work.steer")) else "all"
    reviewed = reviewed_in(reading(), viewer, found)
    tab = "all" if tab == "review" and reviewed is None else tab
    g.csp_inline_style = tab == "all"
    process = name_of(told.bundle.definition, locale())
    mine = next((item for item in told.file.open if may_act(reading(), viewer, item)), None)
    return render_template(
        "work/case.html",
        told=told,
        case=found,
        header=told.header,
        process=process,
        tab=tab,
        tabs=_tabs(told, tab, reviews=reviewed is not None),
        reviewed=reviewed if tab == "review" else None,
        diagram_label=diagram.label_of(told.file, process),
        sections=everything(told.file, told.reading()) if tab == "form" else (),
        variables=_variables(told) if tab == "data" else (),
        offers=offers_for(told),
        may_urge=may_urge(viewer, found, told),
        mine=mine,
        checked=checked,
        limits=gettext(LIMITS),
        errors=errors or {},
        related=listed(viewer, reader_for(viewer), told.file.related) if tab == "related" else (),
        **(handling_of(told, left or Left()) if tab == "handling" else {}),
    )


def _tabs(told: Telling, tab: str, *, reviews: bool) -> list[tuple[str, str, int | None, bool]]:
    file, number = told.file, told.case.number
    words: dict[str, tuple[str, int | None]] = {
        "all": (gettext("全貌"), None),
        "review": (gettext("稿件与审核"), None),
        "form": (gettext("表单内容"), None),
        "files": (gettext("附件"), len(file.files)),
        "data": (gettext("变量"), None),
        "related": (gettext("相关办件"), len(file.related)),
        "talk": (gettext("讨论"), len(file.comments)),
        "handling": (gettext("处置"), None),
    }
    if not told.viewer.may("work.steer"):
        del words["handling"]
    if told.viewer.is_vendor:
        del words["data"]
    if not reviews:
        del words["review"]
    return [
        (url_for("work.case", number=number, tab=name if name != "all" else None), word, count, name == tab)
        for name, (word, count) in words.items()
    ]


def _variables(told: Telling) -> list[tuple[str, str]]:
    """Return the case-wide values; a vendor does not see them, they may be other parties'."""
    if told.viewer.is_vendor:
        return []
    return [(name, str(value)) for name, value in casefile.case_data(told.case).items() if value not in (None, "")]


def _note_reading(viewer: Viewer, found: Case) -> Case:
    case_id, number = found.id, found.number
    with transaction() as session:
        work.mark_read(session, case_id, viewer, clock.now(session))
    return find_case(reading(), viewer, number)


def _act(
    number: str, done: str, act: Callable[[Session, datetime], object], *, tab: str | None = None
) -> ResponseReturnValue:
    """Carry out what one button asks for and go back to the case; what cannot be done is said there."""
    try:
        with transaction() as session:
            act(session, clock.now(session))
    except (Conflict, Refused, Invalid) as error:
        fields = error.fields.values() if isinstance(error, Invalid) else ()
        flash(gettext(next(iter(fields), error.message), **error.values), "error")
    else:
        flash(done, "ok")
    return redirect(url_for("work.case", number=number, tab=tab), SEE_OTHER)


def _states() -> list[tuple[str, str]]:
    return [(state, gettext(word)) for state, word in LIST_STATES.items()]


def _sides(filters: Filters) -> Choice:
    options = tuple((side, gettext(word), side == filters.side) for side, word in SIDES.items())
    return Choice("side", gettext("在谁那里"), options)

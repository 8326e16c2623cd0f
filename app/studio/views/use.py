"""How a version is used: overlay of flows and times, replay of one case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.people.session import current_viewer
from app.processes.models import ProcessVersion, VersionPart
from app.studio import queries
from app.studio import queries_versions as versions
from app.studio.flows_taken import Count
from app.studio.queries_use import NodeUse, Use, heat, use_of
from app.studio.replay import as_json, replay
from app.studio.views.blueprint import VIEW, bp, now, reading, runtime
from app.web import filters, permission
from app.web.i18n import gettext, locale
from app.work.pages.words import name_of
from app.work.queries.scope import find_case
from app.work.views.telling import tell

PERIODS = (30, 90, 365)
HUMAN = frozenset({"user", "manual"})


@dataclass(frozen=True)
class Row:
    """One step of the table below the diagram."""

    id: str
    name: str
    cases: str
    done: int
    open: int
    median: str
    ninety: str
    again: int
    late: int
    few: bool
    url: str


@dataclass(frozen=True)
class Way:
    """One flow of the table below the diagram."""

    id: str
    name: str
    source: str
    target: str
    cases: str
    times: str


@bp.get("/studio/processes/<slug>/versions/<int:number>")
@permission(VIEW)
def version(slug: str, number: int) -> ResponseReturnValue:
    """Show a version: its diagram, its parts, who published it, and how it is used."""
    session, viewer = reading(), current_viewer()
    process = versions.process_named(session, slug)
    shown = versions.version_numbered(session, process, number)
    days = _period()
    use = _use(shown, days)
    return render_template(
        "studio/version.html",
        process=process,
        version=shown,
        running=process.running_version_id == shown.id,
        versions=versions.versions_of(session, process),
        texts=_parts(shown),
        use=use,
        rows=[_row(one, use, shown, slug, days) for one in use.nodes if one.node.kind in HUMAN],
        ways=_ways(shown, use),
        marks=_marks(use),
        periods=_periods(slug, number, days),
        days=days,
        may_edit=queries.may_edit_slug(session, viewer, slug),
        reasons=versions.reasons_of(session, shown),
    )


@bp.get("/cases/<number>/replay")
@permission("work.view")
def replay_case(number: str) -> ResponseReturnValue:
    """Show one case step by step on its diagram, as far as this viewer may read its records."""
    viewer = current_viewer()
    told = tell(viewer, find_case(reading(), viewer, number))
    steps = replay(told.file, told.bundle.definition, locale())
    return render_template(
        "studio/replay.html",
        case=told.case,
        header=told.header,
        steps=steps,
        played=as_json(steps),
        hidden=told.file.hidden_records,
    )


def _use(shown: ProcessVersion, days: int | None) -> Use:
    since: datetime | None = now() - timedelta(days=days) if days else None
    definition = runtime().library.bundle(reading(), shown.id).definition
    return use_of(reading(), current_viewer(), shown.id, definition, since, now())


def _period() -> int | None:
    days = request.args.get("days", "90")
    return int(days) if days in {str(one) for one in PERIODS} else None


def _periods(slug: str, number: int, chosen: int | None) -> list[tuple[str, str, None, bool]]:
    words = {days: gettext("近 %(count)s 天发起的", count=days) for days in PERIODS}
    ways = [(str(days), word, chosen == days) for days, word in words.items()]
    return [
        (url_for("studio.version", slug=slug, number=number, days=days), word, None, is_on)
        for days, word, is_on in [*ways, ("all", gettext("全部"), chosen is None)]
    ]


def _parts(shown: ProcessVersion) -> Mapping[str, list[str]]:
    query = select(VersionPart.kind, VersionPart.name).where(VersionPart.version_id == shown.id)
    found: dict[str, list[str]] = {"form": [], "table": [], "bpmn": []}
    for kind, name in reading().execute(query.order_by(VersionPart.name)):
        found[kind].append(name)
    return found


def _row(one: NodeUse, use: Use, shown: ProcessVersion, slug: str, days: int | None) -> Row:
    return Row(
        id=one.node.id,
        name=name_of(one.node, locale()),
        cases=_number(one.count.cases),
        done=one.done,
        open=one.open,
        median=_span(one.median, use),
        ninety=_span(one.ninety, use),
        again=one.again,
        late=one.late,
        few=one.few,
        url=url_for("work.cases", slug=slug, version=shown.number, node=one.node.id, days=days),
    )


def _ways(shown: ProcessVersion, use: Use) -> list[Way]:
    definition = runtime().library.bundle(reading(), shown.id).definition

    def called(node_id: str) -> str:
        node = definition.nodes.get(node_id)
        return name_of(node, locale()) if node and node.name else node_id

    return [
        Way(flow.id, flow.name, called(flow.source), called(flow.target), *_count(use.flows[flow.id]))
        for flow in definition.flows.values()
    ]


def _count(count: Count) -> tuple[str, str]:
    return _number(count.cases), _number(count.times)


def _number(value: int | None) -> str:
    return "—" if value is None else str(value)


def _span(value: timedelta | None, use: Use) -> str:
    return filters.span(value, use.day / timedelta(hours=1)) if value is not None else "—"


def _marks(use: Use) -> dict[str, Any]:
    """Return what the overlay draws, for each of the three ways to look at it."""
    people = {one.node.id: one for one in use.nodes if one.node.kind in HUMAN}
    by_time = {id_: one.median.total_seconds() if one.median else 0 for id_, one in people.items()}
    by_late = {id_: one.late for id_, one in people.items()}
    by_again = {id_: one.again for id_, one in people.items()}
    flows = {id_: one.times for id_, one in use.flows.items() if one.times is not None}
    return {
        "heat": {"time": heat(by_time), "late": heat(by_late), "again": heat(by_again)},
        "plates": {
            "time": {id_: _span(one.median, use) for id_, one in people.items() if one.done},
            "late": {id_: gettext("超期 %(count)s", count=one.late) for id_, one in people.items() if one.late},
            "again": {id_: gettext("重办 %(count)s", count=one.again) for id_, one in people.items() if one.again},
        },
        "flows": {id_: {"text": _flow_text(use.flows[id_]), "width": width} for id_, width in heat(flows).items()},
    }


def _flow_text(count: Count) -> str:
    return gettext("%(count)s 次", count=count.times) if count.cases is None else str(count.cases)

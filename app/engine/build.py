"""Makes one definition of a diagram, its decision tables and the processes it calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.engine.compile import ScopeBuilder, form_of, is_external, kind_of
from app.engine.decisions import Decision
from app.engine.definition import Definition, Flow, Node
from app.engine.diagram import THROWN, Diagram, Element, Line
from app.engine.qualify import qualified


@dataclass(frozen=True)
class Source:
    """What a definition is compiled from, kept so that another process can call it."""

    diagram: Diagram
    decisions: Mapping[str, Decision]


def build_definition(
    diagram: Diagram, decisions: Mapping[str, Decision], called: Mapping[str, Definition] | None = None
) -> Definition:
    """Compile a diagram that the checker found sound, with the processes it calls by their slugs."""
    inner = {slug: qualified(one.source.diagram, slug) for slug, one in (called or {}).items()}
    drawn = (diagram, *inner.values())
    scopes = {slug: one.process_id for slug, one in inner.items()}
    nodes = {one.id: _node(one, "") for one in diagram.elements.values()}
    for slug, part in inner.items():
        nodes |= {one.id: _node(one, f"{slug}:") for one in part.elements.values()}
    tables = (decisions, *(one.source.decisions for one in (called or {}).values()))
    built = {
        scope: ScopeBuilder(scope, part, table, nodes, scopes).build()
        for part, table in zip(drawn, tables, strict=True)
        for scope in part.scopes
    }
    return Definition(
        process_id=diagram.process_id,
        name=diagram.name,
        name_en=diagram.own.get("name.en"),
        properties=_own_of(drawn),
        nodes=nodes,
        flows={one.id: _flow(one, part) for part in drawn for one in part.flows.values()},
        lanes={name: english for part in reversed(drawn) for name, english in part.lanes.items()},
        specs=built,
        called=scopes,
        source=Source(diagram, decisions),
    )


def with_called(definition: Definition, called: Mapping[str, Definition]) -> Definition:
    """Return the definition with the processes it calls, directly and in turn, as parts of it."""
    return build_definition(definition.source.diagram, definition.source.decisions, called) if called else definition


def _own_of(drawn: tuple[Diagram, ...]) -> dict[str, str]:
    """Return the properties of the process, with the limits that called processes name besides its own."""
    limits = {
        name: value for part in reversed(drawn[1:]) for name, value in part.own.items() if name.startswith("due.")
    }
    return {**limits, **drawn[0].own}


def _node(element: Element, prefix: str) -> Node:
    setting = element.settings.get
    form = form_of(element)
    return Node(
        id=element.id,
        kind=kind_of(element),
        name=element.name or element.id.removeprefix(prefix),
        name_en=element.own.get("name.en"),
        lane=element.lane,
        scope=element.scope,
        form=prefix + form if form else None,
        assignee=setting("assignee"),
        candidate_users=setting("candidateUsers"),
        candidate_groups=setting("candidateGroups"),
        priority=setting("priority"),
        topic=setting("topic") if is_external(element) else None,
        attached_to=element.attached_to,
        calls=element.called if element.tag == "callActivity" else None,
        throws=element.event.kind if element.tag == "endEvent" and element.event.kind in THROWN else None,
        properties=dict(element.own),
    )


def _flow(line: Line, diagram: Diagram) -> Flow:
    source = diagram.elements[line.source]
    default = source.default == line.id
    name_en = line.own.get("name.en")
    return Flow(line.id, line.name, name_en, line.source, line.target, line.condition, default)

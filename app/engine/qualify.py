"""Gives the nodes of a called process names of their own, so that it can run inside the process that calls it."""

from __future__ import annotations

import re
from dataclasses import replace

from app.engine.diagram import Diagram, Element, Handed, Line, Parameter, Repeat

NODE_LISTS = ("distinct.from", "shows", "offer.since")
_EARLIER = re.compile(r"(?<!\w)(earlier\s*\(\s*)(?:'([^']*)'|\"([^\"]*)\")")


def qualified(diagram: Diagram, slug: str) -> Diagram:
    """Return the diagram with `<slug>:` before every id, and before the ids that expressions and properties name."""
    return _Naming(diagram, slug).diagram()


class _Naming:
    """Renames one diagram; a name that is none of its nodes stays as it is."""

    def __init__(self, source: Diagram, slug: str) -> None:
        self.source = source
        self.slug = slug
        self.known = frozenset({source.process_id, *source.elements, *source.flows})

    def diagram(self) -> Diagram:
        source = self.source
        elements = [self.element(one) for one in source.elements.values()]
        flows = [self.line(one) for one in source.flows.values()]
        return replace(
            source,
            process_id=self.id(source.process_id),
            own={name: self.text(value) for name, value in source.own.items()},
            elements={one.id: one for one in elements},
            flows={one.id: one for one in flows},
        )

    def id(self, name: str) -> str:
        return f"{self.slug}:{name}" if name in self.known else name

    def element(self, one: Element) -> Element:
        return replace(
            one,
            id=self.id(one.id),
            scope=self.id(one.scope),
            attached_to=self.id(one.attached_to) if one.attached_to else None,
            default=self.id(one.default) if one.default else None,
            script=self.text(one.script) if one.script else None,
            event=replace(one.event, text=self.text(one.event.text) if one.event.text else None),
            settings={name: self.text(value) for name, value in one.settings.items()},
            own={name: self.property(name, value) for name, value in one.own.items()},
            inputs=tuple(self.parameter(entry) for entry in one.inputs),
            outputs=tuple(self.parameter(entry) for entry in one.outputs),
            repeat=self.repeat(one.repeat) if one.repeat else None,
            hands_in=tuple(self.handed(entry) for entry in one.hands_in),
            hands_out=tuple(self.handed(entry) for entry in one.hands_out),
        )

    def line(self, one: Line) -> Line:
        return replace(
            one,
            id=self.id(one.id),
            scope=self.id(one.scope),
            source=self.id(one.source),
            target=self.id(one.target),
            condition=self.text(one.condition) if one.condition else None,
        )

    def property(self, name: str, value: str) -> str:
        if name not in NODE_LISTS:
            return self.text(value)
        return ", ".join(self.id(entry) for entry in value.replace(",", " ").split())

    def parameter(self, entry: Parameter) -> Parameter:
        return replace(entry, text=self.text(entry.text) if entry.text else entry.text)

    def handed(self, entry: Handed) -> Handed:
        return replace(entry, source=self.text(entry.source))

    def repeat(self, one: Repeat) -> Repeat:
        return replace(
            one,
            cardinality=self.text(one.cardinality) if one.cardinality else None,
            collection=self.text(one.collection) if one.collection else None,
            condition=self.text(one.condition) if one.condition else None,
        )

    def text(self, text: str) -> str:
        """Rename the nodes that `earlier('…')` asks about."""
        return _EARLIER.sub(self._earlier, text)

    def _earlier(self, match: re.Match[str]) -> str:
        return f"{match[1]}'{self.id(match[2] or match[3] or '')}'"

"""Where shapes and lines stand on the page, so that a repaired file still opens in an editor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lxml import etree

_DI = "http://www.omg.org/spec/BPMN/20100524/DI"
_DC = "http://www.omg.org/spec/DD/20100524/DC"
_WAYPOINTS = "http://www.omg.org/spec/DD/20100524/DI"
_PREFIXES = {"bpmndi": _DI, "dc": _DC, "di": _WAYPOINTS}
_SIZES = {"Task": (100, 80), "task": (100, 80), "Gateway": (50, 50), "Event": (36, 36)}
_GAP = 60


@dataclass(frozen=True, slots=True)
class _Box:
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


class Layout:
    """The page of a file; nothing is drawn when the file has none."""

    def __init__(self, root: Any) -> None:
        planes = root.iter(f"{{{_DI}}}BPMNPlane")
        self._drawn = {one.get("bpmnElement"): one for plane in planes for one in plane}

    def add_shape(self, identity: str, tag: str, near: str, *, before: bool = False) -> None:
        """Draw the shape of a new node to the right of `near`, or to the left."""
        box = self._box(near)
        if box is None:
            return
        width, height = next(size for ending, size in _SIZES.items() if tag.endswith(ending))
        x = box.x - _GAP - width if before else box.x + box.width + _GAP
        shape = self._draw("BPMNShape", identity, near)
        bounds = {"x": x, "y": box.middle - height / 2, "width": width, "height": height}
        etree.SubElement(shape, f"{{{_DC}}}Bounds", {name: f"{value:g}" for name, value in bounds.items()})

    def draw_edge(self, identity: str, source: str, target: str) -> None:
        """Draw a straight line between two shapes, instead of the one that was drawn before."""
        start, end = self._box(source), self._box(target)
        if start is None or end is None:
            return
        edge = self._drawn.get(identity)
        if edge is None:
            edge = self._draw("BPMNEdge", identity, source)
        for old in edge.findall(f"{{{_WAYPOINTS}}}waypoint"):
            edge.remove(old)
        points = ((start.x + start.width, start.middle), (end.x, end.middle))
        for number, (x, y) in enumerate(points):
            edge.insert(number, etree.Element(f"{{{_WAYPOINTS}}}waypoint", x=f"{x:g}", y=f"{y:g}"))

    def remove(self, identity: str | None) -> None:
        """Take the drawing of an element off the page."""
        found = self._drawn.pop(identity, None)
        if found is not None and found.getparent() is not None:
            found.getparent().remove(found)

    def rename(self, old: str, new: str) -> None:
        """Follow an element that got another id."""
        if old in self._drawn:
            self._drawn[new] = self._drawn.pop(old)

    def _draw(self, kind: str, identity: str, near: str) -> Any:
        """Add a drawing to the page on which `near` stands."""
        plane = self._drawn[near].getparent()
        drawn = etree.SubElement(
            plane, f"{{{_DI}}}{kind}", nsmap=_PREFIXES, id=f"{identity}_di", bpmnElement=identity
        )
        before: Any = drawn.getprevious()
        drawn.tail, before.tail = before.tail, plane.text
        self._drawn[identity] = drawn
        return drawn

    def _box(self, identity: str) -> _Box | None:
        shape = self._drawn.get(identity)
        bounds = None if shape is None else shape.find(f"{{{_DC}}}Bounds")
        if bounds is None:
            return None
        try:
            return _Box(*(float(bounds.get(name, "")) for name in ("x", "y", "width", "height")))
        except ValueError:
            return None

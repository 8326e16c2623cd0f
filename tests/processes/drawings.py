"""A diagram as it is drawn: which elements stand where."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from lxml import etree

ROOT = Path(__file__).parents[2]
SLUGS = tuple(sorted(folder.name for folder in (ROOT / "bpmn").iterdir() if folder.is_dir()))
NS = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "di": "http://www.omg.org/spec/DD/20100524/DI",
    "camunda": "http://camunda.org/schema/1.0/bpmn",
}


class Box(NamedTuple):
    """A rectangle of the drawing."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def overlaps(self, other: Box, gap: float = 0) -> bool:
        return (
            self.x < other.right + gap
            and other.x < self.right + gap
            and self.y < other.bottom + gap
            and other.y < self.bottom + gap
        )

    def holds(self, other: Box) -> bool:
        return self.x <= other.x and self.y <= other.y and other.right <= self.right and other.bottom <= self.bottom

    def on_edge(self, x: float, y: float) -> bool:
        inside = self.x <= x <= self.right and self.y <= y <= self.bottom
        return inside and (x in (self.x, self.right) or y in (self.y, self.bottom))


@dataclass
class Drawing:
    """The diagram's elements with their places."""

    names: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    hosts: dict[str, str] = field(default_factory=dict)
    lanes: dict[str, list[str]] = field(default_factory=dict)
    flows: dict[str, tuple[str, str]] = field(default_factory=dict)
    shapes: dict[str, Box] = field(default_factory=dict)
    labels: dict[str, Box] = field(default_factory=dict)
    lines: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    @property
    def nodes(self) -> dict[str, Box]:
        return {name: box for name, box in self.shapes.items() if name in self.owners}

    @property
    def segments(self) -> Iterator[tuple[str, Box]]:
        """Yield every straight piece of every flow as a thin box."""
        for flow, points in self.lines.items():
            for (ax, ay), (bx, by) in itertools.pairwise(points):
                yield flow, Box(min(ax, bx), min(ay, by), abs(ax - bx), abs(ay - by))

    def around(self, name: str) -> set[str]:
        """Return the sub-processes that contain a node."""
        found = set()
        while (name := self.owners.get(name, "")) in self.shapes:
            found.add(name)
        return found


def box_of(node: etree._Element) -> Box:
    """Return the bounds of a drawn part."""
    bounds = node.find("dc:Bounds", NS)
    return Box(*(float(bounds.get(name)) for name in ("x", "y", "width", "height")))


def diagram_of(slug: str) -> Path:
    """Return the file of a shipped diagram."""
    return ROOT / "bpmn" / slug / f"{slug}.bpmn"


def drawing_of(tree: etree._Element) -> Drawing:
    """Return the diagram's elements with their places."""
    made = Drawing()
    for lane in tree.iterfind(".//bpmn:lane", NS):
        made.lanes[lane.get("id")] = [ref.text for ref in lane.iterfind("bpmn:flowNodeRef", NS)]
    for node in tree.iterfind(".//bpmn:*[@id]", NS):
        name, kind = node.get("id"), etree.QName(node).localname
        made.names[name], made.kinds[name] = node.get("name", ""), kind
        if kind == "sequenceFlow":
            made.flows[name] = (node.get("sourceRef"), node.get("targetRef"))
        elif kind.endswith(("Task", "Event", "Gateway", "subProcess", "callActivity")):
            made.owners[name] = node.getparent().get("id")
            if node.get("attachedToRef"):
                made.hosts[name] = node.get("attachedToRef")
    for part in tree.iterfind(".//bpmndi:BPMNPlane/*", NS):
        name, label = part.get("bpmnElement"), part.find("bpmndi:BPMNLabel", NS)
        if label is not None:
            made.labels[name] = box_of(label)
        if part.tag.endswith("BPMNShape"):
            made.shapes[name] = box_of(part)
        else:
            points = part.iterfind("di:waypoint", NS)
            made.lines[name] = [(float(point.get("x")), float(point.get("y"))) for point in points]
    return made

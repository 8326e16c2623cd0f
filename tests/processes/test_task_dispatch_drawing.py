"""The drawing of task_dispatch is made to be read: nothing overlaps, nothing crosses, every name has its place."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pytest
from lxml import etree

ROOT = Path(__file__).parents[2]
DIAGRAM = ROOT / "bpmn" / "task_dispatch" / "task_dispatch.bpmn"
FORMS = ROOT / "forms" / "task_dispatch"
BPMNLINT = ROOT / "node_modules" / "bpmnlint"
NS = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "di": "http://www.omg.org/spec/DD/20100524/DI",
    "camunda": "http://camunda.org/schema/1.0/bpmn",
}
FORM_REF = f"{{{NS['camunda']}}}formRef"
CHARACTER = 12  # px of one Chinese character in bpmn-js
LABEL_LINE = 14
# Flows that lead back on purpose: returns, repeated dispatch, objections, another round.
RETURNS = {
    "after_head",
    "after_count",
    "after_objection_1",
    "after_objection_2",
    "after_rule",
    "after_supply",
    "head_return",
    "rework_again",
    "rework_pass",
    "ruling_dispatch",
    "triage_dispatch",
    "triage_return",
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


@pytest.fixture(scope="module")
def tree() -> etree._Element:
    """Return the XML of the diagram."""
    return etree.parse(DIAGRAM).getroot()


@pytest.fixture(scope="module")
def drawing(tree: etree._Element) -> Drawing:
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


def test_everything_is_drawn(drawing: Drawing) -> None:
    """Every node, lane and flow has its place in the drawing, and nothing else has one."""
    assert set(drawing.shapes) == {"pool", *drawing.owners, *drawing.lanes}
    assert set(drawing.lines) == set(drawing.flows)


def test_the_drawing_fits_a_screen(drawing: Drawing) -> None:
    """The whole process is at most 2000 × 720 px and asks people at no more than 16 places."""
    pool = drawing.shapes["pool"]
    assert pool.width <= 2000
    assert pool.height <= 720
    assert list(drawing.kinds.values()).count("userTask") <= 16


def test_no_two_shapes_overlap(drawing: Drawing) -> None:
    """Shapes keep 10 px between each other, except a boundary event and its host, a sub-process and its parts."""
    for (a, box_a), (b, box_b) in itertools.combinations(drawing.nodes.items(), 2):
        related = drawing.hosts.get(a) == b or drawing.hosts.get(b) == a
        if related or a in drawing.around(b) or b in drawing.around(a):
            continue
        host_of = {drawing.hosts.get(a), drawing.hosts.get(b)}
        inside = drawing.around(a) | drawing.around(b)
        assert host_of & inside or not box_a.overlaps(box_b, 10), f"{a} and {b}"


def test_parts_lie_inside_and_events_on_the_edge(drawing: Drawing) -> None:
    """What belongs to a sub-process lies in its frame; a boundary event is centred on the edge of its host."""
    for name, box in drawing.nodes.items():
        for outer in drawing.around(name):
            assert drawing.shapes[outer].holds(box), name
    for name, host in drawing.hosts.items():
        box = drawing.shapes[name]
        assert drawing.shapes[host].on_edge(box.x + box.width / 2, box.y + box.height / 2), name


def test_lanes_contain_their_nodes(drawing: Drawing) -> None:
    """Each node lies wholly in the lane it belongs to; only the frame of the sub-process spans all lanes."""
    placed = [name for names in drawing.lanes.values() for name in names]
    assert sorted(placed) == sorted(drawing.owners)
    for lane, names in drawing.lanes.items():
        for name in names:
            if drawing.kinds[name] != "subProcess":
                assert drawing.shapes[lane].holds(drawing.shapes[name]), f"{name} in {lane}"


def test_lanes_fill_the_pool(drawing: Drawing) -> None:
    """The lanes lie below each other without gap."""
    pool, lanes = drawing.shapes["pool"], [drawing.shapes[lane] for lane in drawing.lanes]
    assert [lane.y for lane in lanes] == [pool.y, *(lane.bottom for lane in lanes[:-1])]
    assert lanes[-1].bottom == pool.bottom
    assert all(lane.right == pool.right for lane in lanes)


def test_flows_are_straight_and_docked(drawing: Drawing) -> None:
    """Every flow runs level or upright from the border of its source to the border of its target."""
    for flow, points in drawing.lines.items():
        source, target = drawing.flows[flow]
        assert all(ax == bx or ay == by for (ax, ay), (bx, by) in itertools.pairwise(points)), flow
        assert drawing.shapes[source].on_edge(*points[0]), flow
        assert drawing.shapes[target].on_edge(*points[-1]), flow


def test_no_two_flows_cross(drawing: Drawing) -> None:
    """No flow crosses, touches or covers another one."""
    for (a, part_a), (b, part_b) in itertools.combinations(drawing.segments, 2):
        assert a == b or not part_a.overlaps(part_b, 5), f"{a} and {b}"


def test_flows_keep_clear_of_shapes(drawing: Drawing) -> None:
    """A flow runs through no shape it does not belong to."""
    for flow, part in drawing.segments:
        source, target = drawing.flows[flow]
        for name, box in drawing.nodes.items():
            if name in {source, target, drawing.hosts.get(source)} or name in drawing.around(source):
                continue
            assert not part.overlaps(box, 5), f"{flow} and {name}"


def test_it_reads_from_left_to_right(drawing: Drawing) -> None:
    """Only the flows that lead back on purpose run against the reading direction."""
    against = {
        flow
        for flow, (source, target) in drawing.flows.items()
        if drawing.shapes[target].x < drawing.shapes[source].x
        and drawing.lines[flow][0][0] > drawing.lines[flow][-1][0]
    }
    assert against == RETURNS


def test_every_name_has_room(drawing: Drawing) -> None:
    """Each named event, gateway and flow has a label wide enough for one line; a task's name fits its box."""
    for name, text in drawing.names.items():
        kind = drawing.kinds[name]
        if text and (kind.endswith(("Event", "Gateway")) or kind == "sequenceFlow"):
            assert drawing.labels[name].width >= CHARACTER * len(text.rstrip("？")), name
            assert drawing.labels[name].height == LABEL_LINE, name
        elif kind.endswith("Task"):
            assert drawing.shapes[name].width - 10 >= CHARACTER * len(text), name


def test_labels_overlap_nothing(drawing: Drawing) -> None:
    """A label lies on no shape, no other label, no flow and no border between lanes."""
    borders = [drawing.shapes[lane].y for lane in drawing.lanes]
    for name, label in drawing.labels.items():
        for other, box in drawing.nodes.items():
            frame = drawing.kinds[other] == "subProcess"
            covered = label.overlaps(box) and not (frame and box.holds(label))
            assert not covered or drawing.kinds[other].endswith("Gateway"), f"{name} on {other}"
        for other, box in drawing.labels.items():
            assert name == other or not label.overlaps(box, 2), f"{name} on {other}"
        for flow, part in drawing.segments:
            assert not label.overlaps(part), f"{name} on {flow}"
        assert not any(label.y < border < label.bottom for border in borders), name


def test_gateway_corners_keep_clear_of_labels(drawing: Drawing) -> None:
    """A label may use the free corner beside a diamond, but not the diamond itself."""
    for name, box in drawing.nodes.items():
        if not drawing.kinds[name].endswith("Gateway"):
            continue
        x, y, reach = box.x + box.width / 2, box.y + box.height / 2, box.width / 2
        for other, label in drawing.labels.items():
            across = max(label.x - x, x - label.right, 0)
            along = max(label.y - y, y - label.bottom, 0)
            assert across + along >= reach, f"{other} on {name}"


def test_every_node_speaks_english_too(tree: etree._Element, drawing: Drawing) -> None:
    """Process, lanes and nodes carry `guanjia.name.en`."""
    for name in ["task_dispatch", *drawing.lanes, *drawing.owners]:
        path = f".//bpmn:*[@id='{name}']/bpmn:extensionElements/camunda:properties/camunda:property"
        found = {one.get("name"): one.get("value") for one in tree.iterfind(path, NS)}
        assert found.get("guanjia.name.en"), name


def test_human_nodes_and_forms_belong_together(tree: etree._Element) -> None:
    """Every human node has a form, every form a node, and a form's id is its file's name."""
    used = {node.get(FORM_REF) for node in tree.iterfind(".//bpmn:userTask", NS)}
    files = {path.stem: json.loads(path.read_text("utf-8")) for path in FORMS.glob("*.form")}
    assert used == set(files)
    assert all(schema["id"] == name for name, schema in files.items())


def parts_of(components: list[dict]) -> Iterator[dict]:
    """Yield every component of a form, those in groups too."""
    for part in components:
        yield part
        yield from parts_of(part.get("components", []))


@pytest.mark.parametrize("path", sorted(FORMS.glob("*.form")), ids=lambda path: path.stem)
def test_forms_speak_english_too(path: Path) -> None:
    """Every label, hint, mark and choice of a form has its English beside it."""
    for part in parts_of(json.loads(path.read_text("utf-8"))["components"]):
        properties = part["properties"]
        assert properties.get("label.en"), part["id"]
        assert ("description" in part) == ("description.en" in properties), part["id"]
        assert ("mark" in properties) == ("mark.en" in properties), part["id"]
        assert all(value.get("label.en") for value in part.get("values", [])), part["id"]


def test_bpmnlint_finds_no_error(tmp_path: Path) -> None:
    """The diagram passes bpmnlint's recommended rules without an error."""
    assert BPMNLINT.is_dir(), "the front end's packages are not installed: run make build"
    settings = tmp_path / "bpmnlint.json"
    settings.write_text('{"extends": "bpmnlint:recommended"}', "utf-8")
    command = ["node", str(BPMNLINT / "bin" / "bpmnlint.js"), "-c", str(settings), str(DIAGRAM)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

"""The shipped diagrams are drawn to be read: nothing overlaps, nothing crosses, every name has its place."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from tests.processes.drawings import NS, ROOT, SLUGS, Drawing, diagram_of, drawing_of

FORMS = ROOT / "forms"
BPMNLINT = ROOT / "node_modules" / "bpmnlint"
FORM_REF = f"{{{NS['camunda']}}}formRef"
CHARACTER = 12  # px of one Chinese character in bpmn-js
LABEL_LINE = 14
# Flows that lead back on purpose, in every diagram: returns, repeated dispatch, objections, another round.
RETURNS = {
    "article_correction": {"is_returned", "not_changed", "publish_again", "text_after_all", "unsealed"},
    "article_review": {"changed", "mismatch_handled", "revised", "unsealed", "write_again", "written_again"},
    "call_roster": {"all_again", "not_reached", "waited"},
    "column_update": {"does_not_fit"},
    "emergency_plan": {
        "a_statement",
        "improved",
        "not_recovered",
        "nothing_to_tell",
        "reporting_told",
        "statement_returned",
        "status_again",
        "wait_police",
        "wait_rise",
    },
    "grade_emergency": set[str](),
    "incident_report": {"not_solved", "rewrite"},
    "multi_level_review": {"goes_on"},
    "task_dispatch": {
        "after_count",
        "after_head",
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
    },
}
ONE_SCREEN = [slug for slug in SLUGS if slug == "task_dispatch" or slug.startswith("handle_")]


@pytest.fixture(scope="module", params=SLUGS)
def slug(request: pytest.FixtureRequest) -> str:
    """Return the process a test is about."""
    return str(request.param)


@pytest.fixture(scope="module")
def tree(slug: str) -> etree._Element:
    """Return the XML of the diagram."""
    return etree.parse(diagram_of(slug)).getroot()


@pytest.fixture(scope="module")
def drawing(tree: etree._Element) -> Drawing:
    """Return the diagram's elements with their places."""
    return drawing_of(tree)


def test_everything_is_drawn(drawing: Drawing) -> None:
    """Every node, lane and flow has its place in the drawing, and nothing else has one."""
    assert set(drawing.shapes) - {"pool"} == {*drawing.owners, *drawing.lanes}
    assert ("pool" in drawing.shapes) == bool(drawing.lanes)
    assert set(drawing.lines) == set(drawing.flows)


@pytest.mark.parametrize("name", ONE_SCREEN)
def test_the_drawing_fits_a_screen(name: str) -> None:
    """The whole process is at most 2000 × 720 px and asks people at no more than 16 places."""
    drawing = drawing_of(etree.parse(diagram_of(name)).getroot())
    assert drawing.shapes["pool"].width <= 2000
    assert drawing.shapes["pool"].height <= 720
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
    assert sorted(placed) == sorted(drawing.owners) or not drawing.lanes
    for lane, names in drawing.lanes.items():
        for name in names:
            if drawing.kinds[name] != "subProcess":
                assert drawing.shapes[lane].holds(drawing.shapes[name]), f"{name} in {lane}"


def test_lanes_fill_the_pool(drawing: Drawing) -> None:
    """The lanes lie below each other without gap; a diagram for one role alone has neither lane nor pool."""
    if not drawing.lanes:
        return
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


def test_flows_meet_only_where_they_part_or_join(drawing: Drawing) -> None:
    """No flow crosses, touches or covers another one, unless both leave or reach the same node."""
    for (a, part_a), (b, part_b) in itertools.combinations(drawing.segments, 2):
        ends = zip(drawing.flows[a], drawing.flows[b], strict=True)
        related = any(one == other for one, other in ends)
        assert related or not part_a.overlaps(part_b, 5), f"{a} and {b}"


def test_flows_keep_clear_of_shapes(drawing: Drawing) -> None:
    """A flow runs through no shape it does not belong to."""
    for flow, part in drawing.segments:
        source, target = drawing.flows[flow]
        for name, box in drawing.nodes.items():
            if name in {source, target, drawing.hosts.get(source)} or name in drawing.around(source):
                continue
            assert not part.overlaps(box, 5), f"{flow} and {name}"


def test_it_reads_from_left_to_right(slug: str, drawing: Drawing) -> None:
    """Only the flows that lead back on purpose run against the reading direction."""
    against = {
        flow
        for flow, (source, target) in drawing.flows.items()
        if drawing.shapes[target].x < drawing.shapes[source].x
        and drawing.lines[flow][0][0] > drawing.lines[flow][-1][0]
    }
    assert against == RETURNS.get(slug, {"something_found"})


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


def test_everything_named_speaks_english_too(slug: str, tree: etree._Element, drawing: Drawing) -> None:
    """Process, lanes, nodes and named flows carry `guanjia.name.en`."""
    named = [flow for flow in drawing.flows if drawing.names.get(flow)]
    for name in [slug, *drawing.lanes, *drawing.owners, *named]:
        path = f".//bpmn:*[@id='{name}']/bpmn:extensionElements/camunda:properties/camunda:property"
        found = {one.get("name"): one.get("value") for one in tree.iterfind(path, NS)}
        assert found.get("guanjia.name.en"), name


def test_human_nodes_and_forms_belong_together(slug: str, tree: etree._Element) -> None:
    """Every human node has a form, every form a node, and a form's id is its file's name."""
    used = {node.get(FORM_REF) for node in tree.iterfind(".//bpmn:userTask", NS)}
    files = {path.stem: json.loads(path.read_text("utf-8")) for path in (FORMS / slug).glob("*.form")}
    assert used == set(files)
    assert all(schema["id"] == name for name, schema in files.items())


def parts_of(components: list[dict]) -> Iterator[dict]:
    """Yield every component of a form, those in groups too."""
    for part in components:
        yield part
        yield from parts_of(part.get("components", []))


@pytest.mark.parametrize("path", sorted(FORMS.glob("*/*.form")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_forms_speak_english_too(path: Path) -> None:
    """Every label, hint, mark and choice of a form has its English beside it."""
    for part in parts_of(json.loads(path.read_text("utf-8"))["components"]):
        properties = part["properties"]
        assert properties.get("text.en" if part["type"] == "text" else "label.en"), part["id"]
        assert ("description" in part) == ("description.en" in properties), part["id"]
        assert ("mark" in properties) == ("mark.en" in properties), part["id"]
        for choice in part.get("values", []):
            assert choice.get("label.en") or f"option.{choice['value']}.en" in properties, (part["id"], choice)


def test_bpmnlint_finds_no_error(tmp_path: Path) -> None:
    """The diagrams pass bpmnlint's recommended rules without an error."""
    assert BPMNLINT.is_dir(), "the front end's packages are not installed: run make build"
    settings = tmp_path / "bpmnlint.json"
    # a round that comes back enters at its question: one gateway more in front of each would say nothing new
    rules = {"no-gateway-join-fork": "off"}
    settings.write_text(json.dumps({"extends": "bpmnlint:recommended", "rules": rules}), "utf-8")
    command = [
        "node",
        str(BPMNLINT / "bin" / "bpmnlint.js"),
        "-c",
        str(settings),
        *(str(diagram_of(slug)) for slug in SLUGS),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

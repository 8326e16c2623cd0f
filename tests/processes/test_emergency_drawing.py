"""The drawings of the emergency processes are made to be read, like that of task_dispatch."""

from __future__ import annotations

import itertools

import pytest
from lxml import etree

from tests.processes.test_task_dispatch_drawing import (
    NS,
    ROOT,
    Drawing,
    drawing,
    test_every_name_has_room,
    test_everything_is_drawn,
    test_flows_are_straight_and_docked,
    test_flows_keep_clear_of_shapes,
    test_gateway_corners_keep_clear_of_labels,
    test_labels_overlap_nothing,
    test_lanes_contain_their_nodes,
    test_lanes_fill_the_pool,
    test_no_two_shapes_overlap,
    test_parts_lie_inside_and_events_on_the_edge,
)

__all__ = [
    "drawing",
    "test_every_name_has_room",
    "test_everything_is_drawn",
    "test_flows_are_straight_and_docked",
    "test_flows_keep_clear_of_shapes",
    "test_gateway_corners_keep_clear_of_labels",
    "test_labels_overlap_nothing",
    "test_lanes_contain_their_nodes",
    "test_lanes_fill_the_pool",
    "test_no_two_shapes_overlap",
    "test_parts_lie_inside_and_events_on_the_edge",
]
SLUGS = ("emergency_plan", "call_roster", "incident_report")


@pytest.fixture(scope="module", params=SLUGS)
def tree(request: pytest.FixtureRequest) -> etree._Element:
    """Return the XML of each diagram in turn."""
    return etree.parse(ROOT / "bpmn" / request.param / f"{request.param}.bpmn").getroot()


def test_flows_meet_only_where_they_part_or_join(drawing: Drawing) -> None:
    """No flow crosses, touches or covers another one, unless both leave or reach the same node."""
    for (a, part_a), (b, part_b) in itertools.combinations(drawing.segments, 2):
        ends = zip(drawing.flows[a], drawing.flows[b], strict=True)
        related = any(one == other for one, other in ends)
        assert related or not part_a.overlaps(part_b, 5), f"{a} and {b}"


def test_every_node_speaks_english_too(tree: etree._Element, drawing: Drawing) -> None:
    """Process, lanes, nodes and named flows carry `guanjia.name.en`."""
    process = tree.find("bpmn:process", NS).get("id")
    named = [flow for flow in drawing.flows if drawing.names.get(flow)]
    for name in [process, *drawing.lanes, *drawing.owners, *named]:
        path = f".//bpmn:*[@id='{name}']/bpmn:extensionElements/camunda:properties/camunda:property"
        found = {one.get("name"): one.get("value") for one in tree.iterfind(path, NS)}
        assert found.get("guanjia.name.en"), name

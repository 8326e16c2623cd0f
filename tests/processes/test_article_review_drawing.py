"""The drawing of article_review is made to be read, like that of task_dispatch."""

from __future__ import annotations

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
    test_no_two_flows_cross,
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
    "test_no_two_flows_cross",
    "test_no_two_shapes_overlap",
    "test_parts_lie_inside_and_events_on_the_edge",
]
# a return to the author, a change of content, a page written again: led back on purpose
RETURNS = {"changed", "revised", "unsealed", "write_again", "written_again"}


@pytest.fixture(scope="module")
def tree() -> etree._Element:
    """Return the XML of the diagram."""
    return etree.parse(ROOT / "bpmn" / "article_review" / "article_review.bpmn").getroot()


def test_it_reads_from_left_to_right(drawing: Drawing) -> None:
    """Only the flows that lead back on purpose run against the reading direction."""
    against = {
        flow
        for flow, (source, target) in drawing.flows.items()
        if drawing.shapes[target].x < drawing.shapes[source].x
        and drawing.lines[flow][0][0] > drawing.lines[flow][-1][0]
    }
    assert against == RETURNS | {"mismatch_handled"}


def test_every_node_speaks_english_too(tree: etree._Element, drawing: Drawing) -> None:
    """Process, lanes, nodes and named flows carry `guanjia.name.en`."""
    named = [flow for flow in drawing.flows if drawing.names.get(flow)]
    for name in ["article_review", *drawing.lanes, *drawing.owners, *named]:
        path = f".//bpmn:*[@id='{name}']/bpmn:extensionElements/camunda:properties/camunda:property"
        found = {one.get("name"): one.get("value") for one in tree.iterfind(path, NS)}
        assert found.get("guanjia.name.en"), name

"""Where the nodes of a laid-out graph stand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenroom.domain.errors import AppError
from greenroom.domain.workflow.graph_layout import Box, lay_out

sizes = st.floats(10, 900)


@st.composite
def graphs(draw):
    boxes = {str(i): Box(*size) for i, size in enumerate(draw(st.lists(st.tuples(sizes, sizes))))}
    ends = st.tuples(st.sampled_from(range(len(boxes))), st.sampled_from(range(len(boxes))))
    pairs = draw(st.lists(ends)) if len(boxes) > 1 else []
    return boxes, [(str(min(pair)), str(max(pair))) for pair in pairs if pair[0] != pair[1]]


@settings(deadline=None)
@given(graphs())
def test_links_go_to_the_right_and_boxes_stay_apart(graph):
    boxes, links = graph
    corners = lay_out(boxes, links)
    assert corners.keys() == boxes.keys()
    for source, target in links:
        assert corners[source][0] + boxes[source].width <= corners[target][0]
    names = list(boxes)
    for index, one in enumerate(names):
        for other in names[index + 1 :]:
            (x, y), (x2, y2) = corners[one], corners[other]
            sideways = x + boxes[one].width <= x2 or x2 + boxes[other].width <= x
            assert sideways or y + boxes[one].height <= y2 or y2 + boxes[other].height <= y


def test_a_box_stands_next_to_the_first_that_needs_it():
    boxes = {name: Box(100, 50) for name in ("a", "b", "c", "d", "late")}
    corners = lay_out(boxes, [("a", "b"), ("b", "c"), ("c", "d"), ("a", "late"), ("late", "d")])
    assert corners["late"][0] == corners["c"][0]


def test_a_circle_is_refused():
    boxes = {"a": Box(1, 1), "b": Box(1, 1)}
    with pytest.raises(AppError, match="circle"):
        lay_out(boxes, [("a", "b"), ("b", "a")])


def test_a_chain_of_ten_thousand_boxes_is_laid_out():
    boxes = {str(i): Box(100, 50) for i in range(10_000)}
    corners = lay_out(boxes, [(str(i), str(i + 1)) for i in range(9_999)])
    assert len({x for x, _ in corners.values()}) == 10_000

import pytest

from greenroom.domain.workflow.mentions import mentions

GRAPH = {
    "1": {"class_type": "CLIPTextEncode", "inputs": {"text": "a Cat on GRÜN", "clip": ["2", 0]}},
    "2": {"class_type": "LoadImage", "inputs": {"image": "owl.png", "width": 64},
          "_meta": {"title": "The picture"}},
    "3": {"class_type": "Lists", "inputs": {"scenes": [{"prompt": "harbour at night"}, "fog"]}},
}  # fmt: skip
SENT = {"workflow_name": "Tide pool", "extra_pnginfo": {"workflow": {"nodes": [{"type": "Note"}]}}}


@pytest.mark.parametrize("words", ["a cat", "grün", "OWL", "harbour", "fog", "tide POOL"])
def test_what_was_written_into_a_workflow_is_found(words):
    assert mentions(GRAPH, SENT, words)


@pytest.mark.parametrize(
    "words", ["image", "width", "CLIPTextEncode", "picture", "Note", "2", "64"]
)
def test_names_and_numbers_that_stand_in_every_workflow_are_not(words):
    assert not mentions(GRAPH, SENT, words)


@pytest.mark.parametrize(
    "graph", [{}, {"1": None}, {"1": {"inputs": []}}, {"1": {"inputs": {"x": None}}}]
)
def test_a_graph_of_any_shape_is_looked_through(graph):
    assert not mentions(graph, {}, "x")

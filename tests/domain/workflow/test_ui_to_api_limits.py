"""Workflow files that would never end, or only after an age, are refused or read at once."""

from tests.fixtures.editor_graphs import (
    CLASSES,
    SUBGRAPH,
    graph,
    inputs_of,
    node,
    refused,
    with_subgraphs,
)

from greenroom.domain.workflow.ui_to_api import ui_to_api


def test_a_subgraph_that_holds_itself_is_refused():
    outer = {**SUBGRAPH, "nodes": [node(1, "inner")]}
    assert "contains itself" in refused(with_subgraphs(node(1, "inner"), definitions=[outer]))


def test_reroutes_in_a_circle_are_refused():
    workflow = graph(
        node(1, "Reroute", inputs=[("", "*", 1)]),
        node(2, "Reroute", inputs=[("", "*", 2)]),
        node(3, "Invert", inputs=[("image", "IMAGE", 3)]),
        links=[(1, 2, 0, 1, 0, "*"), (2, 1, 0, 2, 0, "*"), (3, 1, 0, 3, 0, "*")],
    )
    assert "circle" in refused(workflow)


def test_subgraphs_that_multiply_without_end_are_refused():
    definitions = []
    for level in range(10):
        inner = f"d{level + 1}" if level < 9 else "Source"
        nodes = [node(100 * level + i, inner) for i in range(10)]
        definitions.append({"id": f"d{level}", "name": "", "nodes": nodes, "inputs": []})
    assert "unfolds into more than" in refused(
        with_subgraphs(node(1, "d0"), definitions=definitions)
    )


def test_subgraphs_nested_too_deep_are_refused():
    definitions = []
    for level in range(200):
        inner = f"d{level + 1}" if level < 199 else "Source"
        definitions.append(
            {"id": f"d{level}", "name": "", "nodes": [node(1000 + level, inner)], "inputs": []}
        )
    assert "levels deep" in refused(with_subgraphs(node(1, "d0"), definitions=definitions))


def test_subgraphs_with_giant_borders_are_refused():
    slots = [{"name": str(i), "type": "INT", "linkIds": []} for i in range(501)]
    wide = {**SUBGRAPH, "inputs": slots}
    assert "more than 500 inputs" in refused(with_subgraphs(node(1, "inner"), definitions=[wide]))
    many = {**SUBGRAPH, "inputs": slots[:500]}
    hosts = [node(100 + i, "inner") for i in range(401)]
    assert "inputs together" in refused(with_subgraphs(*hosts, definitions=[many]))


def test_inputs_that_fan_out_at_every_level_are_looked_through_once():
    definitions = []
    for level in range(60):
        nodes, links = [], []
        for i in range(10):
            inner = f"d{level + 1}" if level < 59 else "Invert"
            socket = ("x", "INT", i) if level < 59 else ("image", "IMAGE", i)
            nodes.append(node(1000 + 10 * level + i, inner, inputs=[socket], mode=2))
            links.append([i, -10, 0, 1000 + 10 * level + i, 0, "INT"])
        slot = {"name": "x", "type": "INT", "linkIds": list(range(10))}
        definitions.append(
            {"id": f"d{level}", "name": "", "nodes": nodes, "links": links, "inputs": [slot]}
        )
    workflow = with_subgraphs(node(1, "d0", [5]), definitions=definitions)
    assert ui_to_api(workflow, CLASSES) == {}


def test_a_chain_of_ten_thousand_reroutes_is_followed():
    count = 10_000
    nodes = [node(0, "Source")]
    nodes += [node(i, "Reroute", inputs=[("", "*", i)], outputs=["*"]) for i in range(1, count)]
    nodes += [node(count + i, "Invert", inputs=[("image", "IMAGE", count + i)]) for i in range(9)]
    links = [(i, i - 1, 0, i, 0, "*") for i in range(1, count)]
    links += [(count + i, count - 1, 0, count + i, 0, "IMAGE") for i in range(9)]
    prompt = ui_to_api(graph(*nodes, links=links), CLASSES)
    assert prompt[str(count + 8)]["inputs"] == {"image": ["0", 0]}


def test_prompts_with_a_hundred_thousand_open_braces_are_expanded():
    workflow = graph(node(1, "Text", ["{" * 100_000 + "x"]))
    assert inputs_of(workflow, "1") == {"text": "x"}

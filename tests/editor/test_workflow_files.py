"""Our conversions beside the editor's own: it opens what we lay out, and sends what we would."""

import json
from pathlib import Path

import pytest
import pytest_asyncio
from tests import browser

from greenroom.bootstrap import serving
from greenroom.config import Config
from greenroom.domain.workflow.api_to_ui import api_to_ui
from greenroom.domain.workflow.dynamic.assembly import Choices, assemble
from greenroom.domain.workflow.dynamic.block import parse_block
from greenroom.domain.workflow.editor_class import EditorClasses
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.ui_to_api import ui_to_api
from greenroom.engine.cpu.catalogue import object_info
from greenroom.service.manifest_file import read_manifest

pytest.importorskip("comfyui_frontend_package")

EXAMPLE = Path(__file__).parents[2] / "examples/workflows/scene-animation"
CLASSES = EditorClasses(ObjectInfo(object_info()))
OPEN_AND_EXPORT = """async (workflow) => {
  await window.app.loadGraphData(workflow, true, false, null, {});
  const { output } = await window.app.graphToPrompt();
  const boxes = window.app.graph.nodes.map((node) => [
    node.pos[0], node.pos[1] - 30, node.size[0], node.size[1] + 30,
  ]);
  return { output, boxes };
}"""


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    async with (
        serving(Config(port=0, data_dir=folder, drain_seconds=0, engine="cpu")) as server,
        browser.page() as page,
    ):
        await page.goto(f"{server.url}/editor/")
        await page.wait_for_function(
            "window.app?.extensionManager?.setting && window.app.graph"
            " && 'SaveImage' in (window.LiteGraph?.registered_node_types ?? {})"
        )
        yield page


def without_meta(prompt):
    return {key: (node["class_type"], node["inputs"]) for key, node in prompt.items()}


async def check(page, workflow):
    """The editor's prompt is ours. Gives the boxes of its nodes: x, y, width, height."""
    ours = ui_to_api(json.loads(json.dumps(workflow)), CLASSES)
    theirs = await page.evaluate(OPEN_AND_EXPORT, workflow)
    assert without_meta(theirs["output"]) == without_meta(ours)
    return theirs["boxes"]


def overlap(one, other):
    (x, y, width, height), (x2, y2, width2, height2) = one, other
    return x < x2 + width2 and x2 < x + width and y < y2 + height2 and y2 < y + height


def animation():
    manifest = read_manifest((EXAMPLE / "manifest.yaml").read_text(encoding="utf-8"))
    files = (EXAMPLE / "blocks").glob("*.json")
    blocks = {f.name: parse_block(f.name, json.loads(f.read_text(encoding="utf-8"))) for f in files}
    params = {"scenes": [{"duration": 1}, {"duration": 2}, {"duration": 1}], "crisp": False}
    return assemble(manifest, blocks, params, Choices(lambda _: 77)).prompt


def alone(index, kind, **saved):
    return {
        "id": index, "type": kind, "pos": [300 * (index % 10), 200 * (index // 10)],
        "size": [200, 100], "flags": {}, "order": index, "mode": 0, "inputs": [], "outputs": [],
        "properties": {}, **saved,
    }  # fmt: skip


def graph(nodes, links=(), **extra):
    return {
        "last_node_id": len(nodes), "last_link_id": len(links), "nodes": nodes,
        "links": list(links), "groups": [], "config": {}, "extra": extra, "version": 0.4,
    }  # fmt: skip


def socket(name, link=None, widget=None):
    kind = "IMAGE" if widget is None else "INT"
    named = {} if widget is None else {"widget": {"name": widget}}
    return {"name": name, "type": kind, "link": link, **named}


IMAGE_OUT = [{"name": "IMAGE", "type": "IMAGE", "links": []}]
GROUP = {
    "nodes": [
        {**alone(0, "EmptyImage", widgets_values=[64, 48, 1, 255]), "outputs": IMAGE_OUT},
        {
            **alone(1, "ImageScale", widgets_values=["area", 31, 32, "center"]),
            "inputs": [socket("image"), socket("height", widget="height")],
            "outputs": IMAGE_OUT,
        },
    ],
    "links": [[0, 0, 1, 0, 1, "IMAGE"]],
    "external": [[1, 0, "IMAGE"]],
}


async def test_the_editor_opens_a_laid_out_prompt_and_sends_it_again(page):
    prompt = animation()
    boxes = await check(page, api_to_ui(prompt, CLASSES))
    assert len(boxes) == len(prompt)
    for index, box in enumerate(boxes):
        assert not any(overlap(box, other) for other in boxes[index + 1 :])


@pytest.mark.parametrize(
    "values",
    [
        None,
        [f"t{i}" for i in range(30)],
        list(range(30)),
        [None] * 30,
        [True] * 30,
        [[i] for i in range(30)],
        ["short"],
    ],
    ids=["missing", "texts", "numbers", "nulls", "flags", "lists", "short"],
)
async def test_saved_values_of_every_class_are_read_as_the_editor_reads_them(values, page):
    saved = {} if values is None else {"widgets_values": values}
    nodes = [alone(i, kind, **saved) for i, kind in enumerate(object_info(), 1)]
    await check(page, graph(nodes))


async def test_group_nodes_unfold_as_in_the_editor(page):
    host = alone(1, "workflow>Pair", widgets_values=[100, 50, 2, 7, "bicubic", 41, "disabled"])
    host |= {"inputs": [socket("height", 2, "height")], "outputs": IMAGE_OUT}
    number = {
        **alone(2, "PrimitiveInt", widgets_values=[33, "fixed"]),
        "outputs": [{"name": "INT", "type": "INT", "links": [2]}],
    }
    saver = {**alone(3, "SaveImage", widgets_values=["x"]), "inputs": [socket("images", 1)]}
    links = [[1, 1, 0, 3, 0, "IMAGE"], [2, 2, 0, 1, 0, "INT"]]
    await check(page, graph([host, number, saver], links, groupNodes={"Pair": GROUP}))

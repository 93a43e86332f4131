"""The forms made for workflows of the corpus, compared with forms that were read through."""

import json
from pathlib import Path

import pytest

from greenroom.domain.workflow.inference import infer_manifest
from greenroom.domain.workflow.manifest_binding import bind_parameters
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.overrides import apply_overrides

CORPUS = Path(__file__).parents[3] / "shared" / "golden"
REVIEWED = Path(__file__).parents[1] / "fixtures/manifests/inferred"
NAMES = sorted(path.stem for path in REVIEWED.glob("*.json"))
ALL = sorted(path.stem for path in (CORPUS / "api").glob("*.json"))
UNREADABLE = {"tricky_seed_control", "tricky_set_get_nodes", "tricky_unknown_node"}
MISTAKEN = {"api_bytedance_seedream_5_0_lite_image_edit"}
"""Workflows that have a text where a number belongs."""

pytestmark = pytest.mark.skipif(not ALL, reason="the corpus is not beside this checkout")


@pytest.fixture(scope="module")
def object_info():
    return ObjectInfo(json.loads((CORPUS / "object_info.json").read_text(encoding="utf-8")))


def infer(name, object_info):
    prompt = json.loads((CORPUS / "api" / f"{name}.json").read_text(encoding="utf-8"))
    return prompt, infer_manifest(prompt, object_info, workflow_id=name, name=name)


def summary(manifest):
    """A form that a person can read through: one line for each field."""
    return {
        "inputs": [_line(item) for item in manifest.inputs],
        "outputs": [f"{o.node_id} {o.type} {o.name!r}" for o in manifest.outputs],
    }


def _line(item):
    bounds = ", ".join(
        f"{name} {value:g}"
        for name, value in (("min", item.min), ("max", item.max), ("step", item.step))
        if value is not None
    )
    parts = [
        f"{item.id}: {item.type} {item.label!r}",
        f"{item.node_id}.{item.input_name}",
        f"= {str(item.default)[:30]!r}",
        f"[{bounds}]" if bounds else "",
        f"{len(item.options)} options" if item.options else "",
        "folded" if item.advanced else "",
    ]
    return " ".join(part for part in parts if part)


@pytest.mark.parametrize("name", NAMES)
def test_a_form_is_the_one_that_was_read_through(name, object_info):
    expected = json.loads((REVIEWED / f"{name}.json").read_text(encoding="utf-8"))
    assert summary(infer(name, object_info)[1]) == expected


@pytest.mark.parametrize("name", [name for name in ALL if name not in UNREADABLE | MISTAKEN])
def test_the_defaults_of_a_form_set_what_the_graph_already_says(name, object_info):
    prompt, manifest = infer(name, object_info)
    assert manifest.outputs
    ids = [item.id for item in manifest.inputs]
    assert len(ids) == len(set(ids))
    defaults = {item.id: item.default for item in manifest.inputs if item.type != "seed"}
    overrides = bind_parameters(manifest, defaults, lambda _: 0).overrides
    assert apply_overrides(prompt, overrides, object_info) == prompt

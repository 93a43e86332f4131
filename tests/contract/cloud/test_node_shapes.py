"""The node classes of real ComfyUIs, within the types of the contract."""

import json

import pytest
from tests.contract.cloud.conformance import PUBLISHED
from tests.contract.native.recordings import ORACLE, needs_recordings

from greenroom.api.cloud.node_shapes import worded

NODE = ["components", "schemas", "NodeInfo"]


@needs_recordings
@pytest.mark.parametrize("name", ["object_info.json", "object_info_0.3.64.json"])
def test_every_recorded_class_fits(name):
    definitions = json.loads((ORACLE / name).read_text())
    assert len(definitions) > 300
    for definition in definitions.values():
        PUBLISHED.check_value(NODE, worded(definition))


def test_what_nobody_said_is_left_out():
    told = worded({
        "output": [["a", "b"], "IMAGE"], "output_is_list": [None, True], "output_name": ["x", None],
        "output_tooltips": None, "description": None, "input": {"required": {}},
    })  # fmt: skip
    assert told == {
        "output": ["COMBO", "IMAGE"], "output_is_list": [False, True], "output_name": ["x", ""],
        "input": {"required": {}},
    }  # fmt: skip

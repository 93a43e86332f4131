"""References to files and assets."""

import copy

from tests.fixtures.node_definitions import OBJECT_INFO, node, simple

from greenroom.domain.workflow.refs import (
    Place,
    asset_references,
    file_references,
    replace_references,
)


def test_files_are_found_with_their_place_and_kind():
    prompt = {
        **simple(),
        "5": node("Load", image="sub/x.png [output]"),
        "6": node("Nope", image="y"),
    }

    (found,) = file_references(prompt, OBJECT_INFO)

    assert (found.place, found.name, found.kind) == (
        Place("5", "image"),
        "sub/x.png [output]",
        "image",
    )


def test_assets_are_found_wherever_they_stand():
    asset = {"__type": "core/ASSET", "info": {"id": "a1", "hash": "b3", "file_path": 5}}
    prompt = {"5": node("Load", image=asset), "6": node("Nope", any={"__type": "core/ASSET"})}

    first, second = asset_references(prompt)

    assert (first.place, first.id, first.hash, first.file_path) == (
        Place("5", "image"), "a1", "b3", None,
    )  # fmt: skip
    assert (second.place, second.id) == (Place("6", "any"), None)


def test_references_are_replaced_in_a_copy_that_is_else_the_same():
    prompt = {**simple(), "5": {**node("Load", image="x.png", more=1), "_meta": {"title": "t"}}}
    before = copy.deepcopy(prompt)
    values = {Place("5", "image"): "y.png", Place("5", "gone"): 1, Place("99", "image"): 2}

    replaced = replace_references(prompt, values)

    before["5"]["inputs"]["image"] = "y.png"
    assert replaced == before
    assert prompt["5"]["inputs"]["image"] == "x.png"

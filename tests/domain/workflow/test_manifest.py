"""Manifests: what they may say, what is told about their faults, and what parameters become."""

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import greenroom.domain.workflow
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.workflow.dynamic.block import BLOCK
from greenroom.domain.workflow.manifest import INPUT_TYPE_ALIASES, InputType, Option, OutputType
from greenroom.domain.workflow.manifest_binding import bind_graph, bind_parameters
from greenroom.domain.workflow.manifest_json import manifest_json
from greenroom.domain.workflow.manifest_reader import parse_manifest
from greenroom.domain.workflow.manifest_shape import INPUT, MANIFEST, OUTPUT, STAGE, manifest_schema
from greenroom.service.manifest_file import read_manifest, write_manifest

PORTRAIT = Path(__file__).parents[2] / "fixtures/manifests/portrait.yaml"
SCHEMA = Path(greenroom.domain.workflow.__file__).parent / "manifest.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(manifest_schema())
BARE = {"id": "x", "name": "X", "version": 1, "date": "2026-01-01", "inputs": [], "outputs": []}


def portrait():
    return read_manifest(PORTRAIT.read_text(encoding="utf-8"))


def with_input(**fields):
    return parse_manifest({**BARE, "inputs": [{"id": "a", "node_id": 1, "field": "f", **fields}]})


def bound(manifest, **params):
    return bind_parameters(manifest, params, lambda _: 77)


def test_every_field_of_a_manifest_is_read():
    manifest = portrait()
    inputs = {item.id: item for item in manifest.inputs}
    assert (manifest.version, manifest.date) == (3, "2026-03-24 14:30")
    assert inputs["prompt"].node_id == "6"
    assert inputs["prompt"].label == "Prompt"
    assert inputs["steps"].label == "Steps"
    assert inputs["guidance"].label == "guidance"
    assert [inputs[name].type for name in ("steps", "guidance", "sharp", "sampler")] == [
        InputType.INT,
        InputType.FLOAT,
        InputType.BOOLEAN,
        InputType.SELECT,
    ]
    assert inputs["sampler"].options[:2] == (Option("euler", "euler"), Option("Heun", "heun"))
    assert inputs["sampler"].default == "euler"
    assert inputs["seed"].default == -1
    assert inputs["size"].presets["sdxl"][0].width == 1024
    assert [(o.id, o.type, o.node_id) for o in manifest.outputs] == [
        ("picture", OutputType.IMAGE, "9"),
        ("output_2", OutputType.VIDEO, None),
    ]


@pytest.mark.parametrize("alias", INPUT_TYPE_ALIASES)
def test_an_alias_stands_for_its_type(alias):
    assert with_input(type=alias).inputs[0].type is INPUT_TYPE_ALIASES[alias]


FAULTS = {
    "type: text": ("type: txet", "line 13", "did you mean 'text'"),
    "id: portrait\n": ("", "line 1", "lacks 'id'"),
    "version: 3": ("version: three", "line 3", "must be an integer from 0 on, is a string"),
    "max: 50": ("max: 0", "line 22", "more than max"),
    "id: guidance": ("id: steps", "line 27", "earlier input"),
    "required: true": ("required: 1", "line 14", "must be true or false"),
    "w: 1024, h": ("w: 0, h", "line 57", "from 1 on"),
    "category: t2i": ("category: [", "line", "not YAML"),
    "author: Studio": ("author: [Studio]", "line 6", "must be a text, is a list"),
}


@pytest.mark.parametrize("found", FAULTS)
def test_a_fault_is_told_with_its_line(found):
    put, line, says = FAULTS[found]
    text = PORTRAIT.read_text(encoding="utf-8").replace(found, put, 1)
    with pytest.raises(AppError) as caught:
        read_manifest(text)
    assert caught.value.code is ErrorCode.BAD_REQUEST
    assert line in caught.value.message
    assert says in caught.value.message
    assert caught.value.details["problems"]


def test_aliases_cannot_blow_a_manifest_up():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    with pytest.raises(AppError, match="more than"):
        read_manifest("\n".join(lines))


@pytest.mark.parametrize(
    "text", ["[" * 5000, "a: &a [*a]", "", "- a", "a: b: c", "\0", "? [x]\n: 1", "<<: 1"]
)
def test_any_text_gives_one_clear_error(text):
    with pytest.raises(AppError) as caught:
        read_manifest(text)
    assert caught.value.code is ErrorCode.BAD_REQUEST


def test_a_dynamic_workflow_needs_a_pipeline():
    with pytest.raises(AppError, match="lacks 'pipeline'"):
        parse_manifest({**BARE, "type": "dynamic"})


@pytest.mark.parametrize(
    ("stage", "says"),
    [
        ({"block": "b", "switch": "p"}, "no 'cases'"),
        ({"block": "b", "switch": "p", "cases": {"x": "f"}, "default": "y"}, "none of the cases"),
        ({"block": "b", "condition": "a =! b"}, "cannot be read"),
        ({"file": "f"}, "lacks 'block'"),
        ({"block": "b", "repeat": -1}, "pipeline\\[0\\].repeat"),
    ],
)
def test_a_stage_that_contradicts_itself_is_refused(stage, says):
    with pytest.raises(AppError, match=says):
        parse_manifest({**BARE, "type": "dynamic", "pipeline": [stage]})


def test_the_shipped_schema_is_the_readers_own():
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == manifest_schema()
    jsonschema.Draft202012Validator.check_schema(manifest_schema())


def mutations():
    scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.just("") | st.just("text")
    values = st.recursive(
        scalars, lambda inner: st.lists(inner) | st.dictionaries(st.just("w"), inner)
    )
    return st.tuples(st.integers(0, 10_000), values)


@settings(deadline=None)
@given(mutations())
def test_the_schema_and_the_reader_agree(mutation):
    place, value = mutation
    document = {**BARE, "type": "static", "outputs": [{"type": "image"}], "tags": ["a"]}
    document["inputs"] = [{"id": "a", "type": "text", "options": ["x", {"value": 1}], "min": 1}]
    document["pipeline"] = [{"block": "b", "repeat": 2, "cases": {"x": "f"}, "models": ["m"]}]
    holders = list(_holders(document))
    holder, key = holders[place % len(holders)]
    holder[key] = value
    fits = VALIDATOR.is_valid(document)
    assert fits == (not list(MANIFEST.problems(document)))


def _holders(value):
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(pairs):
        yield value, key
        if isinstance(inner, dict | list):
            yield from _holders(inner)


def test_parameters_become_overrides_in_their_own_types():
    result = bound(
        portrait(),
        prompt="a cat",
        steps="30",
        guidance="7.5",
        sharp="true",
        sampler="20",
        seed=-1,
        face="cat.png",
        width="640",
        height=480,
        unknown=[1],
    )
    assert result.overrides == {
        "6": {"text": "a cat"},
        "3": {"steps": 30, "cfg": 7.5, "sampler_name": "20", "seed": 77},
        "7": {"enabled": True},
        "10": {"image": "cat.png"},
        "5": {"width": 640, "height": 480},
    }
    assert result.params["seed"] == 77
    assert result.params["unknown"] == [1]


def test_parameters_that_are_not_given_leave_the_graph_as_it_is():
    assert bound(portrait(), prompt="x", face="").overrides == {"6": {"text": "x"}}


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({}, "'prompt' is missing"),
        ({"prompt": 5}, "must be a text"),
        ({"prompt": "x", "steps": "many"}, "'steps' must be an integer"),
        ({"prompt": "x", "steps": 51}, "more than 50"),
        ({"prompt": "x", "steps": True}, "is a boolean"),
        ({"prompt": "x", "guidance": -1}, "less than 0"),
        ({"prompt": "x", "guidance": "1e999"}, "must be a number"),
        ({"prompt": "x", "sharp": "maybe"}, "true or false"),
        ({"prompt": "x", "size": {"w": 1}}, "must be an integer"),
        ({"prompt": "x", "seed": "9" * 5000}, "must be an integer"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(params, says):
    with pytest.raises(AppError, match=says) as caught:
        bound(portrait(), **params)
    assert caught.value.code is ErrorCode.BAD_REQUEST


def test_a_graph_gets_its_placeholders_and_its_inputs():
    graph = {
        "1": {
            "class_type": "A",
            "inputs": {"f": 0, "text": "{{look}} of {{a}}", "size": "{{a}}", "link": ["2", 0]},
            "extra": 1,
        }
    }
    manifest = with_input(type="int", default=3)
    made = bind_graph(manifest, graph, {"a": "7", "look": "view"}, lambda _: 0)
    assert made.prompt == {
        "1": {
            "class_type": "A",
            "inputs": {"f": 7, "text": "view of 7", "size": 7, "link": ["2", 0]},
            "extra": 1,
        }
    }
    untouched = bind_graph(manifest, graph, {}, lambda _: 0).prompt["1"]["inputs"]
    assert (untouched["f"], untouched["text"]) == (0, "{{look}} of 3")


def test_an_input_that_names_no_node_is_refused_when_it_is_set():
    with pytest.raises(AppError, match="no node '1'"):
        bind_graph(with_input(type="int"), {"9": {"class_type": "A"}}, {"a": 1}, lambda _: 0)


EXAMPLES = sorted((Path(__file__).parents[3] / "examples/workflows").glob("*/manifest.yaml"))


@pytest.mark.parametrize("path", [PORTRAIT, *EXAMPLES], ids=lambda path: path.parent.name)
def test_a_manifest_that_is_written_reads_as_the_same(path):
    manifest = read_manifest(path.read_text(encoding="utf-8"))
    assert read_manifest(write_manifest(manifest)) == manifest
    assert parse_manifest(manifest_json(manifest)) == manifest


def test_a_stage_with_everything_is_written_and_read_as_the_same():
    stage = {
        "block": "b", "file": "f", "switch": "p", "cases": {"x": "y"}, "default": "x",
        "condition": "!p", "repeat": 0, "chain": True, "chain_imports": {"a": "b"},
        "in_repeat": False, "scene_index": 0, "lora_injection": "paired",
        "lora_nodes": ["h", "l"], "lora_start_slot": 2, "vae_override": True,
        "models": {"x": ["m"]},
    }  # fmt: skip
    manifest = parse_manifest({**BARE, "type": "dynamic", "pipeline": [stage]})
    assert parse_manifest(manifest_json(manifest)) == manifest


def test_a_select_gives_the_options_own_type_and_else_a_number():
    manifest = with_input(type="select", options=[1, "2", True])
    values = [bound(manifest, a=given).overrides["1"]["f"] for given in ("1", "2", "true", "30")]
    assert values == [1, "2", True, 30]


def test_an_explicit_seed_is_kept():
    assert bound(portrait(), prompt="x", seed=5).overrides["3"] == {"seed": 5}


@pytest.mark.parametrize("record", [MANIFEST, INPUT, OUTPUT, STAGE, BLOCK])
def test_every_field_is_in_the_reference(record):
    text = (Path(__file__).parents[3] / "docs/reference/manifest.md").read_text(encoding="utf-8")
    missing = [
        name for name in record.fields if f"`{name}`" not in text and f'"{name}"' not in text
    ]
    assert not missing


def test_every_type_is_in_the_reference():
    text = (Path(__file__).parents[3] / "docs/reference/manifest.md").read_text(encoding="utf-8")
    assert [
        kind for kind in (*InputType, *INPUT_TYPE_ALIASES, *OutputType) if f"`{kind}`" not in text
    ] == []

"""Dynamic workflows: how stages, blocks and parameters become one graph."""

import pytest

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.workflow.dynamic.assembly import Choices, assemble
from greenroom.domain.workflow.dynamic.block import parse_block
from greenroom.domain.workflow.manifest_reader import parse_manifest

LOADER = {
    "nodes": {
        "ckpt": {"class_type": "Checkpoint", "inputs": {"name": "{{model_file}}"}},
        "text": {"class_type": "Encode", "inputs": {"clip": ["ckpt", 1], "text": "{{prompt}}!"}},
    },
    "exports": {
        "model": {"node": "ckpt", "output": 0},
        "clip": {"node": "ckpt", "output": 1},
        "vae": {"node": "ckpt", "output": 2},
        "positive": {"node": "text", "output": 0},
    },
    "variables": ["model_file", "prompt"],
}
SAMPLE = {
    "nodes": {
        "s": {
            "class_type": "Sample",
            "inputs": {
                "model": "{{model}}",
                "positive": "{{positive}}",
                "seed": "{{seed}}",
                "{{hidden}}": 1,
                "steps": "{{steps}}",
                "name": "{{output_dir}}/{{batch_num}}-{{nowhere}}",
            },
        }
    },
    "imports": ["model", "positive"],
    "exports": {"latent": {"node": "s", "output": 0}},
}
SCENE = {
    "nodes": {
        "c": {
            "class_type": "Scene",
            "inputs": {
                "before": "{{start}}",
                "text": "{{prompt}}",
                "frames": "{{frames}}",
                "seed": "{{seed}}",
            },
        }
    },
    "imports": ["start"],
    "exports": {"end": {"node": "c", "output": 1}, "start": {"node": "c", "output": 0}},
}
SAVE = {
    "nodes": {"o": {"class_type": "Save", "inputs": {"x": "{{end}}", "vae": "{{vae}}"}}},
    "imports": ["end", "vae"],
}
PAIR = {
    "nodes": {
        name: {"class_type": "Power", "inputs": {"lora_1": {"on": False}}}
        for name in ("lora_high", "lora_low")
    }
}
SIZE_NAMES = ("width", "height", "hires_width", "input_image", "count", "_x")
SIZES = {
    "nodes": {
        "n": {"class_type": "Sizes", "inputs": {name: f"{{{{{name}}}}}" for name in SIZE_NAMES}}
    }
}
BLOCKS = {
    "loader": LOADER,
    "sample": SAMPLE,
    "scene.json": SCENE,
    "save": SAVE,
    "pair": PAIR,
    "sizes": SIZES,
}


def manifest(*stages, inputs=(), **defaults):
    return parse_manifest(
        {
            "id": "d", "name": "D", "version": 1, "date": "2026-01-01", "type": "dynamic",
            "defaults": {"model_file": "m.safetensors", "steps": 20, **defaults},
            "inputs": list(inputs), "outputs": [], "pipeline": list(stages),
        }
    )  # fmt: skip


def build(*stages, inputs=(), seeds=None, pairs=None, defaults=None, **params):
    numbers = iter(range(1000, 9999))
    choices = Choices(lambda _: next(numbers), seeds or {}, "job/1", pairs or {})
    blocks = {name: parse_block(name, value) for name, value in BLOCKS.items()}
    made = manifest(*stages, inputs=inputs, **(defaults or {}))
    return assemble(made, blocks, params, choices)


def nodes(assembled, kind):
    return [node["inputs"] for node in assembled.prompt.values() if node["class_type"] == kind]


def test_blocks_are_numbered_from_101_and_joined_by_imports():
    made = build({"block": "loader"}, {"block": "sample"}, prompt="a cat", seed=7)
    assert made.prompt == {
        "101": {"class_type": "Checkpoint", "inputs": {"name": "m.safetensors"}},
        "102": {"class_type": "Encode", "inputs": {"clip": ["101", 1], "text": "a cat!"}},
        "103": {
            "class_type": "Sample",
            "inputs": {
                "model": ["101", 0],
                "positive": ["102", 0],
                "seed": 7,
                "steps": 20,
                "name": "job/1/1-{{nowhere}}",
            },
        },
    }
    assert made.unresolved == ("nowhere",)
    assert made.blocks == ("loader", "sample")


@pytest.mark.parametrize(
    ("condition", "params", "runs"),
    [
        ("hires", {}, False),
        ("hires", {"hires": "false"}, False),
        ("hires", {"hires": False}, False),
        ("hires", {"hires": ""}, False),
        ("hires", {"hires": "true"}, True),
        ("!hires", {}, True),
        ("!hires", {"hires": True}, False),
        ("not hires", {"hires": "false"}, True),
        ("mode == fast", {"mode": "fast"}, True),
        ("mode == 'fast'", {"mode": "slow"}, False),
        ("mode != fast", {}, True),
        ("count == 3", {"count": 3}, True),
        ("on == true", {"on": True}, True),
        ("steps == 20", {}, True),
    ],
)
def test_a_condition_decides_whether_a_stage_is_there(condition, params, runs):
    made = build({"block": "save", "condition": condition}, **params)
    assert bool(made.prompt) == runs


def test_a_switch_chooses_the_file_of_a_stage():
    stage = {"block": "x", "switch": "how", "cases": {"a": "loader", "b": "save"}, "default": "b"}
    assert build(stage, how="a").blocks == ("loader",)
    assert build(stage, how="z").blocks == ("save",)
    assert build({**stage, "default": ""}, how="z").prompt == {}


def test_a_repeated_group_takes_along_what_follows_until_it_is_left():
    made = build(
        {"block": "loader", "repeat": "copies"},
        {"block": "sample"},
        {"block": "save", "in_repeat": False},
        copies="3",
        seed=5,
    )
    assert [s["seed"] for s in nodes(made, "Sample")] == [5, 6, 7]
    assert [s["model"][0] for s in nodes(made, "Sample")] == ["101", "104", "107"]
    assert [s["name"].split("/")[-1][0] for s in nodes(made, "Sample")] == ["1", "2", "3"]
    assert len(nodes(made, "Save")) == 1
    assert made.seeds == {"seed": 5, "batch_1": 5, "batch_2": 6, "batch_3": 7}


def test_random_seeds_are_drawn_once_and_can_be_given_again():
    stages = ({"block": "sample", "repeat": 2},)
    first = build(*stages, seed=-1)
    assert len(set(first.seeds.values())) == 3
    again = build(*stages, seed=-1, seeds=first.seeds)
    assert again.prompt == first.prompt


def test_scenes_have_their_own_words_length_and_seed():
    made = build(
        {"block": "scene", "file": "scene", "repeat": "scenes"},
        scenes=[{"prompt": "dawn", "duration": 2, "seed": 9}, {"prompt": "dusk"}],
        seed=4,
    )
    assert nodes(made, "Scene") == [
        {"before": "{{start}}", "text": "dawn", "frames": 33, "seed": 9},
        {"before": "{{start}}", "text": "dusk", "frames": 81, "seed": 4},
    ]
    assert made.seeds["scene_1"] == 9


def test_a_chain_hands_on_what_each_round_made():
    made = build(
        {"block": "scene", "scene_index": 0},
        {"block": "scene", "repeat": "extra_scenes", "chain": True,
         "chain_imports": {"start": "end"}},
        scenes=[{"prompt": "a"}, {"prompt": "b"}, {"prompt": "c"}],
    )  # fmt: skip
    assert [(s["text"], s["before"]) for s in nodes(made, "Scene")] == [
        ("a", "{{start}}"),
        ("b", ["101", 0]),
        ("c", ["102", 1]),
    ]


def test_without_scenes_there_is_one_of_five_seconds():
    made = build(
        {"block": "scene", "scene_index": 0},
        {"block": "scene", "repeat": "extra_scenes", "chain": True},
        {"block": "scene", "scene_index": 3},
    )
    assert [scene["frames"] for scene in nodes(made, "Scene")] == [81]


def test_chosen_loras_stand_in_a_chain_behind_the_model_and_its_users_take_the_last():
    made = build(
        {"block": "loader", "lora_injection": True},
        {"block": "sample"},
        inputs=[{"id": "loras", "type": "lora_picker_dynamic"}],
        loras=[{"file": "a", "strength": 0.5}, {"file": "b"}, {"strength": 1}],
    )
    first, second = nodes(made, "LoraLoader")
    assert (first["lora_name"], first["strength_clip"], first["model"]) == ("a", 0.5, ["101", 0])
    assert (second["lora_name"], second["model"], second["clip"]) == ("b", ["103", 0], ["103", 1])
    assert nodes(made, "Encode")[0]["clip"] == ["104", 1]
    assert nodes(made, "Sample")[0]["model"] == ["104", 0]


def test_paired_loras_fill_the_slots_of_two_loaders():
    made = build(
        {"block": "pair", "lora_injection": "paired"},
        inputs=[{"id": "style", "type": "lora_picker"}],
        pairs={"ink": ("ink-high", "ink-low")},
        style=[{"pair_id": "ink", "strength_high": 0.7, "strength_low": 1}],
    )
    high, low = nodes(made, "Power")
    assert high["lora_3"] == {"on": True, "lora": "ink-high", "strength": 0.7}
    assert low["lora_3"] == {"on": True, "lora": "ink-low", "strength": 1.0}
    assert high["lora_1"] == {"on": False}


def test_another_vae_takes_the_place_of_the_blocks_own():
    stages = ({"block": "loader", "vae_override": "vae_file"}, {"block": "save"})
    assert nodes(build(*stages), "Save")[0]["vae"] == ["101", 2]
    made = build(*stages, vae_file="v.safetensors")
    assert nodes(made, "VAELoader") == [{"vae_name": "v.safetensors"}]
    assert nodes(made, "Save")[0]["vae"] == ["103", 0]


def test_variables_come_from_defaults_parameters_and_what_is_worked_out():
    made = build(
        {"block": "sizes"},
        inputs=[
            {"id": "face", "type": "image"},
            {"id": "count", "type": "int"},
            {"id": "size", "type": "resolution_picker"},
        ],
        face="f.png",
        count="3",
        size={"w": 512, "h": 640},
        hires_enabled=True,
        _x="secret",
    )
    assert nodes(made, "Sizes") == [
        {
            "width": 512,
            "height": 640,
            "hires_width": 768,
            "input_image": "f.png",
            "count": 3,
            "_x": "{{_x}}",
        }
    ]


@pytest.mark.parametrize(
    ("stages", "params", "code", "says"),
    [
        ([{"block": "loadre"}], {}, ErrorCode.BAD_REQUEST, "there is 'loader'"),
        ([{"block": "save", "repeat": 501}], {}, ErrorCode.TOO_LARGE, "500 is the limit"),
        (
            [{"block": "pair", "lora_injection": "paired"}],
            {"lora_pairs": [{"pair_id": "x"}]},
            ErrorCode.BAD_REQUEST,
            "no LoRA pair 'x'",
        ),
    ],
)
def test_a_workflow_that_cannot_be_put_together_is_refused(stages, params, code, says):
    with pytest.raises(AppError, match=says) as caught:
        build(*stages, **params)
    assert caught.value.code is code


@pytest.mark.parametrize(
    ("block", "says"),
    [
        ([], "must be an object"),
        ({}, "lacks 'nodes'"),
        ({"nodes": {"a": {}}}, "lacks 'class_type'"),
        ({"nodes": {}, "exports": {"x": {"node": "a"}}}, "not there"),
    ],
)
def test_a_broken_block_is_refused(block, says):
    with pytest.raises(AppError, match=says):
        parse_block("b", block)

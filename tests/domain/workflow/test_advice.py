"""What is said beside ComfyUI's errors."""

import copy

import pytest
from tests.fixtures.node_definitions import OBJECT_INFO, empty, node, simple

from greenroom.domain.errors import AppError
from greenroom.domain.workflow.advice import advise, node_packs
from greenroom.domain.workflow.model_folders import model_folder
from greenroom.domain.workflow.validate import validate


def advice_on(prompt, workflow=None):
    with pytest.raises(AppError) as caught:
        validate(prompt, OBJECT_INFO, files=())
    answer = copy.deepcopy(caught.value.details)
    found = advise(caught.value.details, prompt, OBJECT_INFO, workflow)
    assert caught.value.details == answer
    return found


def test_an_unknown_class_gets_the_nearest_names():
    (advice,) = advice_on({**simple(), "9": node("Sampeler"), "10": node("Sampeler")})

    assert advice.node_id == "9"
    assert advice.nearest == ("Sampler",)
    assert "Sampler" in advice.text


def test_the_node_pack_is_named_when_the_editors_workflow_says_it():
    inner = {"nodes": [{"type": "Deep", "properties": {"aux_id": "someone/deep-nodes"}}]}
    workflow = {
        "nodes": [{"type": "Magic", "properties": {"cnr_id": "magic-pack"}}, {"type": "Empty"}, 5],
        "definitions": {"subgraphs": [inner, None]},
    }

    (advice,) = advice_on({**simple(), "9": node("Magic")}, workflow)

    assert advice.node_pack == "magic-pack"
    assert "'magic-pack'" in advice.text
    assert node_packs(workflow)["Deep"] == "someone/deep-nodes"


def test_a_missing_model_gets_its_folder_and_the_nearest_file():
    prompt = {"1": node("Checkpoint", ckpt_name="sdxl-base.safetensors")}
    prompt["2"] = node("Show", value=["1", 0])

    (advice,) = advice_on(prompt)

    assert advice.model_folder == "checkpoints"
    assert advice.nearest[0] == "sdxl_base.safetensors"
    assert "models/checkpoints" in advice.text


def test_a_wrong_choice_gets_the_nearest_without_a_folder():
    prompt = {"1": empty(mode="Nearest-exact"), "2": node("Show", value=["1", 0])}

    (advice,) = advice_on(prompt)

    assert advice.nearest == ("nearest",)
    assert advice.model_folder is None


def test_a_missing_file_is_to_be_uploaded():
    (advice,) = advice_on({"1": node("Load", image="x.png"), "2": node("Show", value=["1", 0])})

    assert (advice.node_id, advice.input) == ("1", "image")


def test_advice_is_short_for_a_graph_of_unknown_nodes():
    assert len(advice_on({str(i): node(f"Nope{i}") for i in range(500)})) == 20


@pytest.mark.parametrize("odd", [None, 5, [], {"nodes": 5}, {"definitions": []}, {"nodes": [{}]}])
def test_an_odd_workflow_names_no_packs(odd):
    assert node_packs(odd) == {}


@pytest.mark.parametrize(
    ("class_type", "name", "folder"),
    [
        ("LoraLoader", "lora_name", "loras"),
        ("Any", "lora_name_2", "loras"),
        ("DualCLIPLoader", "clip_name2", "text_encoders"),
        ("CLIPVisionLoader", "clip_name", "clip_vision"),
        ("UpscaleModelLoader", "model_name", "upscale_models"),
        ("VAELoader", "vae_name", "vae"),
        ("Any", "stack.lora_name", "loras"),
        ("KSampler", "sampler_name", None),
    ],
)
def test_model_inputs_have_their_folder(class_type, name, folder):
    assert model_folder(class_type, name) == folder

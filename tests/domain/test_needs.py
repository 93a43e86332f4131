import json
from pathlib import Path

import pytest

from greenroom.domain.model_files import ModelFile
from greenroom.domain.needs import (
    Capabilities,
    Needs,
    capabilities_of,
    missing,
    missing_everywhere,
    needs_of,
)
from greenroom.domain.workflow.graph import parse_graph


def definition(inputs=None, output=("IMAGE",), module="nodes", **more):
    return {
        "input": {"required": inputs or {}},
        "output": list(output),
        "python_module": module,
        **more,
    }


OBJECT_INFO = {
    "CheckpointLoaderSimple": definition(
        {"ckpt_name": [["a.safetensors", "sub\\b.ckpt"], {}]}, ["MODEL", "CLIP", "VAE"]
    ),
    "VAELoader": definition(
        {"vae_name": ["COMBO", {"options": ["v.pt", "pixel_space"]}]}, ["VAE"]
    ),
    "LoraLoader": definition({"lora_name": [["l.safetensors"]]}, ["MODEL", "CLIP"]),
    "UpscaleModelLoader": definition({"model_name": [["x4.pth"]]}, ["UPSCALE_MODEL"]),
    "LoadImage": definition({"image": [["photo.png", "odd.bin"], {"image_upload": True}]}),
    "CLIPTextEncode": definition({"text": ["STRING", {}]}, ["CONDITIONING"]),
    "SaveImage": definition({"images": ["IMAGE"]}, []),
    "FluxProFillNode": definition({}, module="comfy_api_nodes.nodes_bfl", api_node=True),
    "FaceFix": definition(
        {"detector": [["face.onnx"]]}, module="custom_nodes.face-pack.nodes.detect"
    ),
    "Downloader": definition({"ckpt_name": ["STRING", {}]}),
    "Chooser": definition({
        "mode": ["COMFY_DYNAMICCOMBO_V3", {"options": [
            {"key": "big", "inputs": {"required": {"unet_name": [["u.gguf"]]}}}]}]
    }),
}  # fmt: skip


def graph(**nodes):
    """Nodes as name=(class, inputs)."""
    return parse_graph(
        {name: {"class_type": kind, "inputs": inputs} for name, (kind, inputs) in nodes.items()}
    )


def needs(*outputs, **nodes):
    return needs_of(graph(**nodes), OBJECT_INFO, outputs or list(nodes))


def test_classes_and_model_files_with_their_folders_are_found():
    found = needs(
        load=("CheckpointLoaderSimple", {"ckpt_name": "a.safetensors"}),
        lora=("LoraLoader", {"lora_name": "l.safetensors", "model": ["load", 0]}),
        upscale=("UpscaleModelLoader", {"model_name": "x4.pth"}),
        vae=("VAELoader", {"vae_name": "pixel_space"}),
    )
    assert found.classes == {"CheckpointLoaderSimple", "LoraLoader", "UpscaleModelLoader",
                             "VAELoader"}  # fmt: skip
    assert found.models == {
        ModelFile("checkpoints", "a.safetensors"),
        ModelFile("loras", "l.safetensors"),
        ModelFile("upscale_models", "x4.pth"),
    }


def test_models_of_nodes_that_no_output_needs_do_not_count_but_their_classes_do():
    found = needs(
        "save",
        save=("SaveImage", {}),
        load=("CheckpointLoaderSimple", {"ckpt_name": "a.safetensors"}),
    )
    assert found.models == frozenset()
    assert "CheckpointLoaderSimple" in found.classes


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        ("CLIPTextEncode", {"text": "a picture of model.safetensors"}),
        ("LoadImage", {"image": "odd.bin"}),
        ("Downloader", {"ckpt_name": "online.safetensors"}),
        ("CheckpointLoaderSimple", {"ckpt_name": ["other", 0]}),
    ],
)
def test_texts_uploads_and_links_are_no_models(kind, inputs):
    assert needs(one=(kind, inputs)).models == frozenset()


def test_the_models_of_custom_nodes_go_by_the_name_of_the_input():
    found = needs(one=("FaceFix", {"detector": "face.onnx"}))
    assert found.models == {ModelFile("detector", "face.onnx")}
    assert missing(found, capabilities_of(OBJECT_INFO)) is None


def test_inputs_inside_dynamic_ones_are_found_on_both_sides():
    found = needs(one=("Chooser", {"mode": "big", "mode.unet_name": "u.gguf"}))
    assert found.models == {ModelFile("diffusion_models", "u.gguf")}
    assert missing(found, capabilities_of(OBJECT_INFO)) is None


def test_a_class_that_nobody_knows_still_tells_its_models_by_common_names():
    found = needs(one=("Unknown", {"lora_name": "l.safetensors", "text": "x.safetensors"}))
    assert found.models == {ModelFile("loras", "l.safetensors")}


def test_what_is_missing_is_told_for_people():
    found = needs(
        load=("CheckpointLoaderSimple", {"ckpt_name": "x.safetensors"}), face=("FaceFix", {})
    )
    assert missing(found, capabilities_of(OBJECT_INFO)) == "model x.safetensors"
    assert missing(found, Capabilities(found.classes - {"FaceFix"}, found.models)) == (
        "node class FaceFix (node pack face-pack)"
    )
    assert missing(found, Capabilities(frozenset({"CheckpointLoaderSimple"}))) == (
        "node class FaceFix (node pack face-pack) and model x.safetensors"
    )
    assert missing(found, Capabilities(found.classes, found.models)) is None


def test_a_long_list_of_what_is_missing_is_cut():
    many = Needs(models=frozenset(ModelFile("loras", f"{number}.pt") for number in range(9)))
    text = missing(many, Capabilities())
    assert text == "model 0.pt, model 1.pt, model 2.pt and 6 more"


def test_the_worker_that_lacks_least_is_the_one_told_of():
    found = Needs(frozenset({"A", "B"}), frozenset({ModelFile("loras", "l.pt")}))
    nearly = Capabilities(frozenset({"A", "B"}))
    assert missing_everywhere(found, [Capabilities(), nearly]) == "model l.pt"
    assert missing_everywhere(found, []) == "a worker"


def test_work_done_by_partner_apis_needs_no_gpu():
    nodes = {
        "image": ("LoadImage", {"image": "photo.png"}),
        "fill": ("FluxProFillNode", {"image": ["image", 0]}),
        "save": ("SaveImage", {"images": ["fill", 0]}),
    }
    assert needs("save", **nodes).partner_only
    checkpoint = ("CheckpointLoaderSimple", {"ckpt_name": "a.safetensors"})
    assert not needs("save", "load", **nodes, load=checkpoint).partner_only
    assert needs("save", **nodes, load=checkpoint).partner_only
    assert not needs("face", **nodes, face=("FaceFix", {"image": ["fill", 0]})).partner_only
    assert not needs("image", **nodes).partner_only


def test_needs_are_the_same_after_being_stored():
    found = needs(
        load=("CheckpointLoaderSimple", {"ckpt_name": "a.safetensors"}), face=("FaceFix", {})
    )
    restored = Needs.from_json(json.loads(json.dumps(found.as_json())))
    assert restored == found
    assert restored.packs == found.packs == {"FaceFix": "face-pack"}
    assert restored.key == found.key != Needs().key


def test_a_recorded_workflow_names_the_model_that_a_server_lacks():
    oracle = Path(__file__).parents[2] / ".." / "shared" / "oracle"
    if not oracle.exists():
        pytest.skip("the recordings are not here")
    info = json.loads((oracle / "object_info.json").read_text())
    recorded = sorted((oracle / "runs").glob("sd_*/request.json"))
    assert recorded
    for path in recorded:
        prompt = json.loads(path.read_text())["prompt"]
        found = needs_of(parse_graph(prompt), info, prompt)
        assert missing(found, capabilities_of(info)) == "model tiny_random_sd15.safetensors"

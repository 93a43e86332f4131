"""Which parameters a graph has, and the form a person would make of them."""

import pytest

from greenroom.domain.errors import AppError
from greenroom.domain.workflow.app_form import AppForm, app_form
from greenroom.domain.workflow.inference import infer_manifest
from greenroom.domain.workflow.manifest import InputType, OutputType
from greenroom.domain.workflow.object_info import ObjectInfo


def declared(outputs=(), *, output_node=False, module="nodes", **required):
    return {
        "input": {"required": required},
        "output": list(outputs),
        "display_name": "",
        "output_node": output_node,
        "python_module": module,
    }


TEXT = ["STRING", {"multiline": True}]
INFO = ObjectInfo(
    {
        "CheckpointLoaderSimple": declared(
            ["MODEL", "CLIP", "VAE"], ckpt_name=[["a.safetensors", "b.safetensors"]]
        ),
        "LoraLoader": declared(
            ["MODEL", "CLIP"],
            model=["MODEL"],
            clip=["CLIP"],
            lora_name=[["x.safetensors"]],
            strength_model=["FLOAT", {"min": -2, "max": 2, "step": 0.01}],
        ),
        "CLIPTextEncode": declared(["CONDITIONING"], clip=["CLIP"], text=TEXT),
        "ConditioningZeroOut": declared(["CONDITIONING"], conditioning=["CONDITIONING"]),
        "ControlNetApplyAdvanced": declared(
            ["CONDITIONING", "CONDITIONING"],
            positive=["CONDITIONING"],
            negative=["CONDITIONING"],
            image=["IMAGE"],
        ),
        "EmptyLatentImage": declared(
            ["LATENT"],
            width=["INT", {"min": 16, "max": 8192, "step": 8, "tooltip": "How wide."}],
            height=["INT", {"min": 16, "max": 8192}],
            batch_size=["INT", {}],
        ),
        "KSampler": declared(
            ["LATENT"],
            model=["MODEL"],
            seed=["INT", {"control_after_generate": True}],
            steps=["INT", {"min": 1}],
            cfg=["FLOAT", {"min": 0, "max": 100}],
            sampler_name=[["euler", "heun"]],
            positive=["CONDITIONING"],
            negative=["CONDITIONING"],
            latent_image=["LATENT"],
        ),
        "VAEDecode": declared(["IMAGE"], samples=["LATENT"], vae=["VAE"]),
        "LoadImage": declared(["IMAGE", "MASK"], image=[["p.png"], {"image_upload": True}]),
        "SaveImage": declared(output_node=True, images=["IMAGE"], filename_prefix=["STRING", {}]),
        "PreviewImage": declared(output_node=True, images=["IMAGE"]),
        "InvertMask": declared(["MASK"], mask=["MASK"]),
        "ImageScale": declared(["IMAGE"], image=["IMAGE"], width=["INT", {}], height=["INT", {}]),
        "PrimitiveInt": declared(["INT"], value=["INT", {"min": -(2**63)}]),
        "Pack": declared(["IMAGE"], module="custom_nodes.pack", image=["IMAGE"]),
    }
)


def node(kind, title="", **inputs):
    return {"class_type": kind, "inputs": inputs, "_meta": {"title": title}}


GRAPH = {
    "3": node("KSampler", model=["11", 0], seed=5, steps=["14", 0], cfg=7.0, sampler_name="euler",
              positive=["12", 0], negative=["12", 1], latent_image=["5", 0]),
    "4": node("CheckpointLoaderSimple", ckpt_name="gone.safetensors"),
    "5": node("EmptyLatentImage", width=512, height=768, batch_size=1),
    "6": node("CLIPTextEncode", "CLIP Text Encode (Positive)", clip=["11", 1], text="a cat"),
    "7": node("CLIPTextEncode", clip=["11", 1], text="ugly"),
    "8": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
    "9": node("SaveImage", images=["8", 0], filename_prefix="out"),
    "10": node("LoadImage", "Pose", image="p.png"),
    "11": node("LoraLoader", model=["4", 0], clip=["4", 1], lora_name="x.safetensors",
               strength_model=0.8),
    "12": node("ControlNetApplyAdvanced", positive=["6", 0], negative=["7", 0], image=["10", 0]),
    "14": node("PrimitiveInt", "Int (How many steps)", value=20),
    "20": node("PreviewImage", "Before", images=["10", 0]),
}  # fmt: skip


def infer(graph, app=None):
    return infer_manifest(graph, INFO, workflow_id="w", name="W", app=app)


def labels(graph):
    return [item.label for item in infer(graph).inputs]


def field(graph, label):
    return next(item for item in infer(graph).inputs if item.label == label)


def test_the_form_is_in_the_order_of_a_person():
    assert labels(GRAPH) == [
        "Prompt",
        "Negative prompt",
        "Pose",
        "Width",
        "Height",
        "Batch size",
        "Seed",
        "How many steps",
        "CFG",
        "Sampler",
        "Checkpoint",
        "LoRA",
        "LoRA strength",
        "File name",
    ]


def test_positive_and_negative_are_kept_apart_through_nodes_that_carry_both():
    assert field(GRAPH, "Prompt").default == "a cat"
    assert field(GRAPH, "Negative prompt").default == "ugly"


def test_a_negative_made_of_the_positive_is_no_second_prompt():
    graph = {
        **GRAPH,
        "7": node("ConditioningZeroOut", conditioning=["6", 0]),
    }
    assert "Negative prompt" not in labels(graph)


def test_a_value_that_a_primitive_gives_is_set_there_with_the_limits_of_its_use():
    steps = field(GRAPH, "How many steps")
    assert (steps.node_id, steps.input_name, steps.default) == ("14", "value", 20)
    assert steps.min == 1


def test_ranges_tooltips_and_options_come_from_the_definition():
    width = field(GRAPH, "Width")
    assert (width.min, width.max, width.step, width.tooltip) == (16, 8192, 8, "How wide.")
    assert [option.value for option in field(GRAPH, "Sampler").options] == ["euler", "heun"]


def test_a_model_that_is_not_there_is_offered_all_the_same():
    checkpoint = field(GRAPH, "Checkpoint")
    assert checkpoint.type is InputType.CHECKPOINT_PICKER
    assert checkpoint.options[0].value == "gone.safetensors"


def test_models_and_foreign_nodes_are_listed_as_requirements():
    graph = {**GRAPH, "30": node("Pack", image=["8", 0])}
    manifest = infer(graph)
    assert manifest.required_models == ("gone.safetensors", "x.safetensors")
    assert manifest.required_nodes == ("Pack",)


def test_a_picture_of_which_only_the_mask_is_used_is_a_mask():
    graph = {
        "1": node("LoadImage", image="p.png"),
        "2": node("InvertMask", mask=["1", 1]),
    }
    assert [item.type for item in infer(graph).inputs] == [InputType.MASK]


def test_the_size_of_a_resize_is_no_size_of_the_work():
    graph = {
        "1": node("LoadImage", image="p.png"),
        "2": node("ImageScale", image=["1", 0], width=5, height=5),
    }
    assert labels(graph) == ["Image"]


def test_seeds_start_as_random():
    assert field(GRAPH, "Seed").default == -1


def test_outputs_are_told_by_kind_and_what_is_saved_comes_first():
    outputs = infer(GRAPH).outputs
    assert [(o.node_id, o.type, o.name) for o in outputs] == [
        ("9", OutputType.IMAGE, "Image"),
        ("20", OutputType.IMAGE, "Before"),
    ]


def test_parameters_of_the_same_kind_are_numbered():
    graph = {str(i): node("EmptyLatentImage", width=1, height=2, batch_size=1) for i in range(2)}
    assert labels(graph) == ["Width 1", "Height 1", "Width 2", "Height 2"]


def test_classes_nobody_knows_are_passed_over():
    assert labels({"1": node("Nope", text="x"), "2": node("PrimitiveInt", "Size", value=1)}) == [
        "Size"
    ]


def test_an_authors_choice_stands_first_and_the_rest_is_folded_away():
    chosen = {"inputs": [["3", "steps"], [5, "height"], ["4", "gone"], ["77", "x"]], "outputs": []}
    form = app_form({"nodes": [], "extra": {"linearData": chosen}})
    inputs = infer(GRAPH, form).inputs
    assert [item.label for item in inputs if not item.advanced] == ["How many steps", "Height"]
    assert len(inputs) == len(infer(GRAPH).inputs)


def test_a_choice_inside_a_subgraph_is_found_by_its_last_part():
    graph = {f"8:{key}": node for key, node in {"5": GRAPH["5"], "9": GRAPH["9"]}.items()}
    graph["8:9"] = node("SaveImage", images=["8:5", 0], filename_prefix="x")
    form = AppForm((("5", "width"),), ("9",))
    manifest = infer(graph, form)
    assert manifest.inputs[0].node_id == "8:5"
    assert [output.node_id for output in manifest.outputs] == ["8:9"]


def test_an_input_of_no_known_role_can_be_chosen():
    form = AppForm((("11", "strength_model"), ("12", "nothing")), ())
    assert infer(GRAPH, form).inputs[0].label == "LoRA strength"


@pytest.mark.parametrize(
    "workflow", [{}, {"extra": None}, {"extra": {"linearData": {"inputs": [1, ["a"]]}}}]
)
def test_a_workflow_without_a_choice_has_none(workflow):
    assert app_form(workflow) is None


@pytest.mark.parametrize("graph", [[], {"1": {"inputs": {}}}, {"1": []}])
def test_what_is_no_graph_is_refused(graph):
    with pytest.raises(AppError):
        infer(graph)

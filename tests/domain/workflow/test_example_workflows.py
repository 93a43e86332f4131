"""The shipped examples: they assemble, fit the real node definitions, and one of them runs."""

import json
from pathlib import Path

import av
import pytest
from PIL import Image
from tests.engine.cpu.graphs import make_run

from greenroom.domain.errors import AppError
from greenroom.domain.workflow.dynamic.assembly import Choices, assemble
from greenroom.domain.workflow.dynamic.block import parse_block
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.validate import validate
from greenroom.engine.cpu.catalogue import object_info
from greenroom.engine.cpu.engine import CpuEngine
from greenroom.service.manifest_file import read_manifest

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples/workflows"
REAL_NODES = ROOT.parent / "shared/oracle/object_info.json"
ABSENT_HERE = {"value_not_in_list"}
"""Errors that only say that a model is not on this machine."""


def build(name, **params):
    folder = EXAMPLES / name
    manifest = read_manifest((folder / "manifest.yaml").read_text(encoding="utf-8"))
    blocks = {
        path.name: parse_block(path.name, json.loads(path.read_text(encoding="utf-8")))
        for path in (folder / "blocks").glob("*.json")
    }
    assembled = assemble(manifest, blocks, params, Choices(lambda _: 123_456, output_dir="job"))
    assert assembled.unresolved == ()
    return assembled.prompt


SCENES = [{"duration": 1, "seed": 200, "prompt": "dawn"}, {"duration": 2, "prompt": "dusk"}]


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"scenes": SCENES},
        {"scenes": SCENES, "mirror": True, "crisp": "false", "format": "mp4"},
        {"size": {"w": 320, "h": 128}, "format": "png"},
    ],
)
def test_the_animation_fits_the_built_in_nodes(params):
    prompt = build("scene-animation", **params)
    assert not validate(prompt, ObjectInfo(object_info()), files=()).node_errors


# Animated pictures keep one of several equal frames: two scenes and three steps between them.
@pytest.mark.parametrize(("kind", "frames"), [("webp", 5), ("png", 5), ("mp4", 9 + 3 + 17)])
async def test_the_animation_runs_on_the_built_in_engine(kind, frames, tmp_path):
    prompt = build("scene-animation", scenes=SCENES, mirror="true", format=kind)
    engine = CpuEngine(tmp_path / "engine")
    await engine.start()
    try:
        run = make_run(prompt)
        result = await engine.run(run, ignore)
        (output,) = result.outputs.values()
        path = await engine.fetch(run, output["images"][0], tmp_path)
        assert output["images"][0]["subfolder"] == "job"
        assert count_frames(path) == frames
    finally:
        await engine.stop()


async def ignore(_event):
    pass


def count_frames(path):
    if path.suffix == ".mp4":
        with av.open(str(path)) as container:
            return sum(1 for _ in container.decode(video=0))
    with Image.open(path) as picture:
        return picture.n_frames


@pytest.mark.skipif(not REAL_NODES.exists(), reason="the recordings are not beside this checkout")
@pytest.mark.parametrize(
    "params",
    [
        {"prompt": "a fox"},
        {"scenes": SCENES, "first_picture": "p.png"},
        {"scenes": [*SCENES, {"prompt": "night"}], "loras": [{"file": "x"}], "vae_file": "y"},
    ],
)
def test_the_film_fits_the_real_nodes(params):
    prompt = build("wan-scenes", **params)
    nodes = ObjectInfo(json.loads(REAL_NODES.read_text(encoding="utf-8")))
    with pytest.raises(AppError) as caught:
        validate(prompt, nodes, files={"p.png"})
    errors = [
        error["type"]
        for node in caught.value.details["node_errors"].values()
        for error in node["errors"]
    ]
    assert set(errors) == ABSENT_HERE


def test_each_scene_of_the_film_starts_where_the_one_before_ended():
    prompt = build("wan-scenes", scenes=[{"prompt": "a"}, {"prompt": "b"}, {"prompt": "c"}])
    latents = [n for n in prompt.values() if n["class_type"] == "Wan22ImageToVideoLatent"]
    starts = [latent["inputs"].get("start_image") for latent in latents]
    assert starts[0] is None
    lasts = [key for key, node in prompt.items() if node["class_type"] == "ImageFromBatch"]
    assert starts[1:] == [[lasts[0], 0], [lasts[1], 0]]
    assert latents[0]["inputs"]["length"] == 121
    assert latents[0]["inputs"]["width"] == 1280

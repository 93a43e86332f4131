"""The same requests on a server whose jobs run on ComfyUI."""

import asyncio
import io
import json
import zipfile

import pytest
from tests.api.studio.conftest import CALLER, PICTURE, Studio
from tests.api.studio.test_events import listening
from tests.api.studio.test_runs import FIELDS
from tests.contract.native.conftest import running
from tests.fakes.comfyui_server import FakeComfyUI

from greenroom.service.workflow_source import Source

MANIFEST = """\
id: held
name: Held
version: 1
date: "2026-03-24 14:30"
inputs:
  - {id: image, type: image, node_id: 4, field: image}
  - {id: prompt, type: text, node_id: 9, field: value, default: ""}
  - {id: steps, type: int, node_id: 1, field: steps, default: 4, min: 1, max: 100}
  - {id: seed, type: seed, node_id: 7, field: color, default: -1}
outputs:
  - {type: image}
"""
GRAPH = {
    "1": {"class_type": "Steps", "inputs": {"steps": 4, "preview": True}},
    "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}},
    "4": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
    "5": {
        "class_type": "Hold",
        "inputs": {"gate": "half", "value": ["4", 0]},
        "_meta": {"title": "Wait here"},
    },
    "6": {
        "class_type": "SaveImage",
        "inputs": {"images": ["5", 0], "filename_prefix": "ComfyUI"},
    },
    "7": {
        "class_type": "EmptyImage",
        "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": -1},
    },
    "8": {"class_type": "PreviewImage", "inputs": {"images": ["7", 0]}},
    "9": {"class_type": "PrimitiveString", "inputs": {"value": ""}},
    "10": {"class_type": "PreviewAny", "inputs": {"source": ["9", 0]}},
}


@pytest.fixture
async def fake(tmp_path):
    async with FakeComfyUI(tmp_path / "comfyui") as server:
        yield server


@pytest.fixture
async def studio(tmp_path, fake):
    folder = tmp_path / "data"
    async with running(folder, comfyui=[fake.url], engine="comfyui") as native:
        files = {"manifest.yaml": MANIFEST.encode(), "workflow.json": json.dumps(GRAPH).encode()}
        await native.server.services.workflows.take_in(CALLER, Source("held", files))
        made = Studio(native)
        made.data_folder = folder
        yield made


async def test_a_run_is_followed_shown_packed_repeated_and_deleted(studio, fake):
    files = [("input_image", "cat.png", PICTURE)]
    async with listening(studio) as heard:
        made = await studio.execute("held", {"prompt": "a cat", "seed": -1}, files=files)
        async with asyncio.timeout(30):
            await fake.gate("half").reached.wait()
        status = await studio.get(f"/api/run/status/{made['prompt_id']}")
        assert set(status) == FIELDS
        assert (status["status"], status["total_nodes"]) == ("running", 9)
        assert 0 < status["percent"] < 100
        fake.gate("half").opened.set()
        frames = await heard.until("job.completed", made["prompt_id"])
    record = await studio.ended(made["prompt_id"])
    assert record["seeds"] == made["seeds"]
    assert "node_errors" not in made
    output = record["output"]
    assert output["subfolder"] == f"{record['output_dir']}/final"
    assert (await studio.raw(f"/api/run/result/{made['prompt_id']}")).body == PICTURE
    for index, frame in enumerate(frames):
        if isinstance(frame, bytes):
            assert frames[index - 1]["prompt_id"] == made["prompt_id"]
    package = await studio.raw(f"/api/admin/history/{made['prompt_id']}/package")
    with zipfile.ZipFile(io.BytesIO(package.body)) as archive:
        assert archive.read(f"output/final/{output['filename']}") == PICTURE
        assert [name for name in archive.namelist() if name.startswith("output/preview/")]
    again = await studio.post("/api/admin/history/retry", {"prompt_id": made["prompt_id"]})
    second = await studio.ended(again["prompt_id"])
    assert (second["status"], second["seeds"]) == ("completed", record["seeds"])
    ids = [made["prompt_id"], again["prompt_id"]]
    assert await studio.post("/api/admin/history/delete", {"prompt_ids": ids}) == {"deleted": ids}
    assert not studio.folder(record).exists()


async def test_a_job_that_runs_is_interrupted_when_it_is_deleted(studio, fake):
    files = [("input_image", "cat.png", PICTURE)]
    made = await studio.execute("held", files=files)
    async with asyncio.timeout(30):
        await fake.gate("half").reached.wait()
    ids = [made["prompt_id"]]
    assert await studio.post("/api/admin/history/delete", {"prompt_ids": ids}) == {"deleted": ids}
    assert await studio.get("/api/admin/queue") == []

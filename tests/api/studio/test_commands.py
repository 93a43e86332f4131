"""Every curl command of Studio's documentation, run by curl itself, over both engines."""

import asyncio
import contextlib
import io
import json
import re
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image
from tests.api.studio.conftest import CALLER, Studio
from tests.api.studio.test_runs import FIELDS
from tests.cli.graphs import blurring
from tests.contract.native.conftest import running
from tests.fakes.comfyui_server import FakeComfyUI

from greenroom.service.workflow_source import Source

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="this machine has no curl"),
]

KEY = "your-api-key"
POD = "https://your-pod.runpod.io"
JOB = "abc12345-6789-0def-ghij-klmnopqrstuv"
HEAD = '-H "X-API-Key: your-api-key"'

MANIFEST = """\
id: wan-i2v-14b
name: WAN 2.1 I2V 14B
version: 1
date: "2026-03-24 14:30"
type: static
category: video
description: Image-to-video with WAN 2.1 14B
inputs:
  - {id: image, type: image, label: Input Image, node_id: 1, field: image}
  - {id: prompt, type: text, label: Prompt, node_id: 5, field: value, default: ""}
  - {id: steps, type: int, label: Steps, node_id: 10, field: blur_radius, default: 30, min: 1,
     max: 30}
  - {id: seed, type: seed, label: Seed, node_id: 12, field: color, default: -1}
outputs:
  - {type: image, format: png}
required_models: []
required_nodes: [LoadImage]
"""
GRAPH = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
    "5": {"class_type": "PrimitiveString", "inputs": {"value": ""}},
    "6": {"class_type": "PreviewAny", "inputs": {"source": ["5", 0]}},
    "10": {
        "class_type": "ImageBlur",
        "inputs": {"image": ["1", 0], "blur_radius": 3, "sigma": 1.0},
    },
    "11": {"class_type": "PreviewImage", "inputs": {"images": ["10", 0]}},
    "12": {
        "class_type": "EmptyImage",
        "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": -1},
    },
    "13": {"class_type": "PreviewImage", "inputs": {"images": ["12", 0]}},
    "20": {
        "class_type": "SaveImage",
        "inputs": {"images": ["1", 0], "filename_prefix": "ComfyUI"},
    },
}
SLOW_MANIFEST = """\
id: slow
name: Slow
version: 1
date: "2026-03-24 14:30"
inputs:
  - {id: prompt, type: text, node_id: text, field: value, default: ""}
outputs:
  - {type: image}
"""
TEXT = {
    "text": {"class_type": "PrimitiveString", "inputs": {"value": ""}},
    "shown": {"class_type": "PreviewAny", "inputs": {"source": ["text", 0]}},
}
HELD = {
    "1": {"class_type": "Steps", "inputs": {"steps": 4, "preview": False}},
    "2": {"class_type": "Hold", "inputs": {"gate": "shut", "value": ["1", 0]}},
    "3": {"class_type": "PreviewAny", "inputs": {"source": ["2", 0]}},
}


def _large_picture():
    """Large enough to be blurred by what the commands ask for."""
    data = io.BytesIO()
    Image.new("RGB", (64, 64), (200, 40, 40)).save(data, "PNG")
    return data.getvalue()


_LARGE = _large_picture()


@dataclass
class Terminal:
    """A shell in a folder with a picture, before a server with the documents' workflow."""

    studio: Studio
    folder: Path
    uploaded: str

    async def run(self, command, job=JOB):
        """What the command prints, with the server's address and the job's id in their places."""
        text = command.replace(POD, self.studio.url).replace(JOB, job)
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", text, cwd=self.folder,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        printed, trouble = await process.communicate()
        assert process.returncode == 0, trouble
        return printed

    async def json(self, command, job=JOB):
        return json.loads(await self.run(command, job))

    async def finished(self):
        """The record of a job that has run."""
        return await self.studio.run(
            "wan-i2v-14b", {"prompt": "a cat walking", "_existing_input_image": self.uploaded}
        )

    @contextlib.asynccontextmanager
    async def busy(self):
        """The id of a job that runs as long as the block lasts."""
        services = self.studio.services
        with services.watch.follow(CALLER) as changes:
            job_id = (await self.studio.execute("slow", {"prompt": "a cat"}))["prompt_id"]
            async with asyncio.timeout(30):
                async for _ in changes:
                    live = services.watch.live(job_id)
                    if live is not None and live.progress.node is not None:
                        break
        yield job_id
        await self.studio.post("/api/admin/history/delete", {"prompt_ids": [job_id]})


@contextlib.asynccontextmanager
async def _engine(kind, folder):
    """Settings of a server with that engine, and what its slow workflow is."""
    if kind == "cpu":
        yield {}, blurring(30)
        return
    async with FakeComfyUI(folder) as fake:
        yield {"comfyui": [fake.url], "engine": "comfyui"}, HELD


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["cpu", "comfyui"])
async def terminal(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("commands")
    async with (
        _engine(request.param, folder / "comfyui") as (settings, slow),
        running(folder / "data", api_key=KEY, **settings) as native,
    ):
        native.session.headers["X-API-Key"] = KEY
        await native.until_ready()
        for name, manifest, graph in (
            ("wan-i2v-14b", MANIFEST, GRAPH), ("slow", SLOW_MANIFEST, {**slow, **TEXT}),
        ):  # fmt: skip
            files = {"manifest.yaml": manifest.encode(), "workflow.json": _json(graph)}
            await native.server.services.workflows.take_in(CALLER, Source(name, files))
        (folder / "my-image.png").write_bytes(_LARGE)
        studio = Studio(native)
        studio.data_folder = folder / "data"
        yield Terminal(studio, folder, await _upload(studio))


async def test_the_queue(terminal):
    async with terminal.busy() as job_id:
        (job,) = await terminal.json(f"curl {POD}/api/admin/queue {HEAD}")
    assert (job["prompt_id"], job["status"]) == (job_id, "running")
    assert (job["workflow_id"], job["workflow_name"]) == ("slow", "Slow")
    assert (job["finished_at"], job["duration"], job["output"], job["error"]) == (None,) * 4
    assert job["params"] == {"prompt": "a cat"}
    assert job["started_at"] >= job["queued_at"]
    assert set(job["progress"]) == FIELDS
    assert job["progress"]["status"] == "running"
    assert job["progress"]["node_type"]


async def test_the_history(terminal):
    made = await terminal.finished()
    history = await terminal.json(f"curl {POD}/api/admin/history {HEAD}")
    assert history[0] == made
    assert (made["status"], made["error"]) == ("completed", None)
    assert made["output"]["subfolder"] == f"{made['output_dir']}/final"
    assert made["output"]["type"] == "output"
    assert made["input_image"] == terminal.uploaded


async def test_one_record_of_the_history(terminal):
    made = await terminal.finished()
    command = f"curl {POD}/api/admin/history/{JOB} {HEAD}"
    assert await terminal.json(command, made["prompt_id"]) == made


async def test_deleting(terminal):
    made = await terminal.finished()
    folder = terminal.studio.folder(made)
    assert folder.is_dir()
    answer = await terminal.json(
        f"curl -X POST {POD}/api/admin/history/delete {HEAD} "
        '-H "Content-Type: application/json" '
        f"""-d '{{"prompt_ids": ["{JOB}"]}}'""",
        made["prompt_id"],
    )
    assert answer == {"deleted": [made["prompt_id"]]}
    assert not folder.exists()
    deleted = await terminal.studio.get("/api/admin/events?types=job.deleted")
    assert deleted[-1]["data"]["prompt_id"] == made["prompt_id"]


async def test_retrying(terminal):
    made = await terminal.finished()
    answer = await terminal.json(
        f"curl -X POST {POD}/api/admin/history/retry {HEAD} "
        '-H "Content-Type: application/json" '
        f"""-d '{{"prompt_id": "{JOB}"}}'""",
        made["prompt_id"],
    )
    assert set(answer) == {"prompt_id", "retry_of"}
    again = await terminal.studio.ended(answer["prompt_id"])
    assert again["retry_of"] == answer["retry_of"] == made["prompt_id"]
    for same in ("params", "seeds", "input_image", "status"):
        assert again[same] == made[same]


async def test_the_package(terminal):
    made = await terminal.finished()
    command = f'curl "{POD}/api/admin/history/{JOB}/package" {HEAD} -o job_package.zip'
    await terminal.run(command, made["prompt_id"])
    with zipfile.ZipFile(terminal.folder / "job_package.zip") as archive:
        assert json.loads(archive.read("job.json")) == made
        assert archive.read(f"input/{terminal.uploaded}") == _LARGE
        assert f"output/final/{made['output']['filename']}" in archive.namelist()


async def test_the_manifest(terminal):
    manifest = await terminal.json(f"curl {POD}/api/run/wan-i2v-14b {HEAD}")
    assert (manifest["id"], manifest["type"], manifest["category"]) == (
        "wan-i2v-14b", "static", "video",
    )  # fmt: skip
    assert [field["type"] for field in manifest["inputs"]] == ["image", "text", "int", "seed"]
    assert manifest["inputs"][0]["label"] == "Input Image"
    assert [output["type"] for output in manifest["outputs"]] == ["image"]
    assert (manifest["required_models"], manifest["required_nodes"]) == ([], ["LoadImage"])


async def test_uploading_a_picture(terminal):
    command = f'curl -X POST {POD}/api/run/upload-image {HEAD} -F "file=@my-image.png"'
    answer = await terminal.json(command)
    assert set(answer) == {"filename"}
    assert re.fullmatch(r"\d{8}_\d{6}_[0-9a-f]{6}_my-image\.png", answer["filename"])


async def test_building_for_the_api(terminal):
    graph = await terminal.json(
        f'curl -X POST "{POD}/api/run/wan-i2v-14b/build?format=api" {HEAD} '
        """-F 'params={"prompt": "a cat walking", "steps": 30, "seed": -1}'"""
    )
    assert graph["5"] == {"class_type": "PrimitiveString", "inputs": {"value": "a cat walking"}}
    assert graph["10"]["inputs"]["blur_radius"] == 30
    assert graph["12"]["inputs"]["color"] >= 0


async def test_building_for_the_editor(terminal):
    workflow = await terminal.json(
        f'curl -X POST "{POD}/api/run/wan-i2v-14b/build?format=workflow" {HEAD} '
        """-F 'params={"prompt": "a cat walking"}' -F "input_image=@my-image.png" """
    )
    nodes = {node["type"]: node for node in workflow["nodes"]}
    assert nodes["PrimitiveString"]["widgets_values"] == ["a cat walking"]
    assert nodes["LoadImage"]["widgets_values"][0].endswith("_my-image.png")
    assert all(len(node["pos"]) == 2 for node in workflow["nodes"])


async def test_executing_with_a_picture(terminal):
    answer = await terminal.json(
        f"curl -X POST {POD}/api/run/wan-i2v-14b/execute {HEAD} "
        """-F 'params={"prompt": "a cat walking on the beach", "steps": 30, "seed": -1}' """
        '-F "input_image=@my-image.png"'
    )
    assert set(answer) == {"prompt_id", "client_id", "seeds"}
    assert re.fullmatch("[0-9a-f]{32}", answer["client_id"])
    assert set(answer["seeds"]) == {"seed"}
    record = await terminal.studio.ended(answer["prompt_id"])
    assert (record["status"], record["seeds"]) == ("completed", answer["seeds"])
    assert record["input_image"].endswith("_my-image.png")


async def test_executing_with_a_picture_that_was_uploaded_before(terminal):
    answer = await terminal.json(
        f"curl -X POST {POD}/api/run/wan-i2v-14b/execute {HEAD} "
        """-F 'params={"prompt": "a cat walking", "_existing_input_image": """
        f""""{terminal.uploaded}"}}'"""
    )
    record = await terminal.studio.ended(answer["prompt_id"])
    assert (record["status"], record["input_image"]) == ("completed", terminal.uploaded)
    assert record["params"] == {"prompt": "a cat walking"}


async def test_the_status_of_a_run(terminal):
    command = f"curl {POD}/api/run/status/{JOB} {HEAD}"
    assert await terminal.json(command) == {"status": "pending", "step": 0, "total_steps": 0}
    async with terminal.busy() as job_id:
        running_now = await terminal.json(command, job_id)
    assert set(running_now) == FIELDS
    assert running_now["status"] == "running"
    made = await terminal.finished()
    assert await terminal.json(command, made["prompt_id"]) == {
        "status": "completed", "outputs": {"image": made["output"]},
    }  # fmt: skip


async def test_viewing_a_picture(terminal):
    address = f"{POD}/api/comfyui/view?filename={terminal.uploaded}&type=input"
    await terminal.run(f'curl "{address}" {HEAD} -o image.png')
    assert (terminal.folder / "image.png").read_bytes() == _LARGE


async def test_the_result(terminal):
    made = await terminal.finished()
    command = f'curl "{POD}/api/run/result/{JOB}" {HEAD} -o result.mp4'
    await terminal.run(command, made["prompt_id"])
    result = (terminal.folder / "result.mp4").read_bytes()
    assert result.startswith(b"\x89PNG")
    package = await terminal.studio.raw(f"/api/admin/history/{made['prompt_id']}/package")
    with zipfile.ZipFile(io.BytesIO(package.body)) as archive:
        assert archive.read(f"output/final/{made['output']['filename']}") == result


async def _upload(studio):
    files = [("file", "myimage.png", _LARGE)]
    return (await studio.form("/api/run/upload-image", files=files))["filename"]


def _json(graph):
    return json.dumps(graph).encode()

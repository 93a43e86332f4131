"""Telemetry, health and the one setting."""

import asyncio

import pytest
from tests.api.studio.conftest import CALLER, Studio, add_workflows
from tests.contract.native.conftest import running
from tests.fakes.comfyui_server import FakeComfyUI

GPU = {
    "name": "cuda:0 NVIDIA H100", "type": "cuda", "index": 0,
    "vram_total": 80_000, "vram_free": 20_000, "torch_vram_total": 0, "torch_vram_free": 0,
}  # fmt: skip
CPU = {**GPU, "name": "cpu", "type": "cpu", "index": None}
SETTINGS = "/api/admin/settings"
HELD = {
    "1": {"class_type": "PrimitiveString", "inputs": {"value": ""}},
    "2": {"class_type": "Hold", "inputs": {"gate": "held", "value": ["1", 0]}},
    "3": {"class_type": "PreviewAny", "inputs": {"source": ["2", 0]}},
}


@pytest.fixture
async def fakes(tmp_path):
    async with FakeComfyUI(tmp_path / "one") as one, FakeComfyUI(tmp_path / "two") as two:
        one.devices, two.devices = [CPU], [GPU, {**GPU, "name": "cuda:1 NVIDIA H100"}]
        yield one, two


@pytest.fixture
async def studio(tmp_path, fakes):
    urls = [fake.url for fake in fakes]
    async with running(tmp_path / "data", comfyui=urls, engine="comfyui") as native:
        workers = native.server.services.workers
        async with asyncio.timeout(30):
            while len(await workers.machines()) < 2:
                await workers.changed()
        yield Studio(native)


async def test_the_load_of_the_machine_and_of_every_gpu_is_told(studio, fakes):
    told = await studio.get("/api/admin/telemetry")
    assert [gpu["name"] for gpu in told["gpus"]] == ["cuda:0 NVIDIA H100", "cuda:1 NVIDIA H100"]
    assert told["gpu"] == told["gpus"][0]
    worker = told["gpu"].pop("worker")
    assert studio.services.workers.get(worker).url == fakes[1].url
    assert told["gpu"] == {
        "name": "cuda:0 NVIDIA H100", "vram_total": 80_000, "vram_used": 60_000,
        "vram_percent": 75.0, "util_percent": None, "temp_c": None,
    }  # fmt: skip
    assert 0 <= told["cpu_percent"] <= 100
    for part in ("ram", "disk"):
        assert 0 < told[f"{part}_used"] < told[f"{part}_total"]
        assert 0 < told[f"{part}_percent"] < 100


async def test_a_machine_without_a_gpu_has_none(tmp_path):
    async with running(tmp_path) as native:
        told = await Studio(native).get("/api/admin/telemetry")
    assert (told["gpu"], told["gpus"]) == (None, [])


async def test_health_is_told_to_everybody(tmp_path):
    async with running(tmp_path, api_key="secret") as native:
        assert await Studio(native).get("/api/health") == {"status": "ok"}
        assert (await native.get("/api/admin/telemetry")).status == 401


async def test_the_limit_of_runs_holds_until_it_is_lifted(studio, fakes):
    async def put(most):
        answer = await studio.native.send(
            "PUT", SETTINGS, b'{"max_concurrent": %s}' % most, {"Content-Type": "application/json"}
        )
        assert answer.json() == await studio.get(SETTINGS)
        return answer.json()

    reached = [asyncio.create_task(fake.gate("held").reached.wait()) for fake in fakes]
    assert await put(b"1") == {"max_concurrent": 1}
    ids = [(await studio.post("/prompt", {"prompt": HELD}))["prompt_id"] for _ in range(2)]
    async with asyncio.timeout(30):
        await asyncio.wait(reached, return_when=asyncio.FIRST_COMPLETED)
    (idle,) = [one.id for one in studio.services.workers.all() if not one.jobs]
    assert await studio.services.scheduler.choose(idle) == []

    assert await put(b"null") == {"max_concurrent": None}
    async with asyncio.timeout(30):
        await asyncio.gather(*reached)
    for fake in fakes:
        fake.gate("held").opened.set()
    for job_id in ids:
        assert (await studio.ended(job_id))["status"] == "completed"


async def test_the_limit_is_there_again_after_a_restart(tmp_path):
    async with running(tmp_path) as native:
        await native.server.services.running_limits.put(CALLER, 3)
    async with running(tmp_path) as native:
        assert await Studio(native).get(SETTINGS) == {"max_concurrent": 3}
        assert native.server.services.running_limits.limits.running_of == {CALLER.tenant: 3}


async def test_a_full_queue_takes_no_form_either(tmp_path):
    async with running(tmp_path, queue_limit=1) as native:
        studio = Studio(native)
        await add_workflows(studio.services)
        await studio.post("/api/console/workers", {"action": "pause"})
        await studio.execute("film")
        refused = await studio.execute("film", status=429)
        assert refused["detail"]
        assert len(await studio.get("/api/admin/queue")) == 1


async def test_a_setting_that_cannot_be_is_refused(tmp_path):
    bodies = (
        b'{"max_concurrent": 0}', b'{"max_concurrent": 11}', b'{"max_concurrent": "3"}',
        b'{"max_concurrent": true}', b'{"max_concurrent": 1.5}', b'{"theme": "dark"}', b"[]", b"{",
    )  # fmt: skip
    async with running(tmp_path) as native:
        for body in bodies:
            answer = await native.send("PUT", SETTINGS, body)
            assert answer.status == 400, body
            assert answer.json()["detail"]
        assert await Studio(native).get(SETTINGS) == {"max_concurrent": None}

"""Which workers there are, how they are shown, and how they are steered while the server runs."""

import pytest
from tests.fleet.conftest import WORKERS, holding, showing

from greenroom import fleet
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.job import JobState
from greenroom.domain.worker import WorkerStatus

UP, DOWN, PAUSED = WorkerStatus.UP, WorkerStatus.DOWN, WorkerStatus.PAUSED
QUICK_JOB = showing({"class_type": "PrimitiveString", "inputs": {"value": "hello"}})


async def test_jobs_run_on_every_comfyui_that_is_named(served, fake, other):
    async with served(fake, other) as running:
        await running.until(UP, UP)
        jobs = [await running.submit(holding(str(n))) for n in range(2)]
        await fake.until(lambda: fake.books.running)
        await other.until(lambda: other.books.running)
        for server in (fake, other):
            for n in range(2):
                server.gate(str(n)).opened.set()
        assert [(await running.ended(job)).state for job in jobs] == [JobState.SUCCEEDED] * 2


async def test_a_comfyui_at_the_usual_address_is_found_and_used(served, fake, monkeypatch):
    monkeypatch.setattr(fleet, "USUAL_URL", fake.url)
    async with served() as running:
        assert running.engine == f"ComfyUI at {fake.url} (found there)"
        (worker,) = await running.until(UP)
        assert worker.url == fake.url


async def test_without_any_comfyui_the_built_in_engine_runs_the_jobs(served, fake, monkeypatch):
    monkeypatch.setattr(fleet, "USUAL_URL", fake.url)
    await fake.refuse()
    async with served() as running:
        assert running.engine == "built in, 1 at once"
        (worker,) = await running.until(UP)
        assert worker.kind == "cpu"


async def test_a_greenroom_at_the_usual_address_is_not_taken_for_a_comfyui(served, fake):
    async with served(fake) as running:
        assert not await fleet.discovery.found(running.client.url)
    assert await fleet.discovery.found(fake.url)


async def test_devices_and_embeddings_of_all_workers_are_shown_as_one(served, fake, other):
    fake.devices = [
        {"name": "cuda:0 A", "type": "cuda", "index": 0, "vram_total": 8, "vram_free": 3}
    ]
    other.devices = [
        {"name": "cuda:0 B", "type": "cuda", "index": 0, "vram_total": 9, "vram_free": 4}
    ]
    fake.embeddings, other.embeddings = ["bad-hands", "sepia"], ["noir", "sepia"]
    async with served(fake, other) as running:
        await running.until(UP, UP)
        stats = await running.client.ask("GET", "/system_stats", dict)
        embeddings = await running.client.ask("GET", "/embeddings", list)
    shown = {(device["index"], device["vram_total"]) for device in stats["devices"]}
    assert shown in ({(0, 8), (1, 9)}, {(0, 9), (1, 8)})
    assert all(device["name"].endswith(("A", "B")) for device in stats["devices"])
    assert embeddings == ["bad-hands", "noir", "sepia"]


async def test_a_worker_that_is_down_says_why_and_comes_back_by_itself(served, fake):
    async with served(fake) as running:
        await running.until(UP)
        await fake.refuse()
        (worker,) = await running.until(DOWN)
        assert worker.reason
        job = await running.submit(QUICK_JOB)
        await fake.accept()
        assert (await running.ended(job)).state is JobState.SUCCEEDED
        await running.until(UP)


async def test_jobs_are_accepted_while_every_worker_is_down_also_after_a_restart(served, fake):
    async with served(fake) as running:
        await running.until(UP)
    await fake.refuse()
    async with served(fake) as running:
        job = await running.submit(QUICK_JOB)
        await running.until(DOWN)
        assert (await running.job(job)).state is JobState.QUEUED
        await fake.accept()
        assert (await running.ended(job)).state is JobState.SUCCEEDED


async def test_a_server_that_stops_knows_its_nodes_to_the_last(served, fake):
    async with served(fake) as running:
        await running.until(UP)
    assert "PreviewAny" in running.services.nodes.definitions()


async def test_an_added_worker_runs_jobs_and_is_there_after_a_restart(served, fake, other):
    async with served(fake) as running:
        added = await running.client.ask("POST", WORKERS, dict, json={"url": other.url})
        assert (added["url"], added["added"]) == (other.url, True)
        await running.until(UP, UP)
    async with served(fake) as running:
        assert {w["url"] for w in await running.workers()} == {fake.url, other.url}
        await running.client.ask("DELETE", f"{WORKERS}/{added['id']}", dict | None)
    async with served(fake) as running:
        assert [w["url"] for w in await running.workers()] == [fake.url]


async def test_a_comfyui_that_is_a_worker_already_cannot_be_added(served, fake):
    async with served(fake) as running:
        with pytest.raises(AppError) as refused:
            await running.client.ask("POST", WORKERS, dict, json={"url": fake.url + "/"})
    assert refused.value.code is ErrorCode.CONFLICT


async def test_a_paused_worker_takes_nothing_until_it_is_resumed_even_after_a_restart(served, fake):
    async with served(fake) as running:
        (worker,) = await running.until(UP)
        paused = await running.order(worker.id, "pause")
        assert paused["status"] == "paused"
    async with served(fake) as running:
        (worker,) = await running.until(PAUSED)
        job = await running.submit(QUICK_JOB)
        await running.order(worker.id, "resume")
        assert (await running.ended(job)).state is JobState.SUCCEEDED


async def test_a_drained_worker_finishes_what_it_runs_and_takes_nothing_more(served, fake):
    async with served(fake) as running:
        (worker,) = await running.until(UP)
        first = await running.submit(holding("first"))
        await fake.gate("first").reached.wait()
        await running.order(worker.id, "drain")
        second = await running.submit(QUICK_JOB)
        fake.gate("first").opened.set()
        assert (await running.ended(first)).state is JobState.SUCCEEDED
        while running.services.workers.get(worker.id).jobs:
            await running.services.workers.changed()
        assert (await running.job(second)).state is JobState.QUEUED


async def test_what_a_removed_worker_ran_is_run_by_another_one(served, fake, other):
    async with served(fake) as running:
        (worker,) = await running.until(UP)
        job = await running.submit(holding("gate"))
        await fake.gate("gate").reached.wait()
        await running.client.ask("POST", WORKERS, dict, json={"url": other.url})
        await running.client.ask("DELETE", f"{WORKERS}/{worker.id}", dict | None)
        await fake.until(lambda: fake.books.running is None)
        other.gate("gate").opened.set()
        ended = await running.ended(job)
    assert (ended.state, ended.attempt) == (JobState.SUCCEEDED, 1)


async def test_an_order_to_a_worker_that_is_not_there_is_refused(served, fake):
    async with served(fake) as running:
        for order in ("pause", "resume", "drain", "refresh"):
            with pytest.raises(AppError) as refused:
                await running.order("comfyui-none", order)
            assert refused.value.code is ErrorCode.NOT_FOUND

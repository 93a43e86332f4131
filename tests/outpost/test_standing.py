"""Who may work for a server, and how workers elsewhere are steered, replaced and sent away."""

import asyncio
import json
import os

import pytest
from tests.fakes.cut_line import CutLine
from tests.fleet.conftest import CALLER, WORKERS, holding, showing
from tests.outpost.conftest import until

from greenroom.api.fleet import line as edge
from greenroom.domain.api_key import KeyRole
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.event import JobChanged
from greenroom.domain.job import JobEvent, JobState
from greenroom.domain.worker import Restarts, WorkerStatus
from greenroom.engine.owner import ProcessState, ProcessStatus

HERE = {"engine": "cpu", "workers": 0}
HELLO = showing({"class_type": "PrimitiveString", "inputs": {"value": "hello"}})
DOWN, PAUSED = WorkerStatus.DOWN, WorkerStatus.PAUSED


async def until_queued(events):
    async for event in events:
        if isinstance(event, JobChanged):
            yield event
            if event.job.state is JobState.QUEUED:
                return


async def ending(worker):
    """Why the server wanted no more of it."""
    with pytest.raises(AppError) as told:
        await worker.task
    return told.value


async def test_only_a_valid_key_of_a_worker_lets_one_work(served, elsewhere, fake):
    async with served(**HERE) as running:
        keys = running.services.keys
        clients = (await keys.create(CALLER, "laptop")).secret
        workers = (await keys.create(CALLER, "gpu", KeyRole.WORKER)).secret
        for token, code in (
            (None, ErrorCode.UNAUTHORIZED),
            ("wrong", ErrorCode.UNAUTHORIZED),
            (clients, ErrorCode.FORBIDDEN),
        ):
            async with elsewhere(running.url, fake, token=token) as worker:
                assert (await ending(worker)).code is code
        async with elsewhere(running.url, fake, token=workers) as worker:
            await until(running, worker.id)
            await keys.revoke(CALLER, "gpu", even_last=False)
            assert (await ending(worker)).code is ErrorCode.UNAUTHORIZED


async def test_a_worker_that_speaks_another_language_is_told_so(
    served, elsewhere, fake, monkeypatch
):
    monkeypatch.setattr(edge, "PROTOCOL", 2)
    async with served(**HERE) as running, elsewhere(running.url, fake) as worker:
        refused = await ending(worker)
    assert refused.code is ErrorCode.CONFLICT
    assert "same version" in refused.message


async def test_a_worker_waits_for_a_server_that_is_not_there_yet(served, elsewhere, fake):
    async with served(**HERE) as running, CutLine(running.url) as line:
        await line.cut()
        async with elsewhere(line.url, fake) as worker:
            await worker.tried.wait()
            await line.mend()
            await until(running, worker.id)
            job = await running.submit(HELLO)
            assert (await running.ended(job)).state is JobState.SUCCEEDED


async def test_orders_reach_a_worker_elsewhere_and_hold_while_it_is_away(served, elsewhere, fake):
    async with served(**HERE) as running, elsewhere(running.url, fake) as worker:
        await until(running, worker.id)
        await running.order(worker.id, "pause")
    async with served(**HERE) as running:
        assert running.engine == "1 on other machines"
        await until(running, worker.id, DOWN)
        (shown,) = await running.workers()
        assert (shown["id"], shown["remote"], shown["address"]) == (worker.id, True, None)
        assert shown["reason"] == "its worker has not connected"
        async with elsewhere(running.url, fake):
            await until(running, worker.id, PAUSED)
            job = await running.submit(HELLO)
            await running.order(worker.id, "resume")
            assert (await running.ended(job)).state is JobState.SUCCEEDED
        await until(running, worker.id, DOWN)
        waiting = await running.submit(HELLO)
        assert (await running.job(waiting)).state is JobState.QUEUED


async def test_a_removed_worker_gives_its_job_back_and_ends(served, elsewhere, fake):
    async with served(**HERE) as running, elsewhere(running.url, fake) as worker:
        await until(running, worker.id)
        job = await running.submit(holding("gate"))
        await fake.gate("gate").reached.wait()
        await running.client.ask("DELETE", f"{WORKERS}/{worker.id}", dict | None)
        assert "removed" in (await ending(worker)).message
        await fake.until(lambda: fake.books.running is None)
        assert (await running.job(job)).state is JobState.QUEUED
        assert await running.workers() == []
        async with elsewhere(running.url, fake):
            fake.gate("gate").opened.set()
            ended = await running.ended(job)
    assert (ended.state, ended.attempt) == (JobState.SUCCEEDED, 1)


async def test_of_two_processes_that_are_the_same_worker_the_newer_one_stays(
    served, elsewhere, fake, other
):
    async with served(**HERE) as running, elsewhere(running.url, fake) as older:
        await until(running, older.id)
        async with elsewhere(running.url, other) as newer:
            assert "Another process" in (await ending(older)).message
            await until(running, newer.id)
            job = await running.submit(HELLO)
            assert (await running.ended(job)).state is JobState.SUCCEEDED
            assert not newer.task.done()
    assert other.books.history


async def test_a_worker_that_stops_lets_its_run_end_and_takes_nothing_more(served, elsewhere, fake):
    async with served(**HERE) as running, elsewhere(running.url, fake) as worker:
        await until(running, worker.id)
        job = await running.submit(holding("gate"))
        await fake.gate("gate").reached.wait()
        leaving = asyncio.create_task(worker.outpost.leave(60.0, gives_back=False))
        await until(running, worker.id, DOWN)
        second = await running.submit(HELLO)
        fake.gate("gate").opened.set()
        await leaving
        assert (await running.ended(job)).state is JobState.SUCCEEDED
        assert (await running.job(second)).state is JobState.QUEUED


async def test_what_cannot_end_in_time_is_given_back_without_cost(served, elsewhere, fake):
    async with served(**HERE) as running, elsewhere(running.url, fake) as worker:
        await until(running, worker.id)
        job = await running.submit(holding("gate"))
        await fake.gate("gate").reached.wait()
        with running.services.watch.follow(CALLER, job) as seen:
            await worker.outpost.leave(0.0, gives_back=True)
            changes = [event.job async for event in until_queued(seen)]
        assert changes[-1].attempt == 0
        assert await running.attempts(job) == [(1, worker.id, JobEvent.RELEASE)]
    assert fake.books.running is None


class Owner:
    """Of a process that is said to be as the test wants it."""

    generation = 3
    restarts = Restarts(2, "it was killed")
    state = ProcessState(ProcessStatus.ANSWERING)

    def __init__(self):
        self.restarted = asyncio.Queue()

    def watch(self, listener):
        self.become = listener

    async def restart(self, generation, why):
        self.restarted.put_nowait((generation, why))


async def test_the_process_that_a_worker_owns_is_shown_and_started_anew_after_a_fault(
    served, elsewhere, fake
):
    owner = Owner()
    async with served(**HERE) as running, elsewhere(running.url, fake, owner=owner) as worker:
        await until(running, worker.id)
        fault = {"type": "RuntimeError", "message": "CUDA error: an illegal memory access"}
        await running.submit(showing({"class_type": "Fail", "inputs": fault}))
        assert (await owner.restarted.get())[0] == 3
        owner.become(ProcessState(ProcessStatus.ENDED, "it ended with exit code 1"))
        await until(running, worker.id, DOWN)
        (shown,) = await running.workers()
        assert shown["reason"] == "it ended with exit code 1"
        assert (shown["restarts"], shown["restart_reason"]) == (2, "it was killed")
        owner.become(ProcessState(ProcessStatus.STARTING, "it is started"))
        await until(running, worker.id, WorkerStatus.STARTING)
        worker.task.cancel()
        await until(running, worker.id, DOWN)
        (shown,) = await running.workers()
    assert "not connected" in shown["reason"]


async def test_what_its_comfyui_has_for_pages_comes_over_the_line(served, elsewhere, fake, session):
    script = os.urandom(200_000).hex().encode()
    fake.listings = {"/extensions": ["/extensions/shiny/shiny.js"]}
    fake.pages = {"/extensions/shiny/shiny.js": script}
    fake.embeddings = ["noir"]
    async with served(**HERE) as running, elsewhere(running.url, fake) as worker:
        await until(running, worker.id)
        assert await running.client.ask("GET", "/embeddings", list) == ["noir"]
        for _ in range(2):
            async with session.get(f"{running.url}/extensions/shiny/shiny.js") as answer:
                assert await answer.read() == script
        assert fake.unchanged == ["/extensions/shiny/shiny.js"]
        async with session.get(f"{running.url}/extensions/shiny/none.js") as answer:
            assert answer.status == 404


@pytest.fixture
async def stranger(served, session):
    """`await stranger(method, path, ...)` of a server that runs: its status and its JSON."""
    async with served(**HERE) as running:

        async def ask(method, path, **options):
            async with session.request(method, running.url + path, **options) as answer:
                return answer.status, json.loads(await answer.read())

        yield ask


async def test_files_are_only_for_runs_that_need_them_and_only_what_they_say_they_are(stranger):
    digest = "ab" * 32
    status, told = await stranger("GET", f"/api/worker/remote-1/inputs/{digest}")
    assert (status, told["code"]) == (404, "not_found")
    output = f"/api/worker/remote-1/outputs/{digest}"
    status, told = await stranger("PUT", f"{output}?size=4&offset=0", data=b"12")
    assert (status, told) == (200, {"have": 2, "whole": False})
    status, told = await stranger("PUT", f"{output}?size=4&offset=0", data=b"12")
    assert (status, told["code"]) == (409, "conflict")
    status, told = await stranger("PUT", f"{output}?size=4&offset=2", data=b"345")
    assert (status, told["code"]) == (413, "too_large")
    assert (await stranger("GET", f"{output}?size=4"))[1] == {"have": 2, "whole": False}
    status, told = await stranger("PUT", f"{output}?size=4&offset=2", data=b"34")
    assert (status, told["code"]) == (409, "hash_mismatch")
    assert (await stranger("GET", f"{output}?size=4"))[1] == {"have": 0, "whole": False}
    for path in (f"{output}?size=x", "/api/worker/remote-1/outputs/..%2f..%2fx?size=4"):
        assert (await stranger("GET", path))[0] == 400

"""A ComfyUI that misbehaves: what becomes of its job, and of the worker."""

from tests.fleet.conftest import CALLER, holding, showing

from greenroom.domain.job import JobEvent, JobState
from greenroom.domain.worker import WorkerStatus

UP, QUARANTINED = WorkerStatus.UP, WorkerStatus.QUARANTINED


def failing(kind, message):
    return showing({"class_type": "Fail", "inputs": {"type": kind, "message": message}})


def worker_of(running, fake):
    return next(w for w in running.services.workers.all() if w.url == fake.url)


async def until_quarantined(running, fake):
    while worker_of(running, fake).status is not QUARANTINED:
        await running.services.workers.changed()
    return worker_of(running, fake)


async def test_a_dead_prompt_thread_puts_the_worker_out_of_service_and_the_job_elsewhere(
    served, fake, other
):
    async with served(fake) as running:
        await running.until(UP)
        fake.thread_dies = True
        job = await running.submit(holding("gate"))
        await running.client.ask("POST", "/api/admin/workers", dict, json={"url": other.url})
        await other.gate("gate").reached.wait()
        other.gate("gate").opened.set()
        ended = await running.ended(job)
        story = await running.attempts(job)
        assert worker_of(running, fake).status is QUARANTINED
    assert ended.state is JobState.SUCCEEDED
    assert [outcome for _, _, outcome in story] == [JobEvent.RETRY, JobEvent.SUCCEED]
    assert story[0][1] != story[1][1]


async def test_a_gpu_fault_keeps_the_worker_out_until_an_operator_resumes_it(served, fake):
    async with served(fake) as running:
        await running.until(UP)
        await running.submit(failing("RuntimeError", "CUDA error: an illegal memory access"))
        worker = await until_quarantined(running, fake)
        assert "illegal memory access" in worker.reason
        resumed = await running.order(worker.id, "resume")
        assert resumed["status"] == "up"


async def test_a_gpu_fault_is_over_when_the_comfyui_was_restarted(served, fake):
    async with served(fake) as running:
        await running.until(UP)
        await running.submit(failing("RuntimeError", "CUDA error: an illegal memory access"))
        await until_quarantined(running, fake)
        await fake.crash()
        await running.until(WorkerStatus.DOWN)
        await fake.restart()
        await running.until(UP)


async def test_after_out_of_memory_the_worker_is_freed_before_the_second_try(served, fake):
    async with served(fake) as running:
        await running.until(UP)
        job = await running.submit(failing("torch.OutOfMemoryError", "Allocation on device"))
        ended = await running.ended(job)
        assert [outcome for _, _, outcome in await running.attempts(job)] == [
            JobEvent.RETRY,
            JobEvent.FAIL,
        ]
        assert worker_of(running, fake).status is UP
    assert ended.error["advice"]
    sent = [line for line in fake.requests if line in {"POST /prompt", "POST /free"}]
    assert "POST /free" in sent[sent.index("POST /prompt", 1) :]


async def test_a_cancel_stops_one_of_two_jobs_that_run_at_once(served, fake, other):
    async with served(fake, other) as running:
        await running.until(UP, UP)
        jobs = [await running.submit(holding(str(n))) for n in range(2)]
        for server in (fake, other):
            await server.until(lambda server=server: server.books.running)
        assert await running.client.cancel(jobs[0])
        assert (await running.ended(jobs[0])).state is JobState.CANCELED
        assert (await running.job(jobs[1])).state is JobState.RUNNING
        for server in (fake, other):
            server.gate("1").opened.set()
        assert (await running.ended(jobs[1])).state is JobState.SUCCEEDED


async def test_a_node_that_ignores_a_cancel_costs_its_worker_until_it_ends(served, fake):
    async with served(fake) as running:
        await running.until(UP)
        job = await running.submit(holding("gate", stubborn=True))
        await fake.gate("gate").reached.wait()
        assert await running.client.cancel(job)
        assert (await running.ended(job)).state is JobState.CANCELED
        worker = await until_quarantined(running, fake)
        assert "does not stop" in worker.reason
        fake.gate("gate").opened.set()
        await running.until(UP)


async def test_a_failed_job_tells_its_node_the_message_and_what_to_do(served, fake):
    async with served(fake) as running:
        job = await running.submit(failing("ValueError", "the mask is empty"))
        await running.ended(job)
        (attempt,) = await running.services.jobs.attempts(CALLER, job)
        told = await running.client.job(job)
    assert (attempt.error["node_id"], attempt.error["node_type"]) == ("1", "Fail")
    assert "node 1 (Fail): the mask is empty" in told.why

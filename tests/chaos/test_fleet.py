"""Jobs on four ComfyUIs while the server, workers elsewhere and the ComfyUIs are killed at random.

GREENROOM_CHAOS_JOBS=2000 makes it long; GREENROOM_CHAOS_SEED repeats a run.
"""

import asyncio
import os
import random

import pytest
from tests.chaos import history
from tests.chaos.fleet import Fleet

from greenroom.cli.client import Client
from greenroom.domain import ids
from greenroom.domain.errors import AppError, ErrorCode

JOBS = int(os.environ.get("GREENROOM_CHAOS_JOBS", "60"))
SEED = int(os.environ.get("GREENROOM_CHAOS_SEED", "7"))
ROUND = 20
"""Jobs that are submitted between two blows."""
ENDED = "completed,failed,cancelled"


def seconds(number):
    """How long job `number` sleeps: different for each, so that its output names it."""
    return round(0.2 + number / 1_000_000, 6)


def graph(number):
    return {
        "1": {"class_type": "Sleep", "inputs": {"seconds": seconds(number)}},
        "2": {
            "class_type": "SaveImage",
            "inputs": {"images": ["1", 0], "filename_prefix": f"job{number}/out"},
        },
    }


async def submit(fleet, number, job_id):
    """Submit until the server has answered; the same id makes it the same job."""
    body = {"prompt": graph(number), "prompt_id": job_id, "client_id": "chaos"}
    while True:
        await fleet.up.wait()
        try:
            async with Client(fleet.url) as client:
                await client.submit(body)
        except AppError as error:
            if error.code is not ErrorCode.UNAVAILABLE:
                raise
            await asyncio.sleep(0)
        else:
            return


async def until_ended(fleet, count):
    """Wait until so many jobs have ended."""
    async with Client(fleet.url) as client, client.socket("chaos") as socket:
        while (await client.jobs(ENDED, 1)).pagination.total < count:
            while (await socket.receive_json())["type"] != "execution_success":
                pass


async def strike(fleet, dice):
    """One blow; everything is up again when it returns."""
    comfy, second = dice.sample(fleet.comfies, 2)
    worker = dice.choice(fleet.workers)
    blows = ("kill", "kill", "stop", "comfy", "comfy", "two", "both", "worker", "worker", "leave")
    match dice.choice(blows):
        case "kill":
            await fleet.kill_server()
            await fleet.start_server()
        case "stop":
            await fleet.stop_server()
            await fleet.start_server()
        case "comfy":
            await fleet.restart(comfy)
        case "two":
            await asyncio.gather(fleet.restart(comfy), fleet.restart(second))
        case "worker":
            await fleet.kill_worker(worker)
        case "leave":
            await fleet.stop_worker(worker)
        case "both":
            await fleet.kill_server()
            await fleet.restart(comfy)
            await fleet.start_server()


@pytest.mark.timeout(1800)
async def test_no_job_is_lost_or_finished_twice_or_mixed_up(tmp_path):
    dice = random.Random(SEED)
    jobs = {ids.new_job_id(): number for number in range(JOBS)}
    numbered = list(jobs.items())
    async with Fleet(tmp_path, 4) as fleet:
        async with Client(fleet.url) as client:
            await client.until_workers_are_up()
        for start in range(0, JOBS, ROUND):
            batch = numbered[start : start + ROUND]
            await asyncio.gather(
                *(submit(fleet, number, job_id) for job_id, number in batch), strike(fleet, dice)
            )
            await until_ended(fleet, start + dice.randrange(ROUND))
        await until_ended(fleet, JOBS)
        await fleet.stop_server()
        told = history.read(fleet.data)
        assert set(told) == set(jobs)
        wrong = {jobs[job]: history.complaints(kept) for job, kept in told.items()}
        assert {number: said for number, said in wrong.items() if said} == {}
        for job, number in jobs.items():
            found = await asyncio.to_thread(history.files, told[job], fleet.data)
            assert found == [f"slept {seconds(number)}".encode()], number
            made = sum(
                len(list((comfy.folder / "output" / f"job{number}").glob("*")))
                for comfy in fleet.comfies
            )
            assert 1 <= made <= len(told[job].outcomes), number


@pytest.mark.parametrize(
    ("history_of_a_job", "complaint"),
    [
        (["submit", "claim", "succeed", "succeed"], "succeed after it was succeeded"),
        (["submit", "claim"], "its events lead to running"),
        (["submit", "claim", "retry", "claim", "fail"], "its events lead to failed"),
    ],
)
def test_the_check_finds_a_job_that_was_finished_twice_or_not_at_all(history_of_a_job, complaint):
    kept = history.History("succeeded", history_of_a_job, ["succeed"], {})
    assert any(complaint in found for found in history.complaints(kept))


def test_the_check_finds_an_attempt_without_an_end():
    kept = history.History("succeeded", ["submit", "claim", "succeed"], [None, "succeed"], {})
    assert history.complaints(kept) == ["its attempts ended as [None, 'succeed']"]

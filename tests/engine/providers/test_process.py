"""Instances that are processes of this machine."""

import asyncio
import sys

import psutil
import pytest

from greenroom.domain.ids import WorkerId
from greenroom.engine.comfyui.owned import record
from greenroom.engine.comfyui.owned.process import ProcessTiming
from greenroom.engine.owner import ProcessStatus
from greenroom.engine.provider import InstanceOrder
from greenroom.engine.providers.process import ProcessProvider

COMMAND = f"{sys.executable} -m tests.fakes.comfyui_process --port {{port}}"
TIMING = ProcessTiming(look=0.02, end_grace=2.0, first_pause=0.02)
ONE, TWO = WorkerId("one"), WorkerId("two")


@pytest.fixture
def provider(tmp_path):
    def make(command=COMMAND):
        return ProcessProvider(command, ["0", "1"], 2, tmp_path, TIMING)

    return make


def order(instance):
    return InstanceOrder(instance, "d1", "Portraits", {"hardware": "AMPERE_24"})


async def answering(provided):
    """The process of an instance, once it answers."""
    there = asyncio.Event()
    owner = provided.owner
    owner.watch(lambda state: there.set() if state.status is ProcessStatus.ANSWERING else None)
    if not owner.state.answers:
        await there.wait()
    return psutil.Process(owner.pid)


async def test_each_instance_has_a_gpu_of_its_own_and_is_told_what_it_is_for(provider):
    made = provider()
    await made.open()
    first, second = [await answering(await made.start(order(one))) for one in (ONE, TWO)]
    assert [process.environ()["CUDA_VISIBLE_DEVICES"] for process in (first, second)] == ["0", "1"]
    told = first.environ()
    assert told["GREENROOM_INSTANCE"] == ONE
    assert told["GREENROOM_DEPLOYMENT"] == "d1"
    assert told["GREENROOM_HARDWARE"] == "AMPERE_24"
    await made.stop(ONE, None)
    assert not first.is_running()
    assert list(await made.listed()) == [TWO]
    await made.stop(TWO, None)
    await made.stop(TWO, None)
    assert not second.is_running()


async def test_an_instance_is_started_once(provider):
    made = provider()
    await made.open()
    before = await answering(await made.start(order(ONE)))
    again = await made.start(order(ONE))
    assert again.owner.pid == before.pid
    await made.stop(ONE, None)


async def test_the_next_server_goes_on_with_what_a_killed_one_left(provider, tmp_path):
    killed = provider()
    await killed.open()
    kept, orphan = [await answering(await killed.start(order(one))) for one in (ONE, TWO)]
    for one in (ONE, TWO):
        killed._running[one]._task.cancel()
    following = provider()
    await following.open()
    assert set(await following.listed()) == {ONE, TWO}
    provided = await following.start(order(ONE))
    assert (await answering(provided)).pid == kept.pid
    await following.stop(TWO, None)
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
    await following.stop(ONE, None)
    for process in killed._running.values():
        await asyncio.to_thread(process._group._child.wait)
    assert record.read(tmp_path / "one.json") is None


async def test_a_process_that_ends_at_once_says_why(provider):
    words = f"{sys.executable} -c \"raise SystemExit('no such model')\" --port {{port}}"
    made = provider(words)
    await made.open()
    ended = asyncio.Queue()
    owner = (await made.start(order(ONE))).owner
    owner.watch(ended.put_nowait)
    while (state := await ended.get()).status is not ProcessStatus.ENDED:
        pass
    assert "no such model" in state.reason
    await made.stop(ONE, None)

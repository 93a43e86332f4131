"""A ComfyUI that Greenroom starts itself: real processes, watched, started again and ended."""

import asyncio
import os
import signal
import sys

import aiohttp
import psutil
import pytest
from tests.fakes import comfyui_process

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.engine.comfyui.owned import launch, record
from greenroom.engine.comfyui.owned.launch import Launch, launches
from greenroom.engine.comfyui.owned.process import ComfyProcess, ProcessTiming
from greenroom.engine.owner import ProcessStatus

FAKE = f"{sys.executable} -SE {comfyui_process.__file__} --port {{port}}"
QUICK = ProcessTiming(look=0.02, end_grace=2.0, first_pause=0.01, longest_pause=0.05)
"""Short waits; no test depends on how short."""
STARTING, ANSWERING, ENDED = ProcessStatus


class Watched:
    """A process, and the states that it went through."""

    def __init__(self, process):
        self.process = process
        self.states = asyncio.Queue()
        process.watch(self.states.put_nowait)

    async def until(self, status):
        while (state := await self.states.get()).status is not status:
            pass
        return state


@pytest.fixture
async def owned(tmp_path):
    """Makes owners of the same folder, as one server after the other does; ends what is left."""
    made = []

    async def make(command=FAKE, timing=QUICK, gpu=None):
        process = ComfyProcess(Launch("one", command, gpu), tmp_path / "owned", timing)
        made.append(process)
        await process.prepare()
        watched = Watched(process)
        process.start()
        return watched

    yield make
    for process in made:
        await process.stop()


async def answers(url):
    async with aiohttp.ClientSession() as session:
        try:
            async with session.get(f"{url}/system_stats") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False


def runs(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def forgotten(process):
    """As a kill of its owner leaves it; gives the child, for which somebody has to wait."""
    process._task.cancel()
    group, process._group = process._group, None
    return group._child


async def test_it_is_started_on_a_free_port_and_ends_with_its_owner(owned):
    one = await owned()
    await one.until(ANSWERING)
    assert await answers(one.process.url)
    pid = one.process.pid
    await one.process.stop()
    assert not await answers(one.process.url)
    assert not psutil.pid_exists(pid)


async def test_one_that_dies_is_started_again_at_the_same_address(owned):
    one = await owned()
    await one.until(ANSWERING)
    url, pid = one.process.url, one.process.pid
    os.kill(pid, signal.SIGKILL)
    assert "was ended by SIGKILL and is started again" in (await one.until(ENDED)).reason
    await one.until(ANSWERING)
    assert (one.process.url, one.process.generation) == (url, 2)
    assert await answers(url)


async def test_one_that_cannot_start_tells_its_last_words(owned):
    words = "ModuleNotFoundError: No module named torch"
    one = await owned(f"""sh -c 'echo "{words}"; exit 3' sh""")
    ended = await one.until(ENDED)
    assert "ended with exit code 3" in ended.reason
    assert words in ended.reason


async def test_a_program_that_is_gone_is_told_and_tried_again(owned, tmp_path):
    one = await owned(str(tmp_path / "gone"))
    assert "cannot be started: No such file" in (await one.until(ENDED)).reason
    await one.until(ENDED)


async def test_one_that_never_answers_is_ended_and_started_again(owned):
    timing = ProcessTiming(look=0.02, start_limit=0.1, first_pause=0.01)
    one = await owned("sh -c 'sleep 1000' sh", timing)
    await one.until(ENDED)
    await one.until(STARTING)


async def test_what_the_process_started_ends_with_it(owned):
    one = await owned(f"sh -c '{FAKE} & sleep 1000 & wait'")
    await one.until(ANSWERING)
    family = psutil.Process(one.process.pid).children(recursive=True)
    assert len(family) == 2
    await one.process.stop()
    assert not await answers(one.process.url)
    while any(runs(member) for member in family):  # noqa: ASYNC110 - killed, but no children of ours
        await asyncio.sleep(0)


async def test_one_that_does_not_heed_a_request_to_end_is_killed(owned):
    timing = ProcessTiming(look=0.02, end_grace=0.05)
    one = await owned(f"""sh -c 'trap "" TERM; {FAKE} & while true; do wait; done'""", timing)
    await one.until(ANSWERING)
    pid = one.process.pid
    await one.process.stop()
    assert not psutil.pid_exists(pid)
    assert not await answers(one.process.url)


async def test_a_restart_ends_the_process_and_brings_another_one(owned):
    one = await owned()
    await one.until(ANSWERING)
    pid = one.process.pid
    await one.process.restart(1, "it hangs")
    assert not psutil.pid_exists(pid)
    assert "it hangs" in (await one.until(STARTING)).reason
    await one.until(ANSWERING)
    assert one.process.generation == 2


async def test_a_restart_for_the_fault_of_an_earlier_process_leaves_the_present_one(owned):
    one = await owned()
    await one.until(ANSWERING)
    await one.process.restart(1, "it hangs")
    pid = one.process.pid
    await one.process.restart(1, "it hangs")
    assert one.process.pid == pid


async def test_after_a_kill_of_its_owner_the_next_one_takes_it_over(owned):
    one = await owned()
    await one.until(ANSWERING)
    pid, url = one.process.pid, one.process.url
    child = forgotten(one.process)
    two = await owned()
    await two.until(ANSWERING)
    assert (two.process.pid, two.process.url) == (pid, url)
    await two.process.stop()
    assert not await answers(url)
    child.wait()


async def test_after_a_kill_of_its_owner_another_command_ends_it_and_starts(owned):
    one = await owned()
    await one.until(ANSWERING)
    pid = one.process.pid
    former = psutil.Process(pid)
    child = forgotten(one.process)
    two = await owned(f"{FAKE} --version 0.30.0")
    await two.until(ANSWERING)
    assert two.process.pid != pid
    assert not runs(former)
    child.wait()


async def test_a_process_that_got_the_id_of_the_former_one_is_left_alone(owned, tmp_path):
    stranger = await asyncio.to_thread(_stranger)
    former = record.Record(stranger.pid, started=1.0, port=20_001, command=FAKE)
    path = tmp_path / "owned" / "one.json"
    path.parent.mkdir()
    await asyncio.to_thread(record.write, path, former)
    try:
        one = await owned()
        await one.until(ANSWERING)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def _stranger():
    import subprocess

    return subprocess.Popen(["sleep", "1000"], start_new_session=True)


async def test_each_gpu_gets_a_comfyui_that_sees_only_it(owned):
    found = await launches(FAKE, "0, 2")
    assert [(one.name, one.gpu) for one in found] == [("gpu0", "0"), ("gpu2", "2")]
    one = await owned(f"""sh -c 'echo "sees $CUDA_VISIBLE_DEVICES"; {FAKE}'""", gpu="2")
    await one.until(ANSWERING)
    assert "sees 2" in one.process.log.path.read_text()


async def test_gpus_are_those_that_nvidia_smi_lists(tmp_path, monkeypatch):
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\nprintf '0\\n1\\n'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert [one.gpu for one in await launches(FAKE, None)] == ["0", "1"]


async def test_keys_of_greenroom_are_not_handed_to_the_process(monkeypatch):
    monkeypatch.setenv("GREENROOM_API_KEY", "gr_secret")
    assert "GREENROOM_API_KEY" not in launch.inherited_environment()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("python main.py", ["python", "main.py", "--port", "9000"]),
        ("python main.py --port {port} --cpu", ["python", "main.py", "--port", "9000", "--cpu"]),
        ("python main.py --port 8188", ["python", "main.py", "--port", "8188"]),
        ("run 'my comfy' :{port}", ["run", "my comfy", ":9000"]),
    ],
)
def test_the_port_is_put_where_the_command_wants_it(command, words):
    assert Launch("one", command).arguments(9000) == words


@pytest.mark.parametrize(
    ("command", "gpus"),
    [("", None), ("no-such-program-here", None), ("sh 'open", None), ("sh --port 8188", "0,1")],
)
async def test_a_command_that_cannot_work_is_refused_at_once(command, gpus):
    with pytest.raises(AppError) as refused:
        await launches(command, gpus)
    assert refused.value.code is ErrorCode.BAD_REQUEST

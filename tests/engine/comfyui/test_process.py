"""A ComfyUI in a process of its own, killed without warning."""

import asyncio
import sys
from pathlib import Path

import pytest

from greenroom.domain.failure import FailureClass
from greenroom.domain.run import NodeStarted
from greenroom.engine.base import EngineError

ROOT = Path(__file__).parents[3]
TEXT = {"out": {"class_type": "PreviewAny", "inputs": {"source": "hello"}}}


class Process:
    """The fake as a child process, at the same port after every start."""

    def __init__(self, folder):
        self._folder = folder
        self._child = None
        self.url = "http://127.0.0.1:0"

    async def start(self):
        self._child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.fakes.comfyui_server"),
            *("--port", self.url.rsplit(":", 1)[1], "--folder", str(self._folder)),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        self.url = (await self._child.stdout.readline()).decode().strip()

    async def kill(self):
        if self._child.returncode is None:
            self._child.kill()
        await self._child.communicate()


@pytest.fixture
async def process(tmp_path):
    process = Process(tmp_path / "comfyui")
    await process.start()
    yield process
    await process.kill()


async def test_a_killed_comfyui_loses_its_run_and_serves_the_next_one_when_it_is_back(
    process, make_engine, make_run, sink, held
):
    engine = await make_engine(process)
    run = make_run(held())
    running = asyncio.create_task(engine.run(run, sink))
    await sink.until(NodeStarted)

    await process.kill()
    await process.start()

    with pytest.raises(EngineError) as caught:
        await running
    assert caught.value.failure.kind is FailureClass.WORKER_LOST
    again = await engine.run(make_run(TEXT, job_id=run.job_id, attempt=2), sink)
    assert again.outputs == {"out": {"text": ["hello"]}}

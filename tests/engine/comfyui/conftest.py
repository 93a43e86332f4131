import asyncio
from dataclasses import replace

import pytest
from tests.fakes.comfyui_server import FakeComfyUI

from greenroom.domain.ids import new_job_id
from greenroom.engine.base import Run
from greenroom.engine.comfyui.engine import ComfyEngine
from greenroom.engine.comfyui.timing import Timing

QUICK = Timing(
    poll=0.05,
    idle_poll=0.05,
    request=5.0,
    transfer=5.0,
    retry=0.01,
    settle=0.01,
    linger=30.0,
    unreachable=30.0,
    start_limit=30.0,
    silence_limit=60.0,
    reconnect_first=0.01,
    reconnect_longest=0.05,
    socket_wait=5.0,
)
"""Short waits; no test depends on how short."""


class Sink:
    """Collects a run's events, and lets a test wait for one."""

    def __init__(self):
        self.events = []
        self._arrived = asyncio.Event()

    async def __call__(self, event):
        self.events.append(event)
        self._arrived.set()

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, kind):
        while not self.of(kind):
            self._arrived.clear()
            await self._arrived.wait()


@pytest.fixture
async def fake(tmp_path):
    async with FakeComfyUI(tmp_path / "comfyui") as server:
        yield server


@pytest.fixture
async def make_engine():
    """Engines with quick timing; further arguments replace single intervals."""
    engines = []

    async def make(server, *, start=True, timing=QUICK, trial_runs=False, **options):
        names = set(options) & set(Timing.__dataclass_fields__)
        timing = replace(timing, **{name: options.pop(name) for name in names})
        engine = ComfyEngine(server.url, timing=timing, trial_runs=trial_runs, **options)
        engines.append(engine)
        if start:
            await engine.start()
        return engine

    yield make
    for engine in engines:
        await engine.stop()


@pytest.fixture
async def engine(fake, make_engine):
    return await make_engine(fake)


@pytest.fixture
def sink():
    return Sink()


@pytest.fixture
def make_run():
    def make(graph, *, outputs=("out",), attempt=1, job_id=None, **rest):
        return Run(job_id or new_job_id(), attempt, graph, tuple(outputs), **rest)

    return make


@pytest.fixture
def held():
    """A graph that waits at the gate called `gate` before it shows its text."""

    def graph(gate="gate", **inputs):
        return {
            "wait": {"class_type": "Hold", "inputs": {"gate": gate, **inputs}},
            "out": {"class_type": "PreviewAny", "inputs": {"source": ["wait", 0]}},
        }

    return graph

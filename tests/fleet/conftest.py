"""A whole server in this process, on ComfyUIs that are real servers without models."""

import contextlib

import aiohttp
import pytest
from tests.fakes.comfyui_server import FakeComfyUI

from greenroom import fleet
from greenroom.bootstrap import serving
from greenroom.cli.client import Client
from greenroom.config import Config
from greenroom.domain.job import TERMINAL_STATES
from greenroom.domain.principal import Principal
from greenroom.engine.comfyui.engine import ComfyEngine
from greenroom.engine.comfyui.timing import Timing

CALLER = Principal()
WORKERS = "/api/admin/workers"
QUICK = Timing(
    poll=0.05, idle_poll=0.05, request=5.0, retry=0.01, settle=0.01, unreachable=30.0,
    start_limit=1.0, stop_limit=0.2, reconnect_first=0.01, reconnect_longest=0.05, socket_wait=5.0,
)  # fmt: skip
"""Short waits; no test depends on how short."""


def showing(node):
    """A graph that shows what `node` gives, as text."""
    return {"1": node, "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}}}


def holding(gate, **inputs):
    return showing({"class_type": "Hold", "inputs": {"gate": gate, **inputs}})


class Running:
    """A server that runs, and what tests ask of it."""

    def __init__(self, server, client):
        self.services = server.services
        self.url = server.url
        self.client = client
        self.engine = server.engine

    async def submit(self, graph):
        while not self.services.nodes.definitions():
            await self.services.workers.changed()
        return (await self.client.submit({"prompt": graph})).prompt_id

    async def ended(self, job_id):
        """The job, once it has ended."""
        with self.services.watch.follow(CALLER, job_id) as events:
            job = await self.job(job_id)
            if job.state in TERMINAL_STATES:
                return job
            async for event in events:
                if hasattr(event, "job") and event.job.state in TERMINAL_STATES:
                    return event.job
        raise AssertionError("the subscription ended before the job")

    async def job(self, job_id):
        return await self.services.jobs.get(CALLER, job_id)

    async def attempts(self, job_id):
        found = await self.services.jobs.attempts(CALLER, job_id)
        return [(a.number, a.worker, a.outcome) for a in found]

    async def workers(self):
        return (await self.client.ask("GET", WORKERS, dict))["workers"]

    async def order(self, worker, order):
        return await self.client.ask("POST", f"{WORKERS}/{worker}/{order}", dict)

    async def until(self, *statuses):
        """Wait until the workers are like that; gives them as they are then."""
        workers = self.services.workers
        while [worker.status for worker in workers.all()] != list(statuses):
            await workers.changed()
        return workers.all()


@pytest.fixture
def served(tmp_path, monkeypatch):
    """`async with served(fake, ...) as running`: on the same data folder each time."""

    def quick_engine(url, *, timing):
        return ComfyEngine(url, timing=QUICK)

    monkeypatch.setattr(fleet, "ComfyEngine", quick_engine)

    @contextlib.asynccontextmanager
    async def serve(*fakes, **settings):
        urls = [fake.url for fake in fakes] or None
        config = Config(
            data_dir=tmp_path / "data",
            drain_seconds=0.0,
            **{"port": 0, "comfyui": urls, **settings},
        )
        async with serving(config) as server, Client(server.url) as client:
            yield Running(server, client)

    return serve


@pytest.fixture
async def fake(tmp_path):
    async with FakeComfyUI(tmp_path / "comfyui") as server:
        yield server


@pytest.fixture
async def other(tmp_path):
    async with FakeComfyUI(tmp_path / "other") as server:
        yield server


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as opened:
        yield opened

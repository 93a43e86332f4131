"""A whole server, and workers for it that reach it over HTTP only, all in this process."""

import asyncio
import contextlib
from functools import partial

import pytest
from tests.fleet.conftest import QUICK, fake, other, served, session

from greenroom.domain.worker import WorkerStatus
from greenroom.engine.comfyui.engine import ComfyEngine
from greenroom.outpost import inputs, outputs
from greenroom.outpost import outpost as outposts
from greenroom.outpost.outpost import Outpost, Post
from greenroom.outpost.patience import Patience
from greenroom.outpost.server import Server

__all__ = ["fake", "other", "served", "session"]

SHORT = partial(Patience, 0.01, 0.05)


class Connected:
    """A worker elsewhere that runs, and how it ends when the server wants no more of it."""

    def __init__(self, outpost, task):
        self.outpost = outpost
        self.id = outpost.post.worker
        self.task = task
        self.tried = asyncio.Event()
        """Whether it has tried to connect, in vain."""
        self.troubles = []
        note = outpost._note

        def noted(trouble):
            note(trouble)
            self.troubles.append(trouble)
            self.tried.set()

        outpost._note = noted


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    for module in (inputs, outputs, outposts):
        monkeypatch.setattr(module, "Patience", SHORT)


@pytest.fixture
def elsewhere(tmp_path):
    """`async with elsewhere(url, fake) as worker`: the same worker each time it is named alike."""

    @contextlib.asynccontextmanager
    async def connect(url, fake, name="remote-1", token=None, owner=None):
        post = Post(name, fake.url, {"room": "cellar"}, tmp_path / name, 2**30)
        server = Server(url, token)
        await server.open()
        outpost = Outpost(post, ComfyEngine(fake.url, timing=QUICK), server, owner)
        task = asyncio.create_task(outpost.serve())
        try:
            yield Connected(outpost, task)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await outpost.stop()
            await server.close()

    return connect


async def until(running, worker, status=WorkerStatus.UP):
    """Wait until the worker is like that."""
    workers = running.services.workers
    while not any((one.id, one.status) == (worker, status) for one in workers.all()):
        await workers.changed()

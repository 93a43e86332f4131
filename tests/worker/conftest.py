"""A whole installation without HTTP: services on a real database, and a worker on a script."""

import asyncio
import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.fakes.scripted_engine import GRAPH, NODE_CLASSES, ScriptedEngine

from greenroom.assets.blobs import BlobStore
from greenroom.assets.tree import NamedTree
from greenroom.bus.local import LocalBus
from greenroom.domain import ids
from greenroom.domain.job import TERMINAL_STATES
from greenroom.domain.principal import Principal
from greenroom.domain.workflow.submission import parse_submission
from greenroom.service.assets import Assets
from greenroom.service.jobs import Jobs
from greenroom.service.node_info import NodeInfo
from greenroom.service.policy import Policy
from greenroom.service.queue import Queue
from greenroom.service.submit import Submit
from greenroom.service.watch import Watch
from greenroom.service.workers import Workers
from greenroom.store.database import Database
from greenroom.worker.attempt import Bench
from greenroom.worker.loop import Identity, WorkerLoop

CALLER = Principal()


@dataclass
class Installation:
    database: Database
    folder: Path
    bus: LocalBus
    watch: Watch
    nodes: NodeInfo
    assets: Assets
    queue: Queue
    jobs: Jobs
    submit_service: Submit
    workers: Workers

    async def submit(self, graph=GRAPH, **fields):
        body = {"prompt": graph, **fields}
        submitted = await self.submit_service.submit(
            CALLER, parse_submission(body), json.dumps(graph).encode()
        )
        return submitted.job

    @contextlib.asynccontextmanager
    async def worker(self, engine, slots=1, grace=0.0, **labels):
        bench = Bench(
            engine, self.queue, self.watch, self.assets, self.nodes,
            self.database.clock, 30_000, self.folder / "collect",
        )  # fmt: skip
        loop = WorkerLoop(
            Identity(ids.new_worker_id("test"), "test", labels=labels), bench, self.workers, slots
        )
        loop.start()
        try:
            yield loop
        finally:
            await loop.stop(grace)

    async def ended(self, job_id):
        """The job, once it has ended."""
        with self.watch.follow(CALLER, job_id) as events:
            job = await self.jobs.get(CALLER, job_id)
            if job.state in TERMINAL_STATES:
                return job
            async for event in events:
                if hasattr(event, "job") and event.job.state in TERMINAL_STATES:
                    return event.job
        raise AssertionError("the subscription ended before the job")

    async def outputs(self, job_id):
        detail = await self.jobs.detail(CALLER, job_id)
        return json.loads(detail.result.outputs)

    async def attempts(self, job_id):
        return await self.jobs.attempts(CALLER, job_id)


@pytest.fixture
async def installation(database, tmp_path):
    bus = LocalBus()
    watch = Watch(bus)
    nodes = NodeInfo()
    nodes.learn(ids.new_worker_id("known"), NODE_CLASSES)
    blobs = await asyncio.to_thread(BlobStore, tmp_path / "blobs")
    assets = Assets(database, blobs, NamedTree(tmp_path, blobs))
    yield Installation(
        database, tmp_path, bus, watch, nodes, assets,
        Queue(database, bus, watch, Policy()), Jobs(database, bus, watch),
        Submit(database, bus, assets, nodes), Workers(database, nodes),
    )  # fmt: skip
    watch.close()


@pytest.fixture
def engine(tmp_path):
    return ScriptedEngine(tmp_path / "engine")

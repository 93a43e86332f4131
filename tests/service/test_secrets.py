"""Keys for paid services: for the run, and for nobody else."""

import asyncio
import json

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import select
from tests.fakes.scripted_engine import GRAPH, NODE_CLASSES

from greenroom.assets.blobs import BlobStore
from greenroom.assets.tree import NamedTree
from greenroom.bus.local import LocalBus
from greenroom.domain import ids
from greenroom.domain.principal import Principal
from greenroom.domain.workflow.submission import parse_submission
from greenroom.service.acceptance import Acceptance
from greenroom.service.assets import Assets
from greenroom.service.idempotency import IdempotencyKeys
from greenroom.service.jobs import Jobs
from greenroom.service.node_info import NodeInfo
from greenroom.service.policy import Policy
from greenroom.service.queue import Ending, Queue
from greenroom.service.submit import Submit
from greenroom.service.vault import Vault
from greenroom.service.watch import Watch
from greenroom.store.tables import job_secrets, metadata

SECRET = "comfyui-0123456789abcdef"
WORKER = ids.new_worker_id("test")
NOTHING = Ending({}, {}, [])


class Desk:
    """Submits jobs with a key, and takes them up."""

    def __init__(self, database, folder):
        bus = LocalBus()
        watch = Watch(bus)
        nodes = NodeInfo()
        nodes.learn(WORKER, NODE_CLASSES)
        blobs = BlobStore(folder)
        self.database = database
        self.vault = Vault(b"s" * 32)
        self.queue = Queue(database, bus, watch, Policy(), self.vault)
        self.jobs = Jobs(database, bus, watch)
        acceptance = Acceptance(IdempotencyKeys(database), self.vault)
        assets = Assets(database, blobs, NamedTree(folder, blobs))
        self._submit = Submit(database, bus, assets, nodes, acceptance)

    async def submit(self):
        body = {"prompt": GRAPH, "extra_data": {"api_key_comfy_org": SECRET, "other": 1}}
        submission = parse_submission(body)
        text = json.dumps(GRAPH).encode()
        return (await self._submit.submit(Principal(), submission, text)).job

    async def kept(self):
        return await self.database.read(
            lambda tx: tx.execute(select(job_secrets.c.job_id)).scalars().all()
        )

    async def everything_stored(self):
        def rows(tx):
            return [
                tuple(row) for table in metadata.sorted_tables for row in tx.execute(table.select())
            ]

        return repr(await self.database.read(rows))


@pytest.fixture
async def desk(database, tmp_path):
    return await asyncio.to_thread(Desk, database, tmp_path)


async def test_the_run_gets_the_key_and_no_record_shows_it(desk):
    job = await desk.submit()
    (assignment,) = await desk.queue.claim(WORKER)
    assert assignment.extra_data["api_key_comfy_org"] == SECRET
    assert assignment.extra_data["other"] == 1
    detail = await desk.jobs.detail(Principal(), job.id)
    assert SECRET.encode() not in detail.payload.extra_data
    assert SECRET not in await desk.everything_stored()


async def test_the_key_is_erased_when_the_job_ends(desk):
    await desk.submit()
    (assignment,) = await desk.queue.claim(WORKER)
    assert await desk.kept() == [assignment.job.id]
    await desk.queue.succeed(assignment, NOTHING)
    assert await desk.kept() == []


async def test_the_key_is_erased_when_a_waiting_job_is_canceled(desk):
    job = await desk.submit()
    await desk.jobs.cancel(Principal(), job.id)
    assert await desk.kept() == []


async def test_the_key_outlives_an_attempt_that_was_given_back(desk):
    await desk.submit()
    (assignment,) = await desk.queue.claim(WORKER)
    await desk.queue.release(assignment)
    (again,) = await desk.queue.claim(WORKER)
    assert again.extra_data["api_key_comfy_org"] == SECRET


async def test_another_server_s_secret_opens_nothing(desk):
    job = await desk.submit()
    other = Vault(b"t" * 32)
    assert await desk.database.read(lambda tx: other.of_job(tx, job.id)) == {}


async def test_a_sealed_key_opens_for_its_own_job_only(desk):
    job = await desk.submit()

    def moved(tx):
        sealed = tx.execute(select(job_secrets.c.sealed)).scalar_one()
        return desk.vault._cipher.decrypt(sealed[:12], sealed[12:], b"another job")

    with pytest.raises(InvalidTag):
        await desk.database.read(moved)
    assert await desk.database.read(lambda tx: desk.vault.of_job(tx, job.id)) == {
        "api_key_comfy_org": SECRET
    }

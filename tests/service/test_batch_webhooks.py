"""The end of a batch is told once, whatever its jobs come to, on both databases."""

import asyncio
import threading
from collections import Counter
from dataclasses import replace

import pytest
from tests.factories import insert_job
from tests.service.webhook_desk import CALLER, desk, outbound, target

from greenroom.domain import ids
from greenroom.domain.batch import BatchJob
from greenroom.domain.delivery import BatchNews, DeliveryStatus
from greenroom.domain.ids import DEFAULT_TENANT
from greenroom.domain.job import TERMINAL_STATES, JobEvent, JobState
from greenroom.domain.webhook import Webhook, WebhookEvents
from greenroom.store import batch_webhooks, batches, statement, transitions, webhook_queue
from greenroom.store import jobs as job_rows
from greenroom.store.database import Database

__all__ = ["desk", "outbound", "target"]


async def batch_of(desk, url, count, told=WebhookEvents.FINAL):
    """A batch of waiting jobs, as a sweep makes it."""
    webhook, batch_id, now = Webhook(url, told), ids.new_batch_id(), desk.clock.now()

    def write(tx):
        batch_webhooks.attach(tx, DEFAULT_TENANT, batch_id, webhook, count, now)
        own = replace(webhook, events=told.with_batch)
        jobs = [insert_job(tx, now, webhook=own) for _ in range(count)]
        members = [BatchJob(job.id, place, "", {}, {}) for place, job in enumerate(jobs)]
        batches.add(tx, DEFAULT_TENANT, batch_id, members)
        return jobs

    return batch_id, await desk.database.write(write)


async def ended(desk, job, state):
    """The job in a final state, by one of the ways that lead there."""
    path = {
        JobState.SUCCEEDED: (JobEvent.CLAIM, JobEvent.SUCCEED),
        JobState.FAILED: (JobEvent.CLAIM, JobEvent.FAIL),
        JobState.CANCELED: (JobEvent.CLAIM, JobEvent.CANCEL, JobEvent.STOPPED),
        JobState.LOST: (JobEvent.CLAIM, JobEvent.LOSE),
        JobState.EXPIRED: (JobEvent.EXPIRE,),
    }[state]
    for event in path:
        job = await desk.move(job, event)
    assert job.state is state


async def told_of_batches(desk):
    return [one for one in await desk.log() if isinstance(one.news, BatchNews)]


async def test_the_last_job_that_ends_tells_the_end_of_the_batch_with_counts(desk, target):
    final = sorted(TERMINAL_STATES)
    batch_id, jobs = await batch_of(desk, target.url(), len(final) + 1)
    other_id, _others = await batch_of(desk, target.url(), 1)
    for job, state in zip(jobs, [*final, JobState.SUCCEEDED], strict=True):
        assert await told_of_batches(desk) == []
        await ended(desk, job, state)
    (one,) = await told_of_batches(desk)
    assert one.news == BatchNews(batch_id) != BatchNews(other_id)
    await desk.sender.tick()
    assert [got.told for got in target.received if got.told["id"] == batch_id] == [
        {"id": batch_id, "total": 6, "counts": Counter([*final, JobState.SUCCEEDED])}
    ]
    assert len(target.received) == len(jobs) + 1
    assert {one.status for one in await desk.log()} == {DeliveryStatus.DELIVERED}


async def test_jobs_may_keep_silent_about_themselves(desk, target):
    batch_id, jobs = await batch_of(desk, target.url(), 2, WebhookEvents.BATCH)
    for job in jobs:
        await ended(desk, job, JobState.SUCCEEDED)
    await desk.sender.tick()
    assert [got.told["id"] for got in target.received] == [batch_id]
    assert await desk.webhooks.of_job(CALLER, jobs[0].id) is None


async def test_a_batch_may_be_told_with_every_change_of_its_jobs(desk, target):
    _id, (job,) = await batch_of(desk, target.url(), 1, WebhookEvents.ALL)
    await ended(desk, job, JobState.SUCCEEDED)
    await desk.sender.tick()
    told = [got.told.get("status", "batch") for got in target.received]
    assert sorted(told) == ["batch", "queued", "running", "succeeded"]
    assert (await desk.webhooks.of_job(CALLER, job.id)).events is WebhookEvents.ALL


async def test_the_end_of_a_batch_outlives_its_jobs(desk, target):
    """A receiver may delete each job when it hears of it."""
    batch_id, jobs = await batch_of(desk, target.url(), 3)
    for job in jobs:
        await ended(desk, job, JobState.SUCCEEDED)
        await desk.database.write(lambda tx, one=job: job_rows.delete(tx, one.tenant, [one.id]))
    (one,) = await desk.log()
    assert one.news == BatchNews(batch_id)
    await desk.sender.tick()
    assert target.received[-1].told == {
        "id": batch_id, "total": 3, "counts": {"succeeded": 3},
    }  # fmt: skip


async def test_the_end_of_one_batch_does_not_hurry_that_of_another(desk, target):
    target.status = 500
    first, second = [await batch_of(desk, target.url(), 1, WebhookEvents.BATCH) for _ in "12"]
    for _id, (job,) in (first, second):
        await ended(desk, job, JobState.SUCCEEDED)
    (claimed,) = await desk.sending.claim(1, ())
    await desk.sending.send(claimed)
    waiting = {one.id: one.next_at for one in await desk.log()}[claimed.delivery.id]
    target.status = 204
    await desk.sender.tick()
    (left,) = await desk.log(status=DeliveryStatus.PENDING)
    assert (left.id, left.next_at) == (claimed.delivery.id, waiting)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_two_last_jobs_that_end_at_once_on_two_servers_tell_one_end(desk, database_url):
    """The first one's transaction is open while the other one's ends its job."""
    _batch_id, jobs = await batch_of(desk, "https://app.example/done", 2)
    running = [await desk.move(job, JobEvent.CLAIM) for job in jobs]
    servers = [await Database.open(database_url, desk.clock) for _ in jobs]
    counted, may_commit = threading.Event(), threading.Event()

    def first(tx):
        transitions.move(tx, running[0].id, JobEvent.SUCCEED, 1, token=running[0].lease)
        counted.set()
        assert may_commit.wait(30)

    def second(tx):
        me = statement.driver(tx).info.backend_pid
        blocked.append(me)
        transitions.move(tx, running[1].id, JobEvent.SUCCEED, 1, token=running[1].lease)

    blocked = []
    ends = asyncio.gather(servers[0].write(first))
    await asyncio.to_thread(counted.wait, 30)
    other = asyncio.gather(servers[1].write(second))
    await until_blocked(desk.database, blocked)
    assert await told_of_batches(desk) == []
    may_commit.set()
    await asyncio.gather(ends, other)
    assert len(await told_of_batches(desk)) == 1
    for server in servers:
        await server.close()


async def until_blocked(database, pids):
    """Until the second transaction waits for the first one's row."""
    async with asyncio.timeout(30):
        while True:
            waiting = await database.read(
                lambda tx: tx.exec_driver_sql(
                    "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                ).scalars().all()
            )  # fmt: skip
            if pids and pids[0] in waiting:
                return


async def test_a_job_with_a_webhook_that_is_in_no_batch_costs_no_statement_more(desk):
    sent = []

    class Noting:
        def __init__(self, raw):
            self._raw = raw

        def execute(self, sql, values=()):
            sent.append(sql)
            return self._raw.execute(sql, values)

    def write(tx):
        raw = statement.driver(tx)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(statement, "driver", lambda _tx: Noting(raw))
            webhook = Webhook("https://app.example/done")
            insert_job(tx, desk.clock.now(), JobState.SUCCEEDED, webhook=webhook)

    await desk.database.write(write)
    assert [sql for sql in sent if "webhook_deliveries" in sql]
    assert not [sql for sql in sent if "batch_" in sql]


async def test_what_is_known_of_a_batch_goes_after_its_delivery(desk, target):
    batch_id, (job,) = await batch_of(desk, target.url(), 1)
    await ended(desk, job, JobState.SUCCEEDED)

    def forget(tx):
        later = desk.clock.now() + 1
        return batch_webhooks.forget_before(tx, later), webhook_queue.forget_before(tx, later)

    assert await desk.database.write(forget) == (0, 0), "it is not told yet"
    await desk.sender.tick()
    assert await desk.database.write(forget) == (0, 2)
    assert await desk.database.write(forget) == (1, 0)
    assert (
        await desk.database.read(lambda tx: batch_webhooks.ended(tx, DEFAULT_TENANT, batch_id))
        is None
    )

"""Jobs that must begin by a time, on both databases."""

from tests.factories import LEASE_MS, WORKER, job_in

from greenroom.bus.local import LocalBus
from greenroom.domain.ids import DEFAULT_TENANT
from greenroom.domain.job import JobEvent, JobState
from greenroom.service.policy import Policy
from greenroom.service.queue import Queue
from greenroom.service.watch import Watch
from greenroom.store import jobs, transitions


def queue_on(database):
    bus = LocalBus()
    return Queue(database, bus, Watch(bus), Policy())


async def claimed(database, clock):
    now = clock.now()
    found = await database.write(lambda tx: transitions.claim(tx, WORKER, 9, LEASE_MS, now))
    return [one.change.job for one in found]


async def test_a_job_that_no_worker_began_in_time_expires_and_others_wait_on(database, clock):
    late = await job_in(database, start_before=clock.now() + 1_000)
    patient = await job_in(database)
    queue = queue_on(database)
    assert await queue.give_up_late() == []
    clock.advance(1_000)
    assert [job.id for job in await claimed(database, clock)] == [patient.id]
    (gone,) = await queue.give_up_late()
    assert (gone.id, gone.state) == (late.id, JobState.EXPIRED)
    assert await queue.give_up_late() == []


async def test_a_job_that_began_in_time_has_no_deadline_any_more(database, clock):
    await job_in(database, start_before=clock.now() + 1_000)
    (running,) = await claimed(database, clock)
    clock.advance(5_000)
    queue = queue_on(database)
    assert await queue.give_up_late() == []
    now = clock.now()
    await database.write(
        lambda tx: transitions.move(tx, running.id, JobEvent.RELEASE, now, token=running.lease)
    )
    assert await queue.give_up_late() == []
    (again,) = await claimed(database, clock)
    assert again.id == running.id
    kept = await database.read(lambda tx: jobs.get(tx, DEFAULT_TENANT, again.id))
    assert kept.state is JobState.RUNNING

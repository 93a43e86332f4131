import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.factories import LEASE_MS, WORKER, job_in, new_job
from tests.settling import all_events

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DEFAULT_TENANT, LeaseToken, TenantId, WorkerId
from greenroom.domain.job import (
    ACTIVE_STATES,
    LEASED_STATES,
    TERMINAL_STATES,
    TRANSITIONS,
    JobEvent,
    JobState,
    Proof,
)
from greenroom.store import attempts, jobs, leases, outbox, outputs, transitions
from greenroom.store.transitions import Outcome

MOVES = [arc for arc in TRANSITIONS if arc.event not in {JobEvent.SUBMIT, JobEvent.CLAIM}]
MOVE_EVENTS = sorted({arc.event for arc in MOVES})
LEGAL = {(arc.event, arc.source) for arc in MOVES}
ILLEGAL = [(e, s) for e in MOVE_EVENTS for s in JobState if (e, s) not in LEGAL]
PAIRS = {(arc.source, arc.target) for arc in TRANSITIONS if arc.source is not None}


def named(arc):
    return f"{arc.event}-{arc.source}"


async def move(database, job, event, **given):
    now = database.clock.now()
    return await database.write(lambda tx: transitions.move(tx, job.id, event, now, **given))


async def claim(database, limit=1, worker=WORKER, **given):
    now = database.clock.now()
    return await database.write(
        lambda tx: transitions.claim(tx, worker, limit, LEASE_MS, now, **given)
    )


async def enqueue(database, new):
    now = database.clock.now()
    return await database.write(lambda tx: transitions.enqueue(tx, new, now))


async def stored(database, job):
    return await database.read(lambda tx: jobs.get(tx, DEFAULT_TENANT, job.id))


@pytest.mark.parametrize("arc", MOVES, ids=named)
async def test_every_arc_leads_to_its_target(database, clock, arc):
    job = await job_in(database, arc.source)
    clock.advance(5)

    change = await move(database, job, arc.event, token=job.lease)

    assert change.job.state is arc.target
    assert change.event is arc.event
    assert change.at == clock.now()
    assert (change.job.lease is not None) == (arc.target in LEASED_STATES)
    assert (change.job.finished_at == clock.now()) == (arc.target in TERMINAL_STATES)
    assert await stored(database, job) == change.job
    assert (await all_events(database))[-1] == change


@pytest.mark.parametrize(("event", "source"), ILLEGAL)
async def test_no_other_move_changes_anything(database, clock, event, source):
    job = await job_in(database, source)
    before = len(await all_events(database))
    clock.advance(LEASE_MS + 1)

    assert await move(database, job, event, token=job.lease) is None
    assert await move(database, job, event) is None
    assert await stored(database, job) == job
    assert len(await all_events(database)) == before


@pytest.mark.parametrize("source", JobState)
async def test_the_database_refuses_a_change_of_state_that_is_no_arc(database, source):
    job = await job_in(database, source)
    for target in JobState:
        if (source, target) in PAIRS:
            continue
        forced = text(
            "UPDATE jobs SET state = :target, lease = :lease, lease_until = :until WHERE id = :id"
        )
        leased = target in LEASED_STATES
        values = {
            "target": target.value,
            "lease": "x" if leased else None,
            "until": 1 if leased else None,
            "id": job.id,
        }
        with pytest.raises(DBAPIError, match="illegal transition"):
            await database.write(lambda tx, v=values, f=forced: tx.execute(f, v))
    assert await stored(database, job) == job


@pytest.mark.parametrize(("source", "target"), sorted(PAIRS))
async def test_the_database_lets_every_arc_through(database, source, target):
    job = await job_in(database, source)
    leased = target in LEASED_STATES
    await database.write(
        lambda tx: tx.execute(
            text("UPDATE jobs SET state=:target, lease=:lease, lease_until=:until WHERE id=:id"),
            {
                "target": target.value,
                "lease": "x" if leased else None,
                "until": 1 if leased else None,
                "id": job.id,
            },
        )
    )
    assert (await stored(database, job)).state is target


async def test_the_database_refuses_a_lease_without_a_run_and_a_run_without_a_lease(database):
    job = await job_in(database)
    with pytest.raises(DBAPIError, match="leased"):
        await database.write(
            lambda tx: tx.execute(text("UPDATE jobs SET lease = 'x', lease_until = 1"))
        )
    with pytest.raises(DBAPIError, match="leased"):
        await database.write(lambda tx: tx.execute(text("UPDATE jobs SET state = 'running'")))
    assert await stored(database, job) == job


@pytest.mark.parametrize("arc", [a for a in MOVES if a.proof is not Proof.NONE], ids=named)
async def test_a_stale_lease_changes_no_row(database, clock, arc):
    job = await job_in(database, arc.source)
    clock.advance(LEASE_MS + 1)

    assert await move(database, job, arc.event, token=LeaseToken("another")) is None
    assert await stored(database, job) == job


@pytest.mark.parametrize("arc", [a for a in MOVES if a.proof is not Proof.NONE], ids=named)
async def test_without_the_token_a_move_needs_an_expired_lease(database, clock, arc):
    job = await job_in(database, arc.source)
    clock.advance(LEASE_MS - 1)
    assert await move(database, job, arc.event) is None

    clock.advance(1)
    change = await move(database, job, arc.event)
    assert (change is not None) == (arc.proof is Proof.HELD_OR_EXPIRED)


async def test_an_extended_lease_is_no_longer_expired(database, clock):
    job = await job_in(database, JobState.RUNNING)
    now = clock.advance(LEASE_MS)
    until = now + LEASE_MS
    extended = await database.write(lambda tx: leases.extend(tx, job.lease, job.id, until, now))
    assert extended.state is JobState.RUNNING
    assert extended.lease.until == until
    assert await move(database, job, JobEvent.LOSE) is None
    assert await database.read(lambda tx: leases.expired(tx, now, 10)) == []


async def test_a_lost_lease_cannot_be_extended(database, clock):
    job = await job_in(database, JobState.RUNNING)
    now = clock.advance(LEASE_MS)
    assert await move(database, job, JobEvent.RETRY) is not None
    (again,) = await claim(database)

    def extend(tx):
        return leases.extend(tx, job.lease, job.id, now + 1, now)

    assert await database.write(extend) is None
    assert not await database.read(lambda tx: leases.holds(tx, job.lease, job.id))
    assert await database.read(lambda tx: leases.holds(tx, again.lease.token, job.id))


async def test_submit_and_claim_are_not_moves(database):
    job = await job_in(database)
    for event in (JobEvent.SUBMIT, JobEvent.CLAIM):
        with pytest.raises(AppError) as refused:
            await move(database, job, event)
        assert refused.value.code is ErrorCode.ILLEGAL_TRANSITION


async def test_a_repeated_id_writes_nothing_and_gives_the_job_that_is_there(database):
    first = await enqueue(database, new_job(digest="one"))
    again = await enqueue(database, new_job(id=first.change.job.id, digest="two"))

    assert first.created
    assert not again.created
    assert again.existing_digest == "one"
    assert again.change.job == first.change.job
    assert len(await all_events(database)) == 1


async def test_an_id_of_another_tenant_is_taken(database):
    first = await enqueue(database, new_job(tenant=TenantId("other")))
    with pytest.raises(AppError) as refused:
        await enqueue(database, new_job(id=first.change.job.id))
    assert refused.value.code is ErrorCode.CONFLICT


async def test_jobs_are_claimed_by_number_then_by_order_of_acceptance(database):
    names = {}
    for name, given in {
        "first": {},
        "second": {},
        "front": {"front": True},
        "early": {"number": 0.5},
        "late": {"number": 99.0},
        "late too": {"number": 99.0},
        "foremost": {"front": True},
    }.items():
        names[(await enqueue(database, new_job(**given))).change.job.id] = name

    claimed = await claim(database, limit=10)

    assert [names[one.change.job.id] for one in claimed] == [
        "foremost", "front", "first", "early", "second", "late", "late too",
    ]  # fmt: skip


async def test_a_job_waits_for_its_time(database, clock):
    job = await job_in(database, not_before=clock.now() + 10)
    assert await claim(database) == []
    clock.advance(10)
    (claimed,) = await claim(database)
    assert claimed.change.job.id == job.id
    assert claimed.change.job.not_before is None


async def test_a_claim_may_be_narrowed_to_some_jobs(database):
    await job_in(database)
    wanted = await job_in(database)
    claimed = await claim(database, limit=5, only=[wanted.id])
    assert [one.change.job.id for one in claimed] == [wanted.id]
    assert await claim(database, limit=5, only=[]) == []


async def test_a_claim_brings_what_the_attempt_needs(database, clock):
    new = new_job(graph=b'{"ran":1}', extra_data=b'{"x":2}', outputs=("3", "4"))
    await enqueue(database, new)
    clock.advance(7)

    (claimed,) = await claim(database)

    assert claimed.graph == b'{"ran":1}'
    assert claimed.extra_data == b'{"x":2}'
    assert claimed.outputs == ("3", "4")
    assert claimed.attempt_number == 1
    assert claimed.lease.until == clock.now() + LEASE_MS
    job = claimed.change.job
    assert (job.attempt, job.worker, job.started_at) == (1, WORKER, clock.now())


async def test_each_claimed_job_has_a_lease_of_its_own(database):
    for _ in range(3):
        await job_in(database)
    claimed = await claim(database, limit=3)
    assert len({one.lease.token for one in claimed}) == 3


async def test_eight_claimers_never_claim_a_job_twice(database):
    for _ in range(80):
        await job_in(database)

    async def claimer(number):
        mine = []
        while got := await claim(database, limit=3, worker=WorkerId(f"cpu-{number}")):
            mine += [one.change.job.id for one in got]
        return mine

    lists = await asyncio.gather(*(claimer(number) for number in range(8)))

    claimed = [job_id for some in lists for job_id in some]
    # A claimer that finds the last rows locked by others stops early; none is lost by that.
    claimed += [one.change.job.id for one in await claim(database, limit=100)]
    assert len(claimed) == len(set(claimed)) == 80


async def test_attempts_are_recorded_one_by_one(database, clock):
    job = await job_in(database, JobState.RUNNING)
    clock.advance(3)
    await move(database, job, JobEvent.RELEASE, token=job.lease)
    (second,) = await claim(database, worker=WorkerId("cpu-2"))
    error = {"kind": "node_error"}
    clock.advance(4)
    await move(database, job, JobEvent.FAIL, token=second.lease.token, outcome=Outcome(error=error))

    one, two = await database.read(lambda tx: attempts.of_job(tx, DEFAULT_TENANT, job.id))

    assert (one.number, one.outcome, one.error) == (1, JobEvent.RELEASE, None)
    assert one.ended_at == one.started_at + 3
    assert (two.number, two.worker, two.outcome) == (2, "cpu-2", JobEvent.FAIL)
    assert two.error == error
    assert second.attempt_number == 2


async def test_a_released_attempt_does_not_count(database):
    job = await job_in(database, JobState.RUNNING)
    change = await move(database, job, JobEvent.RELEASE, token=job.lease)
    assert (change.job.state, change.job.attempt) == (JobState.QUEUED, 0)


async def test_a_retry_waits_and_remembers_the_failure_and_the_lost_worker(database, clock):
    job = await job_in(database, JobState.RUNNING)
    outcome = Outcome(error={"kind": "x"}, not_before=clock.now() + 50, lost_worker=True)
    change = await move(database, job, JobEvent.RETRY, token=job.lease, outcome=outcome)

    assert change.job.not_before == clock.now() + 50
    assert change.job.error == {"kind": "x"}
    assert (change.job.attempt, change.job.lost_workers) == (1, 1)
    assert change.job.number == job.number
    assert change.job.worker == WORKER


async def test_success_stores_the_result_and_forgets_earlier_failures(database):
    job = await job_in(database, JobState.RUNNING)
    await move(database, job, JobEvent.RETRY, token=job.lease, outcome=Outcome(error={"a": 1}))
    (again,) = await claim(database)
    outcome = Outcome(
        outputs=b'{"9":{}}', meta=b'{"9":{"n":1}}', messages=b'[["m",{}]]',
        outputs_count=3, previewable_outputs_count=2, preview_output={"filename": "a.png"},
    )  # fmt: skip
    change = await move(database, job, JobEvent.SUCCEED, token=again.lease.token, outcome=outcome)

    assert change.job.error is None
    assert (change.job.outputs_count, change.job.previewable_outputs_count) == (3, 2)
    assert change.job.preview_output == {"filename": "a.png"}
    result = await database.read(lambda tx: jobs.result(tx, DEFAULT_TENANT, job.id))
    assert (result.outputs, result.meta, result.messages) == (
        outcome.outputs, outcome.meta, outcome.messages,
    )  # fmt: skip


async def test_a_failed_job_keeps_the_outputs_it_had_made(database):
    job = await job_in(database, JobState.RUNNING)
    for node, output in (("9", b'{"a":1}'), ('q"', b'{"b":2}'), ("9", b'{"a":3}')):
        await database.write(
            lambda tx, n=node, o=output: outputs.append(tx, DEFAULT_TENANT, job.id, n, o)
        )
    await move(database, job, JobEvent.FAIL, token=job.lease)

    result = await database.read(lambda tx: jobs.result(tx, DEFAULT_TENANT, job.id))
    assert result.outputs == b'{"9":{"a":3},"q\\"":{"b":2}}'


async def test_a_new_attempt_begins_with_no_outputs(database):
    job = await job_in(database, JobState.RUNNING)
    await database.write(lambda tx: outputs.append(tx, DEFAULT_TENANT, job.id, "9", b"{}"))
    await move(database, job, JobEvent.RETRY, token=job.lease)
    await claim(database)
    assert await database.read(lambda tx: jobs.result(tx, DEFAULT_TENANT, job.id)) is None


async def test_two_hundred_jobs_of_twenty_clients_keep_their_order(database):
    async def client(number):
        mine = []
        for turn in range(10):
            new = new_job(client_id=f"client-{number}", workflow_id=str(turn))
            mine.append((await enqueue(database, new)).change.job.id)
        return mine

    lists = await asyncio.gather(*(client(number) for number in range(20)))
    claimed = [one.change.job for one in await claim(database, limit=200)]

    assert len(claimed) == 200
    assert [job.seq for job in claimed] == sorted(job.seq for job in claimed)
    for number, mine in enumerate(lists):
        assert [job.id for job in claimed if job.client_id == f"client-{number}"] == mine


async def test_events_follow_each_other_without_gap_or_repetition(database):
    for _ in range(5):
        await job_in(database, JobState.SUCCEEDED)
    everything = await all_events(database)
    pages, cursor = [], 0
    while page := await database.read(lambda tx, c=cursor: outbox.after(tx, c, 4)):
        pages += page
        cursor = page[-1].id
    assert pages == everything
    assert len(pages) == 15
    assert await database.read(outbox.last_id) == everything[-1].id

    await database.write(lambda tx: outbox.trim(tx, everything[9].id))
    assert await all_events(database) == everything[9:]


async def test_active_and_ended_states_are_all_there_is():
    assert frozenset(JobState) == ACTIVE_STATES | TERMINAL_STATES

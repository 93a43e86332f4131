"""Random walks over the job machine, in a real database and in the pure table at once."""

import asyncio

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)
from tests.factories import LEASE_MS, WORKER, new_job
from tests.fakes.clock import FakeClock
from tests.settling import settle

from greenroom.domain.errors import AppError
from greenroom.domain.ids import DEFAULT_TENANT, LeaseToken
from greenroom.domain.job import LEASED_STATES, JobEvent, JobState, Proof, arcs, transition
from greenroom.store import attempts, jobs, outbox, transitions
from greenroom.store.database import Database

MOVES = sorted(set(JobEvent) - {JobEvent.SUBMIT, JobEvent.CLAIM})
STALE = LeaseToken("of-an-earlier-attempt")


class JobMachine(RuleBasedStateMachine):
    """The model: the state of each job, its lease, and when that ends."""

    database: Database
    loop: asyncio.AbstractEventLoop
    made = Bundle("made")

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.states = {}
        self.leases = {}
        self.begun = {}
        self.expected_events = []
        self.loop.run_until_complete(settle(self.database))
        self.cursor = self.read(outbox.last_id)

    def read(self, work):
        return self.loop.run_until_complete(self.database.read(work))

    def write(self, work):
        return self.loop.run_until_complete(self.database.write(work))

    @rule(target=made)
    def submit(self):
        new = new_job()
        now = self.clock.now()
        change = self.write(lambda tx: transitions.enqueue(tx, new, now)).change
        self.note(change, JobEvent.SUBMIT, transition(None, JobEvent.SUBMIT))
        self.begun[new.id] = 0
        return new.id

    @rule(job_id=made)
    def claim(self, job_id):
        now = self.clock.now()
        claimed = self.write(
            lambda tx: transitions.claim(tx, WORKER, 1, LEASE_MS, now, only=[job_id])
        )
        if self.states[job_id] is not JobState.QUEUED:
            assert claimed == []
            return
        (one,) = claimed
        self.begun[job_id] += 1
        self.note(one.change, JobEvent.CLAIM, transition(JobState.QUEUED, JobEvent.CLAIM))
        self.leases[job_id] = (one.lease.token, one.lease.until)

    @rule(job_id=made, event=st.sampled_from(MOVES), shown=st.sampled_from(["held", "stale", ""]))
    def move(self, job_id, event, shown):
        now = self.clock.now()
        held, until = self.leases.get(job_id, (STALE, now))
        token = {"held": held, "stale": STALE, "": None}[shown]
        change = self.write(lambda tx: transitions.move(tx, job_id, event, now, token=token))
        source = self.states[job_id]
        target = self.allowed(source, event, shown, expired=until <= now)
        if target is None:
            assert change is None
            return
        self.note(change, event, target)

    @rule(milliseconds=st.sampled_from([1, LEASE_MS // 2, LEASE_MS]))
    def wait(self, milliseconds):
        self.clock.advance(milliseconds)

    @rule(job_id=consumes(made))
    def delete(self, job_id):
        gone = self.write(lambda tx: jobs.delete(tx, DEFAULT_TENANT, [job_id]))
        terminal = self.states[job_id] not in {JobState.QUEUED, *LEASED_STATES}
        assert gone == ([job_id] if terminal else [])
        if terminal:
            del self.states[job_id]

    @invariant()
    def the_database_agrees(self):
        for job_id, state in self.states.items():
            job = self.read(lambda tx, j=job_id: jobs.get(tx, DEFAULT_TENANT, j))
            assert job.state is state
            assert (job.lease is not None) == (state in LEASED_STATES)
            tries = self.read(lambda tx, j=job_id: attempts.of_job(tx, DEFAULT_TENANT, j))
            assert len(tries) == self.begun[job_id]
            still_open = [attempt for attempt in tries if attempt.ended_at is None]
            assert len(still_open) == (state in LEASED_STATES)

    def teardown(self):
        self.loop.run_until_complete(settle(self.database))
        changes = self.read(lambda tx: outbox.after(tx, self.cursor, 10_000))
        assert [(c.job.id, c.event, c.job.state) for c in changes] == self.expected_events

    def note(self, change, event, target):
        assert change.job.state is target
        self.states[change.job.id] = target
        self.expected_events.append((change.job.id, event, target))
        if target not in LEASED_STATES:
            self.leases.pop(change.job.id, None)

    def allowed(self, source, event, shown, *, expired):
        try:
            target = transition(source, event)
        except AppError:
            return None
        proof = next(arc.proof for arc in arcs(event) if arc.source is source)
        if proof is Proof.HELD:
            return target if shown == "held" else None
        if proof is Proof.HELD_OR_EXPIRED:
            return target if shown == "held" or (shown == "" and expired) else None
        return target


def test_the_database_walks_as_the_table_says(database_url):
    loop = asyncio.new_event_loop()
    JobMachine.loop = loop
    JobMachine.database = loop.run_until_complete(Database.open(database_url, FakeClock()))
    try:
        run_state_machine_as_test(
            JobMachine,
            settings=settings(
                max_examples=25,
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        loop.run_until_complete(JobMachine.database.close())
        loop.close()


@pytest.mark.parametrize("event", MOVES)
def test_an_event_asks_for_one_kind_of_proof(event):
    assert len({arc.proof for arc in arcs(event)}) == 1

"""Finishes, cancels and claims in every order: each write touches its own job and no other."""

import random

from tests.factories import LEASE_MS, new_job

from greenroom.domain.errors import AppError
from greenroom.domain.ids import DEFAULT_TENANT, WorkerId
from greenroom.domain.job import JobEvent, JobState, transition
from greenroom.store import jobs, transitions

INTERLEAVINGS = {"sqlite": 10_000, "postgresql": 1_000}
"""A server of its own answers more slowly, and follows the same statements."""
_AT_ONCE = 500
_WORKERS = (WorkerId("one"), WorkerId("two"))
_ENDS = (JobEvent.SUCCEED, JobEvent.FAIL, JobEvent.STOPPED)


class Pair:
    """Two jobs, what was done to them, and what must have come of it."""

    def __init__(self, tx, dice, now):
        self.tx, self.dice, self.now = tx, dice, now
        news = [new_job(), new_job()]
        for new in news:
            transitions.enqueue(tx, new, now)
        self.ids = [new.id for new in news]
        self.states = dict.fromkeys(self.ids, JobState.QUEUED)
        self.tokens = {}

    def claim(self):
        worker = self.dice.choice(_WORKERS)
        for claimed in transitions.claim(self.tx, worker, 1, LEASE_MS, self.now, self.ids):
            job = claimed.change.job
            self.states[job.id] = transition(self.states[job.id], JobEvent.CLAIM)
            self.tokens[job.id] = claimed.lease.token

    def cancel(self):
        self._move(self.dice.choice(self.ids), JobEvent.CANCEL, None)

    def finish(self):
        """By whoever runs the job, or by one that took the wrong job's lease for its own."""
        job_id, holder = self.dice.choice(self.ids), self.dice.choice(self.ids)
        token = self.tokens.get(holder)
        if token is not None:
            self._move(job_id, self.dice.choice(_ENDS), token)

    def _move(self, job_id, event, token):
        change = transitions.move(self.tx, job_id, event, self.now, token=token)
        foreign = token is not None and token != self.tokens.get(job_id)
        try:
            expected = None if foreign else transition(self.states[job_id], event)
        except AppError:
            expected = None
        assert (change and change.job.id, change and change.job.state) == (
            (job_id, expected) if expected else (None, None)
        )
        if expected:
            self.states[job_id] = expected

    def check(self):
        for job_id, state in self.states.items():
            assert jobs.get(self.tx, DEFAULT_TENANT, job_id).state is state


async def test_thousands_of_interleavings_leave_every_other_job_alone(
    database, database_url, clock
):
    dice = random.Random(4)

    def some(tx):
        for _ in range(_AT_ONCE):
            pair = Pair(tx, dice, clock.now())
            for step in dice.choices((pair.claim, pair.cancel, pair.finish), k=6):
                step()
            pair.check()

    for _ in range(INTERLEAVINGS[database_url.partition(":")[0]] // _AT_ONCE):
        await database.write(some)

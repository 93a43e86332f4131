"""Keep the lease of a running job, and stop the run when it is lost or a cancel is asked for."""

import asyncio
from collections.abc import Awaitable, Callable

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.event import JobChanged
from greenroom.domain.job import Job, JobState
from greenroom.domain.lease import heartbeat_interval
from greenroom.domain.principal import Principal
from greenroom.service.queue import Assignment, Queue
from greenroom.service.watch import Watch

_INSIST = 1.0
"""Seconds between two requests to stop: the first one may come before the run has begun."""


class Heartbeat:
    """Runs beside one attempt. `lease_lost` says that the run's end is nobody's business now."""

    def __init__(
        self, assignment: Assignment, queue: Queue, watch: Watch, lease_ms: int,
        interrupt: Callable[[], Awaitable[None]],
    ) -> None:  # fmt: skip
        self._assignment = assignment
        self._queue = queue
        self._watch = watch
        self._interval = heartbeat_interval(lease_ms)
        self._interrupt = interrupt
        self.lease_lost = False
        self._stopping = False
        self._run_ended = False

    def run_ended(self) -> None:
        """Only keep the lease from now on: there is nothing left to stop."""
        self._run_ended = True

    async def run(self) -> None:
        """Beat until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._beat())
            tasks.create_task(self._listen())

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(_INSIST if self._stopping else self._interval)
            await self._extend()

    async def _extend(self) -> None:
        try:
            state = await self._queue.extend(self._assignment)
        except AppError as error:
            if error.code is ErrorCode.LEASE_LOST:
                self.lease_lost = True
                await self._stop()
            return
        if state is JobState.CANCELING:
            self._stopping = True
            await self._stop()

    async def _listen(self) -> None:
        """The bus tells of a cancel sooner than the next beat."""
        job = self._assignment.job
        with self._watch.follow(Principal(job.tenant), job.id) as events:
            # The cancel may have come since the claim, before anybody listened here.
            run = self._watch.live(job.id)
            if run is not None:
                await self._hear(run.job)
            async for event in events:
                if isinstance(event, JobChanged):
                    await self._hear(event.job)

    async def _hear(self, job: Job) -> None:
        if job.state is JobState.CANCELING:
            self._stopping = True
            await self._stop()

    async def _stop(self) -> None:
        if not self._run_ended:
            await self._interrupt()

"""What runs on this machine's engine for the server, whether that is connected or not."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from greenroom.domain.errors import AppError
from greenroom.domain.failure import Failure, FailureClass
from greenroom.domain.ids import JobId
from greenroom.engine.base import Engine, EngineError, InputFile, Interrupted, Run, RunResult
from greenroom.engine.remote import messages as wire
from greenroom.outpost.inputs import Inputs
from greenroom.outpost.journal import Journal

_log = logging.getLogger(__name__)
_UNCLAIMED_S = 60.0
"""Seconds after a connection was made until a run counts as nobody's."""


@dataclass(slots=True)
class _Going:
    journal: Journal
    staging: asyncio.Task[Run]
    task: asyncio.Task[None]


class Runs:
    def __init__(self, engine: Engine, inputs: Inputs, tell: Callable[[wire.Told], None]) -> None:
        self._engine = engine
        self._inputs = inputs
        self._tell = tell
        self._going: dict[tuple[str, int], _Going] = {}
        self._dropping: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._closed = False

    def connected(self) -> None:
        """A server is there, but it has not said yet which runs it waits for."""
        for going in self._going.values():
            going.journal.claimed = False
        if self._dropping is not None:
            self._dropping.cancel()
        loop = asyncio.get_running_loop()
        self._dropping = loop.call_later(_UNCLAIMED_S, self._drop_unclaimed)

    def begin(self, begin: wire.Begin) -> None:
        """Run it, or go on telling of it."""
        key = (begin.job, begin.attempt)
        known = self._going.get(key)
        if known is not None and not known.journal.dropped:
            known.journal.claim(begin.after)
            return
        if known is not None:
            gone = wire.Told(begin.job, begin.attempt, begin.after + 1, wire.Gone())
            self._tell(gone)
            return
        if self._closed:
            return  # The server will see that it has not begun.
        # What the server gives a worker to do it gives after all that it still waits for.
        self._drop_unclaimed()
        run = _run_of(begin)
        journal = Journal(begin, run, self._tell)
        staging = asyncio.create_task(self._staged(run, begin.inputs))
        task = asyncio.create_task(self._see_through(key, journal, staging, submit=begin.submit))
        self._going[key] = _Going(journal, staging, task)

    def close(self) -> None:
        """Begin no more."""
        self._closed = True

    async def interrupt(self, job: str) -> None:
        """Stop that job's run, whether it has begun or still waits for its files."""
        for (job_id, _), going in tuple(self._going.items()):
            if job_id == job and not going.journal.ended:
                going.staging.cancel()
                await self._engine.interrupt(JobId(job))

    def forget(self, job: str, attempt: int) -> None:
        """Nobody waits for it."""
        going = self._going.get((job, attempt))
        if going is None:
            return
        going.journal.drop()
        self._changed.set()
        if going.journal.ended:
            del self._going[job, attempt]
            return
        _log.info("job %s is nobody's any more and is stopped", job)
        stopping = asyncio.create_task(self.interrupt(job))
        self._tasks.add(stopping)
        stopping.add_done_callback(self._tasks.discard)

    async def until_none(self) -> None:
        """Return when the server has seen every run to its end."""
        while any(not going.journal.dropped for going in self._going.values()):
            self._changed.clear()
            await self._changed.wait()

    async def stop(self) -> None:
        """Follow no run any more; those in ComfyUI go on there."""
        if self._dropping is not None:
            self._dropping.cancel()
        tasks = [going.task for going in self._going.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *self._tasks, return_exceptions=True)

    def _drop_unclaimed(self) -> None:
        for (job, attempt), going in tuple(self._going.items()):
            if not going.journal.claimed:
                self.forget(job, attempt)

    async def _staged(self, run: Run, inputs: tuple[wire.Input, ...]) -> Run:
        files = [
            InputFile(told.root, told.subfolder, told.name, await self._inputs.bring(told))
            for told in inputs
        ]
        return replace(run, inputs=tuple(files))

    async def _see_through(
        self, key: tuple[str, int], journal: Journal, staging: asyncio.Task[Run], *, submit: bool
    ) -> None:
        try:
            journal.end(await self._outcome(journal, staging, submit=submit))
        finally:
            staging.cancel()
            if journal.dropped:
                self._going.pop(key, None)
        with contextlib.suppress(OSError):
            await self._inputs.trim()

    async def _outcome(
        self, journal: Journal, staging: asyncio.Task[Run], *, submit: bool
    ) -> RunResult | EngineError | Interrupted | None:
        try:
            await asyncio.wait([staging])
            if staging.cancelled():
                return Interrupted({"executed": []})
            run = staging.result()
            if submit:
                return await self._engine.run(run, journal.sink)
            return await self._engine.attach(run, journal.sink)
        except (EngineError, Interrupted) as ending:
            return ending
        except AppError as error:
            return EngineError(Failure(FailureClass.NODE_ERROR, error.message))
        except Exception:  # noqa: BLE001 - the last resort: logged here, told as lost
            _log.exception("the run of job %s broke", journal.run.job_id)
            told = "The worker could not go on with the run; its log says why."
            return EngineError(Failure(FailureClass.WORKER_LOST, told))


def _run_of(begin: wire.Begin) -> Run:
    """As it was sent; its files are still to come."""
    return Run(
        job_id=JobId(begin.job),
        attempt=begin.attempt,
        graph=wire.unpack(begin.graph),
        outputs=begin.outputs,
        extra_data=wire.unpack(begin.extra_data),
        tenant=begin.tenant,
        fresh=begin.fresh,
    )

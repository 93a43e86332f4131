"""One attempt as a pipeline: stage, run, collect, finish."""

import asyncio
import contextlib
import functools
import logging
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from greenroom.domain import run as events
from greenroom.domain.clock import Clock
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.failure import Failure, FailureClass
from greenroom.domain.json import JsonObject
from greenroom.domain.run import RunEvent
from greenroom.engine.base import Engine, EngineError, Interrupted, Run, Sink
from greenroom.service.assets import Assets
from greenroom.service.node_info import NodeInfo
from greenroom.service.queue import Assignment, Ending, Queue
from greenroom.service.watch import Watch
from greenroom.worker.collect import Collector
from greenroom.worker.heartbeat import Heartbeat
from greenroom.worker.staging import stage
from greenroom.worker.story import Story

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bench:
    """What every attempt of a worker needs."""

    engine: Engine
    queue: Queue
    watch: Watch
    assets: Assets
    nodes: NodeInfo
    clock: Clock
    lease_ms: int
    scratch: Path


class Attempt:
    def __init__(self, bench: Bench, assignment: Assignment) -> None:
        self._bench = bench
        self._assignment = assignment
        self._scratch = bench.scratch / f"{assignment.job.id}-{assignment.attempt}"
        """Where output files lie until they are kept."""
        self._story = Story(assignment.job.id)
        self._outputs: dict[str, JsonObject] = {}
        self._meta: dict[str, JsonObject] = {}
        self._left = False
        self._given_back = False

    async def run(self) -> Failure | None:
        """Run the job to its end and record how it ended; gives the failure, if it was one.

        When cancelled, the job is given back, or left as it is after leave().
        """
        try:
            async with self._kept_alive() as heartbeat:
                return await self._run(heartbeat)
        except asyncio.CancelledError:
            if not self._left:
                await self._release()
            raise
        finally:
            await asyncio.to_thread(shutil.rmtree, self._scratch, ignore_errors=True)

    def leave(self) -> None:
        """Let the engine go on with the run, for the worker's successor to take up."""
        self._left = True

    async def give_back(self) -> None:
        """Stop the run; the job then waits for another worker."""
        self._given_back = True
        await self._bench.engine.interrupt(self._assignment.job.id)

    async def _run(self, heartbeat: Heartbeat) -> Failure | None:
        queue, assignment = self._bench.queue, self._assignment
        try:
            try:
                await self._execute()
            finally:
                heartbeat.run_ended()
            self._story.succeeded(self._bench.clock.now())
            await queue.succeed(assignment, self._ending())
        except Interrupted as stop:
            await self._interrupted(stop, heartbeat)
        except EngineError as error:
            return await self._failed(error.failure)
        except AppError as error:
            if error.code is not ErrorCode.LEASE_LOST:
                return await self._failed(Failure(_class_of(error), error.message))
            _log.warning("job %s was taken away from this worker", assignment.job.id)
        return None

    async def _execute(self) -> None:
        bench = self._bench
        if self._assignment.attempt > 1 or self._assignment.resumed:
            job, token = self._assignment.job, self._assignment.lease.token
            await bench.assets.discard_outputs(job, token)
        run = await stage(self._assignment, bench.assets, bench.nodes)
        collector = Collector(self._assignment, run, bench.engine, bench.assets, self._scratch)
        await self._run_in_engine(run, functools.partial(self._sink, collector))

    async def _run_in_engine(self, run: Run, sink: Sink) -> None:
        if not self._assignment.resumed:
            await self._bench.engine.run(run, sink)
        elif await self._bench.engine.attach(run, sink) is None:
            # It may be the job that brought both down: its attempt must count.
            lost = Failure(FailureClass.WORKER_LOST, "The run was gone when the server came back.")
            raise EngineError(lost)

    async def _sink(self, collector: Collector, event: RunEvent) -> None:
        now = self._bench.clock.now()
        match event:
            case events.RunStarted():
                self._story.started(now)
            case events.NodesCached():
                self._story.cached(event.nodes, now)
            case events.NodeOutput():
                event = await self._keep(collector, event)
            case _:
                pass
        self._bench.queue.report(self._assignment, event)

    async def _keep(self, collector: Collector, event: events.NodeOutput) -> events.NodeOutput:
        ui = await collector.collect(event)
        node_id = event.node.display_node_id
        self._outputs[node_id] = ui
        self._meta[node_id] = {
            "node_id": event.node.node_id,
            "display_node": node_id,
            "parent_node": event.node.parent_node_id,
            "real_node_id": event.node.real,
        }
        return replace(event, output=ui)

    async def _interrupted(self, stop: Interrupted, heartbeat: Heartbeat) -> None:
        if heartbeat.lease_lost:
            return
        if self._given_back:
            await self._bench.queue.release(self._assignment)
            return
        self._story.interrupted(stop.comfy, self._bench.clock.now())
        try:
            await self._bench.queue.stopped(self._assignment, self._ending())
        except AppError:
            # Nobody asked for a cancel: the engine's own user stopped the run.
            failure = Failure(FailureClass.NODE_ERROR, "The run was stopped at the engine.")
            await self._bench.queue.fail(self._assignment, failure, self._ending())

    async def _failed(self, failure: Failure) -> Failure:
        self._story.failed(failure.comfy, self._bench.clock.now())
        try:
            await self._bench.queue.fail(self._assignment, failure, self._ending())
        except AppError:
            _log.warning("could not record the failure of %s", self._assignment.job.id)
        return failure

    async def _release(self) -> None:
        job_id = self._assignment.job.id
        await self._bench.engine.interrupt(job_id)
        with contextlib.suppress(AppError):
            await self._bench.queue.release(self._assignment)

    @contextlib.asynccontextmanager
    async def _kept_alive(self) -> AsyncIterator[Heartbeat]:
        bench = self._bench
        job_id = self._assignment.job.id
        heartbeat = Heartbeat(
            self._assignment, bench.queue, bench.watch, bench.lease_ms,
            lambda: bench.engine.interrupt(job_id),
        )  # fmt: skip
        task = asyncio.create_task(heartbeat.run())
        try:
            yield heartbeat
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _ending(self) -> Ending:
        return Ending(self._outputs, self._meta, self._story.messages)


def _class_of(error: AppError) -> FailureClass:
    if error.code in {ErrorCode.STORAGE_FULL, ErrorCode.STORAGE_UNAVAILABLE}:
        return FailureClass.UPLOAD_FAILED
    return FailureClass.NODE_ERROR

"""Instances as they come and go: started and ended in the background, followed as workers."""

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from greenroom.domain.deployment import HARDWARE, KEPT_FOR, Deployment
from greenroom.domain.errors import AppError
from greenroom.domain.ids import DeploymentId, WorkerId
from greenroom.domain.scaling.instance import DIALS_IN, Instance, Phase, new_instance_id
from greenroom.domain.worker import Worker, WorkerOrder, WorkerStatus
from greenroom.engine.owner import Owner, ProcessStatus
from greenroom.engine.provider import InstanceOrder, Provided, Provider
from greenroom.service.instance_tokens import InstanceTokens
from greenroom.service.workers import Workers
from greenroom.store import instances as rows
from greenroom.store.database import Database

_log = logging.getLogger(__name__)
_READY = frozenset({WorkerStatus.UP, WorkerStatus.PAUSED, WorkerStatus.DRAINING})


_LOST_MS = 30_000
"""How long an instance does not answer before its provider is asked about it, and how often."""


class InstanceFleet(Protocol):
    """Whoever can run jobs on an instance."""

    def open_instance(
        self, instance: WorkerId, provided: Provided, labels: Mapping[str, str], order: WorkerOrder
    ) -> None:
        """Start a worker on the instance."""

    async def close_instance(self, instance: WorkerId, *, for_good: bool) -> None:
        """End its worker, if there is one; what runs there goes on unless it is `for_good`."""


class Instances:
    """`home` names this server. Only one of those that share a database may be at work here."""

    def __init__(
        self, database: Database, workers: Workers, provider: Provider, home: str,
        tokens: InstanceTokens,
    ) -> None:  # fmt: skip
        self._db = database
        self._workers = workers
        self._provider = provider
        self._home = home
        self._tokens = tokens
        self._server = ""
        self._fleet: InstanceFleet | None = None
        self._there: dict[WorkerId, Instance] = {}
        self._owners: dict[WorkerId, Owner | None] = {}
        self._tasks: dict[WorkerId, asyncio.Task[None]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._looked_at = 0
        self.revision = 0
        """Grows with every change of what is kept of them."""

    def serve_with(self, fleet: InstanceFleet, server: str) -> None:
        """`server`: the URL of this one, for workers that connect to it."""
        self._fleet = fleet
        self._server = server

    async def open(self) -> frozenset[WorkerId]:
        """Find what was started before; gives whose jobs go on."""
        await self._provider.open()
        listed = {} if self._provider.outlives else await self._provider.listed() or {}
        there = await self._db.read(rows.there)
        ours = frozenset(one.id for one in there if self._is_ours(one))
        self._end_orphans({one: handle for one, handle in listed.items() if one not in ours})
        return ours

    def all(self) -> list[Instance]:
        """Those that have not ended, the oldest first."""
        return list(self._there.values())

    @property
    def room(self) -> int | None:
        """How many more can be started."""
        limit = self._provider.limit
        return None if limit is None else max(limit - len(self._there), 0)

    async def take_over(self, deployments: Mapping[DeploymentId, Deployment]) -> None:
        """Go on with all that there is, whoever started it, and end what nobody knows."""
        for one in await self._db.read(rows.there):
            if one.id in self._there:
                continue
            self._there[one.id] = one
            if not self._is_ours(one):
                await self._ended(one, f"the server {one.home} that it ran on is gone")
            elif one.phase is Phase.ENDING:
                self._spawn(one.id, self._end(one.id))
            else:
                self._bring(one, deployments.get(one.deployment))
        try:
            listed = await self._provider.listed() or {}
        except AppError as error:
            _log.warning("cannot list the instances: %s", error.message)
            return
        self._end_orphans({one: handle for one, handle in listed.items() if one not in self._there})

    async def start(self, deployment: Deployment, reason: str) -> None:
        """It is noted before it is started, so that a server that ends meanwhile loses nothing."""
        now = self._db.clock.now()
        new = Instance(
            new_instance_id(), deployment.tenant, deployment.id, self._home,
            Phase.STARTING, now, now, reason=reason,
        )  # fmt: skip
        await self._save(new)
        _log.info("%s of %s is started: %s", new.id, deployment.name, reason)
        self._bring(new, deployment)

    async def drain(self, instance: WorkerId, reason: str) -> None:
        """Let it finish what it runs; it is ended once it runs nothing."""
        _log.info("%s takes no more jobs: %s", instance, reason)
        one = self._there[instance].become(Phase.DRAINING, self._db.clock.now(), reason)
        await self._save(one)
        self._obey(one)

    async def recall(self, instance: WorkerId, reason: str) -> None:
        """Let one that drains take jobs again."""
        one = self._there[instance].become(Phase.READY, self._db.clock.now(), reason)
        await self._save(one)
        self._obey(one)

    async def end(self, instance: WorkerId, reason: str | None = None) -> None:
        """End it now, whatever it runs."""
        one = self._there[instance].become(Phase.ENDING, self._db.clock.now(), reason)
        await self._save(one)
        await self._interrupt(instance)
        self._spawn(instance, self._end(instance))

    async def give_up(self, instance: WorkerId, reason: str) -> None:
        """End one that does not answer, and say what its worker last said."""
        worker = self._worker(instance)
        last = None if worker is None else worker.reason
        if last is None and self._there[instance].dials_in:
            last = "its worker has not connected"
        await self.end(instance, f"{reason}: {last}" if last else reason)

    async def follow(self, busy: Iterable[WorkerId]) -> list[Instance]:
        """Note how each is now; gives those that became ready. `busy`: who ran anything of late."""
        ready = []
        working = set(busy)
        for one in self.all():
            now_ready = await self._follow(one, busy=one.id in working)
            if now_ready:
                ready.append(self._there[one.id])
        return ready

    def look_for_lost(self) -> None:
        """End those that answered once and whose provider has them no more, in the background."""
        now = self._db.clock.now()
        silent = [
            one.id
            for one in self._there.values()
            if one.phase is Phase.STARTING and one.ready_at and now - one.since >= _LOST_MS
        ]
        if not silent or now - self._looked_at < _LOST_MS or self._looking is not None:
            return
        self._looked_at = now
        self._looking = asyncio.create_task(self._end_lost(silent))
        self._looking.add_done_callback(self._looked)

    async def let_go(self) -> None:
        """Another server sees to them from now on."""
        for instance in list(self._there):
            await self._interrupt(instance)
            await self._close(instance, for_good=not self._provider.outlives)
            if not self._provider.outlives:
                await self._provider.stop(instance, None)
        self._there.clear()

    async def close(self) -> None:
        """This server ends, and with it the instances that are its own processes."""
        if self._looking is not None:
            self._looking.cancel()
        for instance in list(self._tasks):
            await self._interrupt(instance)
        if self._provider.outlives:
            return
        ending = [self._end(instance, "the server ended") for instance in self._there]
        await asyncio.gather(*ending)

    async def _end_lost(self, silent: Iterable[WorkerId]) -> None:
        listed = await self._provider.listed()
        for instance in silent if listed is not None else ():
            one = self._there.get(instance)
            if instance not in (listed or {}) and one is not None and one.phase is Phase.STARTING:
                await self.end(instance, "its provider has it no more")

    def _looked(self, task: asyncio.Task[None]) -> None:
        self._looking = None
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("cannot list the instances: %s", error)

    def _end_orphans(self, orphans: Mapping[WorkerId, str | None]) -> None:
        for orphan, handle in orphans.items():
            if orphan not in self._tasks:
                _log.warning("the instance %s is nobody's, and is ended", orphan)
                self._spawn(orphan, self._stop(orphan, handle))

    def _is_ours(self, instance: Instance) -> bool:
        return self._provider.outlives or instance.home == self._home

    async def _follow(self, one: Instance, *, busy: bool) -> bool:
        """Whether it became ready."""
        worker = self._worker(one.id)
        now = self._db.clock.now()
        answers = worker is not None and worker.status in _READY
        if worker is None and one.id in self._owners and one.phase is not Phase.ENDING:
            await self.end(one.id, "removed by an operator")
            return False
        match one.phase:
            case Phase.STARTING if answers:
                await self._save(one.become(Phase.READY, now))
                return True
            case Phase.STARTING if one.ready_at is None and (why := self._failure(one.id)):
                await self.end(one.id, why)
            case Phase.READY if not answers:
                await self._save(one.become(Phase.STARTING, now))
            case Phase.READY if busy:
                self._there[one.id] = replace(one, since=now)
            case Phase.DRAINING if not busy and (worker is None or not worker.jobs):
                await self.end(one.id)
            case _:
                pass
        return False

    def _failure(self, instance: WorkerId) -> str | None:
        """Why its process ended before it ever answered."""
        owner = self._owners.get(instance)
        if owner is None or owner.state.status is not ProcessStatus.ENDED:
            return None
        return owner.state.end or owner.state.reason

    def _worker(self, instance: WorkerId) -> Worker | None:
        return next((one for one in self._workers.all() if one.id == instance), None)

    def _obey(self, one: Instance) -> None:
        if self._worker(one.id) is None:
            return
        controls = self._workers.controls(one.id)
        if one.phase is Phase.DRAINING:
            controls.drain()
        else:
            controls.resume()

    def _bring(self, one: Instance, deployment: Deployment | None) -> None:
        labels = {KEPT_FOR: str(one.deployment)}
        if deployment is not None and deployment.hardware is not None:
            labels[HARDWARE] = deployment.hardware
        name = "" if deployment is None else deployment.name
        token = self._tokens.of(one.id)
        order = InstanceOrder(one.id, one.deployment, name, labels, self._server, token)
        self._spawn(one.id, self._run(order))

    async def _run(self, order: InstanceOrder) -> None:
        try:
            provided = await self._provided(order)
        except AppError as error:
            _log.error("the instance %s cannot be started: %s", order.instance, error.message)
            failed = self._there[order.instance]
            await self._save(failed.become(Phase.ENDING, self._db.clock.now(), error.message))
            await self._end(order.instance)
            return
        one = self._there[order.instance]
        url = DIALS_IN if provided.url is None else provided.url
        await self._save(replace(one, url=url, handle=provided.handle))
        self._owners[order.instance] = provided.owner
        drains = one.phase is Phase.DRAINING
        if self._fleet is not None:
            what = WorkerOrder.DRAIN if drains else WorkerOrder.WORK
            self._fleet.open_instance(order.instance, provided, order.labels, what)

    async def _provided(self, order: InstanceOrder) -> Provided:
        one = self._there[order.instance]
        if self._provider.outlives and one.url is not None:
            return Provided(None if one.dials_in else one.url, one.handle)
        return await self._provider.start(order)

    async def _end(self, instance: WorkerId, reason: str | None = None) -> None:
        await self._close(instance, for_good=True)
        one = self._there[instance]
        await self._stop(instance, one.handle)
        await self._ended(one, reason)

    async def _stop(self, instance: WorkerId, handle: str | None) -> None:
        """Until it is gone: nothing may go on that nobody knows of."""
        pause = 1.0
        while True:
            try:
                await self._provider.stop(instance, handle)
            except AppError as error:
                _log.error("the instance %s cannot be ended: %s", instance, error.message)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 60.0)
            else:
                return

    async def _ended(self, one: Instance, reason: str | None) -> None:
        now = self._db.clock.now()
        last = one.become(Phase.ENDING, now, reason)
        await self._db.write(lambda tx: rows.end(tx, last, now))
        _log.info("%s has ended: %s", one.id, last.reason)
        self.revision += 1
        self._there.pop(one.id, None)
        self._owners.pop(one.id, None)

    async def _close(self, instance: WorkerId, *, for_good: bool) -> None:
        if self._fleet is not None:
            await self._fleet.close_instance(instance, for_good=for_good)

    async def _save(self, one: Instance) -> None:
        self._there[one.id] = one
        await self._db.write(lambda tx: rows.save(tx, one))
        self.revision += 1

    def _spawn(self, instance: WorkerId, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work, name=f"instance {instance}")
        self._tasks[instance] = task
        task.add_done_callback(lambda done: self._done(instance, done))

    def _done(self, instance: WorkerId, task: asyncio.Task[None]) -> None:
        if self._tasks.get(instance) is task:
            del self._tasks[instance]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("the instance %s is stuck", instance, exc_info=error)

    async def _interrupt(self, instance: WorkerId) -> None:
        task = self._tasks.pop(instance, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

"""Which job a worker gets: the waiting jobs and the workers, as the policy needs them."""

import asyncio
import json
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from greenroom.bus.base import Bus
from greenroom.domain.clock import Millis
from greenroom.domain.deployment import KEPT_FOR
from greenroom.domain.errors import AppError
from greenroom.domain.estimate import Work, work_of
from greenroom.domain.event import Event, JobChanged, JobDeleted, JobReady
from greenroom.domain.failure import RULES, WorkerRemedy
from greenroom.domain.ids import JobId, TenantId, WorkerId
from greenroom.domain.input_fetch import waiting_for
from greenroom.domain.job import LEASED_STATES, Job, JobEvent, JobState
from greenroom.domain.json import JsonObject
from greenroom.domain.model_files import ModelFile
from greenroom.domain.needs import NO_NEEDS, Needs, needs_of
from greenroom.domain.scheduling import filters
from greenroom.domain.scheduling.limits import Limits
from greenroom.domain.scheduling.pool import Pool
from greenroom.domain.scheduling.queue_eta import Eta, likely_order, queue_eta
from greenroom.domain.scheduling.waiting import Group, Labels, Priority, Waiting, Wishes
from greenroom.domain.workflow.graph import Graph, parse_graph
from greenroom.service.fleet_view import FleetView
from greenroom.service.node_info import NodeInfo
from greenroom.service.run_times import RunTimes
from greenroom.service.workers import Workers
from greenroom.store import input_fetches
from greenroom.store import usage as usage_rows
from greenroom.store import waiting as waiting_rows
from greenroom.store.database import Database

_WINDOW = 20_000
"""Jobs that are kept ready to be chosen; of a longer queue, those that come first."""
_PAGE = 500
_LOOK_AGAIN_SECONDS = 5.0
"""How often the whole queue is read for jobs that other servers accepted."""

_PAUSED = "the queue to be resumed"


class _Asked(NamedTuple):
    """What a job asks of its worker."""

    needs: Needs
    work: Mapping[Work, int]
    in_sweep: bool
    labels: Labels = frozenset()


class Outlook(NamedTuple):
    """What is to be expected of a job that waits."""

    waiting_for: str | None = None
    """What must come before it can run, for example `model x.safetensors`."""
    eta: Eta | None = None
    """None for what nobody can run, and for what stands far behind in the queue."""

    def starts_in_seconds(self, now: Millis) -> int | None:
        return None if self.eta is None else round(max(self.eta.starts_at - now, 0) / 1000)

    def ends_in_seconds(self, now: Millis) -> int | None:
        return None if self.eta is None else round(max(self.eta.ends_at - now, 0) / 1000)


class Scheduler:
    """Gives no job to a worker that lacks a node class or a model file of it.

    It knows of the waiting jobs what the bus tells, and reads the rest. What it believes may be
    old: the claim in the database decides.
    """

    def __init__(
        self, database: Database, bus: Bus, workers: Workers, nodes: NodeInfo,
        window: int = _WINDOW, *, times: RunTimes | None = None, limits: Limits | None = None,
        scaled: bool = False,
    ) -> None:  # fmt: skip
        """`scaled`: jobs of a deployment go to its own instances, and nowhere else."""
        self._db = database
        self._nodes = nodes
        self._window = window
        self._scaled = scaled
        self._pool = Pool(limits)
        self._paused = self._pool.limits.paused
        self._fleet = FleetView(workers, nodes, self._pool)
        self._times = times or RunTimes(database)
        self._needs: dict[JobId, Needs] = {}
        self._labels: dict[JobId, Labels] = {}
        self._noted: dict[JobId, _Asked] = {}
        self._kinds: dict[Needs, Needs] = {}
        self._taken: set[JobId] = set()
        self._unread: set[JobId] = set()
        self._read_to: waiting_rows.Place | None = None
        self._complete = False
        self._completed_at = 0.0
        self._reading = asyncio.Lock()
        bus.listen(self._hear)

    async def remember(self) -> None:
        """Take up what tenants used, and what was learnt, before this server began."""
        await self._times.load()
        now, usage = self._db.clock.now(), self._pool.usage
        start = Millis(now - usage.remembered_ms)
        usage.restore(await self._db.read(lambda tx: usage_rows.since(tx, start)), now)

    async def save(self) -> None:
        """Store what was learnt since the last time."""
        await self._times.save()

    def used_ms(self, tenant: TenantId) -> float:
        """The worker time that counts against the tenant's fair share now."""
        return self._pool.usage.used_ms(tenant, self._db.clock.now())

    def note(
        self, job_id: JobId, graph: Graph, outputs: Sequence[str], *, in_sweep: bool = False
    ) -> None:
        """What a job that may come into the queue needs, so that it need not be read for that."""
        self._noted[job_id] = self._asked(graph, outputs, in_sweep=in_sweep)
        while len(self._noted) > self._window:
            del self._noted[next(iter(self._noted))]

    async def choose(self, worker: WorkerId, limit: int = 1) -> list[JobId]:
        """The jobs that the worker should claim now. It must tell by `settle` which it got."""
        await self._fleet.refresh()
        if self._fleet.get(worker) is not None:
            self._fleet.is_free(worker)
        await self._read_heard()
        chosen = self._take(worker, limit)
        if not chosen and time.monotonic() - self._completed_at > _LOOK_AGAIN_SECONDS:
            self._begin_again()
        while not chosen and not self._complete:
            await self._read_page()
            chosen = self._take(worker, limit)
        return chosen

    def settle(self, chosen: Iterable[JobId], got: Collection[JobId]) -> None:
        """Of the jobs that were chosen, the worker got these; how the others are must be read."""
        now = self._db.clock.now()
        for job_id in chosen:
            if job_id not in got:
                self._taken.discard(job_id)
                self._pool.ended(job_id, 0, now)
                self.reread([job_id])

    def reread(self, job_ids: Iterable[JobId]) -> None:
        """Jobs that may wait have changed in what no event tells."""
        self._unread.update(job_ids)

    async def fill(self) -> None:
        """Read of the queue what there is room for."""
        await self._read_heard()
        while not self._complete and len(self._pool) < self._window:
            await self._read_page()

    def follow(self, job: Job, graph: JsonObject, outputs: tuple[str, ...]) -> Millis | None:
        """Measure a run that begins or is taken up; gives when it will end, if that is known."""
        try:
            parsed = parse_graph(graph)
        except AppError:
            return None  # Its run will tell what is wrong with it.
        needs = self._needs.get(job.id) or self._needs_of(parsed, outputs)
        self._times.follow(job.id, needs, parsed, outputs)
        return self._times.ends_at(job.id)

    async def outlook(self, job: Job) -> Outlook:
        return (await self.outlooks([job]))[job.id]

    async def outlooks(self, jobs: Sequence[Job]) -> dict[JobId, Outlook]:
        """What is to be expected of each of the jobs; nothing of those that do not wait."""
        found = {job.id: Outlook() for job in jobs}
        waiting = [job for job in jobs if job.state is JobState.QUEUED]
        if not waiting:
            return found
        await self._fleet.refresh()
        await self._read([job.id for job in waiting if job.id not in self._needs])
        etas, fleet = self._etas(), list(self._fleet.all())
        reasons: dict[Group, str | None] = {}
        lacking = await self._lacking(waiting)
        for job in waiting:
            if job.id in lacking:
                found[job.id] = Outlook(lacking[job.id])
                continue
            needs = self._needs.get(job.id)
            if needs is None:
                continue
            if job.tenant in self._paused:
                found[job.id] = Outlook(_PAUSED)
                continue
            labels = self._labels.get(job.id, frozenset())
            seen = Waiting.of(job, needs, labels=labels, deployment=job.deployment_id)
            if seen.group not in reasons:
                reasons[seen.group] = filters.waiting_for(seen, fleet)
            found[job.id] = Outlook(reasons[seen.group], etas.get(job.id))
        return found

    async def _lacking(self, jobs: Iterable[Job]) -> dict[JobId, str]:
        """The inputs that are still on their way."""
        awaiting = [job.id for job in jobs if job.awaits_inputs]
        if not awaiting:
            return {}
        missing = await self._db.read(lambda tx: input_fetches.missing(tx, awaiting))
        return {job_id: waiting_for(missing.get(job_id, [])) for job_id in awaiting}

    def warm(self, worker: WorkerId) -> frozenset[ModelFile]:
        """The models that the worker's last run loaded; empty when nothing is known."""
        view = self._fleet.get(worker)
        return frozenset() if view is None else view.warm

    def _etas(self) -> dict[JobId, Eta]:
        """When each of the first waiting jobs will run; one that no worker can run is not there."""
        now = self._db.clock.now()
        fleet = self._fleet.foretold(self._times.ends_at)
        free = [one for one in self._pool if one.tenant not in self._paused]
        return queue_eta(likely_order(free), fleet, self._pool.loads, now)

    def _take(self, worker: WorkerId, limit: int) -> list[JobId]:
        now = self._db.clock.now()
        chosen: list[JobId] = []
        while len(chosen) < limit:
            job_id = self._pool.choose(worker, now).job_id
            job = None if job_id is None else self._pool.take(job_id, worker, now)
            if job is None:
                break
            loads = self._fleet.starts(
                worker, job.needs.models, now, Millis(now + self._expected_ms(job, worker))
            )
            self._times.began(job.id, job.needs, loads=loads)
            self._taken.add(job.id)
            chosen.append(job.id)
        return chosen

    def _expected_ms(self, job: Waiting, worker: WorkerId) -> int:
        view = self._fleet.get(worker)
        lacking = job.needs.models - (view.warm if view else frozenset())
        return job.run_ms + self._pool.loads.of(lacking)

    def _hear(self, event: Event) -> None:
        match event:
            case JobChanged():
                self._follow(event)
            case JobDeleted():
                self._forget(event.job_id)
            case JobReady():
                self._unread.add(event.job_id)
            case _:
                return

    def _follow(self, event: JobChanged) -> None:
        job = event.job
        if job.state in LEASED_STATES:
            self._pool.remove(job.id)
            return
        self._note_end(event)
        if job.state is not JobState.QUEUED:
            self._forget(job.id)
            return
        noted = self._noted.pop(job.id, None)
        if job.awaits_inputs or self._is_beyond_window(job):
            return
        # What a deployment asks of its workers stands in the database alone.
        is_known = event.event is JobEvent.SUBMIT and job.deployment_id is None
        if noted is None or not is_known:
            self._unread.add(job.id)
            return
        self._add(job, noted)

    def _note_end(self, event: JobChanged) -> None:
        job = event.job
        used_ms = max(event.at - (job.started_at or event.at), 0)
        self._pool.ended(job.id, used_ms, event.at)
        self._times.ended(job.id, used_ms, well=event.event is JobEvent.SUCCEED)
        if job.id not in self._taken:
            return
        self._taken.discard(job.id)
        if job.worker is not None:
            self._fleet.is_free(job.worker, emptied=_is_emptied(event))

    def _is_beyond_window(self, job: Job) -> bool:
        """Whether the job comes after so many others that it is read when these have run."""
        if len(self._pool) + len(self._unread) < self._window:
            return False
        if self._complete:
            self._complete = False
            self._read_to = max((one.place for one in self._pool), default=None)
        return self._read_to is None or (job.number, job.seq) > self._read_to

    def _add(self, job: Job, asked: _Asked, avoided: frozenset[WorkerId] = frozenset()) -> None:
        self._needs[job.id] = asked.needs
        if asked.labels:
            self._labels[job.id] = asked.labels
        else:
            self._labels.pop(job.id, None)
        wishes: Wishes = {
            "priority": Priority.BATCH if asked.in_sweep else Priority.INTERACTIVE,
            "excluded": avoided,
            "run_ms": self._times.of(asked.needs, asked.work),
            "labels": asked.labels,
            "deployment": job.deployment_id,
        }
        self._pool.add(Waiting.of(job, asked.needs, **wishes))

    def _forget(self, job_id: JobId) -> None:
        self._pool.remove(job_id)
        self._needs.pop(job_id, None)
        self._labels.pop(job_id, None)
        self._noted.pop(job_id, None)
        self._unread.discard(job_id)

    def _begin_again(self) -> None:
        self._complete, self._read_to = False, None

    async def _read_heard(self) -> None:
        while self._unread:
            some = list(self._unread)[:_PAGE]
            await self._read(some)
            self._unread.difference_update(some)

    async def _read_page(self) -> None:
        async with self._reading:
            after = self._read_to
            found = await self._db.read(lambda tx: waiting_rows.page(tx, after, _PAGE))
            await self._read([job_id for job_id, _ in found if job_id not in self._needs])
            if found:
                self._read_to = found[-1][1]
            if len(found) < _PAGE:
                self._complete, self._completed_at = True, time.monotonic()

    async def _read(self, ids: Sequence[JobId]) -> None:
        """Take up those of the jobs that wait."""
        if not ids:
            return
        rows = await self._db.read(lambda tx: waiting_rows.of_jobs(tx, ids))
        asked = await asyncio.to_thread(self._all_asked, rows)
        waiting = {row.job.id for row in rows}
        for job_id in ids:
            if job_id not in waiting and job_id not in self._taken:
                self._forget(job_id)
        for row in rows:
            if row.job.id not in self._taken:
                self._add(row.job, asked[row.job.id], row.avoided)

    def _all_asked(self, rows: Iterable[waiting_rows.Queued]) -> dict[JobId, _Asked]:
        return {row.job.id: self._read_asked(row) for row in rows}

    def _read_asked(self, row: waiting_rows.Queued) -> _Asked:
        try:
            graph = parse_graph(json.loads(row.payload.to_run))
            asked = self._asked(graph, row.payload.outputs, in_sweep=row.in_sweep)
        except AppError:
            asked = _Asked(NO_NEEDS, {}, row.in_sweep)  # Its run will tell what is wrong with it.
        return asked._replace(labels=self._asked_labels(row))

    def _asked_labels(self, row: waiting_rows.Queued) -> Labels:
        deployment = row.job.deployment_id
        if self._scaled and deployment is not None:
            return frozenset({(KEPT_FOR, deployment)})
        return row.labels

    def _asked(self, graph: Graph, outputs: Sequence[str], *, in_sweep: bool) -> _Asked:
        return _Asked(self._needs_of(graph, outputs), work_of(graph, graph.nodes), in_sweep)

    def _needs_of(self, graph: Graph, outputs: Sequence[str]) -> Needs:
        found = needs_of(graph, self._nodes.definitions(), outputs)
        if len(self._kinds) > self._window:
            self._kinds.clear()
        return self._kinds.setdefault(found, found)


def _is_emptied(event: JobChanged) -> bool:
    """Whether what ended the run took the worker's models with it."""
    if event.event is JobEvent.SUCCEED:
        return False
    kind = (event.job.error or {}).get("kind")
    return any(
        kind == known.value and rule.remedy is not WorkerRemedy.NOTHING
        for known, rule in RULES.items()
    )

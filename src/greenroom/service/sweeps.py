"""Sweeps: one graph run with many values, as a batch of jobs that is followed and stopped whole."""

import asyncio
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from greenroom.bus.base import Bus
from greenroom.domain import ids
from greenroom.domain.batch import Batch, BatchJob, percent_of
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.event import JobChanged
from greenroom.domain.json import JsonObject
from greenroom.domain.principal import Principal
from greenroom.domain.webhook import Webhook
from greenroom.domain.workflow.overrides import apply_overrides
from greenroom.domain.workflow.seeds import Draw, resolve_seeds
from greenroom.domain.workflow.submission import Submission
from greenroom.domain.workflow.sweep import SweepJob
from greenroom.service.jobs import Jobs
from greenroom.service.node_info import NodeInfo
from greenroom.service.submit import Submit
from greenroom.service.watch import Watch
from greenroom.store import batch_webhooks, transitions
from greenroom.store import batches as batch_rows
from greenroom.store.database import Database

_AT_ONCE = 200
"""Jobs accepted in one transaction, so that others get their turn between."""


@dataclass(frozen=True, slots=True)
class SweptBatch:
    """A batch that was accepted."""

    id: str
    jobs: tuple[BatchJob, ...]


class Sweeps:
    def __init__(
        self, database: Database, bus: Bus, submit: Submit, jobs: Jobs,
        *, watch: Watch, nodes: NodeInfo, draw: Draw = secrets.randbelow,
    ) -> None:  # fmt: skip
        self._db = database
        self._bus = bus
        self._submit = submit
        self._jobs = jobs
        self._watch = watch
        self._nodes = nodes
        self._draw = draw

    async def submit(
        self, principal: Principal, submission: Submission, points: Iterable[SweepJob]
    ) -> SweptBatch:
        """Accept one job for each point of the sweep; none when any of them is refused.

        A webhook is told what becomes of each job and, in the end, of the batch.
        Every seed that a graph leaves open is drawn. BAD_REQUEST or INVALID_GRAPH names the point.
        QUEUE_FULL unless there is room for all of them.
        """
        batch_id, webhook = ids.new_batch_id(), submission.webhook
        if webhook is not None:
            of_jobs = replace(webhook, events=webhook.events.with_batch)
            submission = replace(submission, webhook=of_jobs)
        prepared = [await self._prepare(principal, submission, point) for point in points]
        if not prepared:
            raise AppError(ErrorCode.BAD_REQUEST, "the sweep makes no job")
        for start in range(0, len(prepared), _AT_ONCE):
            # The room is asked for once: a sweep that was let in is not refused halfway.
            room = 0 if start else len(prepared)
            group = prepared[start : start + _AT_ONCE]
            await self._accept(principal, batch_id, group, room, webhook)
        return SweptBatch(batch_id, tuple(member for _, member in prepared))

    async def get(self, principal: Principal, batch_id: str) -> Batch:
        """How far it is; NOT_FOUND."""
        _require_possible(batch_id)
        counts = await self._db.read(lambda tx: batch_rows.counts(tx, principal.tenant, batch_id))
        if not counts:
            raise _unknown(batch_id)
        active = await self._db.read(lambda tx: batch_rows.active(tx, principal.tenant, batch_id))
        runs = [run for job_id in active if (run := self._watch.live(job_id)) is not None]
        percent = percent_of(counts, sum(run.progress.percent for run in runs))
        return Batch(batch_id, counts, percent)

    async def members(self, principal: Principal, batch_id: str) -> Sequence[BatchJob]:
        """Its jobs in the order of the sweep; NOT_FOUND."""
        _require_possible(batch_id)
        found = await self._db.read(lambda tx: batch_rows.members(tx, principal.tenant, batch_id))
        if not found:
            raise _unknown(batch_id)
        return found

    async def cancel(self, principal: Principal, batch_id: str) -> int:
        """Stop what waits or runs of it; gives how many jobs were asked to stop. NOT_FOUND."""
        await self.get(principal, batch_id)
        active = await self._db.read(lambda tx: batch_rows.active(tx, principal.tenant, batch_id))
        waiting = {job.id for job in await self._jobs.cancel_waiting(principal, active)}
        running = [
            await self._jobs.cancel(principal, job_id) for job_id in active if job_id not in waiting
        ]
        return len(waiting) + sum(job is not None for job in running)

    async def _prepare(
        self, principal: Principal, submission: Submission, point: SweepJob
    ) -> tuple[transitions.NewJob, BatchJob]:
        view = self._nodes.view()
        try:
            graph = apply_overrides(submission.prompt, point.overrides, view)
            resolved = resolve_seeds(graph, view, self._draw)
            one = replace(submission, prompt=resolved.prompt, prompt_id=ids.new_job_id())
            new, _ = await self._submit.prepare(
                principal, one, _encode(resolved.prompt), in_sweep=True
            )
        except AppError as error:
            raise AppError(error.code, f"{point.label}: {error.message}", error.details) from None
        await asyncio.sleep(0)  # thousands of points must not keep others waiting
        values = {node: dict(inputs) for node, inputs in point.overrides.items()}
        return new, BatchJob(new.id, point.index, point.label, values, _flat(resolved.drawn))

    async def _accept(
        self,
        principal: Principal,
        batch_id: str,
        prepared: Sequence[tuple[transitions.NewJob, BatchJob]],
        room: int,
        webhook: Webhook | None,
    ) -> None:
        now = self._db.clock.now()

        def write(tx: Connection) -> list[JobChanged]:
            if room:
                self._submit.require_room(tx, principal.tenant, room)
                if webhook is not None:
                    batch_webhooks.attach(tx, principal.tenant, batch_id, webhook, room, now)
            changes = [transitions.enqueue(tx, new, now).change for new, _ in prepared]
            members = (member for _, member in prepared)
            batch_rows.add(tx, principal.tenant, batch_id, members)
            return changes

        for change in await self._db.write(write):
            self._bus.publish(change)


def _require_possible(batch_id: str) -> None:
    if not ids.is_canonical_uuid(batch_id):
        raise _unknown(batch_id)


def _flat(drawn: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    return {f"{node}.{name}": seed for node, seeds in drawn.items() for name, seed in seeds.items()}


def _encode(value: JsonObject) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _unknown(batch_id: str) -> AppError:
    return AppError(ErrorCode.NOT_FOUND, f"There is no batch {batch_id}.")

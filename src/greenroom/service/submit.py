"""The one way in: check a graph, keep it as submitted, and put it into the queue."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from greenroom.bus.base import Bus
from greenroom.domain import ids
from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import TenantId
from greenroom.domain.job import UNTIL_INPUTS, Job
from greenroom.domain.json import JsonObject, compact
from greenroom.domain.principal import Principal
from greenroom.domain.record import JobDetail
from greenroom.domain.workflow.digest import digest, same_graph
from greenroom.domain.workflow.graph import parse_graph
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.submission import Submission
from greenroom.domain.workflow.validate import Validated, referenced_files, validate
from greenroom.service.acceptance import Acceptance
from greenroom.service.asset_references import resolve
from greenroom.service.assets import Assets, file_name
from greenroom.service.job_views import JobView, from_one
from greenroom.service.node_info import NodeInfo
from greenroom.service.scheduler import Scheduler
from greenroom.store import job_tags, transitions
from greenroom.store import jobs as job_rows
from greenroom.store.database import Database


@dataclass(frozen=True, slots=True)
class Submitted:
    job: Job
    node_errors: JsonObject
    """ComfyUI's errors of the outputs that were left out; empty when all is well."""
    created: bool
    """False when the same job had been accepted before."""


@dataclass(frozen=True, slots=True)
class _Done:
    submitted: Submitted
    new: transitions.NewJob
    position: int | None
    """How many jobs wait before it, where that was asked for."""


def _nowhere(_tx: Connection, _job: Job) -> None:
    """Most callers do not ask for the job's place in the queue."""


class Submit:
    def __init__(  # noqa: PLR0917 - what it works with; the last two may be absent
        self,
        database: Database,
        bus: Bus,
        assets: Assets,
        nodes: NodeInfo,
        acceptance: Acceptance | None = None,
        scheduler: Scheduler | None = None,
    ) -> None:
        self._db = database
        self._bus = bus
        self._assets = assets
        self._nodes = nodes
        self._acceptance = acceptance
        self._scheduler = scheduler

    async def submit(
        self, principal: Principal, submission: Submission, prompt: bytes, key: str | None = None,
        *, view: ObjectInfo | None = None,
    ) -> Submitted:  # fmt: skip
        """Accept a graph for running; the job is durable when this returns.

        `prompt` is the graph's JSON exactly as it was sent. INVALID_GRAPH carries ComfyUI's answer.
        `view`: what those know who can run it; without it, the whole fleet.
        A job id that is taken gives that job when the graph is the same, else CONFLICT. A `key`
        works once, unless no job came of it: KEY_REUSED. MISSING_ASSET, QUEUE_FULL.
        """
        done = await self._submit(principal, submission, prompt, key, view=view)
        return done.submitted

    async def submit_and_view(
        self, principal: Principal, submission: Submission, prompt: bytes, key: str | None = None
    ) -> JobView:
        """As `submit`; the new job as its owner follows it, without reading it back."""
        done = await self._submit(principal, submission, prompt, key, job_rows.position_of)
        detail = JobDetail(done.submitted.job, done.new.payload, None)
        return JobView(detail, (), from_one(done.position))

    async def _submit(
        self, principal: Principal, submission: Submission, prompt: bytes, key: str | None,
        place: Callable[[Connection, Job], int | None] = _nowhere,
        *, view: ObjectInfo | None = None,
    ) -> "_Done":  # fmt: skip
        await self.require_unused(principal, key)
        text = None if submission.is_taken_in else prompt
        resolved = await resolve(self._db, principal, submission.prompt, text)
        runnable = replace(submission, prompt=resolved.prompt)
        new, checked = await self.prepare(principal, runnable, prompt, view=view)
        if (resolved.assets or submission.is_taken_in) and new.graph is None:
            new = replace(new, graph=_encode(checked.graph_to_run))
        now = self._db.clock.now()

        def write(tx: Connection) -> tuple[transitions.Enqueued, int | None]:
            enqueued = self.accept(tx, new, now, key)
            job = enqueued.change.job
            if self._acceptance is not None and enqueued.created:
                self._acceptance.after(
                    tx, job, submission.secrets, resolved.assets, submission.awaited
                )
            if enqueued.created:
                job_tags.note(tx, job, submission.tags)
            return enqueued, place(tx, job)

        enqueued, position = await self._db.write(write)
        if enqueued.created:
            self._bus.publish(enqueued.change)
        elif enqueued.existing_digest != new.digest:
            await self._require_same_graph(principal, new)
        told = Submitted(enqueued.change.job, checked.node_errors, enqueued.created)
        return _Done(told, new, position)

    async def require_unused(self, principal: Principal, key: str | None) -> None:
        """KEY_REUSED as early as it can be known."""
        if self._acceptance is not None:
            await self._acceptance.require_unused(principal, key)

    def accept(
        self, tx: Connection, new: transitions.NewJob, now: Millis, key: str | None = None
    ) -> transitions.Enqueued:
        """Put what was prepared into the queue. KEY_REUSED, QUEUE_FULL."""
        if self._acceptance is not None:
            self._acceptance.before(tx, new.tenant, key)
        return transitions.enqueue(tx, new, now)

    def require_room(self, tx: Connection, tenant: TenantId, jobs: int) -> None:
        """QUEUE_FULL, or BAD_REQUEST, unless so many more jobs of the tenant may wait."""
        if self._acceptance is not None:
            self._acceptance.require_room(tx, tenant, jobs)

    async def prepare(
        self, principal: Principal, submission: Submission, prompt: bytes,
        *, in_sweep: bool = False, view: ObjectInfo | None = None,
    ) -> tuple[transitions.NewJob, Validated]:  # fmt: skip
        """What submit would accept, not accepted yet; INVALID_GRAPH. Sweeps let others go first."""
        checked = await self.check(principal, submission, view)
        new = _new_job(principal, submission, prompt, checked)
        if self._scheduler is not None:
            self._scheduler.note(new.id, checked.graph, checked.outputs, in_sweep=in_sweep)
        return new, checked

    async def _require_same_graph(self, principal: Principal, new: transitions.NewJob) -> None:
        """The texts differ; the graphs need not."""
        known = await self._db.read(lambda tx: job_rows.payload(tx, principal.tenant, new.id))
        if known is None or not same_graph(known.prompt, new.prompt):
            raise AppError(
                ErrorCode.CONFLICT, f"The id {new.id} belongs to a job with another graph."
            )

    async def check(
        self, principal: Principal, submission: Submission, view: ObjectInfo | None = None
    ) -> Validated:
        """Validate without accepting; INVALID_GRAPH when nothing in the graph could run."""
        view = self._nodes.view() if view is None else view
        graph = parse_graph(submission.prompt)
        names = {text: file_name(text) for text in referenced_files(graph, view)}
        wanted = [name for name in names.values() if name is not None]
        existing = await self._assets.existing(principal, wanted)
        files = frozenset(text for text, name in names.items() if name in existing)
        files |= {file.url for file in submission.awaited}
        return validate(graph, view, files=files, targets=submission.targets)


def _new_job(
    principal: Principal, submission: Submission, prompt: bytes, checked: Validated
) -> transitions.NewJob:
    same = checked.graph_to_run is submission.prompt
    return transitions.NewJob(
        id=submission.prompt_id or ids.new_job_id(),
        tenant=principal.tenant,
        prompt=prompt,
        graph=None if same else _encode(checked.graph_to_run),
        extra_data=_encode(submission.extra_data),
        outputs=checked.outputs,
        digest=digest(prompt),
        number=submission.number,
        front=submission.front,
        client_id=submission.client_id,
        workflow_id=submission.workflow_id,
        key_id=principal.key,
        deployment_id=submission.deployment_id,
        start_before=submission.start_before,
        not_before=UNTIL_INPUTS if submission.awaited else None,
        webhook=submission.webhook,
    )


def _encode(value: JsonObject) -> bytes:
    return compact(value).encode() if value else b"{}"

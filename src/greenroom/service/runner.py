"""Run a workflow of the library: bind its form, give the job a folder, submit it; run it again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from greenroom.bus.base import Bus
from greenroom.domain import ids
from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.event import JobChanged
from greenroom.domain.ids import JobId
from greenroom.domain.job import Job
from greenroom.domain.json import JsonObject
from greenroom.domain.library import Bound, WorkflowVersion
from greenroom.domain.notice import Notice, NoticeKind
from greenroom.domain.principal import Principal
from greenroom.domain.recipe import Recipe
from greenroom.domain.webhook import SAME_WEBHOOK, SameWebhook, Webhook
from greenroom.domain.workflow.form_values import FormValues, read_form_values
from greenroom.domain.workflow.output_folder import folder_stamp, place_outputs
from greenroom.domain.workflow.submission import parse_submission
from greenroom.service.submit import Submit
from greenroom.service.workflow_binding import RunChoices
from greenroom.service.workflows import Workflows
from greenroom.store import event_log, recipes, transitions
from greenroom.store import jobs as job_rows
from greenroom.store import webhooks as webhook_rows
from greenroom.store.database import Database


@dataclass(frozen=True, slots=True)
class Order:
    """A filled-in form."""

    params: JsonObject
    """Input id -> value. Names that begin with `_` are the caller's own and are not kept."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Field of the form -> name of an uploaded file; `input_image` means the first picture."""
    version: int | None = None
    """None for the newest."""
    key: str | None = None
    """Works once, unless no job came of it."""
    webhook: Webhook | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """A run that was accepted."""

    job: Job
    client_id: str
    seeds: Mapping[str, int]
    node_errors: JsonObject
    """ComfyUI's errors of the outputs that were left out; empty when all is well."""


@dataclass(frozen=True, slots=True)
class _Plan:
    version: WorkflowVersion
    values: FormValues
    seeds: Mapping[str, int] = field(default_factory=dict)
    retry_of: JobId | None = None
    key: str | None = None
    webhook: Webhook | None = None


class Runner:
    def __init__(self, database: Database, bus: Bus, workflows: Workflows, submit: Submit) -> None:
        self._db = database
        self._bus = bus
        self._workflows = workflows
        self._submit = submit

    async def build(self, principal: Principal, workflow_id: str, order: Order) -> Bound:
        """The graph that a run would have, before its files get a folder. NOT_FOUND."""
        version = await self._workflows.get(principal, workflow_id)
        values = read_form_values(version.manifest, order.params, order.files)
        return await self._workflows.bind(principal, version, values.params, values.files)

    async def execute(self, principal: Principal, workflow_id: str, order: Order) -> Started:
        """NOT_FOUND for an unknown workflow, BAD_REQUEST or INVALID_GRAPH for what it cannot do.

        KEY_REUSED, QUEUE_FULL.
        """
        await self._submit.require_unused(principal, order.key)
        version = await self._workflows.get(principal, workflow_id, order.version)
        values = read_form_values(version.manifest, order.params, order.files)
        return await self._run(
            principal, _Plan(version, values, key=order.key, webhook=order.webhook)
        )

    async def retry(
        self, principal: Principal, job_id: JobId,
        webhook: Webhook | SameWebhook | None = SAME_WEBHOOK,
    ) -> Started:  # fmt: skip
        """The same workflow, parameters, seeds and files once more, as a new job.

        It tells the same webhook unless another one is given, or None for none.
        NOT_FOUND without the job or its workflow; BAD_REQUEST for a job that came as a bare graph.
        """
        job = await self._db.read(lambda tx: job_rows.get(tx, principal.tenant, job_id))
        if job is None:
            raise AppError(ErrorCode.NOT_FOUND, "Job not found")
        recipe = await self._db.read(lambda tx: recipes.get(tx, principal.tenant, job_id))
        if recipe is None:
            raise AppError(ErrorCode.BAD_REQUEST, "Job has no workflow_id")
        version = await self._workflows.get(principal, recipe.workflow_id, recipe.version)
        values = FormValues(recipe.params, recipe.files, recipe.input_image)
        if webhook is SAME_WEBHOOK:
            webhook = await self._db.read(
                lambda tx: webhook_rows.of_job(tx, principal.tenant, job_id)
            )
        return await self._run(
            principal, _Plan(version, values, recipe.seeds, job_id, webhook=webhook)
        )

    async def _run(self, principal: Principal, plan: _Plan) -> Started:
        now = self._db.clock.now()
        folder = folder_stamp(now, ids.new_short_id())
        bound = await self._workflows.bind(
            principal, plan.version, plan.values.params, plan.values.files,
            RunChoices(seeds=plan.seeds, output_dir=folder),
        )  # fmt: skip
        client_id = ids.new_session_id()
        graph = place_outputs(bound.graph, folder)
        new, left_out = await self._prepare(principal, plan, graph, client_id)
        recipe = Recipe(
            workflow_id=plan.version.id,
            workflow_name=plan.version.name,
            version=plan.version.version,
            params=plan.values.params,
            seeds=bound.seeds,
            output_dir=folder,
            files=plan.values.files,
            input_image=plan.values.first_file,
            retry_of=plan.retry_of,
        )
        change = await self._db.write(lambda tx: self._accept(tx, new, recipe, plan.key, now))
        self._bus.publish(change)
        return Started(change.job, client_id, bound.seeds, left_out)

    async def _prepare(
        self, principal: Principal, plan: _Plan, graph: JsonObject, client_id: str
    ) -> tuple[transitions.NewJob, JsonObject]:
        submission = parse_submission(
            {
                "prompt": graph,
                "client_id": client_id,
                "extra_data": {"workflow_name": plan.version.name},
            }
        )
        prompt = json.dumps(graph, ensure_ascii=False, separators=(",", ":")).encode()
        new, checked = await self._submit.prepare(principal, submission, prompt)
        named = replace(new, workflow_id=plan.version.id, webhook=plan.webhook)
        return named, checked.node_errors

    def _accept(
        self, tx: Connection, new: transitions.NewJob, recipe: Recipe, key: str | None, now: Millis
    ) -> JobChanged:
        change = self._submit.accept(tx, new, now, key).change
        _note(tx, new, recipe, now)
        return change


def _note(tx: Connection, new: transitions.NewJob, recipe: Recipe, now: Millis) -> None:
    recipes.add(tx, new.tenant, new.id, recipe)
    if recipe.retry_of is not None:
        told = {
            "prompt_id": new.id, "retry_of": recipe.retry_of, "workflow_id": recipe.workflow_id,
        }  # fmt: skip
        event_log.note(tx, new.tenant, Notice(NoticeKind.JOB_RETRIED, now, told), new.id)

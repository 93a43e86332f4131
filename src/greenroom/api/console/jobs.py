"""Jobs: pages, one with everything about it, cancel, run again, delete."""

import asyncio
from dataclasses import replace

import msgspec
from aiohttp import web

from greenroom.api.console import bodies, cards, cursors, labels, queries
from greenroom.api.console.cards import Cards
from greenroom.api.console.shapes import Changed, Ids, JobPage, Parameter
from greenroom.api.console.shapes import JobDetail as JobDetailView
from greenroom.api.context import Call
from greenroom.api.webhook_fields import read_rerun_webhook
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import JobId
from greenroom.domain.job import TERMINAL_STATES
from greenroom.domain.json import JsonObject
from greenroom.domain.recipe import Recipe
from greenroom.domain.record import JobDetail
from greenroom.domain.webhook import SAME_WEBHOOK, SameWebhook, Webhook
from greenroom.domain.workflow.submission import parse_submission
from greenroom.service.intake import Taking


class JobsApi:
    def __init__(self, cards_: Cards) -> None:
        self._cards = cards_

    async def page(self, call: Call) -> web.StreamResponse:
        search, after = queries.job_search(call), queries.place(call)
        limit = queries.limit(call)
        page = await call.services.browse.jobs(call.principal, search, after, limit)
        return json_response(JobPage(await self._cards.of(page.jobs), cursors.write(page.next)))

    async def one(self, call: Call) -> web.StreamResponse:
        detail = await _detail(call, JobId(call.part("job_id")))
        attempts = await call.services.jobs.attempts(call.principal, detail.job.id)
        card = await self._cards.one(detail)
        graph = cards.decoded(detail.payload.to_run)
        record = await call.services.records.get(call.principal, detail.job.id)
        parameters = await _parameters(call, graph, record.recipe)
        outlook = await call.services.scheduler.outlook(detail.job)
        found = cards.outputs(cards.decoded(detail.result.outputs) if detail.result else {})
        return json_response(
            JobDetailView(
                card=card,
                parameters=parameters,
                outputs=found,
                attempts=[cards.attempt(one) for one in attempts],
                error=cards.error_view(detail.job.error),
                output_directory=(
                    record.recipe.output_dir if record.recipe else cards.output_directory(found)
                ),
                client_id=detail.job.client_id,
                worker=detail.job.worker,
                graph=graph,
                extra_data=cards.decoded(detail.payload.extra_data),
                waiting_for=outlook.waiting_for,
                has_webhook=(told := detail.job.webhook) is not None and told.of_job is not None,
                starts_in_seconds=outlook.starts_in_seconds(call.services.clock.now()),
            )
        )


async def cancel(call: Call) -> web.StreamResponse:
    """A waiting job is cancelled at once, a running one soon."""
    wanted = (await bodies.read(call, Ids)).ids
    stopped = [await call.services.jobs.cancel(call.principal, JobId(one)) for one in wanted]
    return json_response(Changed([job.id for job in stopped if job is not None]))


async def rerun(call: Call) -> web.StreamResponse:
    """Each job once more, with the same graph, seeds and webhook. NOT_FOUND, INVALID_GRAPH.

    The query may name another `webhook_url`, or an empty one for none.
    """
    wanted = (await bodies.read(call, Ids)).ids
    webhook = await read_rerun_webhook(call, {})
    return json_response(Changed([await _again(call, JobId(one), webhook) for one in wanted]))


async def delete(call: Call) -> web.StreamResponse:
    """Finished jobs with the output files that no other job shows; those that wait or run stay."""
    deleted: list[str] = []
    for one in (await bodies.read(call, Ids)).ids:
        job = await call.services.jobs.get(call.principal, JobId(one))
        if job is None or job.state not in TERMINAL_STATES:
            continue
        await call.services.assets.delete_made(call.principal, job.id)
        deleted.extend(await call.services.records.delete(call.principal, [job.id]))
    return json_response(Changed(deleted))


async def _detail(call: Call, job_id: JobId) -> JobDetail:
    detail = await call.services.jobs.detail(call.principal, job_id)
    if detail is None:
        raise AppError(ErrorCode.NOT_FOUND, "There is no such job.")
    return detail


async def _again(call: Call, job_id: JobId, webhook: Webhook | SameWebhook | None) -> str:
    record = await call.services.records.get(call.principal, job_id)
    if record.recipe is not None:
        return (await call.services.runner.retry(call.principal, job_id, webhook)).job.id
    if webhook is SAME_WEBHOOK:
        webhook = await call.services.webhooks.of_job(call.principal, job_id)
    payload = record.payload
    extra_data = cards.decoded(payload.extra_data)
    extra_data.pop("client_id", None)
    body = {
        "prompt": msgspec.json.decode(payload.to_run),
        "extra_data": extra_data,
        "partial_execution_targets": list(payload.outputs),
    }
    again = replace(parse_submission(body), deployment_id=record.job.deployment_id, webhook=webhook)
    if again.deployment_id is None:
        return (await call.services.submit.submit(call.principal, again, payload.to_run)).job.id
    # Of a job that failed for want of a file, the graph names that file's address still.
    how = Taking("workflow", call.services.nodes.view())
    return (await call.services.intake.submit(call.principal, again, body["prompt"], how)).job.id


async def _parameters(call: Call, graph: JsonObject, recipe: Recipe | None) -> list[Parameter]:
    """What was given for the form; what the graph itself says when there was none."""
    view = call.services.nodes.view()
    if recipe is None:
        found = await asyncio.to_thread(labels.parameters, graph, view)
        return [cards.parameter(one) for one in found]
    told = {**recipe.params, **recipe.files, **recipe.seeds}
    try:
        version = await call.services.workflows.get(
            call.principal, recipe.workflow_id, recipe.version
        )
    except AppError:
        # The workflow was deleted since; its names stand for its labels.
        return [Parameter(name, "text", told[name], None, None, None, False) for name in told]
    return [cards.parameter(one) for one in labels.given(graph, version.manifest.inputs, told)]

"""Workflows to run: a gallery, forms of them and of any file, and runs."""

import asyncio
from pathlib import PurePosixPath
from urllib.parse import quote

from aiohttp import web

from greenroom.api.bodies import parse_json, read_bytes
from greenroom.api.console import bodies, forms, sample
from greenroom.api.console.cards import Cards, decoded
from greenroom.api.console.shapes import Changed, Form, Order, Save, WorkflowCard, WorkflowList
from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.browse import JobSearch
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import JobId
from greenroom.domain.workflow.submission import parse_submission

_SAVED = "workflows"
_RECENT = 60


class WorkflowsApi:
    def __init__(self, cards: Cards) -> None:
        self._cards = cards

    async def gallery(self, call: Call) -> web.StreamResponse:
        """What was saved, what ran lately, and a sample to begin with."""
        saved = await _saved(call)
        recent = await self._recent(call)
        first = WorkflowCard(sample.ID, sample.NAME, "sample", None, None)
        return json_response(WorkflowList([*saved, *recent, first]))

    async def _recent(self, call: Call) -> list[WorkflowCard]:
        """The newest job of each name."""
        page = await call.services.browse.jobs(call.principal, JobSearch(), None, _RECENT)
        newest: dict[str, WorkflowCard] = {}
        for card in await self._cards.of(page.jobs):
            thumbnail = card.preview.thumbnail if card.preview is not None else None
            newest.setdefault(
                card.workflow_name,
                WorkflowCard(
                    f"job-{card.id}", card.workflow_name, "recent", thumbnail, card.queued_at
                ),
            )
        return list(newest.values())


async def open_one(call: Call) -> web.StreamResponse:
    """The form of a workflow of the gallery, or of any job. NOT_FOUND."""
    workflow_id = call.part("workflow_id")
    view = call.services.nodes.view()
    if workflow_id.startswith("job-"):
        return json_response(await _form_of_job(call, JobId(workflow_id.removeprefix("job-"))))
    if workflow_id == sample.ID:
        return json_response(forms.make(sample.GRAPH, None, sample.NAME, view))
    file = f"{_SAVED}/{workflow_id.removeprefix('saved-')}.json"
    found = await call.services.userdata.read(call.principal, file)
    if found is None:
        raise AppError(ErrorCode.NOT_FOUND, "There is no such workflow.")
    name = PurePosixPath(file).stem
    return json_response(await asyncio.to_thread(forms.read, found.data, name, view))


async def read(call: Call) -> web.StreamResponse:
    """The body, whatever kind of file it is, as a form. UNSUPPORTED_MEDIA, INVALID_GRAPH."""
    data, name = await read_bytes(call.request), PurePosixPath(call.query("name") or "").stem
    return json_response(
        await asyncio.to_thread(forms.read, data, name, call.services.nodes.view())
    )


async def run(call: Call) -> web.StreamResponse:
    """As many jobs as were ordered. BAD_REQUEST names a value, INVALID_GRAPH says more."""
    order = await bodies.read(call, Order)
    ready = await asyncio.to_thread(forms.bodies, order, call.services.nodes.view())
    made: list[str] = []
    for body in ready:
        submission = parse_submission(body)
        prompt = forms.encode(submission.prompt)
        made.append((await call.services.submit.submit(call.principal, submission, prompt)).job.id)
    return json_response(Changed(made))


async def save(call: Call) -> web.StreamResponse:
    """Among the saved workflows of ComfyUI's frontend, which opens it too. BAD_REQUEST."""
    wish = await bodies.read(call, Save)
    name = wish.name.strip()
    if not name or "/" in name or name.startswith("."):
        raise AppError(ErrorCode.BAD_REQUEST, "Give the workflow a name without slashes.")
    data = forms.encode(wish.workflow or wish.graph)
    path = f"{_SAVED}/{quote(name, safe=' ()')}.json"
    await call.services.userdata.write(call.principal, path, data, overwrite=True)
    return json_response(Changed([f"saved-{name}"]))


async def _form_of_job(call: Call, job_id: JobId) -> Form:
    detail = await call.services.jobs.detail(call.principal, job_id)
    if detail is None:
        raise AppError(ErrorCode.NOT_FOUND, "There is no such job.")
    graph = parse_json(detail.payload.to_run)
    extra_data = decoded(detail.payload.extra_data)
    workflow = (extra_data.get("extra_pnginfo") or {}).get("workflow")
    name = str(extra_data.get("workflow_name") or "")
    view = call.services.nodes.view()
    if not isinstance(graph, dict):
        raise AppError(ErrorCode.INVALID_GRAPH, "The job's graph cannot be read.")
    return await asyncio.to_thread(forms.make, graph, workflow, name, view)


async def _saved(call: Call) -> list[WorkflowCard]:
    found = await call.services.userdata.files(call.principal)
    cards = []
    for file in found:
        path = PurePosixPath(file.path)
        hidden = path.suffix != ".json" or path.name.startswith(".")
        if hidden or path.parts[0] != _SAVED:
            continue
        stem = str(path.relative_to(_SAVED).with_suffix(""))
        cards.append(WorkflowCard(f"saved-{stem}", stem, "saved", None, file.modified_at))
    return cards

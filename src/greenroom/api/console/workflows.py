"""Workflows to run: a gallery, forms of them and of any file, and runs."""

import asyncio
from collections.abc import Mapping
from pathlib import PurePosixPath

from aiohttp import web

from greenroom.api.bodies import parse_json, read_bytes
from greenroom.api.console import bodies, forms, sample
from greenroom.api.console.cards import Cards, decoded
from greenroom.api.console.shapes import Changed
from greenroom.api.console.workflow_shapes import Form, Save, WorkflowCard, WorkflowList
from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.browse import JobSearch
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import JobId
from greenroom.domain.library import WorkflowVersion
from greenroom.service.workflow_source import Source

_SAVED = "workflows"
_LIBRARY = "library-"
_RECENT = 60


class WorkflowsApi:
    def __init__(self, cards: Cards) -> None:
        self._cards = cards

    async def gallery(self, call: Call) -> web.StreamResponse:
        """The library, what the editor saved, what ran lately, and a sample to begin with."""
        recent = await self._recent(call)
        pictures = {card.name: card.thumbnail for card in recent}
        library = await _library(call, pictures)
        kept = {card.name for card in library}
        others = [card for card in recent if card.name not in kept]
        first = WorkflowCard(sample.ID, sample.NAME, "sample", None, None)
        return json_response(WorkflowList([*library, *await _saved(call), *others, first]))

    async def _recent(self, call: Call) -> list[WorkflowCard]:
        """The newest job of each name, with the newest picture of that name."""
        page = await call.services.browse.jobs(call.principal, JobSearch(), None, _RECENT)
        newest: dict[str, WorkflowCard] = {}
        for card in await self._cards.of(page.jobs):
            name = card.workflow_name
            found = newest.setdefault(
                name, WorkflowCard(f"job-{card.id}", name, "recent", None, card.queued_at)
            )
            if found.thumbnail is None and card.preview is not None:
                found.thumbnail = card.preview.thumbnail
        return list(newest.values())


async def open_one(call: Call) -> web.StreamResponse:
    """The form of a workflow of the gallery, or of any job. NOT_FOUND."""
    workflow_id = call.part("workflow_id")
    view = call.services.nodes.view()
    if workflow_id.startswith("job-"):
        return json_response(await _form_of_job(call, JobId(workflow_id.removeprefix("job-"))))
    if workflow_id.startswith(_LIBRARY):
        wanted = workflow_id.removeprefix(_LIBRARY)
        version = await call.services.workflows.get(call.principal, wanted)
        readiness = await call.services.workflows.readiness(call.principal, version)
        lacking, definitions = readiness.missing_nodes, call.services.nodes.definitions()
        return json_response(
            await asyncio.to_thread(forms.of_library, version, lacking, definitions)
        )
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


async def save(call: Call) -> web.StreamResponse:
    """Into the library, as a new version where one of that name is there.

    BAD_REQUEST, NOT_FOUND; INVALID_GRAPH while nobody has the node classes.
    """
    wish = await bodies.read(call, Save)
    if wish.library_id is not None:
        values, one = wish.values, wish.library_id
        kept = await call.services.workflows.keep_values(call.principal, one, values)
        return json_response(Changed([f"{_LIBRARY}{kept.version.id}"]))
    view = call.services.nodes.view()
    graph = await asyncio.to_thread(forms.filled_in, wish.graph, wish.values, view)
    files = {"prompt": graph, "workflow": wish.workflow}
    source = Source(f"{wish.name}.json", {f"{wish.name}.json": forms.encode(files)})
    published = await call.services.workflows.take_in(call.principal, source, name=wish.name)
    return json_response(Changed([f"{_LIBRARY}{published.version.id}"]))


async def _library(call: Call, pictures: Mapping[str, str | None]) -> list[WorkflowCard]:
    return [
        WorkflowCard(
            id=f"{_LIBRARY}{one.id}",
            name=one.name,
            source="library",
            thumbnail=pictures.get(one.name),
            updated_at=one.created_at,
            lacking=await _lacking(call, one),
        )
        for one in await call.services.workflows.list(call.principal)
    ]


async def _lacking(call: Call, version: WorkflowVersion) -> list[str]:
    found = await call.services.workflows.readiness(call.principal, version)
    return [] if found.workers else [*found.missing_nodes, *found.missing_models]


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

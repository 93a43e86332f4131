"""A filled-in form -> its jobs: one, several, or one for each combination of values."""

import asyncio
import math
import secrets
from dataclasses import dataclass
from itertools import product
from typing import Any

from aiohttp import web

from greenroom.api.console import bodies, forms
from greenroom.api.console.workflow_shapes import Order, Ordered
from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject
from greenroom.domain.workflow.inference import infer_manifest
from greenroom.domain.workflow.manifest import Manifest
from greenroom.domain.workflow.manifest_binding import bind_parameters
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.seeds import resolve_seeds
from greenroom.domain.workflow.submission import parse_submission
from greenroom.domain.workflow.sweep import SweepJob
from greenroom.service.runner import Order as Filled

MOST_RUNS = 500


@dataclass(frozen=True, slots=True)
class _Point:
    """One run of an order."""

    label: str
    values: JsonObject


async def run(call: Call) -> web.StreamResponse:
    """As many jobs as were ordered. BAD_REQUEST names a value, INVALID_GRAPH says more."""
    order = await bodies.read(call, Order)
    _check(order)
    if order.library_id is not None:
        return json_response(await _run_of_library(call, order, order.library_id))
    if order.sweep:
        return json_response(await _run_sweep(call, order))
    return json_response(await _run_graph(call, order))


async def _run_graph(call: Call, order: Order) -> Ordered:
    view = call.services.nodes.view()
    made = []
    for body in await asyncio.to_thread(_bodies, order, view):
        submission = parse_submission(body)
        prompt = forms.encode(submission.prompt)
        made.append((await call.services.submit.submit(call.principal, submission, prompt)).job.id)
    return Ordered(list(made), [""] * len(made))


async def _run_sweep(call: Call, order: Order) -> Ordered:
    """As one batch, which is accepted whole or not at all."""
    view = call.services.nodes.view()
    jobs = await asyncio.to_thread(_sweep_jobs, order, view)
    submission = parse_submission(_body(order, order.graph))
    swept = await call.services.sweeps.submit(call.principal, submission, jobs)
    return Ordered([job.job_id for job in swept.jobs], [job.label for job in swept.jobs])


async def _run_of_library(call: Call, order: Order, workflow_id: str) -> Ordered:
    version = await call.services.workflows.get(call.principal, workflow_id)
    points = _points(order, version.manifest)
    runs = [
        await call.services.runner.execute(call.principal, workflow_id, Filled(params=point.values))
        for point in points
    ]
    return Ordered([run.job.id for run in runs], [point.label for point in points])


def _check(order: Order) -> None:
    """BAD_REQUEST for none or too many runs."""
    empty = [name for name, values in order.sweep.items() if not values]
    if empty:
        raise AppError(ErrorCode.BAD_REQUEST, f"{empty[0]} is to vary, but has no values.")
    runs = order.count * math.prod(len(values) for values in order.sweep.values())
    if not 1 <= runs <= MOST_RUNS:
        raise AppError(
            ErrorCode.BAD_REQUEST, f"This orders {runs} runs; order 1 to {MOST_RUNS} at once."
        )


def _points(order: Order, manifest: Manifest) -> list[_Point]:
    """The last field changes fastest; each combination comes `count` times."""
    words = {item.id: item.label for item in manifest.inputs}
    names = list(order.sweep)
    return [
        _Point(
            ", ".join(
                f"{words.get(name, name)} {value}" for name, value in zip(names, row, strict=True)
            ),
            {**order.values, **dict(zip(names, row, strict=True))},
        )
        for row in product(*order.sweep.values())
        for _ in range(order.count)
    ]


def _sweep_jobs(order: Order, view: ObjectInfo) -> list[SweepJob]:
    """BAD_REQUEST names a value that cannot be."""
    manifest = _manifest(order, view)
    return [
        SweepJob(
            index, point.label, bind_parameters(manifest, point.values, secrets.randbelow).overrides
        )
        for index, point in enumerate(_points(order, manifest))
    ]


def _bodies(order: Order, view: ObjectInfo) -> list[dict[str, Any]]:
    """One POST /prompt body for each run, with its values and seeds in place."""
    made = []
    for _ in range(order.count):
        graph = forms.filled_in(order.graph, order.values, view)
        made.append(_body(order, resolve_seeds(graph, view, secrets.randbelow).prompt))
    return made


def _body(order: Order, graph: JsonObject) -> dict[str, Any]:
    extra_data: dict[str, Any] = {"workflow_name": order.name}
    if order.workflow is not None:
        extra_data["extra_pnginfo"] = {"workflow": order.workflow}
    return {"prompt": graph, "extra_data": extra_data, "front": order.front}


def _manifest(order: Order, view: ObjectInfo) -> Manifest:
    return infer_manifest(order.graph, view, workflow_id="form", name="form")

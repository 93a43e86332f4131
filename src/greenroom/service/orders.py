"""Orders to run a workflow, one that comes along or one of the library, with values by name."""

import asyncio
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.job import Job
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.principal import Principal
from greenroom.domain.webhook import Webhook
from greenroom.domain.workflow.editor_class import EditorClasses
from greenroom.domain.workflow.graph import parse_graph
from greenroom.domain.workflow.inference import infer_manifest
from greenroom.domain.workflow.manifest import InputType, Manifest
from greenroom.domain.workflow.manifest_binding import bind_graph
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.overrides import apply_overrides
from greenroom.domain.workflow.reading.workflow_file import is_api_graph
from greenroom.domain.workflow.seeds import ResolvedSeeds, resolve_seeds
from greenroom.domain.workflow.submission import Submission
from greenroom.domain.workflow.ui_to_api import ui_to_api
from greenroom.service.node_info import NodeInfo
from greenroom.service.runner import Order, Runner
from greenroom.service.submit import Submit
from greenroom.service.workflows import Workflows

_SIZE = ("width", "height")


@dataclass(frozen=True, slots=True)
class Ordered:
    """A run that was accepted."""

    job: Job
    seeds: Mapping[str, int]
    """By the name of the input or, where it has none, as `node.input`."""
    node_errors: JsonObject
    """ComfyUI's errors of the outputs that were left out; empty when all is well."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What of the library is to run."""

    workflow_id: str
    version: int | None = None
    """None for the newest."""
    inputs: JsonObject = field(default_factory=dict)
    webhook: Webhook | None = None


class Orders:
    def __init__(
        self, nodes: NodeInfo, submit: Submit, workflows: Workflows, runner: Runner
    ) -> None:
        self._nodes = nodes
        self._submit = submit
        self._workflows = workflows
        self._runner = runner

    async def run_known(self, principal: Principal, choice: Choice, key: str | None) -> Ordered:
        """NOT_FOUND without the workflow; BAD_REQUEST names an input; else as Submit.submit."""
        version = await self._workflows.get(principal, choice.workflow_id, choice.version)
        _refuse_unknown(version.manifest, choice.inputs)
        order = Order(choice.inputs, version=version.version, key=key, webhook=choice.webhook)
        started = await self._runner.execute(principal, version.id, order)
        return Ordered(started.job, started.seeds, started.node_errors)

    async def run_given(
        self, principal: Principal, submission: Submission, inputs: JsonObject, key: str | None
    ) -> Ordered:
        """`submission.prompt` is a workflow in either format; the editor's stays beside the job.

        BAD_REQUEST names an input; else as Submit.submit.
        """
        view = self._nodes.view()
        resolved = await asyncio.to_thread(_resolved, submission.prompt, inputs, view)
        runnable = replace(submission, prompt=resolved.prompt, extra_data=_with_canvas(submission))
        text = json.dumps(resolved.prompt, ensure_ascii=False, separators=(",", ":")).encode()
        made = await self._submit.submit(principal, runnable, text, key)
        return Ordered(made.job, _flat(resolved), made.node_errors)


def _resolved(workflow: JsonValue, inputs: JsonObject, view: ObjectInfo) -> ResolvedSeeds:
    graph: JsonValue = workflow
    if not is_api_graph(workflow):
        graph = ui_to_api(workflow, EditorClasses(view))
    return resolve_seeds(_filled(graph, inputs, view) if inputs else graph, view, secrets.randbelow)


def _filled(graph: JsonValue, inputs: JsonObject, view: ObjectInfo) -> JsonObject:
    """`node.input` sets just that; any other name is one of the form that the graph suggests."""
    nodes = parse_graph(graph).nodes
    exact: dict[str, dict[str, JsonValue]] = {}
    named: dict[str, JsonValue] = {}
    for name, value in inputs.items():
        node, _, field_name = name.rpartition(".")
        if node in nodes:
            exact.setdefault(node, {})[field_name] = value
        else:
            named[name] = value
    manifest = infer_manifest(graph, view, workflow_id="given", name="given")
    _refuse_unknown(manifest, named)
    bound = bind_graph(manifest, graph, named, secrets.randbelow, view).prompt
    return apply_overrides(bound, exact, view)


def _refuse_unknown(manifest: Manifest, inputs: JsonObject) -> None:
    known = [item.id for item in manifest.inputs]
    if any(item.type is InputType.RESOLUTION_PICKER for item in manifest.inputs):
        known += [name for name in _SIZE if name not in known]
    unknown = [name for name in inputs if name not in known]
    if unknown:
        message = f"There is no input {', '.join(map(repr, unknown))}; there are {known}."
        raise AppError(ErrorCode.BAD_REQUEST, message, {"inputs": known})


def _with_canvas(submission: Submission) -> JsonObject:
    """What comes along, with the editor's workflow in it for the files that the run saves."""
    extra_data = submission.extra_data
    if is_api_graph(submission.prompt):
        return extra_data
    info = extra_data.get("extra_pnginfo")
    known = info if isinstance(info, Mapping) else {}
    return {**extra_data, "extra_pnginfo": {"workflow": submission.prompt, **known}}


def _flat(resolved: ResolvedSeeds) -> dict[str, int]:
    return {
        f"{node}.{name}": seed
        for node, seeds in resolved.drawn.items()
        for name, seed in seeds.items()
    }

"""What a graph is about, in the words of a person: its name, its prompt, its parameters."""

import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

import msgspec

from greenroom.api.own_fields import own_fields
from greenroom.domain.errors import AppError
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.record import Payload
from greenroom.domain.workflow.graph import as_link, parse_graph
from greenroom.domain.workflow.inference import infer_manifest
from greenroom.domain.workflow.manifest import InputType, ManifestInput
from greenroom.domain.workflow.object_info import ObjectInfo

_REMEMBERED = 4096
_LONGEST_PROMPT = 400
_DEFAULT_PREFIXES = frozenset({"comfyui", "temp", ""})
_MODEL_INPUTS = ("ckpt_name", "unet_name", "model_name")


@dataclass(frozen=True, slots=True)
class Given:
    """One parameter of a graph with the value it had."""

    field: ManifestInput
    value: JsonValue


@dataclass(frozen=True, slots=True)
class Label:
    name: str
    prompt: str
    image: str | None
    """The first input picture, as the graph names it."""
    tags: tuple[str, ...] = ()
    """Of a request of a deployment."""


class _Sent(msgspec.Struct):
    """Of what was sent along, the part that a label needs."""

    workflow_name: Any = None


_sent = msgspec.json.Decoder(_Sent)


class Labels:
    """Labels of graphs, remembered by digest while the known nodes stay the same.

    What a run was called is not the graph's: the same one may run under many names.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, int], Label] = OrderedDict()

    def of(self, payload: Payload, view: ObjectInfo, revision: int) -> Label:
        key = (payload.digest, revision)
        found = self._known.get(key)
        if found is None:
            found = _label(payload, view)
            self._known[key] = found
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        sent = _sent.decode(payload.extra_data)
        named, tags = isinstance(sent.workflow_name, str) and sent.workflow_name, _tags(payload)
        return replace(found, name=named or found.name, tags=tags) if named or tags else found


def _tags(payload: Payload) -> tuple[str, ...]:
    tags = own_fields(payload).get("tags")
    return tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()


def parameters(graph: JsonObject, view: ObjectInfo) -> list[Given]:
    """The parameters that a form of this graph would show, with the graph's own values."""
    try:
        manifest = infer_manifest(graph, view, workflow_id="graph", name="graph")
    except AppError:
        return []
    return given(graph, manifest.inputs)


def given(
    graph: JsonObject, inputs: Iterable[ManifestInput], params: JsonObject | None = None
) -> list[Given]:
    """The inputs of a form with what was given for them, else with the graph's own values."""
    told = params or {}
    return [Given(item, told.get(item.id, _value(graph, item))) for item in inputs]


def workflow_name(graph: JsonObject, extra_data: JsonObject) -> str:
    """The name that came along, else what the graph says: its file prefix, model or classes."""
    given = extra_data.get("workflow_name")
    if isinstance(given, str) and given:
        return given
    prefix = _literal(graph, ("filename_prefix",))
    stem = PurePosixPath(prefix or "").name
    if stem.lower() not in _DEFAULT_PREFIXES:
        return stem
    model = _literal(graph, _MODEL_INPUTS)
    if model:
        return PurePosixPath(model.replace("\\", "/")).stem
    return _classes(graph)


def node_titles(graph: JsonObject) -> dict[str, str]:
    """Node id -> what the author called it, else its class."""
    return {node_id: _title(node) for node_id, node in graph.items()}


def _label(payload: Payload, view: ObjectInfo) -> Label:
    graph = json.loads(payload.to_run)
    given = parameters(graph, view)
    image = next((one.value for one in given if one.field.type is InputType.IMAGE), None)
    return Label(
        name=workflow_name(graph, {}),
        prompt=_prompt(given)[:_LONGEST_PROMPT],
        image=image if isinstance(image, str) else None,
    )


def _prompt(given: list[Given]) -> str:
    """The first long text of the form: the positive prompt comes before all others."""
    texts = [one.value for one in given if one.field.multiline and isinstance(one.value, str)]
    return texts[0] if texts else ""


def _value(graph: JsonObject, item: ManifestInput) -> JsonValue:
    node = graph.get(item.node_id or "")
    inputs = node.get("inputs") if isinstance(node, Mapping) else None
    if not isinstance(inputs, Mapping) or item.input_name is None:
        return item.default
    return inputs.get(item.input_name, item.default)


def _literal(graph: JsonObject, names: tuple[str, ...]) -> str | None:
    for node in parse_graph(graph).nodes.values():
        for name in names:
            value = node.inputs.get(name)
            if isinstance(value, str) and value:
                return value
    return None


def _classes(graph: JsonObject) -> str:
    """The way through the graph: `LoadImage → ImageScale → SaveImage`."""
    nodes = parse_graph(graph).nodes
    fed = {
        link.node_id
        for node in nodes.values()
        for value in node.inputs.values()
        if (link := as_link(value)) is not None
    }
    ends = [node_id for node_id in nodes if node_id not in fed]
    names: list[str] = []
    current = ends[0] if ends else None
    while current is not None and current in nodes and len(names) < 8:
        names.append(nodes[current].class_type)
        links = (as_link(value) for value in nodes[current].inputs.values())
        current = next((link.node_id for link in links if link is not None), None)
    shown = names[::-1] if len(names) < 4 else [names[-1], "…", names[0]]
    return " → ".join(shown) or "Workflow"


def _title(node: JsonValue) -> str:
    if not isinstance(node, Mapping):
        return ""
    meta = node.get("_meta")
    title = meta.get("title") if isinstance(meta, Mapping) else None
    return title if isinstance(title, str) and title else str(node.get("class_type", ""))

"""References to files and assets in a graph: find them, and put others in their place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.file_inputs import FileKind
from greenroom.domain.workflow.graph import parse_graph
from greenroom.domain.workflow.input_checks import unwrap
from greenroom.domain.workflow.object_info import ObjectInfo

ASSET_TYPE = "core/ASSET"


@dataclass(frozen=True, slots=True)
class Place:
    """One input of one node."""

    node_id: str
    input: str


@dataclass(frozen=True, slots=True)
class FileReference:
    place: Place
    name: str
    """As the graph says it: `sub/x.png [output]`."""
    kind: FileKind


@dataclass(frozen=True, slots=True)
class AssetReference:
    """An object that stands for a stored asset. At least one of id, hash and file_path is there."""

    place: Place
    id: str | None
    hash: str | None
    file_path: str | None


def file_references(prompt: JsonValue, object_info: ObjectInfo) -> Iterator[FileReference]:
    """Every file that a node of a known class names, in the graph's order."""
    for node_id, node in parse_graph(prompt).nodes.items():
        node_class = object_info.find(node.class_type)
        for file in node_class.file_inputs if node_class is not None else ():
            name = unwrap(node.inputs.get(file.name))
            if isinstance(name, str) and file.names_a_file(name):
                yield FileReference(Place(node_id, file.name), name, file.kind)


def asset_references(prompt: JsonValue) -> Iterator[AssetReference]:
    """Every {"__type": "core/ASSET", "info": {...}} that stands as an input's value."""
    for node_id, node in parse_graph(prompt).nodes.items():
        for name, value in node.inputs.items():
            if not isinstance(value, Mapping) or value.get("__type") != ASSET_TYPE:
                continue
            info = value.get("info")
            info = info if isinstance(info, Mapping) else {}
            yield AssetReference(
                Place(node_id, name),
                _text(info.get("id")),
                _text(info.get("hash")),
                _text(info.get("file_path")),
            )


def replace_references(prompt: JsonValue, values: Mapping[Place, JsonValue]) -> JsonObject:
    """A copy of the graph with other values at these places; places that are not there are kept
    out of it.
    """
    graph = parse_graph(prompt)
    result = dict(graph.source)
    for place, value in values.items():
        body = result.get(place.node_id)
        inputs = body.get("inputs") if isinstance(body, Mapping) else None
        if isinstance(body, Mapping) and isinstance(inputs, Mapping) and place.input in inputs:
            result[place.node_id] = {**body, "inputs": {**inputs, place.input: value}}
    return result


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None

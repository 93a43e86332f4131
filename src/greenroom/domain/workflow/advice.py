"""What to do about a refused graph: said beside ComfyUI's errors, which stay as they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.graph import json_kind
from greenroom.domain.workflow.model_folders import model_folder
from greenroom.domain.workflow.nearest import nearest
from greenroom.domain.workflow.object_info import ObjectInfo

_MOST_PIECES = 20
_MOST_COMPARED = 5
"""How many unknown names are compared with all known ones, which takes milliseconds each."""


@dataclass(frozen=True, slots=True)
class Advice:
    """One sentence about one node."""

    node_id: str
    text: str
    input: str | None = None
    nearest: tuple[str, ...] = ()
    """Known names that come close to the one that is not known."""
    model_folder: str | None = None
    node_pack: str | None = None
    """The registry's name of the pack that has the missing class."""


def advise(
    answer: JsonObject, prompt: JsonValue, object_info: ObjectInfo, workflow: JsonValue = None
) -> tuple[Advice, ...]:
    """Advice on an answer {"error": {...}, "node_errors": {...}} of `validate`.

    `workflow` is the editor's form of the same graph, when it came along: it may name node packs.
    """
    nodes = prompt if isinstance(prompt, Mapping) else {}
    pieces = (
        *islice(_missing_classes(nodes, object_info, workflow), _MOST_PIECES),
        *islice(_bad_values(_mapping(answer.get("node_errors")), object_info), _MOST_PIECES),
    )
    return pieces[:_MOST_PIECES]


def _missing_classes(
    nodes: JsonObject, object_info: ObjectInfo, workflow: JsonValue
) -> Iterator[Advice]:
    told: set[str] = set()
    packs: Mapping[str, str] | None = None
    for node_id, body in nodes.items():
        class_type = _mapping(body).get("class_type")
        if not isinstance(class_type, str) or class_type in told or class_type in object_info:
            continue
        told.add(class_type)
        packs = node_packs(workflow) if packs is None else packs
        pack = packs.get(class_type)
        close = nearest(class_type, object_info) if len(told) <= _MOST_COMPARED else ()
        sentences = [f"No worker has the node class {class_type!r}."]
        if pack is not None:
            sentences.append(f"It belongs to the node pack {pack!r}.")
        if close:
            sentences.append(f"Close names are {', '.join(close)}.")
        yield Advice(node_id, " ".join(sentences), nearest=close, node_pack=pack)


def node_packs(workflow: JsonValue) -> dict[str, str]:
    """Class name -> node pack, as the nodes of an editor's workflow say it, subgraphs included."""
    packs: dict[str, str] = {}
    whole = _mapping(workflow)
    subgraphs = _items(_mapping(whole.get("definitions")).get("subgraphs"))
    for graph in (whole, *map(_mapping, subgraphs)):
        for node in map(_mapping, _items(graph.get("nodes"))):
            properties = _mapping(node.get("properties"))
            pack = properties.get("cnr_id") or properties.get("aux_id")
            class_type = node.get("type")
            if isinstance(pack, str) and isinstance(class_type, str):
                packs.setdefault(class_type, pack)
    return packs


def _bad_values(node_errors: JsonObject, object_info: ObjectInfo) -> Iterator[Advice]:
    compared = 0
    for node_id, report in node_errors.items():
        class_type = _mapping(report).get("class_type")
        for error in map(_mapping, _items(_mapping(report).get("errors"))):
            extra_info = _mapping(error.get("extra_info"))
            name = extra_info.get("input_name")
            if not isinstance(class_type, str) or not isinstance(name, str):
                continue
            if error.get("type") == "value_not_in_list":
                compared += 1
                received = extra_info.get("received_value")
                known = object_info if compared <= _MOST_COMPARED else None
                yield _unlisted(node_id, class_type, name, received, known)
            elif error.get("type") == "custom_validation_failed":
                yield Advice(node_id, f"Upload the file that {name!r} names first.", input=name)


def _unlisted(
    node_id: str, class_type: str, name: str, received: JsonValue, object_info: ObjectInfo | None
) -> Advice:
    shown = f"{received!r}" if isinstance(received, str) else json_kind(received)
    close: tuple[str, ...] = ()
    if isinstance(received, str) and object_info is not None:
        close = nearest(received, _choices(class_type, name, object_info))
    folder = model_folder(class_type, name)
    sentences = [f"{name!r} has no choice {shown}."]
    if folder is not None:
        sentences.append(f"If it is a model, no worker has it in models/{folder}.")
    if close:
        sentences.append(f"Close choices are {', '.join(close)}.")
    return Advice(node_id, " ".join(sentences), input=name, nearest=close, model_folder=folder)


def _choices(class_type: str, name: str, object_info: ObjectInfo) -> list[str]:
    node_class = object_info.find(class_type)
    spec = node_class.inputs.get(name) if node_class is not None else None
    choices = spec.choices if spec is not None else None
    return [choice for choice in choices or () if isinstance(choice, str)]


def _mapping(value: JsonValue) -> JsonObject:
    return value if isinstance(value, Mapping) else {}


def _items(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []

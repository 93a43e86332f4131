"""Overrides against the graph that they change and the node classes: everything that is wrong."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonValue
from greenroom.domain.workflow.dynamic_inputs import unfold
from greenroom.domain.workflow.graph import Graph, Node, is_link, json_kind
from greenroom.domain.workflow.input_checks import check_literal, unwrap
from greenroom.domain.workflow.input_spec import InputSpec
from greenroom.domain.workflow.links import check_link
from greenroom.domain.workflow.nearest import nearest
from greenroom.domain.workflow.node_errors import Crash
from greenroom.domain.workflow.object_info import NodeClass, ObjectInfo
from greenroom.domain.workflow.overrides import Overrides

_OVERRIDES = "overrides"
_BESIDE = frozenset({"inputs", "class_type", "_meta"})
_MOST_TOLD = 50
_KINDS: Mapping[str, tuple[type, ...]] = {
    "INT": (int,), "FLOAT": (int, float), "STRING": (str,), "BOOLEAN": (bool,),
}  # fmt: skip


class Problem(NamedTuple):
    place: tuple[str, ...]
    """overrides, node id, "inputs", name: as far as it goes."""
    message: str
    kind: str


def checked_overrides(given: JsonValue, graph: Graph, object_info: ObjectInfo) -> Overrides:
    """Overrides in the form {node id: {"inputs": {name: value}}}.

    BAD_REQUEST with all that is wrong: `problems`, each with `place`, `message` and `type`.
    """
    problems = list(_problems(given, graph, object_info))
    if problems:
        raise refusal(problems)
    nodes = given.items() if isinstance(given, Mapping) else ()
    return {node_id: _inputs(body) for node_id, body in nodes}


def refusal(problems: list[Problem]) -> AppError:
    """All that is wrong in one error."""
    more = f" And {len(problems) - 1} more." if len(problems) > 1 else ""
    told: list[JsonValue] = [
        {"place": list(one.place), "message": one.message, "type": one.kind}
        for one in problems[:_MOST_TOLD]
    ]
    message = f"{problems[0].message}.{more}"
    return AppError(ErrorCode.BAD_REQUEST, message, {"problems": told})


def _problems(given: JsonValue, graph: Graph, object_info: ObjectInfo) -> Iterator[Problem]:
    if not isinstance(given, Mapping):
        message = f"overrides are {json_kind(given)}, not an object"
        yield Problem((_OVERRIDES,), message, "invalid_overrides")
        return
    for node_id, body in given.items():
        place, node = (_OVERRIDES, node_id), graph.nodes.get(node_id)
        if node is None:
            close = nearest(node_id, graph.nodes) or list(graph.nodes)[:5]
            message = f"the workflow has no node {node_id!r}; there is {', '.join(close)}"
            yield Problem(place, message, "unknown_node")
        elif fault := _fault(body, node):
            yield Problem(place, f"the override of node {node_id} {fault}", "invalid_overrides")
        else:
            yield from _of_node(place, node, _inputs(body), graph, object_info)


def _fault(body: JsonValue, node: Node) -> str | None:
    if not isinstance(body, Mapping) or not isinstance(body.get("inputs"), Mapping):
        return 'is not {"inputs": {...}}'
    if others := sorted(set(body) - _BESIDE):
        return f"has {others[0]!r} beside its inputs"
    if body.get("class_type", node.class_type) != node.class_type:
        return f"cannot change its class, which is {node.class_type}"
    return None


def _inputs(body: JsonValue) -> Mapping[str, JsonValue]:
    inputs = body.get("inputs") if isinstance(body, Mapping) else None
    return inputs if isinstance(inputs, Mapping) else {}


def _of_node(
    place: tuple[str, ...], node: Node, values: Mapping[str, JsonValue],
    graph: Graph, object_info: ObjectInfo,
) -> Iterator[Problem]:  # fmt: skip
    node_class = object_info.find(node.class_type)
    specs = _specs(node_class, {**node.inputs, **values})
    known = {*node.inputs, *specs}
    where = f"node {place[-1]} ({node.class_type})"
    for name, value in values.items():
        here = (*place, "inputs", name)
        if name not in known:
            close = nearest(name, sorted(known)) or sorted(known)[:5]
            hint = f"; there is {', '.join(close)}" if close else ""
            yield Problem(here, f"{where} has no input {name!r}{hint}", "unknown_input")
            continue
        spec = specs.get(name)
        found = None if spec is None else _wrong(spec, value, node, node_class, graph, object_info)
        if found is not None:
            yield Problem(here, f"{where}, input {name!r}: {found[0]}", found[1])


def _specs(
    node_class: NodeClass | None, inputs: Mapping[str, JsonValue]
) -> Mapping[str, InputSpec]:
    if node_class is None:
        return {}
    specs = unfold(node_class, inputs)[0] if node_class.dynamic else node_class.plain
    return {spec.name: spec for spec in specs}


def _wrong(  # noqa: PLR0917 - one value and all that it is measured by
    spec: InputSpec, value: JsonValue, node: Node, node_class: NodeClass | None,
    graph: Graph, object_info: ObjectInfo,
) -> tuple[str, str] | None:  # fmt: skip
    """What is wrong with the value, and its kind of fault."""
    if isinstance(value, list) and is_link(value):
        classes = {
            node_id: object_info.find(one.class_type) for node_id, one in graph.nodes.items()
        }
        known = {node_id: found for node_id, found in classes.items() if found is not None}
        return _told(check_link(spec, value, known))
    plain = unwrap(value)
    if not spec.is_widget and spec.name in node.inputs and is_link(node.inputs[spec.name]):
        return f"it takes a link [node id, slot], not {json_kind(plain)}", "invalid_input_type"
    kinds = _KINDS.get(spec.type)
    if kinds is not None and not _is_one(plain, kinds):
        return f"it takes {spec.type}, not {json_kind(plain)}", "invalid_input_type"
    listed = node_class is None or spec.name not in node_class.unlisted
    return _told(check_literal(spec, value, listed=listed)[1])


def _is_one(value: JsonValue, kinds: tuple[type, ...]) -> bool:
    """A flag is no number, and a whole number may be written with a point."""
    if isinstance(value, bool):
        return bool in kinds
    return isinstance(value, kinds) or (
        int in kinds and isinstance(value, float) and value % 1 == 0
    )


def _told(found: "Mapping[str, JsonValue] | Crash | None") -> tuple[str, str] | None:
    if found is None:
        return None
    if isinstance(found, Crash):
        return f"it links to nowhere: {found.text}", "bad_linked_input"
    return f"{found['message']}: {found['details']}", str(found["type"])

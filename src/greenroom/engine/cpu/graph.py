"""A graph as the child reads it: nodes, links, and the signature under which results are cached."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from greenroom.domain.json import JsonValue
from greenroom.engine.cpu.catalogue import DEFINITIONS
from greenroom.engine.cpu.definition import Definition
from greenroom.engine.cpu.grouping import Path, taken

Fingerprint: TypeAlias = "Callable[[Node], JsonValue]"
"""What of the outside world a node depends on, such as the hash of the file it reads."""


@dataclass(frozen=True, slots=True)
class Link:
    source: str
    slot: int


@dataclass(frozen=True, slots=True)
class Node:
    id: str
    definition: Definition
    inputs: "Mapping[str, JsonValue | Link]"
    """Only the inputs that the class takes."""
    paths: Mapping[str, Path]
    """Where each of them goes in a call."""

    def links(self) -> Iterator[tuple[str, Link]]:
        for name, value in self.inputs.items():
            if isinstance(value, Link):
                yield name, value


def _link(value: JsonValue) -> Link | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    source, slot = value
    if not isinstance(source, str) or isinstance(slot, bool) or not isinstance(slot, int | float):
        return None
    return Link(source, int(slot))


def parse(graph: Mapping[str, JsonValue]) -> dict[str, Node]:
    """The nodes of known classes; others cannot be reached in a validated graph."""
    nodes: dict[str, Node] = {}
    for node_id, given in graph.items():
        if not isinstance(given, Mapping):
            continue
        definition = DEFINITIONS.get(str(given.get("class_type")))
        inputs = given.get("inputs")
        if definition is None or not isinstance(inputs, Mapping):
            continue
        paths = taken(definition, inputs)
        values = {name: _link(inputs[name]) or inputs[name] for name in paths}
        nodes[node_id] = Node(node_id, definition, values, paths)
    return nodes


def _sources_first(nodes: Mapping[str, Node]) -> Iterator[str]:
    """Every node after the nodes it is linked to; nodes on a cycle come in any order."""
    seen: set[str] = set()
    for root in nodes:
        stack = [(root, False)]
        while stack:
            node_id, expanded = stack.pop()
            if expanded:
                yield node_id
            elif node_id in nodes and node_id not in seen:
                seen.add(node_id)
                stack.append((node_id, True))
                stack.extend((link.source, False) for _, link in nodes[node_id].links())


def signatures(
    nodes: Mapping[str, Node], fingerprint: Fingerprint, tenant: str
) -> dict[str, str | None]:
    """Node id -> the key of its result: class, inputs, fingerprint, and those of its ancestors.

    None: the result must not be reused. Tenants share no keys, for results carry metadata.
    """
    keys: dict[str, str | None] = {}
    for node_id in _sources_first(nodes):
        keys[node_id] = _signature(nodes[node_id], keys, fingerprint, tenant)
    return keys


def _signature(
    node: Node, keys: Mapping[str, str | None], fingerprint: Fingerprint, tenant: str
) -> str | None:
    facts: list[JsonValue] = [tenant, node.definition.name]
    if "UNIQUE_ID" in node.definition.hidden.values():
        facts.append(node.id)
    for name in sorted(node.inputs):
        value = node.inputs[name]
        if not isinstance(value, Link):
            facts.append([name, value])
            continue
        key = keys.get(value.source)
        if key is None:
            return None
        facts.append([name, key, value.slot])
    try:
        facts.append(fingerprint(node))
    except Exception:  # noqa: BLE001 - the node itself will tell what is wrong when it runs
        return None
    return hashlib.blake2b(json.dumps(facts).encode(), digest_size=20).hexdigest()

"""A second run for output nodes that ComfyUI served from its cache without showing anything."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.run import NodeOutput, NodesCached, RunEvent, RunStarted
from greenroom.engine.base import Run, Sink

_UNHEARD_OF = "greenroom_run"
"""An input that no node has: ComfyUI does not hand it on, yet tells runs apart by it."""


def run_of(run: Run, nodes: Collection[str], mark: str) -> Run:
    """The same run for these output nodes only, which are not in the cache under this mark."""
    graph = {
        node_id: _marked(node, mark) if node_id in nodes else node
        for node_id, node in run.graph.items()
    }
    return replace(run, graph=graph, outputs=tuple(nodes))


def only_of(nodes: Collection[str], sink: Sink) -> Sink:
    """Passes on what the earlier run has not told."""

    async def told(event: RunEvent) -> None:
        if isinstance(event, RunStarted | NodesCached):
            return
        if isinstance(event, NodeOutput) and event.node.display_node_id not in nodes:
            return
        await sink(event)

    return told


def _marked(node: JsonValue, mark: str) -> JsonObject:
    if not isinstance(node, Mapping):
        raise TypeError("an output node is an object")
    inputs = node.get("inputs")
    own = inputs if isinstance(inputs, Mapping) else {}
    return {**node, "inputs": {**own, _UNHEARD_OF: mark}}

"""A manifest for a graph that has none: the form that a person would make of it."""

from collections.abc import Iterator

from greenroom.domain.json import JsonValue
from greenroom.domain.workflow.graph import parse_graph
from greenroom.domain.workflow.inference_fields import form_fields
from greenroom.domain.workflow.inference_graph import SeenGraph
from greenroom.domain.workflow.inference_outputs import form_outputs
from greenroom.domain.workflow.inference_roles import find_roles
from greenroom.domain.workflow.manifest import Manifest, WorkflowKind
from greenroom.domain.workflow.model_folders import model_folder
from greenroom.domain.workflow.object_info import ObjectInfo

MAX_FIELDS = 500
"""A form that is longer helps nobody; the rest of the parameters stay as the graph has them."""
_CUSTOM = "custom_nodes"


def infer_manifest(
    prompt: JsonValue,
    object_info: ObjectInfo,
    *,
    workflow_id: str,
    name: str,
    version: int = 1,
    date: str = "",
) -> Manifest:
    """The manifest of a graph; INVALID_GRAPH when it is none. Unknown classes are passed over."""
    graph = SeenGraph(parse_graph(prompt), object_info)
    return Manifest(
        id=workflow_id,
        name=name,
        version=version,
        date=date,
        kind=WorkflowKind.STATIC,
        inputs=tuple(form_fields(find_roles(graph)[:MAX_FIELDS], graph)),
        outputs=tuple(form_outputs(graph)),
        required_models=tuple(dict.fromkeys(_models(graph))),
        required_nodes=tuple(
            dict.fromkeys(
                seen.cls.name for seen in graph.values() if seen.cls.module.startswith(_CUSTOM)
            )
        ),
    )


def _models(graph: SeenGraph) -> Iterator[str]:
    for seen in graph.values():
        for input_name in seen.specs:
            value = seen.literal(input_name)
            if isinstance(value, str) and value and model_folder(seen.cls.name, input_name):
                yield value

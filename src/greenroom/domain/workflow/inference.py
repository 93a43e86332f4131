"""A manifest for a graph that has none: the form that a person would make of it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from greenroom.domain.json import JsonValue
from greenroom.domain.workflow.app_form import AppForm, execution_id
from greenroom.domain.workflow.graph import parse_graph
from greenroom.domain.workflow.inference_fields import form_fields
from greenroom.domain.workflow.inference_graph import Place, SeenGraph
from greenroom.domain.workflow.inference_outputs import form_outputs
from greenroom.domain.workflow.inference_roles import Found, Role, find_roles
from greenroom.domain.workflow.manifest import Manifest, ManifestOutput, WorkflowKind
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
    app: AppForm | None = None,
) -> Manifest:
    """The manifest of a graph; INVALID_GRAPH when it is none. Unknown classes are passed over.

    With an author's own choice of fields, those stand first and the rest is folded away.
    """
    graph = SeenGraph(parse_graph(prompt), object_info)
    found = find_roles(graph)
    outputs = tuple(form_outputs(graph))
    if app is not None:
        chosen = list(_chosen(app, graph, found))
        places = {item.place for item in chosen}
        found = [*chosen, *(item for item in found if item.place not in places)]
        outputs = _chosen_outputs(app, graph, outputs)
    inputs = tuple(form_fields(found[:MAX_FIELDS], graph))
    if app is not None and app.inputs:
        inputs = tuple(
            replace(item, advanced=index >= len(chosen)) for index, item in enumerate(inputs)
        )
    return Manifest(
        id=workflow_id,
        name=name,
        version=version,
        date=date,
        kind=WorkflowKind.STATIC,
        inputs=inputs,
        outputs=outputs,
        required_models=tuple(dict.fromkeys(_models(graph))),
        required_nodes=tuple(
            dict.fromkeys(
                seen.cls.name for seen in graph.values() if seen.cls.module.startswith(_CUSTOM)
            )
        ),
    )


def _chosen(app: AppForm, graph: SeenGraph, found: Sequence[Found]) -> Iterator[Found]:
    """The author's inputs, each once; those that a link decides, or that are gone, left out."""
    known = {item.place: item for item in found}
    told: set[Place] = set()
    for node_id, name in app.inputs:
        name_in_prompt = execution_id(node_id, graph)
        if name_in_prompt is None or name not in graph[name_in_prompt].specs:
            continue
        place = graph.start(Place(name_in_prompt, name))
        if place is None or place in told:
            continue
        told.add(place)
        seen = graph[place.node_id]
        spec = graph[name_in_prompt].specs[name]
        yield known.get(place) or Found(Role.SETTING, place, spec, seen.title, name_in_prompt)


def _chosen_outputs(
    app: AppForm, graph: SeenGraph, outputs: tuple[ManifestOutput, ...]
) -> tuple[ManifestOutput, ...]:
    names = [execution_id(node_id, graph) for node_id in app.outputs]
    chosen = sorted(
        (item for item in outputs if item.node_id in names),
        key=lambda item: names.index(item.node_id),
    )
    return tuple(chosen) or outputs


def _models(graph: SeenGraph) -> Iterator[str]:
    for seen in graph.values():
        for input_name in seen.specs:
            value = seen.literal(input_name)
            if isinstance(value, str) and value and model_folder(seen.cls.name, input_name):
                yield value

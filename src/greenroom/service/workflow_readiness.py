"""What a workflow needs, and which of the live workers have it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from greenroom.domain.errors import AppError
from greenroom.domain.ids import WorkerId
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.library import ModelNeed, NodeNeed, Readiness, WorkflowVersion
from greenroom.domain.model_files import ModelFile
from greenroom.domain.needs import capabilities_of, needs_of
from greenroom.domain.workflow.advice import node_packs
from greenroom.domain.workflow.graph import parse_graph
from greenroom.domain.workflow.manifest import Manifest
from greenroom.service.node_info import NodeInfo
from greenroom.service.workflow_forms import WorkflowForms


@dataclass(frozen=True, slots=True)
class _Worker:
    """What one worker has, ready to be asked."""

    classes: frozenset[str]
    packs: frozenset[str]
    """Node packs, in small letters."""
    models: frozenset[ModelFile]
    files: frozenset[str]
    """Names of model files, with and without their subfolders."""

    def has_node(self, name: str) -> bool:
        """Manifests name classes, and some name packs instead."""
        return name in self.classes or name.lower() in self.packs

    def has_model(self, model: ModelFile) -> bool:
        return model in self.models if model.folder else _plain(model.name) in self.files


class WorkflowReadiness:
    def __init__(self, nodes: NodeInfo, forms: WorkflowForms) -> None:
        self._nodes = nodes
        self._forms = forms
        self._changes = -1
        self._fleet: dict[WorkerId, _Worker] = {}
        self._lists: dict[int, tuple[JsonObject, _Worker]] = {}
        """What each different node list says, by the identity of the list."""

    def of(self, version: WorkflowVersion) -> Readiness:
        """Models and classes by name, with the ids of the workers that have each."""
        fleet = self._workers()
        classes = dict.fromkeys((*self._classes(version), *version.manifest.required_nodes))
        packs = node_packs(version.content.workflow)
        return Readiness(
            models=tuple(
                ModelNeed(model.name, model.folder or None, _having(fleet, _model(model)))
                for model in self._models(version)
            ),
            nodes=tuple(
                NodeNeed(name, packs.get(name), _having(fleet, _node(name)))
                for name in sorted(classes)
            ),
            workers=_having(fleet, self._everything(version, classes)),
        )

    def _everything(
        self, version: WorkflowVersion, classes: Iterable[str]
    ) -> Callable[[_Worker], bool]:
        models = self._models(version)
        return lambda worker: (
            all(map(worker.has_node, classes)) and all(map(worker.has_model, models))
        )

    def _classes(self, version: WorkflowVersion) -> Iterator[str]:
        graphs: list[JsonValue] = [block.get("nodes") for block in version.content.blocks.values()]
        if version.graph is not None:
            graphs.append(version.graph)
        elif version.content.workflow is not None:
            try:
                conversion = self._forms.convert(version.content.workflow)
            except AppError:
                return  # nothing of it can be told; binding says why
            graphs.append(conversion.prompt)
            yield from conversion.missing.values()
        for graph in graphs:
            for node in graph.values() if isinstance(graph, Mapping) else ():
                name = node.get("class_type") if isinstance(node, Mapping) else None
                if isinstance(name, str):
                    yield name

    def _models(self, version: WorkflowVersion) -> list[ModelFile]:
        found: set[ModelFile] = set()
        if version.graph is not None:
            graph = parse_graph(version.graph)
            found |= needs_of(graph, self._nodes.definitions(), graph.nodes).models
        known = {_plain(model.name) for model in found}
        for name in _named_models(version.manifest):
            if _plain(name) not in known:
                found.add(ModelFile("", name))
        return sorted(found, key=lambda model: model.name)

    def _workers(self) -> dict[WorkerId, _Worker]:
        if self._changes != self._nodes.changes:
            self._changes = self._nodes.changes
            live = self._nodes.of_live_workers()
            before = self._lists
            self._lists = {
                key: before.get(key) or (definitions, _worker(definitions))
                for key, definitions in {id(one): one for one in live.values()}.items()
            }
            self._fleet = {worker: self._lists[id(one)][1] for worker, one in live.items()}
        return self._fleet


def _worker(definitions: JsonObject) -> _Worker:
    has = capabilities_of(definitions)
    modules = (
        str(found.get("python_module")).split(".")
        for found in definitions.values()
        if isinstance(found, Mapping)
    )
    packs = frozenset(parts[1].lower() for parts in modules if len(parts) > 1)
    return _Worker(has.classes, packs, has.models, frozenset(_plain(m.name) for m in has.models))


def _named_models(manifest: Manifest) -> Iterator[str]:
    yield from manifest.required_models
    for names in manifest.required_models_map.values():
        yield from names
    for stage in manifest.pipeline:
        for names in stage.models.values():
            yield from names


def _having(fleet: Mapping[WorkerId, _Worker], has: Callable[[_Worker], bool]) -> tuple[str, ...]:
    return tuple(worker_id for worker_id, worker in fleet.items() if has(worker))


def _model(model: ModelFile) -> Callable[[_Worker], bool]:
    return lambda worker: worker.has_model(model)


def _node(name: str) -> Callable[[_Worker], bool]:
    return lambda worker: worker.has_node(name)


def _plain(name: str) -> str:
    """A file's name without its folders."""
    return name.replace("\\", "/").rpartition("/")[2]

"""What a graph needs of a worker, what a worker has, and what is missing between the two."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from json import dumps

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.model_files import (
    ModelFile,
    folder_of,
    is_known_input,
    is_model_name,
    offered,
)
from greenroom.domain.workflow.graph import Graph, Node, ancestors

_MOST_NAMED = 3
_CUSTOM = "custom_nodes."
_STOCK_MODULES = ("nodes", "comfy_extras", "comfy_api_nodes")
_LIGHT_TYPES = frozenset({
    "*", "AUDIO", "BOOLEAN", "COMBO", "FLOAT", "IMAGE", "INT", "MASK", "STRING", "VIDEO",
})  # fmt: skip
"""What a node may hand on without any model having been at work."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a worker must have to run a graph."""

    classes: frozenset[str] = frozenset()
    models: frozenset[ModelFile] = frozenset()
    partner_only: bool = False
    """All the work is done by partner APIs over the network; no GPU is needed."""
    packs: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Class -> the custom node pack that brings it, where that is known."""

    @property
    def key(self) -> str:
        """16 hex digits, the same for equal needs on every machine."""
        plain = {name: value for name, value in self.as_json().items() if name != "packs"}
        return blake2b(dumps(plain).encode(), digest_size=8).hexdigest()

    def as_json(self) -> dict[str, JsonValue]:
        return {
            "classes": sorted(self.classes),
            "models": [list(model) for model in sorted(self.models)],
            "partner_only": self.partner_only,
            "packs": dict(self.packs),
        }

    @classmethod
    def from_json(cls, value: JsonObject) -> "Needs":
        """The needs that `as_json` gave."""
        packs = value.get("packs")
        return cls(
            frozenset(str(name) for name in _items(value.get("classes"))),
            frozenset(
                ModelFile(str(pair[0]), str(pair[1]))
                for pair in _items(value.get("models"))
                if isinstance(pair, Sequence) and len(pair) == 2
            ),
            value.get("partner_only") is True,
            {name: str(pack) for name, pack in packs.items()} if isinstance(packs, Mapping) else {},
        )


NO_NEEDS = Needs()
"""What any worker can run."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a worker has."""

    classes: frozenset[str] = frozenset()
    models: frozenset[ModelFile] = frozenset()

    def cover(self, needs: Needs) -> bool:
        return needs.classes <= self.classes and needs.models <= self.models


def needs_of(graph: Graph, object_info: JsonObject, outputs: Iterable[str]) -> Needs:
    """What running `outputs` of the graph takes. `object_info` is the fleet's, in wire form.

    Every class counts, as ComfyUI refuses a graph with an unknown one anywhere; model files count
    where they are used.
    """
    classes = frozenset(node.class_type for node in graph.nodes.values())
    definitions = {name: _definition(object_info, name) for name in classes}
    if not _needs_a_look(graph, definitions):
        return Needs(classes, packs=_packs(definitions))
    used = [graph.nodes[node_id] for node_id in ancestors(graph, outputs)]
    models = frozenset(
        model for node in used for model in _models(node, definitions[node.class_type])
    )
    working = {name: definitions[name] for name in {node.class_type for node in used}}
    return Needs(classes, models, not models and _partner_only(working), _packs(definitions))


def _needs_a_look(graph: Graph, definitions: Mapping[str, JsonObject]) -> bool:
    """Whether it matters which nodes are used: some name a model, or ask a partner."""
    if any(definition.get("api_node") is True for definition in definitions.values()):
        return True
    for node in graph.nodes.values():
        for value in node.inputs.values():
            if type(value) is str and is_model_name(value):
                return True
    return False


def capabilities_of(object_info: JsonObject) -> Capabilities:
    """What a worker with this /object_info has."""
    return Capabilities(
        frozenset(object_info),
        frozenset(
            model
            for name, definition in object_info.items()
            if isinstance(definition, Mapping)
            for model in offered(name, definition)
        ),
    )


def missing(needs: Needs, capabilities: Capabilities) -> str | None:
    """What a worker lacks, for people to read; None when it has everything.

    For example `node class Foo (node pack Bar) and model x.safetensors`.
    """
    classes = sorted(needs.classes - capabilities.classes)
    models = sorted(needs.models - capabilities.models)
    lacks = [_class_text(name, needs.packs) for name in classes]
    lacks += [f"model {model.name}" for model in models]
    if not lacks:
        return None
    named, rest = lacks[:_MOST_NAMED], len(lacks) - _MOST_NAMED
    if rest > 0:
        named = [*named, f"{rest} more"]
    return " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))


def missing_everywhere(needs: Needs, fleet: Sequence[Capabilities]) -> str | None:
    """What keeps a job from running anywhere: the shortest list of what some worker lacks."""
    if not fleet:
        return "a worker"
    nearest = min(
        fleet,
        key=lambda has: len(needs.classes - has.classes) + len(needs.models - has.models),
    )
    return missing(needs, nearest)


def _definition(object_info: JsonObject, name: str) -> JsonObject:
    found = object_info.get(name)
    return found if isinstance(found, Mapping) else {}


def _models(node: Node, definition: JsonObject) -> Iterator[ModelFile]:
    for name, value in node.inputs.items():
        if is_model_name(value) and _takes_model(name, definition):
            yield ModelFile(folder_of(node.class_type, name), str(value))


def _takes_model(input_name: str, definition: JsonObject) -> bool:
    """Whether the input is a list of files to choose from; an upload or a text is no model."""
    sections = definition.get("input")
    for section in sections.values() if isinstance(sections, Mapping) else ():
        body = section.get(input_name) if isinstance(section, Mapping) else None
        if not isinstance(body, list) or not body:
            continue
        options = body[1] if len(body) > 1 and isinstance(body[1], Mapping) else {}
        if any(name.endswith("_upload") for name in options):
            return False
        return isinstance(body[0], list) or isinstance(options.get("options"), list)
    return is_known_input(input_name)


def _partner_only(definitions: Mapping[str, JsonObject]) -> bool:
    partners = [name for name, found in definitions.items() if found.get("api_node") is True]
    others = (found for name, found in definitions.items() if name not in partners)
    return bool(partners) and all(_is_light(definition) for definition in others)


def _is_light(definition: JsonObject) -> bool:
    module = str(definition.get("python_module") or "").split(".", 1)[0]
    outputs = _items(definition.get("output"))
    return module in _STOCK_MODULES and all(
        not isinstance(kind, str) or kind in _LIGHT_TYPES for kind in outputs
    )


def _packs(definitions: Mapping[str, JsonObject]) -> dict[str, str]:
    modules = {name: str(found.get("python_module")) for name, found in definitions.items()}
    return {
        name: module.removeprefix(_CUSTOM).split(".", 1)[0]
        for name, module in modules.items()
        if module.startswith(_CUSTOM)
    }


def _class_text(name: str, packs: Mapping[str, str]) -> str:
    pack = packs.get(name)
    return f"node class {name} (node pack {pack})" if pack else f"node class {name}"


def _items(value: JsonValue) -> Sequence[JsonValue]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()

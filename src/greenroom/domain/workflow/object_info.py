"""Typed view over ComfyUI's /object_info: what each node class takes and gives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.file_inputs import FileInput, file_inputs, unlisted_inputs
from greenroom.domain.workflow.input_spec import InputSpec, input_specs


@dataclass(frozen=True, slots=True)
class NodeClass:
    """One node class. Inputs stand in the order in which the definition lists them."""

    name: str
    display_name: str
    category: str
    description: str
    module: str
    """The Python module that defines it: `nodes`, `comfy_extras.x` or `custom_nodes.pack`."""
    inputs: Mapping[str, InputSpec]
    """Every declared input by name, required ones first. Dynamic ones hold their own inside."""
    hidden: Mapping[str, JsonValue]
    """Name -> what the server fills in: PROMPT, UNIQUE_ID, EXTRA_PNGINFO, ..."""
    outputs: tuple[JsonValue, ...]
    """The type of each output: a name, or (older classes) a list of options."""
    output_names: tuple[str, ...]
    output_is_list: tuple[bool, ...]
    output_node: bool
    input_is_list: bool
    deprecated: bool
    newer: bool
    """Whether it is declared by a schema, so that it may have dynamic inputs."""
    plain: tuple[InputSpec, ...]
    """The inputs that are always the same."""
    dynamic: tuple[InputSpec, ...]
    """The inputs that unfold into others, depending on the values in a graph."""
    file_inputs: tuple[FileInput, ...]
    unlisted: frozenset[str]
    """Inputs that are not compared with ranges and lists."""


class ObjectInfo(Mapping[str, NodeClass]):
    """Class name -> NodeClass, each read from the wire's form when first asked for.

    Built once for each revision of the fleet and shared; its content never changes.
    """

    def __init__(self, raw: JsonObject) -> None:
        self._raw = raw
        self._classes: dict[str, NodeClass | None] = {}

    @property
    def raw(self) -> JsonObject:
        """The wire's form."""
        return self._raw

    def find(self, name: str) -> NodeClass | None:
        """The class of that name, or None. Accepts any name that a graph may say."""
        known = self._classes.get(name)
        if known is not None:
            return known
        definition = self._raw.get(name)
        if not isinstance(definition, Mapping):
            return None
        made = _node_class(name, definition)
        self._classes[name] = made
        return made

    def __getitem__(self, name: str) -> NodeClass:
        found = self.find(name)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)


def _node_class(name: str, definition: JsonObject) -> NodeClass:
    sections = definition.get("input")
    sections = sections if isinstance(sections, Mapping) else {}
    newer = "price_badge" in definition or {"api_node", "deprecated"} <= definition.keys()
    inputs = _inputs(sections)
    files = file_inputs(name, inputs)
    hidden = sections.get("hidden")
    outputs = _items(definition.get("output"))
    return NodeClass(
        name=name,
        display_name=_text(definition.get("display_name")) or name,
        category=_text(definition.get("category")),
        description=_text(definition.get("description")),
        module=_text(definition.get("python_module")),
        inputs=inputs,
        hidden=hidden if isinstance(hidden, Mapping) else {},
        outputs=outputs,
        output_names=tuple(_text(item) for item in _items(definition.get("output_name"))),
        output_is_list=tuple(item is True for item in _items(definition.get("output_is_list"))),
        output_node=definition.get("output_node") is True,
        input_is_list=definition.get("is_input_list") is True,
        deprecated=definition.get("deprecated") is True,
        newer=newer,
        plain=tuple(spec for spec in inputs.values() if not newer or spec.nested is None),
        dynamic=tuple(spec for spec in inputs.values() if newer and spec.nested is not None),
        file_inputs=files,
        unlisted=unlisted_inputs(name, inputs, files),
    )


def _inputs(sections: JsonObject) -> dict[str, InputSpec]:
    required = input_specs(sections.get("required"), required=True)
    inputs = {spec.name: spec for spec in required}
    for spec in input_specs(sections.get("optional"), required=False):
        inputs.setdefault(spec.name, spec)
    return inputs


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _items(value: JsonValue) -> tuple[JsonValue, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else ()

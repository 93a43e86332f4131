"""What a built-in node declares: its inputs, outputs and words, as /object_info tells them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from greenroom.domain.json import JsonObject, JsonValue

Spec: TypeAlias = list[JsonValue]
"""One input on the wire: [type] or [type, options]."""


def bare(kind: str | Sequence[str]) -> Spec:
    """An input without options; a list of choices is a type of its own."""
    return [kind]


def spec(kind: str | Sequence[str], **options: JsonValue) -> Spec:
    return [kind, options]


def combo(*choices: str, **options: JsonValue) -> Spec:
    return ["COMBO", {"multiselect": False, "options": list(choices), **options}]


def option(
    key: str, required: Mapping[str, Spec] | None = None, optional: Mapping[str, Spec] | None = None
) -> JsonObject:
    """One choice of a dynamic combo and the inputs that appear with it."""
    inputs: dict[str, JsonValue] = {"required": dict(required or {})}
    if optional:
        inputs["optional"] = dict(optional)
    return {"key": key, "inputs": inputs}


def dynamic(*options: JsonObject, **words: JsonValue) -> Spec:
    return ["COMFY_DYNAMICCOMBO_V3", {**words, "options": list(options)}]


@dataclass(frozen=True, slots=True)
class Output:
    kind: str
    name: str
    many: bool = False
    """The node returns a list, and the nodes behind it run once for each of its values."""
    tooltip: str | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """One node class. `classic` ones answer with the older, shorter set of fields."""

    name: str
    display_name: str
    category: str
    module: str
    required: Mapping[str, Spec] = field(default_factory=dict)
    optional: Mapping[str, Spec] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict)
    outputs: tuple[Output, ...] = ()
    aliases: tuple[str, ...] | None = None
    essentials: str | None = None
    description: str = ""
    matchtypes: tuple[str, ...] | None = None
    classic: bool = False
    output_node: bool = False
    takes_lists: bool = False
    """All values of every input come in one call, as lists."""
    intermediate: bool = False
    deprecated: bool = False
    experimental: bool = False

    def is_lazy(self, name: str) -> bool:
        given = self.required.get(name) or self.optional.get(name) or ()
        options = given[1] if len(given) > 1 else None
        return isinstance(options, Mapping) and bool(options.get("lazy"))

    def as_json(self) -> JsonObject:
        facts = self._shared()
        return facts | (self._classic_facts() if self.classic else self._modern_facts())

    def _shared(self) -> dict[str, JsonValue]:
        return {
            "input": self._inputs(),
            "input_order": {group: list(names) for group, names in self._inputs().items()},
            "is_input_list": self.takes_lists,
            "output": [output.kind for output in self.outputs],
            "output_is_list": [output.many for output in self.outputs],
            "output_name": [output.name for output in self.outputs],
            "name": self.name,
            "display_name": self.display_name,
            "description": self.description,
            "python_module": self.module,
            "category": self.category,
            "output_node": self.output_node,
            "has_intermediate_output": self.intermediate,
            "search_aliases": None if self.aliases is None else list(self.aliases),
        }

    def _inputs(self) -> dict[str, dict[str, JsonValue]]:
        hidden: dict[str, JsonValue] = {
            name: kind if self.classic else [kind] for name, kind in self.hidden.items()
        }
        groups: dict[str, dict[str, JsonValue]] = {
            "required": dict(self.required),
            "optional": dict(self.optional),
            "hidden": hidden,
        }
        return {group: names for group, names in groups.items() if names}

    def _classic_facts(self) -> dict[str, JsonValue]:
        facts: dict[str, JsonValue] = {}
        if self.deprecated:
            facts["deprecated"] = True
        if self.essentials is not None:
            facts["essentials_category"] = self.essentials
        return facts

    def _modern_facts(self) -> dict[str, JsonValue]:
        return {
            "output_tooltips": [output.tooltip for output in self.outputs],
            "output_matchtypes": None if self.matchtypes is None else list(self.matchtypes),
            "deprecated": self.deprecated,
            "experimental": self.experimental,
            "dev_only": False,
            "api_node": False,
            "price_badge": None,
            "essentials_category": self.essentials,
        }

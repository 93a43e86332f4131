"""What one input of a node class accepts, with the inputs that dynamic ones unfold into."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from greenroom.domain.json import JsonObject, JsonValue

COMBO = "COMBO"
AUTOGROW = "COMFY_AUTOGROW_V3"
DYNAMIC_COMBO = "COMFY_DYNAMICCOMBO_V3"
DYNAMIC_SLOT = "COMFY_DYNAMICSLOT_V3"
MATCH_TYPE = "COMFY_MATCHTYPE_V3"
ANY_TYPE = "*"

WIDGET_TYPES = frozenset({"INT", "FLOAT", "STRING", "BOOLEAN", COMBO})
_PYTHON_TYPES: Mapping[str, type] = {"INT": int, "FLOAT": float, "STRING": str, "BOOLEAN": bool}
_MOST_GROWN = 100


@dataclass(frozen=True, slots=True)
class Autogrow:
    """Inputs that the editor adds as the earlier ones get linked. The holder takes no value."""

    inputs: tuple["InputSpec", ...]
    """All that may be there, with their full names: images.image0, images.image1, ..."""


@dataclass(frozen=True, slots=True)
class DynamicCombo:
    """A list of keys, each of which brings inputs of its own."""

    options: Mapping[str, tuple["InputSpec", ...]]
    """Key -> its inputs, with their full names: format.codec, format.codec.encoding, ..."""


@dataclass(frozen=True, slots=True)
class DynamicSlot:
    """A link that brings further inputs once it is there."""

    inputs: tuple["InputSpec", ...]


Nested: TypeAlias = Autogrow | DynamicCombo | DynamicSlot


class Quick(NamedTuple):
    """The least that must be looked at to see that a literal is good.

    It is good when its type is exactly `python_type`, it is one of `members` (if those are set)
    and, when `bounded`, between `low` and `high`. All else needs the full look at the spec.
    """

    name: str
    python_type: type | None
    members: frozenset[JsonValue] | None = None
    bounded: bool = False
    low: float = 0
    high: float = 0


@dataclass(frozen=True, slots=True)
class InputSpec:
    """One declared input."""

    name: str
    """As in a graph: nested inputs carry the names of their holders, joined by dots."""
    quick: Quick
    wire_type: str | list[JsonValue]
    """A type name, several joined by commas, or (older classes) the list of options itself."""
    required: bool
    options: JsonObject
    """default, min, max, step, tooltip, multiline, control_after_generate, ..."""
    choices: tuple[JsonValue, ...] | None = None
    """What a combo offers; None for other types."""
    nested: Nested | None = None

    @property
    def type(self) -> str:
        """The type's name; COMBO for both forms of a combo."""
        return self.wire_type if isinstance(self.wire_type, str) else COMBO

    @property
    def config(self) -> list[JsonValue]:
        """[type, options], as node errors show it."""
        return [self.wire_type, self.options]

    @property
    def is_widget(self) -> bool:
        """Whether the editor shows a field for it, so that its value is a literal."""
        if self.options.get("forceInput") is True:
            return False
        return self.type in WIDGET_TYPES or self.type == DYNAMIC_COMBO


def input_specs(section: JsonValue, *, required: bool, prefix: str = "") -> Iterator[InputSpec]:
    """The inputs of one section, {name: [type, options]}; malformed ones are left out."""
    if not isinstance(section, Mapping):
        return
    for name, body in section.items():
        if not isinstance(body, list) or not body or not isinstance(body[0], (str, list)):
            continue
        options = body[1] if len(body) > 1 and isinstance(body[1], Mapping) else {}
        full_name = f"{prefix}{name}"
        nested = _nested(body[0], options, f"{full_name}.")
        yield _spec(full_name, body[0], required=required, options=options, nested=nested)


def _spec(
    name: str,
    wire_type: str | list[JsonValue],
    *,
    required: bool,
    options: JsonObject,
    nested: Nested | None = None,
) -> InputSpec:
    choices = _choices(wire_type, options)
    quick = _quick(name, wire_type, options, choices)
    return InputSpec(name, quick, wire_type, required, options, choices, nested)


def _quick(
    name: str,
    wire_type: JsonValue,
    options: JsonObject,
    choices: tuple[JsonValue, ...] | None,
) -> Quick:
    if choices is not None:
        members = frozenset(choice for choice in choices if isinstance(choice, str))
        return Quick(name, str, members)
    low, high = options.get("min"), options.get("max")
    python_type = _PYTHON_TYPES.get(wire_type) if isinstance(wire_type, str) else None
    if low is None and high is None:
        return Quick(name, python_type)
    if python_type not in {int, float}:
        return Quick(name, None)
    if not isinstance(low, (int, float)) or not isinstance(high, (int, float)):
        return Quick(name, None)
    return Quick(name, python_type, None, True, low, high)


def _choices(wire_type: JsonValue, options: JsonObject) -> tuple[JsonValue, ...] | None:
    if isinstance(wire_type, list):
        return tuple(wire_type)
    if wire_type != COMBO:
        return None
    offered = options.get("options", [])
    return tuple(offered) if isinstance(offered, list) else ()


def _nested(wire_type: JsonValue, options: JsonObject, prefix: str) -> Nested | None:
    if wire_type == AUTOGROW:
        return Autogrow(tuple(_grown(options.get("template"), prefix)))
    if wire_type == DYNAMIC_COMBO:
        return DynamicCombo(dict(_keyed(options.get("options"), prefix)))
    if wire_type == DYNAMIC_SLOT:
        return DynamicSlot(_both_sections(options.get("inputs"), prefix))
    return None


def _grown(template: JsonValue, prefix: str) -> Iterator[InputSpec]:
    if not isinstance(template, Mapping):
        return
    pattern = next(iter(_both_sections(template.get("input"), "")), None)
    if pattern is None:
        return
    least = template.get("min", 0)
    for index, name in enumerate(_grown_names(template)):
        required = pattern.required and isinstance(least, int) and index < least
        yield _spec(
            f"{prefix}{name}", pattern.wire_type, required=required, options=pattern.options
        )


def _grown_names(template: JsonObject) -> list[str]:
    names = template.get("names")
    if isinstance(names, list):
        return [str(name) for name in names[:_MOST_GROWN]]
    most = template.get("max", 0)
    count = min(most, _MOST_GROWN) if isinstance(most, int) else 0
    return [f"{template.get('prefix', '')}{index}" for index in range(count)]


def _keyed(options: JsonValue, prefix: str) -> Iterator[tuple[str, tuple[InputSpec, ...]]]:
    for option in options if isinstance(options, list) else ():
        if isinstance(option, Mapping) and isinstance(option.get("key"), str):
            yield str(option["key"]), _both_sections(option.get("inputs"), prefix)


def _both_sections(sections: JsonValue, prefix: str) -> tuple[InputSpec, ...]:
    if not isinstance(sections, Mapping):
        return ()
    return (
        *input_specs(sections.get("required"), required=True, prefix=prefix),
        *input_specs(sections.get("optional"), required=False, prefix=prefix),
    )

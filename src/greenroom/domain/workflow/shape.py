"""What a JSON document must look like: checked with the place of each fault, or put as a schema."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.graph import json_kind
from greenroom.domain.workflow.nearest import nearest

Path: TypeAlias = tuple[str | int, ...]
"""Keys and indexes from the top of the document."""


class Problem(NamedTuple):
    path: Path
    message: str


class Shape(Protocol):
    def __str__(self) -> str:
        """In words: `an integer`, `a list`."""

    def problems(self, value: JsonValue, path: Path = ()) -> Iterator[Problem]:
        """Every place where `value` is not of this shape, in the order of the document."""

    def schema(self) -> JsonObject:
        """As JSON Schema (2020-12)."""


def _not(shape: Shape, value: JsonValue, path: Path) -> Problem:
    return Problem(path, f"must be {shape}, is {json_kind(value)}")


@dataclass(frozen=True, slots=True)
class Text:
    """A string; not the empty one when `filled`."""

    filled: bool = False

    def __str__(self) -> str:
        return "a text that is not empty" if self.filled else "a text"

    def problems(self, value: JsonValue, path: Path = ()) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield _not(self, value, path)
        elif self.filled and not value:
            yield Problem(path, "must not be empty")

    def schema(self) -> JsonObject:
        return {"type": "string", **({"minLength": 1} if self.filled else {})}


@dataclass(frozen=True, slots=True)
class Integer:
    least: int | None = None

    def __str__(self) -> str:
        return "an integer" if self.least is None else f"an integer from {self.least} on"

    def problems(self, value: JsonValue, path: Path = ()) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield _not(self, value, path)
        elif self.least is not None and value < self.least:
            yield Problem(path, f"must be {self}, is {value}")

    def schema(self) -> JsonObject:
        return {"type": "integer", **({} if self.least is None else {"minimum": self.least})}


@dataclass(frozen=True, slots=True)
class Number:
    """An integer or a fraction."""

    def __str__(self) -> str:
        return "a number"

    def problems(self, value: JsonValue, path: Path = ()) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield _not(self, value, path)

    def schema(self) -> JsonObject:
        return {"type": "number"}


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""

    def __str__(self) -> str:
        return "true or false"

    def problems(self, value: JsonValue, path: Path = ()) -> Iterator[Problem]:
        if not isinstance(value, bool):
            yield _not(self, value, path)

    def schema(self) -> JsonObject:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value."""

    def __str__(self) -> str:
        return "anything"

    def problems(self, _value: JsonValue, _path: Path = ()) -> Iterator[Problem]:
        yield from ()

    def schema(self) -> JsonObject:
        return {}


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these strings."""

    choices: tuple[str, ...]

    def __str__(self) -> str:
        return "one of " + ", ".join(self.choices)

    def problems(self, value: JsonValue, path: Path = ()) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield _not(self, value, path)
        elif value not in self.choices:
            close = nearest(value, self.choices, 1)
            hint = f"; did you mean {str(close[0])!r}?" if close else ""
            yield Problem(path, f"must be {self}, is {value!r}{hint}")

    def schema(self) -> JsonObject:
        return {"enum": list(self.choices)}


@dataclass(frozen=True, slots=True)
class ListOf:
    item: Shape

    def __str__(self) -> str:
        return "a list"

    def problems(self, value: JsonValue, path: Path = ()) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield _not(self, value, path)
            return
        for index, inner in enumerate(value):
            yield from self.item.problems(inner, (*path, index))

    def schema(self) -> JsonObject:
        return {"type": "array", "items": self.item.schema()}


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object with any keys."""

    value: Shape

    def __str__(self) -> str:
        return "an object"

    def problems(self, value: JsonValue, path: Path = ()) -> Iterator[Problem]:
        if not isinstance(value, Mapping):
            yield _not(self, value, path)
            return
        for key, inner in value.items():
            yield from self.value.problems(inner, (*path, key))

    def schema(self) -> JsonObject:
        return {"type": "object", "additionalProperties": self.value.schema()}


@dataclass(frozen=True, slots=True)
class Either:
    shapes: tuple[Shape, ...]

    def __str__(self) -> str:
        return " or ".join(str(shape) for shape in self.shapes)

    def problems(self, value: JsonValue, path: Path = ()) -> Iterator[Problem]:
        found = [list(shape.problems(value, path)) for shape in self.shapes]
        if not all(found):
            return
        # An alternative that is right at the top has its faults further down: they say more.
        deeper = [faults for faults in found if all(fault.path != path for fault in faults)]
        yield from deeper[0] if deeper else [_not(self, value, path)]

    def schema(self) -> JsonObject:
        return {"anyOf": [shape.schema() for shape in self.shapes]}


@dataclass(frozen=True, slots=True)
class Field:
    shape: Shape
    help: str = ""
    required: bool = False
    default: JsonValue = None

    def schema(self) -> JsonObject:
        schema = dict(self.shape.schema())
        if self.help:
            schema["description"] = self.help
        if self.default is not None:
            schema["default"] = self.default
        return schema


@dataclass(frozen=True, slots=True)
class Record:
    """An object with known fields; others are let be."""

    fields: Mapping[str, Field]

    def __str__(self) -> str:
        return "an object"

    def problems(self, value: JsonValue, path: Path = ()) -> Iterator[Problem]:
        if not isinstance(value, Mapping):
            yield _not(self, value, path)
            return
        for name, item in self.fields.items():
            if name in value:
                yield from item.shape.problems(value[name], (*path, name))
            elif item.required:
                close = nearest(name, [key for key in value if key not in self.fields], 1)
                hint = f"; there is {close[0]!r}" if close else ""
                yield Problem(path, f"lacks {name!r}{hint}")

    def schema(self) -> JsonObject:
        return {
            "type": "object",
            "properties": {name: item.schema() for name, item in self.fields.items()},
            "required": [name for name, item in self.fields.items() if item.required],
        }

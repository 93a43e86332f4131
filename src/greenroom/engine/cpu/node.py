"""The code of the built-in nodes, by class name: a decorator and what it records."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.engine.cpu.sources import Sources

Values = Mapping[str, Any]
"""The inputs of one call. What a value is, only the node knows."""
Needs = Callable[[Values], Sequence[str]]
"""Which lazy inputs a node needs, given those it has."""
Watch = Callable[[Mapping[str, JsonValue], Sources], JsonValue]
"""What of the outside world a node depends on, given its literal inputs."""

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Result:
    """What a node with a `ui` returns."""

    ui: JsonObject
    outputs: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Code:
    call: Callable[..., Any]
    wants_context: bool
    needs: Needs | None
    watch: Watch | None
    fresh: bool
    """Its result is never reused."""


CODE: dict[str, Code] = {}


def node(
    name: str, *, needs: Needs | None = None, watch: Watch | None = None, fresh: bool = False
) -> Callable[[F], F]:
    """Record a function as the code of the class `name`.

    It gets the inputs by name, and the Context first when its first parameter is `context`; it
    returns the tuple of its outputs, or a Result.
    """

    def record(function: F) -> F:
        first = next(iter(inspect.signature(function).parameters), None)
        CODE[name] = Code(function, first == "context", needs, watch, fresh)
        return function

    return record

"""A node's exception, told in ComfyUI's own words."""

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from greenroom.domain.failure import FailureClass
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.engine.cpu import wire
from greenroom.engine.cpu.array_text import array_text

_PACKAGE = Path(__file__).parents[3]
_LONGEST_INT = 64
_LONGEST_REPR = 100_000


def kind_of(error: BaseException) -> FailureClass:
    return FailureClass.OUT_OF_MEMORY if isinstance(error, MemoryError) else FailureClass.NODE_ERROR


def shown(inputs: Mapping[str, Sequence[Any]]) -> JsonObject:
    """`current_inputs`: plain values as they are, all others as text."""
    return {name: [_shown(value) for value in values] for name, values in inputs.items()}


def failed(
    error: BaseException,
    place: JsonObject,
    kept: Iterable[str],
    *,
    kind: FailureClass | None = None,
    hide: Callable[[str], str] = str,
) -> wire.Failed:
    """`place` holds what the run adds: node_id, node_type, executed, and the inputs.

    `hide` takes this machine's paths out of the message.
    """
    told = hide(str(error))
    comfy: dict[str, JsonValue] = {
        **place,
        "exception_message": f"{told}\n",
        "exception_type": _type_name(type(error)),
        "traceback": _traceback(error),
    }
    message = told or type(error).__name__
    return wire.Failed((kind or kind_of(error)).value, message, comfy, tuple(kept))


def _type_name(kind: type) -> str:
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )


def _shown(value: object) -> JsonValue:
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value.bit_length() < _LONGEST_INT else str(value)
    if value is None or isinstance(value, float | bool | str):
        return value
    text = array_text(value) if isinstance(value, np.ndarray) else str(value)
    return text[:_LONGEST_REPR]


def _traceback(error: BaseException) -> list[JsonValue]:
    """The frames of the node and below, without this machine's folders."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        frame for frame in frames if Path(frame.filename).name not in {"executor.py", "calls.py"}
    ]
    return [
        line.replace(f"{_PACKAGE}/", "").replace(_packages(line), "")
        for line in traceback.format_list(own)
    ]


def _packages(line: str) -> str:
    """The part of a line up to the folder of installed packages, which tells nothing."""
    head, found, _ = line.partition("site-packages/")
    return head.partition('"')[2] + found if found else "\0"

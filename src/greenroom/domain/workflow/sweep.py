"""Parameter sweeps: lists and ranges of values -> one set of overrides for each combination."""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonValue
from greenroom.domain.workflow.overrides import Overrides, parse_assignments

MAX_JOBS = 10_000
"""Most jobs that one sweep may make."""

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})(?::({_NUMBER}))?")


class SweepMode(StrEnum):
    GRID = "grid"
    """Every value with every other."""
    ZIP = "zip"
    """The first values together, then the second ones, ..."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One input and the values it takes in turn."""

    node_id: str
    input_name: str
    values: tuple[JsonValue, ...]


@dataclass(frozen=True, slots=True)
class SweepJob:
    index: int
    """From 0, in the order in which the last axis changes fastest."""
    label: str
    """Such as `6.text=a, 3.seed=2`."""
    overrides: Overrides


def parse_axis(text: str, prompt: JsonValue) -> Axis:
    """An axis in the form `NODE.INPUT=VALUES`, or BAD_REQUEST.

    VALUES are separated by commas: `a,b`, `1..8`, `0..1:0.25`, or a JSON list. A comma inside
    quotes or brackets separates nothing.
    """
    place, equals, given = text.partition("=")
    if not equals:
        raise _refusal(f"{text!r} is not NODE.INPUT=VALUES")
    ((node_id, inputs),) = parse_assignments([f"{place}=0"], prompt).items()
    values = tuple(_values(given))
    if not values:
        raise _refusal(f"{text!r} gives no values")
    return Axis(node_id, next(iter(inputs)), values)


def sweep_of(value: JsonValue) -> list[Axis]:
    """Axes in the form {node id: {"inputs": {name: [values]}}}, or BAD_REQUEST."""
    axes: list[Axis] = []
    for node_id, body in value.items() if isinstance(value, Mapping) else ():
        inputs = body.get("inputs") if isinstance(body, Mapping) else None
        for name, values in inputs.items() if isinstance(inputs, Mapping) else ():
            if not isinstance(values, list) or not values:
                raise _refusal(f"{node_id}.{name} needs a list of values")
            axes.append(Axis(node_id, name, tuple(values)))
    if not axes:
        raise _refusal('a sweep is {node id: {"inputs": {name: [values]}}}')
    return axes


def sweep_jobs(axes: Sequence[Axis], mode: SweepMode = SweepMode.GRID) -> Iterator[SweepJob]:
    """One job for each combination; BAD_REQUEST or TOO_LARGE before the first is made."""
    _check(axes, mode)
    lists = [axis.values for axis in axes]
    rows = product(*lists) if mode is SweepMode.GRID else zip(*lists, strict=True)
    return (_job(index, axes, row) for index, row in enumerate(rows))


def _check(axes: Sequence[Axis], mode: SweepMode) -> None:
    places = [(axis.node_id, axis.input_name) for axis in axes]
    if len(set(places)) < len(places):
        raise _refusal("an input is swept twice")
    sizes = [len(axis.values) for axis in axes]
    if mode is SweepMode.ZIP and len(set(sizes)) > 1:
        raise _refusal(f"lists that go together need the same length, not {sizes}")
    count = math.prod(sizes) if mode is SweepMode.GRID else max(sizes, default=0)
    if count > MAX_JOBS:
        message = f"the sweep makes {count} jobs; {MAX_JOBS} is the limit"
        raise AppError(ErrorCode.TOO_LARGE, message, {"jobs": count})


def _job(index: int, axes: Sequence[Axis], row: Iterable[JsonValue]) -> SweepJob:
    overrides: dict[str, dict[str, JsonValue]] = {}
    said: list[str] = []
    for axis, value in zip(axes, row, strict=True):
        overrides.setdefault(axis.node_id, {})[axis.input_name] = value
        shown = value if isinstance(value, str) else json.dumps(value)
        said.append(f"{axis.node_id}.{axis.input_name}={shown[:60]}")
    return SweepJob(index, ", ".join(said), overrides)


def _values(text: str) -> Iterator[JsonValue]:
    if text.startswith("["):
        listed = _read(text)
        if isinstance(listed, list):
            yield from listed
            return
    for part in _split(text):
        matched = _RANGE.fullmatch(part.strip())
        if matched is not None:
            yield from _range(matched[1], matched[2], matched[3])
        else:
            yield _read(part)


def _split(text: str) -> Iterator[str]:
    """The parts between commas that stand outside quotes and brackets."""
    start, depth, quoted = 0, 0, False
    for index, sign in enumerate(text):
        if sign == '"' and text[index - 1 : index] != "\\":
            quoted = not quoted
        elif quoted:
            continue
        elif sign in "[{":
            depth += 1
        elif sign in "]}":
            depth -= 1
        elif sign == "," and depth == 0:
            yield text[start:index]
            start = index + 1
    if text[start:] or start:
        yield text[start:]


def _range(first: str, last: str, step: str | None) -> Iterator[JsonValue]:
    """The numbers from first to last, both included; downwards when last is less."""
    low, high = float(first), float(last)
    width = abs(float(step)) if step is not None else 1.0
    if not all(math.isfinite(number) for number in (low, high, width)) or width == 0:
        raise _refusal(f"{first}..{last} is no range")
    count = math.floor(abs(high - low) / width + 1e-9) + 1
    if count > MAX_JOBS:
        raise AppError(ErrorCode.TOO_LARGE, f"{first}..{last} has {count} values")
    whole = all(re.fullmatch(r"[+-]?\d+", part) for part in (first, last, step or "1"))
    if whole:
        start = int(first)
        stride = int(width) if high >= low else -int(width)
        yield from (start + index * stride for index in range(count))
        return
    sign = 1 if high >= low else -1
    yield from (round(low + sign * index * width, 10) for index in range(count))


def _read(text: str) -> JsonValue:
    """A JSON value, or else plain text."""
    try:
        value: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, float) and not math.isfinite(value):
        return text
    return value


def _refusal(message: str) -> AppError:
    return AppError(ErrorCode.BAD_REQUEST, message)

"""Read a graph from bytes, strictly: what two readers could take differently is refused."""

import json
import math
from dataclasses import dataclass
from typing import NoReturn

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonValue
from greenroom.domain.workflow.graph import DEFAULT_LIMITS, Graph, GraphLimits, parse_graph

_MOST_BYTES = 100 * 1024 * 1024
_LONGEST_INTEGER = 20


@dataclass(frozen=True, slots=True)
class PromptText:
    """A graph with the bytes that said it."""

    graph: Graph
    text: bytes


def parse_prompt(data: bytes, limits: GraphLimits = DEFAULT_LIMITS) -> PromptText:
    """The graph in UTF-8 JSON; INVALID_JSON, INVALID_GRAPH or TOO_LARGE."""
    return PromptText(parse_graph(decode_json(data), limits), data)


def decode_json(data: bytes, most_bytes: int = _MOST_BYTES) -> JsonValue:
    """One JSON value; INVALID_JSON for anything else.

    Also refused: NaN, infinities, integers beyond 64 bits, repeated keys, lone surrogates.
    """
    if len(data) > most_bytes:
        message = f"The JSON has {len(data)} bytes; the limit is {most_bytes}"
        raise AppError(ErrorCode.TOO_LARGE, message)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise _invalid(f"it is not UTF-8: byte {error.start} cannot be read") from None
    try:
        value: JsonValue = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_int,
        )
        if "\\ud" in text.lower():
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _invalid("a text has half of a surrogate pair") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise _invalid(f"{error.msg} at {where}") from None
    except RecursionError:
        raise _invalid("it is nested too deeply") from None
    return value


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise _invalid(f"the key {name!r} stands twice in one object")
        seen.add(name)
    return value


def _constant(text: str) -> NoReturn:
    raise _invalid(f"{text} is not a JSON number")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _invalid("a number is too large")
    return value


def _int(text: str) -> int:
    if len(text) <= _LONGEST_INTEGER:
        value = int(text)
        if -(2**63) <= value < 2**64:
            return value
    raise _invalid("an integer does not fit into 64 bits")


def _invalid(reason: str) -> AppError:
    return AppError(ErrorCode.INVALID_JSON, f"This is not valid JSON: {reason}")

"""Text made, searched, shown and saved."""

import json
import re
from collections.abc import Callable

import numpy as np

from greenroom.engine.cpu.array_text import array_text
from greenroom.engine.cpu.context import Context
from greenroom.engine.cpu.node import Result, node


@node("PrimitiveString")
def primitive_string(value: str) -> tuple[str]:
    return (value,)


@node("StringConcatenate")
def string_concatenate(string_a: str, string_b: str, delimiter: str) -> tuple[str]:
    return (delimiter.join((string_a, string_b)),)


@node("StringLength")
def string_length(string: str) -> tuple[int]:
    return (len(string),)


@node("StringReplace")
def string_replace(string: str, find: str, replace: str) -> tuple[str]:
    return (string.replace(find, replace),)


@node("JsonExtractString")
def json_extract_string(json_string: str, key: str) -> tuple[str]:
    try:
        data = json.loads(json_string)
    except (json.JSONDecodeError, TypeError):
        return ("",)
    value = data.get(key) if isinstance(data, dict) else None
    return ("" if value is None else str(value),)


Pattern = re.Pattern[str]


def _first_match(pattern: Pattern, text: str, _: int) -> str:
    found = pattern.search(text)
    return found.group(0) if found else ""


def _all_matches(pattern: Pattern, text: str, _: int) -> str:
    found = pattern.findall(text)
    return "\n".join(each[0] if isinstance(each, tuple) else each for each in found)


def _first_group(pattern: Pattern, text: str, group: int) -> str:
    found = pattern.search(text)
    return found.group(group) if found and len(found.groups()) >= group else ""


def _all_groups(pattern: Pattern, text: str, group: int) -> str:
    if pattern.groups < group or not pattern.groups:
        return ""
    return "\n".join(found.group(group) for found in pattern.finditer(text))


_MODES: dict[str, Callable[[Pattern, str, int], str]] = {
    "First Match": _first_match,
    "All Matches": _all_matches,
    "First Group": _first_group,
    "All Groups": _all_groups,
}


@node("RegexExtract")
def regex_extract(
    string: str,
    regex_pattern: str,
    mode: str,
    group_index: int,
    *,
    case_insensitive: bool,
    multiline: bool,
    dotall: bool,
) -> tuple[str]:
    flags = (
        (re.IGNORECASE if case_insensitive else 0)
        | (re.MULTILINE if multiline else 0)
        | (re.DOTALL if dotall else 0)
    )
    try:
        pattern = re.compile(regex_pattern, flags)
    except re.error:
        return ("",)
    return (_MODES[mode](pattern, string, group_index),)


@node("PreviewAny")
def preview_any(source: object = None) -> Result:
    text = _as_text(source)
    return Result({"text": [text]}, (text,))


def _as_text(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, np.ndarray):
        return array_text(value, edge=6)
    try:
        return json.dumps(value, indent=4, ensure_ascii=False)
    except (TypeError, ValueError):
        return str(value)


@node("SaveText")
def save_text(
    context: Context,
    text: str,
    filename_prefix: str,
    format: str,  # noqa: A002 - the input's name on the wire
) -> Result:
    series = context.run.naming.series("output", filename_prefix, 1, 1)
    path, item = series.next(format, mark="")
    path.write_text(_pretty(text) if format == "json" else text, encoding="utf-8")
    return Result({"text": [text], "files": [item]}, (text,))


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except json.JSONDecodeError:
        return text

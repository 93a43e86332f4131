"""File name patterns that the editor fills in: %Node.widget% and %date:yyyy-MM-dd%."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeAlias

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.graph import parse_graph

Lookup: TypeAlias = Callable[[str, str], str | None]
"""(node name, widget name) -> the widget's value as text, or None when there is none."""

SAVERS = frozenset(
    {
        "CLIPSave",
        "LoraSave",
        "ModelSave",
        "SaveAnimatedPNG",
        "SaveAnimatedWEBP",
        "SaveAudio",
        "SaveAudioAdvanced",
        "SaveAudioMP3",
        "SaveAudioOpus",
        "SaveGLB",
        "SaveImage",
        "SaveImageAdvanced",
        "SaveLatent",
        "SaveSVGNode",
        "SaveVideo",
        "SaveWEBM",
        "VAESave",
    }
)
"""Classes whose `filename_prefix` is filled in."""

_PREFIX = "filename_prefix"
_PATTERN = re.compile(r"%([^%]+)%")
_UNSAFE = re.compile(r'[/?<>\\:*|"\x00-\x1f\x7f]')
_DATE_PART = re.compile(r"d{1,2}|M{1,2}|h{1,2}|m{1,2}|s{1,2}|yyyy|yyy|yy|y")


def replace_text(text: str, lookup: Lookup, now: datetime | None) -> str:
    """`text` with every pattern filled in that can be; dates stay when `now` is not given."""
    if "%" not in text:
        return text

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        parts = name.split(".")
        if len(parts) != 2:
            if now is not None and parts[0].startswith("date:"):
                return _date(parts[0].removeprefix("date:"), now)
            return match[0]
        found = lookup(parts[0], parts[1])
        return match[0] if found is None else _UNSAFE.sub("_", found)

    return _PATTERN.sub(fill, text)


def with_dates(prompt: JsonValue, now: datetime) -> JsonObject:
    """A copy of a graph that came from the editor, with dates in the names of its files."""
    graph = parse_graph(prompt)
    result = dict(graph.source)
    for node_id, node in graph.nodes.items():
        text, body = node.inputs.get(_PREFIX), result[node_id]
        if node.class_type in SAVERS and isinstance(text, str) and isinstance(body, Mapping):
            dated = replace_text(text, lambda _node, _widget: None, now)
            result[node_id] = {**body, "inputs": {**node.inputs, _PREFIX: dated}}
    return result


def _date(pattern: str, now: datetime) -> str:
    numbers = {"d": now.day, "M": now.month, "h": now.hour, "m": now.minute, "s": now.second}

    def fill(match: re.Match[str]) -> str:
        part = match[0]
        if part[0] != "y":
            return f"{numbers[part[0]]:0{len(part)}d}"
        return f"{now.year:04d}" if len(part) > 2 else f"{now.year:04d}"[2:]

    return _DATE_PART.sub(fill, pattern)

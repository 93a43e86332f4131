"""A manifest's inputs and outputs as a table."""

import json
from collections.abc import Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

_MOST_OPTIONS = 6
_LONGEST = 60


def form_table(manifest: Mapping[str, Any]) -> Table:
    """One row for each parameter, then one for each output."""
    table = Table(box=None)
    for title in ("parameter", "label", "type", "default", "may be", "node"):
        table.add_column(title)
    for item in manifest.get("inputs", ()):
        place = ".".join(str(item[key]) for key in ("node_id", "field") if item.get(key))
        row = (item["id"], item.get("name", ""), item["type"], _shown(item), _choices(item), place)
        table.add_row(*(escape(str(cell)) for cell in row))
    for item in manifest.get("outputs", ()):
        row = ("output", item.get("name", ""), item["type"], "", "", item.get("node_id", ""))
        table.add_row(*(escape(str(cell)) for cell in row), style="dim")
    return table


def _shown(item: Mapping[str, Any]) -> str:
    value = item.get("default")
    if value is None:
        return "(required)" if item.get("required") else ""
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _choices(item: Mapping[str, Any]) -> str:
    options = item.get("options")
    if options:
        values = [str(option.get("value", option) if isinstance(option, dict) else option)
                  for option in options[:_MOST_OPTIONS]]  # fmt: skip
        return ", ".join(values) + (", …" if len(options) > _MOST_OPTIONS else "")
    low, high = item.get("min"), item.get("max")
    if low is None and high is None:
        return ""
    return f"{'' if low is None else f'{low:g}'} to {'' if high is None else f'{high:g}'}".strip()

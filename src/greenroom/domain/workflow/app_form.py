"""The inputs and outputs that a workflow's author chose for the editor's app mode."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from greenroom.domain.json import JsonObject, JsonValue

_MOST = 200


@dataclass(frozen=True, slots=True)
class AppForm:
    inputs: tuple[tuple[str, str], ...]
    """(node id, input name) in the author's order. Ids are those on the canvas."""
    outputs: tuple[str, ...]


def app_form(workflow: JsonObject) -> AppForm | None:
    """The choice stored in a UI-format workflow; None when there is none."""
    extra = workflow.get("extra")
    data = extra.get("linearData") if isinstance(extra, Mapping) else None
    if not isinstance(data, Mapping):
        return None
    inputs = tuple(
        (str(item[0]), str(item[1]))
        for item in _items(data.get("inputs"))
        if isinstance(item, list) and len(item) >= 2
    )
    outputs = tuple(str(item) for item in _items(data.get("outputs")))
    return AppForm(inputs, outputs) if inputs or outputs else None


def execution_id(node_id: str, prompt_ids: Iterable[str]) -> str | None:
    """The id in the prompt of a node on the canvas; None when none or several stand for it."""
    known = list(prompt_ids)
    if node_id in known:
        return node_id
    inner = [name for name in known if name.endswith(f":{node_id}")]
    return inner[0] if len(inner) == 1 else None


def _items(value: JsonValue) -> list[JsonValue]:
    return list(value)[:_MOST] if isinstance(value, list) else []

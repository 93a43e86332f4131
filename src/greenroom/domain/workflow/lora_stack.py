"""The LoRA list of a widely used node pack: widgets that no node definition mentions."""

import re
from collections.abc import Iterator, Mapping, Sequence

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.editor_class import WidgetSpec

LORA_STACK_CLASS = "Power Lora Loader (rgthree)"

_HEADER = "PowerLoraLoaderHeaderWidget"
_ADD = "\u2795 Add Lora"
_LORA = re.compile(r"lora_[0-9]+")


def stack_widgets(saved: Sequence[JsonValue]) -> Iterator[tuple[WidgetSpec, JsonValue]]:
    """The widgets in a file's `widgets_values`: a heading, one entry for each LoRA, a button."""
    yield _spec(_HEADER), {"type": _HEADER}
    number = 0
    for value in saved:
        if isinstance(value, Mapping) and "lora" in value:
            number += 1
            yield _spec(f"lora_{number}"), _without_second_strength(value)
    yield _spec(_ADD), ""


def stack_values(inputs: JsonObject) -> list[JsonValue]:
    """The `widgets_values` of a node with these inputs."""
    names = sorted(
        (name for name in inputs if _LORA.fullmatch(name)),
        key=lambda name: int(name.removeprefix("lora_")),
    )
    return [{}, {"type": _HEADER}, *(inputs[name] for name in names), {}, ""]


def _spec(name: str) -> WidgetSpec:
    return WidgetSpec(name, "OBJECT", None, {}, socket=False)


def _without_second_strength(value: JsonObject) -> JsonObject:
    """A strength of its own for the text encoder is only sent when somebody set it."""
    return {key: item for key, item in value.items() if key != "strengthTwo" or item is not None}

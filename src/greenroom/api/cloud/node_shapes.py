"""Node classes within the types of the contract, which is stricter than ComfyUI."""

from collections.abc import Mapping

from greenroom.domain.json import JsonValue

_NAMED = ("output", "output_name", "output_tooltips")
"""Lists that hold texts alone."""


def worded(definition: JsonValue) -> JsonValue:
    """What nobody said is left out, and a choice among texts is called COMBO."""
    if not isinstance(definition, Mapping):
        return {}
    told = {name: value for name, value in definition.items() if value is not None}
    lists = {name: value for name in _NAMED if isinstance(value := told.get(name), list)}
    texts = {name: [_text(one) for one in value] for name, value in lists.items()}
    listed = told.get("output_is_list")
    flags = [one is True for one in listed] if isinstance(listed, list) else []
    return {**told, **texts, "output_is_list": flags}


def _text(value: JsonValue) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else "COMBO"

"""One object_info for a fleet: every class that a worker knows, with every option that one has."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeGuard

from greenroom.domain.json import JsonObject, JsonValue


def merged(fleet: Iterable[JsonObject]) -> dict[str, JsonValue]:
    """The definitions of all workers; where two know a class, the first one's, with the lists of
    options joined: a model that only one worker has can be asked for.
    """
    found: dict[str, JsonValue] = {}
    for definitions in fleet:
        for name, definition in definitions.items():
            known = found.get(name)
            if known is None:
                found[name] = definition
            elif known is not definition and known != definition:
                found[name] = _joined(known, definition)
    return found


def _joined(known: JsonValue, other: JsonValue) -> JsonValue:
    if not isinstance(known, Mapping) or not isinstance(other, Mapping):
        return known
    inputs, others = known.get("input"), other.get("input")
    if not isinstance(inputs, Mapping) or not isinstance(others, Mapping):
        return known
    joined = {group: _joined_group(inputs[group], others.get(group)) for group in inputs}
    return {**known, "input": joined}


def _joined_group(specs: JsonValue, others: JsonValue) -> JsonValue:
    if not isinstance(specs, Mapping) or not isinstance(others, Mapping):
        return specs
    return {name: _joined_spec(spec, others.get(name)) for name, spec in specs.items()}


def _joined_spec(spec: JsonValue, other: JsonValue) -> JsonValue:
    """A combo is `[[options], config?]` or `["COMBO", {"options": [...]}]`."""
    if not _is_list(spec) or not _is_list(other) or not spec or not other:
        return spec
    kind, theirs = spec[0], other[0]
    if _is_list(kind) and _is_list(theirs):
        return [_union(kind, theirs), *spec[1:]]
    if kind != "COMBO" or theirs != "COMBO" or len(spec) < 2 or len(other) < 2:
        return spec
    config, their_config = spec[1], other[1]
    if not isinstance(config, Mapping) or not isinstance(their_config, Mapping):
        return spec
    options, their_options = config.get("options"), their_config.get("options")
    if not _is_list(options) or not _is_list(their_options):
        return spec
    return [kind, {**config, "options": _union(options, their_options)}, *spec[2:]]


def _union(options: Sequence[JsonValue], others: Sequence[JsonValue]) -> list[JsonValue]:
    known = {repr(option) for option in options}
    return [*options, *(option for option in others if repr(option) not in known)]


def _is_list(value: JsonValue) -> TypeGuard[Sequence[JsonValue]]:
    return isinstance(value, Sequence) and not isinstance(value, str)

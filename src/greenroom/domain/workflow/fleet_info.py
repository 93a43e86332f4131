"""One object_info for a fleet: every class that a worker knows, with every option that one has."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeGuard

from greenroom.domain.json import JsonObject, JsonValue


def merged(fleet: Iterable[JsonObject]) -> dict[str, JsonValue]:
    """The definitions of all workers; where two know a class, the first one's, with the lists of
    options joined: a model that only one worker has can be asked for.
    """
    found: dict[str, JsonValue] = {}
    others: dict[str, dict[int, JsonValue]] = {}
    for definitions in fleet:
        for name, definition in definitions.items():
            known = found.setdefault(name, definition)
            if known is not definition and known != definition:
                others.setdefault(name, {})[id(definition)] = definition
    for name, more in others.items():
        found[name] = _joined(found[name], tuple(more.values()))
    return found


def _joined(known: JsonValue, others: Sequence[JsonValue]) -> JsonValue:
    if not isinstance(known, Mapping) or not isinstance(inputs := known.get("input"), Mapping):
        return known
    theirs = _at("input", others)
    joined = {name: _joined_group(group, _at(name, theirs)) for name, group in inputs.items()}
    return {**known, "input": joined}


def _joined_group(specs: JsonValue, others: Sequence[JsonValue]) -> JsonValue:
    if not isinstance(specs, Mapping):
        return specs
    return {name: _joined_spec(spec, _at(name, others)) for name, spec in specs.items()}


def _joined_spec(spec: JsonValue, others: Sequence[JsonValue]) -> JsonValue:
    """A combo is `[[options], config?]` or `["COMBO", {"options": [...]}]`."""
    if not _is_list(spec) or not spec:
        return spec
    kind = spec[0]
    lists = [other for other in others if _is_list(other) and other]
    if _is_list(kind):
        return [_union(kind, (other[0] for other in lists)), *spec[1:]]
    config = spec[1] if kind == "COMBO" and len(spec) > 1 else None
    if not isinstance(config, Mapping) or not _is_list(options := config.get("options")):
        return spec
    configs = [other[1] for other in lists if other[0] == "COMBO" and len(other) > 1]
    return [kind, {**config, "options": _union(options, _at("options", configs))}, *spec[2:]]


def _at(name: str, values: Iterable[JsonValue]) -> list[JsonValue]:
    """What the objects among them have by that name."""
    return [value.get(name) for value in values if isinstance(value, Mapping)]


def _union(options: Sequence[JsonValue], others: Iterable[JsonValue]) -> list[JsonValue]:
    """All options once, told apart by how they are written: 1 and True are two."""
    found = {repr(option): option for option in options}
    for more in others:
        if _is_list(more):
            for option in more:
                found.setdefault(repr(option), option)
    return list(found.values())


def _is_list(value: JsonValue) -> TypeGuard[Sequence[JsonValue]]:
    return isinstance(value, Sequence) and not isinstance(value, str)

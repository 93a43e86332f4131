"""Inputs with dotted names: which of them a node takes, and how they reach its code as one."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from greenroom.engine.cpu.definition import Definition, Spec

_GROWING, _CHOOSING = "COMFY_AUTOGROW_V3", "COMFY_DYNAMICCOMBO_V3"

Path: TypeAlias = tuple[str, ...]
Inputs: TypeAlias = Mapping[str, Any]
"""By their names on the wire."""


def taken(definition: Definition, given: Inputs) -> dict[str, Path]:
    """The inputs that the class takes, and where each goes; whatever else is given is ignored.

    A growing input takes its parts in the order of their names; a choice takes what appears with
    it, and stands among that under its own name.
    """
    paths: dict[str, Path] = {}
    for group in (definition.required, definition.optional):
        for name, spec in group.items():
            paths.update(_expanded(name, spec, given, (name,)))
    return {name: path for name, path in paths.items() if name in given}


def grouped(paths: Mapping[str, Path], values: Inputs) -> dict[str, Any]:
    """{"size": "fixed", "size.width": 8} becomes {"size": {"size": "fixed", "width": 8}}."""
    result: dict[str, Any] = {}
    for name, value in values.items():
        place = result
        *outer, last = paths[name]
        for step in outer:
            place = place.setdefault(step, {})
        place[last] = value
    return result


def _expanded(name: str, spec: Spec, given: Inputs, path: Path) -> Iterator[tuple[str, Path]]:
    kind, options = spec[0], spec[1] if len(spec) > 1 else {}
    # A tuple, since a list of choices is a kind too and has no hash.
    if not isinstance(options, Mapping) or kind not in (_GROWING, _CHOOSING):
        yield name, path
        return
    if kind == _GROWING:
        for part in _part_names(options["template"]):
            yield f"{name}.{part}", (*path, part)
        return
    yield name, (*path, path[-1])
    for part, inner in _chosen(options, given.get(name)):
        yield from _expanded(f"{name}.{part}", inner, given, (*path, part))


def _part_names(template: Any) -> list[str]:
    if "names" in template:
        return list(template["names"])
    return [f"{template['prefix']}{number}" for number in range(template["max"])]


def _chosen(options: Any, choice: Any) -> Iterator[tuple[str, Spec]]:
    for each in options["options"]:
        if each["key"] == choice:
            for group in each["inputs"].values():
                yield from group.items()

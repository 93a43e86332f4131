"""Fill `{{name}}` in the inputs of a block's nodes."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.condition import as_text

_NAME = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}")
_MAX_LEVELS = 100


class Reference(NamedTuple):
    """An output of a node of the assembled graph."""

    node_id: str
    output: int


class Filler:
    """Knows what each name stands for in one use of a block.

    A value that is nothing but `{{name}}` becomes an import's link or a variable's typed value;
    inside other text the name is replaced as text. Names that stand for nothing stay as they are.
    """

    def __init__(
        self,
        ids: Mapping[str, str],
        imports: Mapping[str, Reference],
        variables: Mapping[str, JsonValue],
    ) -> None:
        self._ids = ids
        self._imports = imports
        self._variables = variables
        self.unresolved: dict[str, None] = {}

    def inputs(self, inputs: JsonObject) -> dict[str, JsonValue]:
        """The filled inputs; those whose own name is a placeholder are left out."""
        return {
            name: self.value(value)
            for name, value in inputs.items()
            if _NAME.fullmatch(name) is None
        }

    def value(self, value: JsonValue, levels: int = _MAX_LEVELS) -> JsonValue:
        if isinstance(value, str):
            return self._text(value)
        if levels <= 0 or not isinstance(value, list | Mapping):
            return value
        if isinstance(value, Mapping):
            return {key: self.value(item, levels - 1) for key, item in value.items()}
        if _is_local_link(value, self._ids):
            return [self._ids[str(value[0])], value[1]]
        return [self.value(item, levels - 1) for item in value]

    def _text(self, text: str) -> JsonValue:
        whole = _NAME.fullmatch(text)
        if whole is None:
            return _NAME.sub(self._in_text, text)
        name = whole[1]
        reference = self._imports.get(name)
        if reference is not None:
            return [reference.node_id, reference.output]
        if name in self._variables:
            return self._variables[name]
        self.unresolved[name] = None
        return text

    def _in_text(self, match: re.Match[str]) -> str:
        name = match[1]
        if name in self._variables:
            return as_text(self._variables[name])
        self.unresolved[name] = None
        return match[0]


def _is_local_link(value: list[JsonValue], ids: Mapping[str, str]) -> bool:
    return (
        len(value) == 2
        and isinstance(value[0], str | int)
        and isinstance(value[1], int)
        and not isinstance(value[1], bool)
        and str(value[0]) in ids
    )

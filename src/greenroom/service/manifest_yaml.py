"""YAML text -> JSON values and the lines they stand on, and back."""

import yaml

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonValue
from greenroom.domain.workflow.shape import Path

_MAX_VALUES = 50_000
_TIMESTAMP = "tag:yaml.org,2002:timestamp"


def dump(value: JsonValue) -> str:
    """In the order of its keys, as people would write it."""
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100)


def load(text: str) -> tuple[JsonValue, dict[Path, int]]:
    """What the text says, and the line on which each part of it begins; BAD_REQUEST for no YAML."""
    lines: dict[Path, int] = {}
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        value = _Reader(loader, lines).value(node, ()) if node is not None else None
    except RecursionError:
        raise AppError(ErrorCode.BAD_REQUEST, "the manifest is nested too deep") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark is not None else None
        message = f"{f'line {line}: ' if line else ''}not YAML: {error.problem}"
        problem: JsonValue = {"path": "", "line": line, "message": str(error.problem)}
        raise AppError(ErrorCode.BAD_REQUEST, message, {"problems": [problem]}) from None
    except yaml.YAMLError as error:
        raise AppError(ErrorCode.BAD_REQUEST, f"not YAML: {error}") from None
    return value, lines


class _Reader:
    """YAML nodes -> JSON values, noting where each begins; aliases cannot blow it up."""

    def __init__(self, loader: yaml.SafeLoader, lines: dict[Path, int]) -> None:
        self._loader = loader
        self._lines = lines
        self._left = _MAX_VALUES

    def value(self, node: yaml.Node, path: Path) -> JsonValue:
        self._left -= 1
        if self._left < 0:
            raise AppError(ErrorCode.TOO_LARGE, f"the manifest has more than {_MAX_VALUES} values")
        self._lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            self._loader.flatten_mapping(node)
            return {str(key.value): self._member(key, item, path) for key, item in node.value}
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        if node.tag == _TIMESTAMP:
            return str(node.value)
        found = self._loader.construct_object(node)
        return found if isinstance(found, bool | int | float | str) or found is None else str(found)

    def _member(self, key: yaml.Node, item: yaml.Node, path: Path) -> JsonValue:
        inner = (*path, str(key.value))
        self._lines[inner] = key.start_mark.line + 1
        return self.value(item, inner)

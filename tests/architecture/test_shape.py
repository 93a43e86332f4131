"""The house style that can be counted."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from greenroom.store.tables import metadata

_SOURCE = Path(__file__).parents[2] / "src" / "greenroom"
_FILES = sorted(_SOURCE.rglob("*.py"))
_LONGEST_FILE = 400
_LONGEST_FUNCTION = 40
_FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "stuff"}

_LONG_ON_PURPOSE: dict[str, str] = {
    "store/migrations/versions/0001_first_schema.py:_jobs": "a table, column by column",
    "store/migrations/versions/0001_first_schema.py:_parts_of_jobs": "likewise",
}


def _name(path: Path) -> str:
    return path.relative_to(_SOURCE).as_posix()


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    """(file:function, lines of its body without the docstring) of each function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and node.body[1:] else node.body
            yield f"{_name(path)}:{node.name}", node.end_lineno - body[0].lineno + 1


def _docstring(path: Path) -> str:
    tree = ast.parse(path.read_text())
    return ast.get_docstring(tree) or ("" if tree.body else "empty")


def test_no_file_is_too_long():
    long = [_name(path) for path in _FILES if len(path.read_text().splitlines()) > _LONGEST_FILE]
    assert long == []


def test_no_function_is_too_long():
    lengths = dict(entry for path in _FILES for entry in _functions(path))
    assert {name for name, lines in lengths.items() if lines > _LONGEST_FUNCTION} == set(
        _LONG_ON_PURPOSE
    )


def test_every_module_says_in_one_line_what_it_is_for():
    docstrings = {_name(path): _docstring(path) for path in _FILES}
    # The first line stands alone; what follows it comes after an empty one.
    assert [name for name, told in docstrings.items() if not re.match(r"\S.*(\n\n|$)", told)] == []


def test_no_module_is_a_drawer_for_anything():
    assert [
        _name(path) for path in _FILES if {path.stem, path.parent.name} & _FORBIDDEN_NAMES
    ] == []


def test_only_jobs_have_a_state():
    having = {table.name for table in metadata.tables.values() if "state" in table.columns}
    assert having == {"jobs"}

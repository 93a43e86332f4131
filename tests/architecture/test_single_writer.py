"""Only store/transitions.py writes the state of a job, with statements that are its own."""

import ast
from pathlib import Path

import pytest

from greenroom.store.tables import metadata

SOURCE = Path(__file__).parents[2] / "src" / "greenroom"
WRITER = SOURCE / "store" / "transitions.py"
STATEMENTS = SOURCE / "store" / "transition_sql.py"


def writes_state(tree: ast.AST) -> bool:
    """Whether some call sets a column called state, by keyword, by mapping or in raw SQL."""
    return any(_sets_state(node) for node in ast.walk(tree))


def _sets_state(node: ast.AST) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in {"values", "from_select"}:
            return _names_state(node)
        return False
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        words = node.value.lower().split()
        return words[:1] == ["update"] and "jobs" in words and "state" in words
    return False


def _names_state(call: ast.Call) -> bool:
    if any(keyword.arg == "state" for keyword in call.keywords):
        return True
    inside = [part for argument in call.args for part in ast.walk(argument)]
    constants = [part.value for part in inside if isinstance(part, ast.Constant)]
    attributes = [part.attr for part in inside if isinstance(part, ast.Attribute)]
    return "state" in constants or "state" in attributes


def test_only_transitions_write_the_state_of_a_job():
    writers = {
        path for path in SOURCE.rglob("*.py") if writes_state(ast.parse(path.read_text("utf-8")))
    }
    assert writers == {STATEMENTS}
    users = {path for path in SOURCE.rglob("*.py") if STATEMENTS.stem in path.read_text("utf-8")}
    assert users == {WRITER}


@pytest.mark.parametrize(
    "code",
    [
        "update(jobs).values(state='x')",
        "update(jobs).values({'state': 'x'})",
        "update(jobs).values({jobs.c.state: 'x'})",
        "text('UPDATE jobs SET state = 1')",
    ],
)
def test_the_search_sees_a_write(code):
    assert writes_state(ast.parse(code))


def test_no_other_table_has_a_column_called_state():
    assert [table.name for table in metadata.sorted_tables if "state" in table.c] == ["jobs"]

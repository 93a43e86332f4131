"""Column types and the few expressions over them that many statements share.

The types are primitive on both databases, so that rows need no conversion on their way out.
"""

from collections.abc import Iterable
from typing import Any, TypeAlias

from sqlalchemy import BigInteger, Double, Integer, LargeBinary, String, Text, literal_column
from sqlalchemy.sql.elements import ColumnElement

from greenroom.domain.job import JobState

Expression: TypeAlias = ColumnElement[Any]
"""Any SQL expression: SQLAlchemy's types are invariant and mostly inferred."""

SERIAL = BigInteger().with_variant(Integer(), "sqlite")
"""A growing key. SQLite grows only a column that is exactly INTEGER."""
INSTANT = BigInteger()
"""Milliseconds since the Unix epoch."""
BYTES = LargeBinary()
"""Payload JSON as the UTF-8 bytes it came in, and file contents."""
JSON_TEXT = Text()
"""Small JSON of our own making."""
NAME = String()
REAL: Double[float] = Double()
COUNT = Integer()
SIZE = BigInteger()


def word(state: JobState) -> ColumnElement[str]:
    """The state as a literal: a planner matches a partial index only when it sees the value."""
    return literal_column(f"'{state.value}'", String())


def words(states: Iterable[JobState]) -> list[ColumnElement[str]]:
    return [word(state) for state in sorted(states)]


def words_sql(states: Iterable[JobState]) -> str:
    return ", ".join(f"'{state.value}'" for state in sorted(states))

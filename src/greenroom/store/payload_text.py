"""JSON that is kept as bytes, searched as text inside a query."""

from typing import Any

from sqlalchemy import Boolean, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement

_SPECIAL = str.maketrans({"/": "//", "%": "/%", "_": "/_"})


class _Holds(FunctionElement[bool]):
    """Whether the UTF-8 bytes of a column match a pattern of LIKE in which `/` escapes."""

    type = Boolean()
    inherit_cache = True


def holds(column: ColumnElement[bytes], part: str) -> ColumnElement[bool]:
    """Whether `part` stands in the text, in small letters or in capitals."""
    return _Holds(column, literal(f"%{part.translate(_SPECIAL)}%"))


@compiles(_Holds, "sqlite")
def _sqlite(element: _Holds, compiler: SQLCompiler, **kw: Any) -> str:
    # Its LIKE takes capitals for small letters by itself; lower() would copy every text first.
    column, pattern = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"CAST({column} AS TEXT) LIKE {pattern} ESCAPE '/'"


@compiles(_Holds, "postgresql")
def _postgresql(element: _Holds, compiler: SQLCompiler, **kw: Any) -> str:
    column, pattern = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"convert_from({column}, 'UTF8') ILIKE {pattern} ESCAPE '/'"

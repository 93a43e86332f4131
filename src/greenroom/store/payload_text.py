"""JSON that is kept as bytes, read as text inside a query."""

from typing import Any

from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class PayloadText(FunctionElement[str]):
    """The UTF-8 bytes of a column as text."""

    type = Text()
    inherit_cache = True
    name = "payload_text"


@compiles(PayloadText, "sqlite")
def _sqlite(element: PayloadText, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **kw)} AS TEXT)"


@compiles(PayloadText, "postgresql")
def _postgresql(element: PayloadText, compiler: SQLCompiler, **kw: Any) -> str:
    return f"convert_from({compiler.process(element.clauses, **kw)}, 'UTF8')"

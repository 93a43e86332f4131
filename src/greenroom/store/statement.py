"""A statement that is compiled once per database and then handed straight to the driver."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeAlias, cast

from sqlalchemy import Connection
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from greenroom.store.dialect import Dialect, of

Value: TypeAlias = str | int | float | bytes | None
Row: TypeAlias = Sequence[Value]


class _Cursor(Protocol):
    rowcount: int

    def fetchall(self) -> list[Row]: ...


class Driver(Protocol):
    """What sqlite3 and psycopg connections have in common."""

    def execute(
        self, sql: str, values: Sequence[Value] | Mapping[str, Value] = ..., /
    ) -> _Cursor: ...


def driver(tx: Connection) -> Driver:
    """The connection below SQLAlchemy's, in the same transaction."""
    return cast("Driver", tx.connection.dbapi_connection)


class _Compiled:
    def __init__(self, tx: Connection, statement: Executable) -> None:
        compiled = cast("ClauseElement", statement).compile(
            dialect=tx.dialect, compile_kwargs={"render_postcompile": True}
        )
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 - narrows what compile() returns
        self.sql = str(compiled)
        self._constants: dict[str, Value] = {
            name: bind.value for name, bind in compiled.binds.items() if not bind.required
        }
        self._order = compiled.positiontup

    def values(self, given: dict[str, Value]) -> Sequence[Value] | Mapping[str, Value]:
        merged = {**self._constants, **given} if self._constants else given
        if self._order is None:
            return merged
        return [merged[name] for name in self._order]


class Statement:
    """A Core statement for the hot paths: its parameters are bindparams, its rows plain tuples."""

    def __init__(self, build: Callable[[Dialect], Executable]) -> None:
        self._build = build
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, tx: Connection, **values: Value) -> list[Row]:
        return self._execute(tx, values).fetchall()

    def row(self, tx: Connection, **values: Value) -> Row | None:
        found = self._execute(tx, values).fetchall()
        return found[0] if found else None

    def run(self, tx: Connection, **values: Value) -> int:
        """How many rows it changed."""
        return self._execute(tx, values).rowcount

    def _execute(self, tx: Connection, values: dict[str, Value]) -> _Cursor:
        compiled = self._compiled.get(tx.dialect.name)
        if compiled is None:
            compiled = _Compiled(tx, self._build(of(tx)))
            self._compiled[tx.dialect.name] = compiled
        return driver(tx).execute(compiled.sql, compiled.values(values))

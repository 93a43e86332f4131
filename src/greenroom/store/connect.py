"""Engines for a database URL: one for reading, one for writing."""

import sqlite3
import time
from typing import cast

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.store.dialect import Dialect

_PRAGMAS = (
    "PRAGMA busy_timeout = 10000",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -65536",
    "PRAGMA mmap_size = 268435456",
    "PRAGMA wal_autocheckpoint = 4000",
)

_WAL_TRIES = 200
_WAL_PAUSE_S = 0.05


def parse(url: str) -> tuple[Dialect, URL]:
    """BAD_REQUEST for a URL of another kind of database."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise AppError(ErrorCode.BAD_REQUEST, "This is no database URL.") from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return Dialect.SQLITE, parsed.set(drivername="sqlite")
    if backend in {"postgresql", "postgres"}:
        return Dialect.POSTGRESQL, parsed.set(drivername="postgresql+psycopg")
    message = f"{backend} is no database that Greenroom knows: use sqlite:// or postgresql://."
    raise AppError(ErrorCode.BAD_REQUEST, message)


def writing(dialect: Dialect, url: URL) -> Engine:
    if dialect is Dialect.POSTGRESQL:
        return create_engine(url, poolclass=NullPool, isolation_level="READ COMMITTED")
    return _sqlite(url, begin="BEGIN IMMEDIATE", pragmas=_PRAGMAS)


def reading(dialect: Dialect, url: URL) -> Engine:
    if dialect is Dialect.POSTGRESQL:
        return create_engine(
            url,
            poolclass=NullPool,
            execution_options={
                "isolation_level": "REPEATABLE READ",
                "postgresql_readonly": True,
            },
        )
    return _sqlite(url, begin="BEGIN", pragmas=(*_PRAGMAS, "PRAGMA query_only = ON"))


def _sqlite(url: URL, *, begin: str, pragmas: tuple[str, ...]) -> Engine:
    engine = create_engine(url, poolclass=NullPool, connect_args={"check_same_thread": False})

    def prepare(connection: object, _record: object) -> None:
        raw = cast("sqlite3.Connection", connection)
        raw.isolation_level = (
            None  # transactions begin where _begin says so, not where sqlite3 guesses
        )
        _use_wal(raw)
        for pragma in pragmas:
            raw.execute(pragma).fetchall()

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", start)
    return engine


def _use_wal(connection: sqlite3.Connection) -> None:
    """Two that turn a new database to WAL at once do not wait for each other by themselves."""
    for remaining in range(_WAL_TRIES, 0, -1):
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
        except sqlite3.OperationalError:
            if remaining == 1:
                raise
            time.sleep(_WAL_PAUSE_S)
        else:
            return

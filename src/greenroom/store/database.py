"""Open a database; read and write in transactions that never block the event loop."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import TypeVar, cast

from sqlalchemy import Connection, Engine

from greenroom.domain.clock import Clock, SystemClock
from greenroom.domain.errors import AppError
from greenroom.store import connect, migrate
from greenroom.store.clock import ServerClock
from greenroom.store.dialect import Dialect
from greenroom.store.failure import translated
from greenroom.store.lane import Lanes
from greenroom.store.transaction import GroupWriting, Reading, Writing

_T = TypeVar("_T")

_CLOCK_CHECK_S = 60
_SQLITE_READERS = 2
_SQLITE_READ_BATCH = 64
_SQLITE_WRITE_GROUP = 256
_POSTGRESQL_LANES = 4
_POSTGRESQL_READ_BATCH = 16


class Database:
    """One SQLite file or one PostgreSQL database, with its schema up to date."""

    def __init__(self, dialect: Dialect, clock: Clock, readers: Lanes, writers: Lanes) -> None:
        self.dialect = dialect
        self.clock = clock
        self._readers = readers
        self._writers = writers
        self._clock_task: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, url: str, clock: Clock | None = None) -> "Database":
        """Connect and apply pending migrations; STORAGE_UNAVAILABLE when that is impossible.

        A clock that is passed is used as it is; without one, PostgreSQL's own clock counts.
        """
        dialect, reading, writing = await asyncio.to_thread(_prepare, url)
        server = ServerClock(SystemClock()) if clock is None else None
        database = cls(
            dialect,
            clock or (server if server and dialect is Dialect.POSTGRESQL else SystemClock()),
            _readers(dialect, reading),
            _writers(dialect, writing),
        )
        database._readers.start()
        database._writers.start()
        if server is not None and dialect is Dialect.POSTGRESQL:
            await database.read(server.measure)
            database._clock_task = asyncio.create_task(database._follow(server))
        return database

    async def read(self, work: Callable[[Connection], _T]) -> _T:
        """Run `work` in a read-only transaction."""
        return cast("_T", await self._readers.submit(work))

    async def write(self, work: Callable[[Connection], _T]) -> _T:
        """Run `work` in one transaction, which is durable when this returns.

        When it raises, nothing of it is stored. It may run more than once, so it only does SQL.
        """
        return cast("_T", await self._writers.submit(work))

    async def write_soon(self, work: Callable[[Connection], _T]) -> _T:
        """As `write`, but durable only when a later `write` is: a power cut may undo it before.

        For what a restart would drop anyway; it spares a wait for the disk.
        """
        return cast("_T", await self._writers.submit(work, lasting=False))

    async def close(self) -> None:
        if self._clock_task is not None:
            self._clock_task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._clock_task
            self._clock_task = None
        await self._readers.stop()
        await self._writers.stop()

    async def _follow(self, clock: ServerClock) -> None:
        while True:
            await asyncio.sleep(_CLOCK_CHECK_S)
            # The last difference stays good while the server cannot be asked.
            with contextlib.suppress(AppError):
                await self.read(clock.measure)


def _prepare(url: str) -> tuple[Dialect, Engine, Engine]:
    """The engines for reading and for writing, with the schema up to date."""
    dialect, parsed = connect.parse(url)
    reading, writing = connect.reading(dialect, parsed), connect.writing(dialect, parsed)
    try:
        migrate.upgrade(writing)
    except Exception as error:
        told = translated(error)
        if told is error:
            raise
        raise told from error
    return dialect, reading, writing


def _readers(dialect: Dialect, engine: Engine) -> Lanes:
    if dialect is Dialect.SQLITE:
        return Lanes("db-read", _SQLITE_READERS, _SQLITE_READ_BATCH, lambda: Reading(engine))
    return Lanes("db-read", _POSTGRESQL_LANES, _POSTGRESQL_READ_BATCH, lambda: Reading(engine))


def _writers(dialect: Dialect, engine: Engine) -> Lanes:
    if dialect is Dialect.SQLITE:
        return Lanes("db-write", 1, _SQLITE_WRITE_GROUP, lambda: GroupWriting(engine))
    return Lanes("db-write", _POSTGRESQL_LANES, 1, lambda: Writing(engine))

"""Which databases a test runs on, and what every asynchronous test is watched for."""

import asyncio
import inspect
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from blockbuster import blockbuster_ctx
from tests.fakes.clock import FakeClock
from tests.missing import missing

from greenroom.store import migrate
from greenroom.store.database import Database
from greenroom.store.tables import metadata

_SERVER = os.environ.get("GREENROOM_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


@pytest.fixture(autouse=True)
def _nothing_blocks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Our own code must not block the event loop; tests and libraries may."""
    if not inspect.iscoroutinefunction(getattr(request.node, "obj", None)):
        yield
        return
    with blockbuster_ctx("greenroom"):
        yield


@pytest.fixture(scope="session", autouse=True)
def _fakes_leave_nothing_behind(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Processes that are killed cannot remove their folders: they lie where pytest cleans up."""
    os.environ["FAKE_COMFYUI_FOLDERS"] = str(tmp_path_factory.mktemp("fakes"))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the newest schema, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_clones() -> Iterator[Callable[[], str]]:
    """Makes a database with the newest schema; gives its URL."""
    try:
        server = psycopg.connect(_SERVER, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        missing(f"no PostgreSQL server answers at {_SERVER}: {error}")
    made: list[str] = []

    def create(template: str | None) -> str:
        name = f"greenroom_test_{secrets.token_hex(6)}"
        server.execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
        made.append(name)
        return name

    with server:
        template = create(None)
        _migrate(_url(template))
        yield lambda: _url(create(template))
        for name in made:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    server.close()


@pytest.fixture(scope="session")
def emptied_databases() -> list[str]:
    """Databases of earlier tests, empty again: four times faster than a new one."""
    return []


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database with the newest schema, of each kind in turn."""
    if request.param == "sqlite":
        path = tmp_path / "greenroom.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    clone = request.getfixturevalue("postgresql_clones")
    free = request.getfixturevalue("emptied_databases")
    url = free.pop() if free else clone()
    yield url
    if _empty(url):
        free.append(url)


@pytest.fixture
async def database(database_url: str, clock: FakeClock) -> AsyncIterator[Database]:
    """Open, with the hand-moved clock."""
    opened = await Database.open(database_url, clock)
    yield opened
    await opened.close()


def _migrate(url: str) -> None:
    async def open_and_close() -> None:
        await (await Database.open(url, FakeClock())).close()

    asyncio.run(open_and_close())


def _empty(url: str) -> bool:
    """Whether the database is as new again; not when its schema was changed or it is in use."""
    tables = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET lock_timeout = '2s'")
            found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
            connection.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
    except psycopg.Error:
        return False
    return found == [(migrate.NEWEST,)]


def _url(name: str) -> str:
    return f"{_SERVER.rsplit('/', 1)[0]}/{name}"

"""What a start must not load: each would cost every start time and every idle server memory."""

import json
import subprocess
import sys

import pytest
from tests.cli.processes import environment

_SERVE = """
import asyncio, json, sys
from pathlib import Path
from greenroom.bootstrap import serving
from greenroom.cli import main, serve
from greenroom.config import Config

async def start():
    async with serving(Config(port=0, data_dir=Path(sys.argv[1]), engine="cpu")):
        print(json.dumps(sorted(sys.modules)))

asyncio.run(start())
"""

_COLLECT = """
import asyncio, gc, json, sys
from pathlib import Path
from greenroom.cli.server_choice import own_server
from greenroom.config import Config

async def start():
    async with own_server(Config(data_dir=Path(sys.argv[1]), engine="cpu")):
        print(json.dumps([str(gc.isenabled())]))

asyncio.run(start())
"""

_NOT_AT_START = {
    "PIL": "20 MB; pictures are measured once some are stored",
    "numpy": "the built-in engine's child processes compute, the server does not",
    "av": "20 MB; films are measured once some are stored",
    "alembic": "a new database comes whole, and one that is current needs nothing",
    "mako": "Alembic's",
    "psycopg": "SQLite is the default",
    "sqlalchemy.dialects.postgresql": "likewise",
    "yaml": "manifests are read once a workflow has one",
    "cryptography": "7 MB; secrets are sealed once there are some",
    "prometheus_client": "metrics are written once they are asked for",
    "rich.progress": "commands show bars, the server does not",
    "greenroom.engine.cpu.nodes": "they compute, in child processes",
}
_NOT_IN_A_CLIENT = {
    "sqlalchemy": "a client opens no database",
    "aiohttp.web": "a client serves nothing",
    "greenroom.bootstrap": "the whole server",
    "greenroom.service.services": "what the server does",
}
_NOT_FOR_HELP = {
    **_NOT_IN_A_CLIENT,
    "aiohttp": "help asks nobody",
    "asyncio": "help waits for nothing",
}
_TELL = "print(json.dumps(sorted(sys.modules)))"
_CLIENTS = ("jobs", "run", "workers", "tenants", "webhooks", "keys", "workflows", "doctor")


@pytest.fixture(scope="module")
def new_and_known_folder(tmp_path_factory):
    """The modules of a server on a new data folder, and of the next one on the same."""
    folder = tmp_path_factory.mktemp("data")
    return _told(_SERVE, folder), _told(_SERVE, folder)


@pytest.mark.parametrize("name", _NOT_AT_START)
def test_a_server_starts_without(name, new_and_known_folder):
    new, known = new_and_known_folder
    assert "greenroom.bootstrap" in new
    assert name not in new, _NOT_AT_START[name]
    assert name not in known, _NOT_AT_START[name]


def test_a_server_looks_for_garbage_once_it_has_started(tmp_path):
    assert _told(_COLLECT, tmp_path) == {"True"}


@pytest.mark.parametrize("command", _CLIENTS)
def test_a_command_that_asks_a_server_loads_none(command):
    loaded = _told(f"import json, sys, greenroom.cli.{command}\n{_TELL}")
    assert {name: why for name, why in _NOT_IN_A_CLIENT.items() if name in loaded} == {}


def test_the_help_loads_no_command():
    loaded = _told(f"import json, sys, greenroom.cli.main\n{_TELL}")
    assert {name: why for name, why in _NOT_FOR_HELP.items() if name in loaded} == {}


def _told(program, *arguments):
    """What the program writes, a JSON list."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment())
    return set(json.loads(done.stdout))

"""Instances that the operator's own commands start and stop."""

import asyncio
import json
import shlex
import sys
from dataclasses import replace

import psutil
import pytest

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import WorkerId
from greenroom.engine.provider import InstanceOrder
from greenroom.engine.providers.command import CommandProvider, Commands

ORDER = InstanceOrder(WorkerId("i1"), "d1", "Portraits", {"hardware": "ADA_80_PLUS", "zone": "eu"})
TELL = """
import json, os
print(json.dumps({"url": "10.0.0.7:8188", "handle": " ".join(
    os.environ["GREENROOM_" + name] for name in ("INSTANCE", "DEPLOYMENT", "HARDWARE", "LABELS"))}))
"""
NOTE = """
import os, pathlib, sys
pathlib.Path(sys.argv[1]).write_text(os.environ["GREENROOM_HANDLE"])
"""


def python(code, *arguments):
    return shlex.join([sys.executable, "-c", code, *arguments])


async def test_the_commands_are_told_what_to_start_and_what_to_stop(tmp_path, monkeypatch):
    monkeypatch.setenv("GREENROOM_API_KEY", "secret")
    noted = tmp_path / "noted"
    made = CommandProvider(Commands(python(TELL), python(NOTE, str(noted))))
    provided = await made.start(ORDER)
    assert provided.url == "http://10.0.0.7:8188"
    assert provided.handle == "i1 d1 ADA_80_PLUS hardware=ADA_80_PLUS,zone=eu"
    await made.stop(ORDER.instance, "vm-7")
    assert noted.read_text() == "vm-7"
    assert await made.listed() is None


async def test_commands_do_not_see_the_servers_own_settings(monkeypatch):
    monkeypatch.setenv("GREENROOM_API_KEY", "secret")
    code = (
        "import os; print('{\"url\": \"http://%s\"}' % os.environ.get('GREENROOM_API_KEY', 'none'))"
    )
    provided = await CommandProvider(Commands(python(code), "true")).start(ORDER)
    assert provided.url == "http://none"


async def test_without_a_url_the_started_machine_connects_and_is_told_how():
    code = "import json, os; print(json.dumps({'handle': os.environ['GREENROOM_TOKEN']}))"
    order = replace(ORDER, server="https://greenroom.example", token="gri_i1")
    provided = await CommandProvider(Commands(python(code), "true")).start(order)
    assert (provided.url, provided.handle) == (None, "gri_i1")


async def test_the_list_tells_which_instances_there_are():
    listed = json.dumps([{"instance": "i1", "handle": "vm-7"}, {"instance": "i2"}])
    made = CommandProvider(Commands("true", "true", python(f"print({listed!r})")))
    assert await made.listed() == {"i1": "vm-7", "i2": None}


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (python("raise SystemExit('no quota')"), "ended with exit code 1: no quota"),
        (python("print('hello')"), "its answer is not as expected"),
        (python("print('{}')"), "its answer is not as expected"),
        ("/there/is/no/such/program", "cannot be run: No such file"),
    ],
)
async def test_a_start_that_fails_says_why(command, why):
    made = CommandProvider(Commands(command, "true", seconds=60))
    with pytest.raises(AppError) as told:
        await made.start(ORDER)
    assert told.value.code is ErrorCode.UNAVAILABLE
    assert told.value.message.startswith(f"--provider-start: {why}")


async def test_what_a_command_leaves_running_keeps_nobody_waiting(tmp_path):
    answer = json.dumps({"url": "http://10.0.0.7:8188"})
    start = f"sleep 600 & echo $! > {tmp_path}/pid; echo {shlex.quote(answer)}"
    made = CommandProvider(Commands(shlex.join(["sh", "-c", start]), "true", seconds=60))
    assert (await made.start(ORDER)).url == "http://10.0.0.7:8188"
    left = psutil.Process(int((tmp_path / "pid").read_text()))
    assert left.is_running()
    left.kill()


async def test_a_command_that_does_not_end_is_killed_with_all_it_started(tmp_path):
    mark = tmp_path / "pid"
    child = f"echo $$ > {mark}; exec sleep 600"
    made = CommandProvider(
        Commands(shlex.join(["sh", "-c", f"sh -c '{child}'"]), "true", seconds=1)
    )
    with pytest.raises(AppError, match="took longer than 1 s"):
        await made.start(ORDER)
    if mark.exists():
        assert await asyncio.to_thread(_ends, int(mark.read_text()))


def _ends(pid):
    """Nobody may be there to collect one that was killed."""
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return True
    _, left = psutil.wait_procs([process], timeout=30)
    return not left or process.status() == psutil.STATUS_ZOMBIE

"""What a node does to its process, and what remains of the engine then."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from tests.conformance.engine import Notes
from tests.engine.cpu.graphs import empty, hanging, make_run, node, toiling

from greenroom.domain.failure import FailureClass
from greenroom.domain.run import NodeFinished, NodeStarted, NodeStepped, RunEvent
from greenroom.engine.base import EngineError, Interrupted
from greenroom.engine.cpu.engine import CpuEngine

SMALL = {"1": empty(), "2": node("PreviewImage", images=["1", 0])}


OTHERS: set[psutil.Process] = set()
"""What other tests have left running, such as a server that they share."""


@pytest.fixture(autouse=True)
def others():
    OTHERS.clear()
    OTHERS.update(psutil.Process().children())


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if child not in OTHERS]


async def run_and(engine: CpuEngine, graph: dict, kind: type[RunEvent], act) -> Notes:
    """Run the graph, and act once on the first event of that kind."""
    run = make_run(graph)
    notes = Notes()
    acted = False

    async def sink(event: RunEvent) -> None:
        nonlocal acted
        await notes(event)
        if isinstance(event, kind) and not acted:
            acted = True
            await act(run)

    await engine.run(run, sink)
    return notes


async def warm(engine: CpuEngine) -> psutil.Process:
    """The process that ran a first graph."""
    await engine.run(make_run(SMALL), Notes())
    (child,) = children()
    return child


async def test_runs_share_one_process(engine: CpuEngine):
    first = await warm(engine)
    assert await warm(engine) == first


async def test_two_runs_at_once_have_a_process_each(engine: CpuEngine):
    await warm(engine)
    notes = Notes()
    slow = make_run(hanging())
    first = asyncio.create_task(engine.run(slow, notes))
    await notes.until(NodeStarted)
    assert (await engine.run(make_run(SMALL), Notes())).outputs
    await engine.interrupt(slow.job_id)
    with pytest.raises(Interrupted):
        await first


async def test_a_node_that_works_in_steps_stops_between_them_and_its_process_lives(engine):
    before = await warm(engine)
    with pytest.raises(Interrupted) as caught:
        await run_and(engine, toiling(), NodeStepped, lambda run: engine.interrupt(run.job_id))
    assert caught.value.comfy["node_id"] == "2"
    assert caught.value.comfy["executed"] == ["1"]
    assert await warm(engine) == before


async def test_a_node_that_hears_nothing_is_killed_with_its_process(engine: CpuEngine):
    before = await warm(engine)
    with pytest.raises(Interrupted) as caught:
        await run_and(engine, hanging(), NodeStarted, lambda run: engine.interrupt(run.job_id))
    assert caught.value.comfy["node_type"] == "RegexExtract"
    assert await warm(engine) != before
    assert not before.is_running()


async def test_a_run_can_be_stopped_before_its_first_node(engine: CpuEngine):
    run = make_run(SMALL)
    task = asyncio.create_task(engine.run(run, Notes()))
    await asyncio.sleep(0)  # the run begins, and waits for its process
    await engine.interrupt(run.job_id)
    with pytest.raises(Interrupted) as caught:
        await task
    assert caught.value.comfy["node_id"] is None


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
async def test_a_crash_costs_the_attempt_and_no_more(engine: CpuEngine, number: signal.Signals):
    child = await warm(engine)

    async def crash(_) -> None:
        os.kill(child.pid, number)

    with pytest.raises(EngineError) as caught:
        await run_and(engine, hanging(), NodeStarted, crash)
    failure = caught.value.failure
    assert failure.kind is FailureClass.WORKER_LOST
    assert failure.node_type == "RegexExtract"
    assert number.name in failure.message
    assert (await engine.run(make_run(SMALL), Notes())).outputs


async def test_a_process_that_died_while_idle_is_replaced_unnoticed(engine: CpuEngine):
    child = await warm(engine)
    child.kill()
    await engine._idle.farewell()
    assert await warm(engine) != child


async def test_a_cancelled_call_leaves_no_run_behind(engine: CpuEngine):
    child = await warm(engine)
    notes = Notes()
    task = asyncio.create_task(engine.run(make_run(hanging()), notes))
    await notes.until(NodeStarted)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await warm(engine) != child


async def test_a_sink_that_fails_ends_the_run_with_its_error(engine: CpuEngine):
    async def refuse(_) -> None:
        raise LookupError("full")

    with pytest.raises(LookupError):
        await run_and(engine, SMALL, NodeFinished, refuse)
    assert (await engine.run(make_run(SMALL), Notes())).outputs


async def test_an_interpreter_that_cannot_be_started_costs_the_attempt(tmp_path, monkeypatch):
    engine = CpuEngine(tmp_path / "engine")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    await engine.start()
    with pytest.raises(EngineError) as caught:
        await engine.run(make_run(SMALL), Notes())
    assert caught.value.failure.kind is FailureClass.WORKER_LOST
    assert "could not be started" in caught.value.failure.message
    monkeypatch.undo()
    assert (await engine.run(make_run(SMALL), Notes())).outputs
    await engine.stop()


async def test_stop_leaves_no_process(tmp_path: Path):
    engine = CpuEngine(tmp_path / "engine")
    await engine.start()
    child = await warm(engine)
    await engine.stop()
    assert not child.is_running()
    assert children() == []


async def test_stop_right_after_start_leaves_no_process(tmp_path: Path):
    engine = CpuEngine(tmp_path / "engine")
    await engine.start()
    await engine.stop()
    assert children() == []


_SERVER = """
import asyncio, sys
from pathlib import Path
from tests.engine.cpu.graphs import hanging, make_run
from greenroom.domain.run import NodeStarted
from greenroom.engine.cpu.engine import CpuEngine

async def sink(event):
    if isinstance(event, NodeStarted):
        print("running", flush=True)

async def main():
    engine = CpuEngine(Path(sys.argv[1]))
    await engine.start()
    await engine.run(make_run(hanging()), sink)

asyncio.run(main())
"""


def test_a_process_dies_with_a_server_that_was_killed(tmp_path: Path):
    """Even in the middle of a node that never lets go of the interpreter."""
    command = [sys.executable, "-c", _SERVER, str(tmp_path / "engine")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout.readline() == "running\n"
        (child,) = psutil.Process(server.pid).children()
        server.kill()
    child.wait(timeout=30)
    assert not child.is_running()


def test_the_server_loads_none_of_the_libraries_that_compute():
    code = (
        "import sys; import greenroom.engine.cpu.engine as e; e.catalogue.object_info();"
        "print(*{'numpy', 'PIL', 'av'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""

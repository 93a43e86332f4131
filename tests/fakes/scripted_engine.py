"""An engine that does what a test tells it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.failure import Failure, FailureClass
from greenroom.domain.machine import Machine
from greenroom.domain.run import (
    NodeFinished,
    NodeOutput,
    NodeRef,
    NodesCached,
    NodeStarted,
    RunStarted,
)
from greenroom.engine.base import EngineError, Interrupted, RunResult
from greenroom.engine.health import Health, HealthStatus

NODE_CLASSES = {
    "Paint": {
        "input": {"required": {"color": ["INT", {"default": 0}]}},
        "input_order": {"required": ["color"]},
        "output": ["IMAGE"],
        "output_is_list": [False],
        "output_name": ["IMAGE"],
        "name": "Paint",
        "display_name": "Paint",
        "description": "",
        "category": "test",
        "output_node": False,
    },
    "Keep": {
        "input": {"required": {"images": ["IMAGE"]}},
        "input_order": {"required": ["images"]},
        "output": [],
        "output_is_list": [],
        "output_name": [],
        "name": "Keep",
        "display_name": "Keep",
        "description": "",
        "category": "test",
        "output_node": True,
    },
}

GRAPH = {
    "1": {"class_type": "Paint", "inputs": {"color": 7}},
    "2": {"class_type": "Keep", "inputs": {"images": ["1", 0]}},
}


class ScriptedEngine:
    """Runs `script(engine, run, sink)`; by default every run makes one small file."""

    def __init__(self, folder: Path, script: Callable[..., Awaitable[RunResult]] | None = None):
        self.folder = folder
        self.script = script or paint
        self.runs = []
        self.began = asyncio.Queue()
        self.go_on = asyncio.Event()
        self.interrupted: dict[str, asyncio.Event] = {}
        self.freed = asyncio.Event()
        self._health = Health(HealthStatus.UP)
        self._listener = None

    def become(self, status, reason=""):
        """Change its health, and say so."""
        self._health = Health(status, reason)
        if self._listener is not None:
            self._listener(self._health)

    def health(self):
        return self._health

    def watch(self, listener):
        self._listener = listener

    async def start(self):
        await asyncio.to_thread(self.folder.mkdir, parents=True, exist_ok=True)

    async def stop(self):
        pass

    async def object_info(self):
        return NODE_CLASSES

    async def machine(self):
        return Machine()

    async def ask(self, question):
        return None

    async def page_file(self, file, known):
        return None

    def relay(self, request):
        raise AppError(ErrorCode.CONFLICT, "there is no ComfyUI here")

    async def run(self, run, sink):
        self.runs.append(run)
        self.interrupted[run.job_id] = asyncio.Event()
        await self.began.put(run)
        return await self.script(self, run, sink)

    async def attach(self, run, sink):
        return None

    async def interrupt(self, job_id):
        if job_id in self.interrupted:
            self.interrupted[job_id].set()

    async def fetch(self, run, item, scratch):
        return self.folder / f"{run.job_id}-{run.attempt}-{item['filename']}"

    async def free(self, *, unload_models, free_memory):
        self.freed.set()


async def paint(engine, run, sink):
    """A run that ends well with one file, `a_00001_.png`."""
    await sink(RunStarted())
    await sink(NodesCached(()))
    for node_id in ("1", "2"):
        await sink(NodeStarted(NodeRef(node_id, node_id)))
        if node_id == "2":
            path = engine.folder / f"{run.job_id}-{run.attempt}-a_00001_.png"
            await asyncio.to_thread(path.write_bytes, f"{run.job_id}".encode())
            ui = {"images": [{"filename": "a_00001_.png", "subfolder": "", "type": "output"}]}
            await sink(NodeOutput(NodeRef("2", "2"), ui))
        await sink(NodeFinished(NodeRef(node_id, node_id)))
    return RunResult({}, {})


async def hang(engine, run, sink):
    """A run that goes on until it is interrupted."""
    await sink(RunStarted())
    await sink(NodesCached(()))
    await sink(NodeStarted(NodeRef("1", "1")))
    await engine.interrupted[run.job_id].wait()
    raise Interrupted({"node_id": "1", "node_type": "Paint", "executed": []})


async def wait_for_signal(engine, run, sink):
    """A run that makes its file only when `go_on` is set."""
    await engine.go_on.wait()
    return await paint(engine, run, sink)


def failing(kind: FailureClass, times: int = 1_000):
    """Runs that fail `times` times, and end well after that."""
    left = iter(range(times))

    async def script(engine, run, sink):
        if next(left, None) is None:
            return await paint(engine, run, sink)
        await sink(RunStarted())
        await sink(NodesCached(()))
        raise EngineError(Failure(kind, f"{kind} on purpose", "1", "Paint"))

    return script

"""The Engine protocol: describe the nodes, run a graph, stop it, hand over its files."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias

from greenroom.domain.failure import Failure
from greenroom.domain.ids import JobId
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.listing import Question
from greenroom.domain.machine import Machine
from greenroom.domain.page_file import PageContent, PageFile
from greenroom.domain.relay import RelayAnswer, RelayRequest
from greenroom.domain.run import RunEvent
from greenroom.engine.health import Health

Sink: TypeAlias = Callable[[RunEvent], Awaitable[None]]
"""Where an engine sends its events, in order. It may wait: the engine then waits with it."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that the graph reads, already on this machine's disk.

    `root` is ComfyUI's folder type: input, output or temp; `name` and `subfolder` are as the graph
    says them.
    """

    root: str
    subfolder: str
    name: str
    path: Path
    digest: str | None = None
    """The blake3 of its bytes, where that is known."""


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt at a job, as an engine needs it."""

    job_id: JobId
    attempt: int
    graph: JsonObject
    """API format: node id -> {class_type, inputs, _meta?}, validated."""
    outputs: tuple[str, ...]
    """The ids of the output nodes to run."""
    extra_data: JsonObject = field(default_factory=dict)
    inputs: tuple[InputFile, ...] = ()
    tenant: str = "default"
    fresh: bool = False
    """The job was never given to any engine before, so that there is nothing to look for."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended well.

    `outputs` maps output node id -> its `ui` dict, as in ComfyUI's history; `meta` maps it to
    {node_id, display_node, parent_node, real_node_id}.
    """

    outputs: Mapping[str, JsonObject]
    meta: Mapping[str, JsonObject]
    outputs_reused: bool = False
    """The engine answered from its cache and wrote no files of its own for this run."""


class EngineError(Exception):
    """A run that ended badly. Outputs made before it were already sent to the sink."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Interrupted(Exception):  # noqa: N818 - ComfyUI's word for a run that was stopped on request
    """The run was stopped on request. `comfy` is ComfyUI's `execution_interrupted` data."""

    def __init__(self, comfy: JsonObject) -> None:
        super().__init__("interrupted")
        self.comfy = comfy


class Engine(Protocol):
    """Something that runs graphs, one at a time or many.

    Every implementation passes tests/conformance/engine.py.
    """

    async def start(self) -> None:
        """Make ready to run; may be called again after stop()."""

    async def stop(self) -> None:
        """Give everything back. A run that is on ends with EngineError(WORKER_LOST)."""

    def health(self) -> Health:
        """How it is now. A run that is given to it while it is not up may wait, or be lost."""

    def watch(self, listener: Callable[[Health], None]) -> None:
        """Call `listener` at every change of health, in place of an earlier one."""

    async def object_info(self) -> JsonObject:
        """ComfyUI's /object_info: class name -> definition."""

    async def machine(self) -> Machine:
        """What it has at this moment. AppError UNAVAILABLE when it does not tell."""

    async def ask(self, question: Question) -> JsonValue:
        """Its answer, None when it knows none. AppError UNAVAILABLE when it does not tell."""

    async def page_file(self, file: PageFile, known: PageContent | None) -> PageContent | None:
        """The file, or `known` itself when that is still right; None when it has no such file.

        AppError UNAVAILABLE, TOO_LARGE.
        """

    def relay(self, request: RelayRequest) -> AbstractAsyncContextManager[RelayAnswer]:
        """The answer of its ComfyUI's own HTTP API. AppError UNAVAILABLE, CONFLICT without one."""

    async def run(self, run: Run, sink: Sink) -> RunResult:
        """Run the graph to its end; EngineError when it fails, Interrupted when it was stopped."""

    async def attach(self, run: Run, sink: Sink) -> RunResult | None:
        """Follow a run that was begun by an earlier process; None when it is not known any more."""

    async def interrupt(self, job_id: JobId) -> None:
        """Stop that run and no other; nothing happens when it is not running."""

    async def fetch(self, run: Run, item: Mapping[str, JsonValue], scratch: Path) -> Path:
        """The bytes of one output item {filename, subfolder, type}, as a file on this machine.

        It lies where the engine left it, or newly in the folder `scratch`. The caller may move it.
        """

    async def free(self, *, unload_models: bool, free_memory: bool) -> None:
        """Give up models or cached results before the next run."""

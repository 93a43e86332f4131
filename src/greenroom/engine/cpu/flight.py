"""One run as the server sees it: what was started and finished, and how to tell of its end."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from greenroom.domain.failure import Failure, FailureClass
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.run import NodeFinished, NodeOutput, NodeRef, NodeStarted, RunEvent
from greenroom.engine.base import Run, RunResult
from greenroom.engine.cpu import wire
from greenroom.engine.cpu.process import Child


class FileKey(NamedTuple):
    root: str
    subfolder: str
    filename: str


def file_key(item: Mapping[str, JsonValue]) -> FileKey:
    root, subfolder = item.get("type") or "output", item.get("subfolder") or ""
    return FileKey(str(root), str(subfolder), str(item.get("filename")))


class Flight:
    """What is known of one run while it lasts."""

    def __init__(self, run: Run, serial: int) -> None:
        self.run = run
        self.serial = serial
        self.stop_wanted = False
        self.over = False
        self.child: Child | None = None
        """The process it is in."""
        self.files: dict[FileKey, Path] = {}
        """Where the files lie that its outputs name."""
        self.homes: set[str] = set()
        """The folders that hold them."""
        self._running: NodeRef | None = None
        self._executed: dict[str, None] = {}
        self._outputs: dict[str, JsonObject] = {}
        self._meta: dict[str, JsonObject] = {}

    def note(self, event: RunEvent, home: str) -> None:
        if isinstance(event, NodeStarted):
            self._running = event.node
        elif isinstance(event, NodeFinished) and not event.cached:
            self._executed[event.node.node_id] = None
            self._running = None
        elif isinstance(event, NodeOutput):
            self._note_output(event, home)

    def _note_output(self, event: NodeOutput, home: str) -> None:
        ref = event.node
        self.homes.add(home)
        self._outputs[ref.node_id] = event.output
        self._meta[ref.node_id] = {
            "node_id": ref.node_id,
            "display_node": ref.display_node_id,
            "parent_node": ref.parent_node_id,
            "real_node_id": ref.real,
        }
        for items in event.output.values():
            for item in items if isinstance(items, list | tuple) else ():
                if isinstance(item, Mapping) and "filename" in item:
                    key = file_key(item)
                    self.files[key] = Path(home) / key.root / key.subfolder / key.filename

    def result(self, ended: wire.Ended) -> RunResult:
        return RunResult(self._outputs, self._meta, outputs_reused=ended.reused)

    def interruption(self) -> JsonObject:
        return {"prompt_id": self.run.job_id, **self._place()}

    def failure(self, failed: wire.Failed) -> Failure:
        node_id, node_type = failed.comfy.get("node_id"), failed.comfy.get("node_type")
        comfy = {"prompt_id": self.run.job_id, **failed.comfy}
        return Failure(FailureClass(failed.kind), failed.message, node_id, node_type, comfy)

    def loss(self, how: str) -> Failure:
        """The failure of a run whose process is gone."""
        place = self._place()
        node_id, node_type = place["node_id"], place["node_type"]
        where = f"while it ran node {node_id} ({node_type})" if node_id else "before it ran a node"
        message = f"The process of the built-in engine {how} {where}."
        comfy: JsonObject = {
            "prompt_id": self.run.job_id,
            **place,
            "exception_message": f"{message}\n",
            "exception_type": "WorkerLost",
            "traceback": [],
            "current_inputs": {},
            "current_outputs": list(self.run.graph),
        }
        return Failure(FailureClass.WORKER_LOST, message, _text(node_id), _text(node_type), comfy)

    def _place(self) -> dict[str, JsonValue]:
        node_id = self._running.real if self._running else None
        node = self.run.graph.get(node_id) if node_id else None
        node_type = node.get("class_type") if isinstance(node, Mapping) else None
        return {"node_id": node_id, "node_type": node_type, "executed": list(self._executed)}


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None

"""The fake ComfyUI's prompt thread: runs one prompt after the other, with the real messages."""

import asyncio
import contextlib
import hashlib
import json

from tests.fakes import comfyui_nodes
from tests.fakes.comfyui_nodes import (
    OUTPUT_CLASSES,
    BlockedError,
    InterruptError,
    NodeError,
    ThreadDeath,
)

JPEG = b"\xff\xd8\xff\xe0 a picture in the making"


class PromptRun:
    """One prompt being run."""

    def __init__(self, item, fake):
        self.item = item
        self.fake = fake
        self.folders = fake.folders
        self.interrupt = fake.interrupt
        self.gate = fake.gate
        self.sid = item.extra_data.get("client_id")
        self.values = {}
        self.keys = {}
        self.progress = {}
        self.executed = []
        self.node = None
        self.messages = []
        self.outputs = {}
        self.meta = {}

    async def execute(self):
        self.interrupt.clear()
        await self.note("execution_start", {})
        if self.fake.thread_dies or any("inputs" not in node for node in self.item.prompt.values()):
            raise ThreadDeath
        order = self._order()
        cached = [node_id for node_id in order if self._key(node_id) in self.fake.cache]
        await self.note("execution_cached", {"nodes": cached})
        try:
            for node_id in order:
                await self._reach(node_id, cached=node_id in cached)
        except InterruptError:
            await self.note("execution_interrupted", self._where())
            return "error"
        except NodeError as failure:
            await self.note("execution_error", self._error(failure.kind, failure.message))
            return "error"
        await self.note("execution_success", {})
        return "success"

    def resolve(self, value):
        if isinstance(value, list) and len(value) == 2 and value[0] in self.item.prompt:
            return self.values.get(value[0])
        return value

    def check_interrupt(self):
        if self.interrupt.is_set():
            self.interrupt.clear()
            raise InterruptError

    async def send(self, kind, data):
        if self.sid is not None:
            await self.fake.sockets.send(kind, {**data, "prompt_id": self.item.prompt_id}, self.sid)

    async def note(self, kind, data):
        """A message that the history keeps as well."""
        data = {**data, "prompt_id": self.item.prompt_id, "timestamp": 0}
        self.messages.append([kind, data])
        await self.send(kind, data)

    async def text(self, node_id, text):
        await self.fake.sockets.send_text(node_id, text, self.sid)

    async def step(self, node_id, value, limit, *, preview):
        await self._tell_progress(node_id, "running", value, limit)
        if preview:
            metadata = {
                "node_id": node_id,
                "prompt_id": self.item.prompt_id,
                "display_node_id": node_id,
                "parent_node_id": None,
                "real_node_id": node_id,
                "image_type": "image/jpeg",
            }
            await self.fake.sockets.send_preview(JPEG, metadata, self.sid)
        await self.send("progress", {"value": value, "max": limit, "node": node_id})

    async def _reach(self, node_id, *, cached):
        node = self.item.prompt[node_id]
        if cached:
            self.values[node_id], ui = self.fake.cache[self._key(node_id)]
            if ui is not None and not self.fake.forgets_cached_outputs:
                await self._show(node_id, ui)
                await self._tell_progress(node_id, "finished", 1, 1)
            return
        self.node = node_id
        await self._tell_progress(node_id, "running", 0.0, 1.0)
        await self.send("executing", {"node": node_id, "display_node": node_id})
        self.check_interrupt()
        try:
            value, ui = await comfyui_nodes.run_node(node_id, node, self)
        except BlockedError as blocked:
            await self.send("execution_error", self._error("ExecutionBlocked", str(blocked)))
            return
        self.check_interrupt()
        self.fake.cache[self._key(node_id)] = (value, ui)
        self.values[node_id] = value
        if ui is not None:
            await self._show(node_id, ui)
        self.executed.append(node_id)
        await self._tell_progress(node_id, "finished", 1.0, 1.0)
        self.node = None

    async def _show(self, node_id, ui):
        self.outputs[node_id] = ui
        self.meta[node_id] = {
            "node_id": node_id,
            "display_node": node_id,
            "parent_node": None,
            "real_node_id": node_id,
        }
        await self.send("executed", {"node": node_id, "display_node": node_id, "output": ui})

    async def _tell_progress(self, node_id, state, value, limit):
        if self.fake.version < (0, 3, 41):
            return
        self.progress[node_id] = {
            "value": value,
            "max": limit,
            "state": state,
            "node_id": node_id,
            "prompt_id": self.item.prompt_id,
            "display_node_id": node_id,
            "parent_node_id": None,
            "real_node_id": node_id,
        }
        await self.send("progress_state", {"nodes": self.progress})

    def _where(self):
        node_type = self.item.prompt[self.node]["class_type"]
        return {"node_id": self.node, "node_type": node_type, "executed": list(self.executed)}

    def _error(self, kind, message):
        return {
            **self._where(),
            "exception_message": message,
            "exception_type": kind,
            "traceback": [],
            "current_inputs": {},
            "current_outputs": [],
        }

    def _order(self):
        order = []

        def visit(node_id):
            for value in self.item.prompt[node_id]["inputs"].values():
                if isinstance(value, list) and len(value) == 2 and value[0] in self.item.prompt:
                    visit(value[0])
            if node_id not in order:
                order.append(node_id)

        for node_id in self.item.outputs:
            visit(node_id)
        return order

    def _key(self, node_id):
        if node_id in self.keys:
            return self.keys[node_id]
        node = self.item.prompt[node_id]
        inputs = {
            name: self._key(value[0])
            if isinstance(value, list) and len(value) == 2 and value[0] in self.item.prompt
            else value
            for name, value in node["inputs"].items()
        }
        changed = None
        if node["class_type"] == "LoadImage":
            with contextlib.suppress(OSError):
                changed = self.folders.read(node["inputs"]["image"]).hex()
        text = json.dumps([node["class_type"], inputs, changed], sort_keys=True)
        self.keys[node_id] = hashlib.sha256(text.encode()).hexdigest()
        return self.keys[node_id]


async def prompt_thread(fake):
    """Runs for ever; a ThreadDeath leaves the running item where it is, as in the real one."""
    while True:
        item = await fake.books.take()
        await fake.sockets.send_status()
        fake.current = run = PromptRun(item, fake)
        playing = fake.recordings.popleft() if fake.recordings else None
        try:
            entry = await (playing.play(fake, item) if playing else _run(run, item))
        except ThreadDeath:
            fake.changed()
            await asyncio.Event().wait()
        fake.books.finish(entry)
        fake.current = None
        await fake.sockets.send_status()
        await run.send("executing", {"node": None})
        fake.changed()


async def _run(run, item):
    status = await run.execute()
    return {
        "prompt": item.as_json(),
        "outputs": run.outputs,
        "status": {
            "status_str": status,
            "completed": status == "success",
            "messages": run.messages,
        },
        "meta": run.meta,
    }


def output_nodes(prompt):
    return [
        node_id
        for node_id, node in prompt.items()
        if isinstance(node, dict) and node.get("class_type") in OUTPUT_CLASSES
    ]

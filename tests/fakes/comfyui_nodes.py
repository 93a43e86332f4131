"""The fake ComfyUI's node classes: a few real names, and some that do as the test says.

Hold {gate, stubborn}: waits until the gate opens; a stubborn one does not heed interrupts.
Steps {steps, preview}: progress and previews. Sleep {seconds}.
Turns {turns}: lets everything else go on that many times. Fail {type, message}.
Die {}: takes the prompt thread down from inside the node. Block {message}.
Emit {ui, files: {"type/subfolder/name": text}}: an output node with that `ui`.
"""

import asyncio
import hashlib

OUTPUT_CLASSES = frozenset({"SaveImage", "PreviewImage", "PreviewAny", "Emit", "Block"})


class InterruptError(Exception):
    pass


class BlockedError(Exception):
    pass


class ThreadDeath(BaseException):
    pass


class NodeError(Exception):
    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind
        self.message = message


class Gate:
    def __init__(self):
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()


async def run_node(node_id, node, run):
    """The node's (value, ui): ui is None for a node that shows nothing."""
    inputs = {name: run.resolve(value) for name, value in node["inputs"].items()}
    behaviour = _BEHAVIOURS.get(node["class_type"])
    return await behaviour(node_id, inputs, run) if behaviour else (_value(node, inputs), None)


def _value(node, inputs):
    text = node["class_type"] + repr(sorted(inputs.items(), key=lambda pair: pair[0]))
    return hashlib.sha256(text.encode()).hexdigest()


async def _load_image(node_id, inputs, run):
    return run.folders.read(inputs["image"]), None


async def _save_image(node_id, inputs, run):
    item = run.folders.save("output", inputs.get("filename_prefix", "ComfyUI"), inputs["images"])
    return None, {"images": [item]}


async def _preview_image(node_id, inputs, run):
    item = run.folders.save("temp", "ComfyUI_temp_fakes", inputs["images"])
    return None, {"images": [item]}


async def _preview_any(node_id, inputs, run):
    return None, {"text": [str(inputs["source"])]}


async def _primitive(node_id, inputs, run):
    return inputs["value"], None


async def _hold(node_id, inputs, run):
    gate = run.gate(inputs["gate"])
    gate.reached.set()
    opened = asyncio.create_task(gate.opened.wait())
    stopped = asyncio.create_task(run.interrupt.wait())
    waits = [opened] if inputs.get("stubborn") else [opened, stopped]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        opened.cancel()
        stopped.cancel()
    return inputs.get("value", inputs["gate"]), None


async def _steps(node_id, inputs, run):
    steps = inputs["steps"]
    for step in range(1, steps + 1):
        run.check_interrupt()
        await run.step(node_id, step, steps, preview=inputs.get("preview", False))
    return f"after {steps} steps", None


async def _sleep(node_id, inputs, run):
    try:
        async with asyncio.timeout(inputs["seconds"]):
            await run.interrupt.wait()
    except TimeoutError:
        pass
    return f"slept {inputs['seconds']}", None


async def _turns(node_id, inputs, run):
    for _ in range(inputs["turns"]):
        run.check_interrupt()
        await asyncio.sleep(0)
    return inputs["turns"], None


async def _fail(node_id, inputs, run):
    raise NodeError(inputs.get("type", "RuntimeError"), inputs.get("message", "failed") + "\n")


async def _die(node_id, inputs, run):
    raise ThreadDeath


async def _block(node_id, inputs, run):
    raise BlockedError(inputs.get("message", "Blocked"))


async def _emit(node_id, inputs, run):
    for path, text in inputs.get("files", {}).items():
        run.folders.write(path, text.encode())
    if text := inputs.get("text"):
        await run.text(node_id, text)
    return None, inputs.get("ui")


_BEHAVIOURS = {
    "LoadImage": _load_image,
    "SaveImage": _save_image,
    "PreviewImage": _preview_image,
    "PreviewAny": _preview_any,
    "PrimitiveString": _primitive,
    "Hold": _hold,
    "Steps": _steps,
    "Sleep": _sleep,
    "Turns": _turns,
    "Fail": _fail,
    "Die": _die,
    "Block": _block,
    "Emit": _emit,
}

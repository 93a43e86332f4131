"""ComfyUI's errors -> failure classes."""

import json
import re
from collections.abc import Sequence

from greenroom.domain.failure import Failure, FailureClass
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.engine.comfyui.http import Refused

_OUT_OF_MEMORY_TYPES = ("OutOfMemoryError", "OOM_EXCEPTION", "MemoryError")
_OUT_OF_MEMORY = re.compile(
    r"out of memory|out_of_memory|OutOfMemory|allocation on device|can(?:no|')t allocate memory"
    r"|failed to allocate|not enough \w+ ?(?:video )?memory|_STATUS_ALLOC_FAILED",
    re.IGNORECASE,
)
_GPU_FAULT = re.compile(
    r"illegal memory access|illegal instruction|device-side assert|misaligned address"
    r"|unspecified launch failure|launch timed out|uncorrectable ECC|fallen off the bus"
    r"|(?:CUDA|HIP|XPU) error|_STATUS_(?:EXECUTION_FAILED|INTERNAL_ERROR)"
    r"|no CUDA-capable device|device lost|driver initialization failed",
    re.IGNORECASE,
)


def from_execution_error(comfy: JsonObject) -> Failure:
    """`comfy` is the data of an `execution_error` message."""
    kind = _text(comfy.get("exception_type"))
    message = _text(comfy.get("exception_message")).strip()
    node_id, node_type = comfy.get("node_id"), comfy.get("node_type")
    return Failure(
        _classify(kind, message),
        message or kind or "ComfyUI gave no reason",
        node_id=None if node_id is None else str(node_id),
        node_type=None if node_type is None else str(node_type),
        comfy=comfy,
    )


def from_refusal(refused: Refused) -> Failure:
    """`refused` is the answer 400 to POST /prompt."""
    try:
        comfy: JsonValue = json.loads(refused.body)
    except ValueError:
        comfy = None
    if not isinstance(comfy, dict):
        return Failure(FailureClass.INVALID_GRAPH, f"ComfyUI refused the graph: {refused}")
    return Failure(FailureClass.INVALID_GRAPH, _refusal_message(comfy), comfy=comfy)


def dropped_outputs(node_errors: JsonObject) -> Failure:
    """For a graph of which ComfyUI would have run only a part."""
    return Failure(
        FailureClass.INVALID_GRAPH,
        "ComfyUI refused some of the outputs: " + ", ".join(sorted(node_errors)),
        comfy={"node_errors": node_errors},
    )


def lost(reason: str) -> Failure:
    return Failure(FailureClass.WORKER_LOST, reason)


def stalled(reason: str, node_id: str | None = None) -> Failure:
    return Failure(FailureClass.STALLED, reason, node_id=node_id)


def _classify(kind: str, message: str) -> FailureClass:
    last = kind.rsplit(".", 1)[-1]
    if last in _OUT_OF_MEMORY_TYPES or _OUT_OF_MEMORY.search(message):
        return FailureClass.OUT_OF_MEMORY
    if last == "AcceleratorError" or _GPU_FAULT.search(message):
        return FailureClass.GPU_FAULT
    return FailureClass.NODE_ERROR


def _refusal_message(comfy: JsonObject) -> str:
    error = comfy.get("error")
    message = error.get("message") if isinstance(error, dict) else error
    return " ".join(["ComfyUI refused the graph:", _text(message), *_node_messages(comfy)]).strip()


def _node_messages(comfy: JsonObject) -> Sequence[str]:
    """The first complaint about each node, the first three nodes."""
    nodes = comfy.get("node_errors")
    if not isinstance(nodes, dict):
        return []
    found = []
    for node_id, node in nodes.items():
        errors = node.get("errors") if isinstance(node, dict) else None
        if isinstance(errors, list) and errors and isinstance(errors[0], dict):
            first = errors[0]
            found.append(
                f"({node_id}: {_text(first.get('message'))} {_text(first.get('details'))})"
            )
    return found[:3]


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""

"""The messages that ComfyUI sends on its WebSocket, as frames. Pure."""

import struct
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId
from greenroom.domain.json import JsonObject
from greenroom.domain.run import NodeRef, NodeText, Preview, PreviewFormat

_FRAME_PREVIEW = 1
_FRAME_TEXT = 3
_FRAME_PREVIEW_WITH_METADATA = 4
_FORMATS = {PreviewFormat.JPEG: 1, PreviewFormat.PNG: 2}

_encoder = msgspec.json.Encoder()


def message(kind: str, data: object) -> str:
    return _encoder.encode({"type": kind, "data": data}).decode()


def status(remaining: int, sid: str | None = None) -> str:
    """How many jobs wait or run; the first message of a socket also tells its id."""
    data: dict[str, Any] = {"status": {"exec_info": {"queue_remaining": remaining}}}
    if sid is not None:
        data["sid"] = sid
    return message("status", data)


def execution_start(job_id: JobId, at: Millis) -> str:
    return message("execution_start", {"prompt_id": job_id, "timestamp": at})


def execution_cached(job_id: JobId, nodes: Iterable[str], at: Millis) -> str:
    return message("execution_cached", {"nodes": list(nodes), "prompt_id": job_id, "timestamp": at})


def executing(job_id: JobId, node: NodeRef) -> str:
    return message(
        "executing",
        {"node": node.node_id, "display_node": node.display_node_id, "prompt_id": job_id},
    )


def executing_nothing(job_id: JobId) -> str:
    """The run is over and its history can be read."""
    return message("executing", {"node": None, "prompt_id": job_id})


def progress(job_id: JobId, node: NodeRef, value: float, maximum: float) -> str:
    return message(
        "progress",
        {
            "value": number(value),
            "max": number(maximum),
            "prompt_id": job_id,
            "node": node.node_id,
        },
    )


def progress_state(job_id: JobId, nodes: Mapping[str, msgspec.Raw]) -> str:
    return message("progress_state", {"prompt_id": job_id, "nodes": nodes})


def node_state(job_id: JobId, node: NodeRef, state: str, value: float, maximum: float) -> bytes:
    """One node's part of a progress_state."""
    return _encoder.encode(
        {
            "value": value,
            "max": maximum,
            "state": state,
            "node_id": node.node_id,
            "prompt_id": job_id,
            "display_node_id": node.display_node_id,
            "parent_node_id": node.parent_node_id,
            "real_node_id": node.real,
        }
    )


def executed(job_id: JobId, node: NodeRef, output: JsonObject) -> str:
    return message(
        "executed",
        {
            "node": node.node_id,
            "display_node": node.display_node_id,
            "output": output,
            "prompt_id": job_id,
        },
    )


def execution_success(job_id: JobId, at: Millis) -> str:
    return message("execution_success", {"prompt_id": job_id, "timestamp": at})


def execution_error(job_id: JobId, comfy: JsonObject, at: Millis | None) -> str:
    """`comfy` is what the engine told; a blocked node has no timestamp."""
    data = {"prompt_id": job_id, **comfy}
    if at is not None:
        data["timestamp"] = at
    return message("execution_error", data)


def notification(job_id: JobId, text: str) -> str:
    """A line for people."""
    return message("notification", {"value": text, "prompt_id": job_id})


def execution_interrupted(job_id: JobId, told: JsonObject) -> str:
    """`told` has the time as well."""
    return message("execution_interrupted", {"prompt_id": job_id, **told})


def preview(picture: Preview) -> bytes:
    """The picture alone, for clients that asked for nothing more."""
    return struct.pack(">II", _FRAME_PREVIEW, _FORMATS[picture.format]) + picture.data


def preview_with_metadata(job_id: JobId, picture: Preview) -> bytes:
    node = picture.node
    metadata = _encoder.encode(
        {
            "node_id": node.node_id,
            "prompt_id": job_id,
            "display_node_id": node.display_node_id,
            "parent_node_id": node.parent_node_id,
            "real_node_id": node.real,
            "image_type": picture.format,
        }
    )
    head = struct.pack(">II", _FRAME_PREVIEW_WITH_METADATA, len(metadata))
    return head + metadata + picture.data


def node_text(line: NodeText) -> bytes:
    node_id = line.node_id.encode()
    return struct.pack(">II", _FRAME_TEXT, len(node_id)) + node_id + line.text.encode()


def number(value: float) -> int | float:
    """Whole numbers without a fraction, as most nodes count steps."""
    return int(value) if float(value).is_integer() else value

"""One WebSocket frame of ComfyUI -> one typed message, without any I/O."""

import struct
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec

from greenroom.domain.json import JsonObject
from greenroom.domain.run import PreviewFormat
from greenroom.engine.comfyui import pyjson


class Status(msgspec.Struct, frozen=True):
    """Sent to every socket when the queue changes; the first one of a socket carries its `sid`."""

    sid: str | None = None


class ExecutionStart(msgspec.Struct, frozen=True):
    prompt_id: str


class ExecutionCached(msgspec.Struct, frozen=True):
    prompt_id: str
    nodes: tuple[str, ...]


class Executing(msgspec.Struct, frozen=True):
    """`node` None: the run is over and in the history.

    `prompt_id` is missing in the one message that greets a reconnected socket.
    """

    node: str | None
    display_node: str | None = None
    prompt_id: str | None = None


class Progress(msgspec.Struct, frozen=True):
    value: float
    max: float
    node: str | None = None
    prompt_id: str | None = None


class NodeProgress(msgspec.Struct, frozen=True):
    node_id: str
    state: str
    value: float
    max: float
    display_node_id: str | None = None
    parent_node_id: str | None = None
    real_node_id: str | None = None


class ProgressState(msgspec.Struct, frozen=True):
    """All nodes of the run so far, each time."""

    prompt_id: str
    nodes: dict[str, NodeProgress]


class Executed(msgspec.Struct, frozen=True):
    node: str
    prompt_id: str
    output: dict[str, Any] | None = None
    display_node: str | None = None


class ExecutionSuccess(msgspec.Struct, frozen=True):
    prompt_id: str


@dataclass(frozen=True, slots=True)
class ExecutionError:
    prompt_id: str
    comfy: JsonObject

    @property
    def blocked(self) -> bool:
        """Whether a node was merely kept from running: then the run goes on."""
        return self.comfy.get("exception_type") == "ExecutionBlocked"


@dataclass(frozen=True, slots=True)
class ExecutionInterrupted:
    prompt_id: str
    comfy: JsonObject


class PreviewMetadata(msgspec.Struct, frozen=True):
    node_id: str
    prompt_id: str | None = None
    display_node_id: str | None = None
    parent_node_id: str | None = None
    real_node_id: str | None = None
    image_type: str = PreviewFormat.JPEG


@dataclass(frozen=True, slots=True)
class PreviewFrame:
    """A preview; servers that know no metadata do not say which node's."""

    format: PreviewFormat
    data: bytes
    metadata: PreviewMetadata | None = None


@dataclass(frozen=True, slots=True)
class TextFrame:
    node_id: str
    text: str


Message: TypeAlias = (
    Status
    | ExecutionStart
    | ExecutionCached
    | Executing
    | Progress
    | ProgressState
    | Executed
    | ExecutionSuccess
    | ExecutionError
    | ExecutionInterrupted
    | PreviewFrame
    | TextFrame
)

PlainMessage: TypeAlias = (
    Status
    | ExecutionStart
    | ExecutionCached
    | Executing
    | Progress
    | ProgressState
    | Executed
    | ExecutionSuccess
)

_PLAIN: Final[dict[str, type[PlainMessage]]] = {
    "status": Status,
    "execution_start": ExecutionStart,
    "execution_cached": ExecutionCached,
    "executing": Executing,
    "progress": Progress,
    "progress_state": ProgressState,
    "executed": Executed,
    "execution_success": ExecutionSuccess,
}
_WITH_DATA: Final[dict[str, type[ExecutionError | ExecutionInterrupted]]] = {
    "execution_error": ExecutionError,
    "execution_interrupted": ExecutionInterrupted,
}
_PREVIEW, _TEXT, _PREVIEW_WITH_METADATA = 1, 3, 4
_FORMATS: Final = {1: PreviewFormat.JPEG, 2: PreviewFormat.PNG}
_WORD: Final = struct.Struct(">I")


class _Envelope(msgspec.Struct):
    type: str
    data: msgspec.Raw = msgspec.Raw(b"{}")


def decode_text(frame: str) -> Message | None:
    """The message, or None for one of another kind: custom nodes send whatever they like."""
    try:
        envelope = pyjson.decode(frame, _Envelope)
        if plain := _PLAIN.get(envelope.type):
            return pyjson.decode(envelope.data, plain)
        if with_data := _WITH_DATA.get(envelope.type):
            data = pyjson.decode(envelope.data, dict[str, Any])
            return with_data(prompt_id=str(data["prompt_id"]), comfy=data)
    except (ValueError, KeyError):
        return None
    return None


def decode_binary(frame: bytes) -> Message | None:
    """The preview or text in the frame, or None for any other."""
    try:
        (event,) = _WORD.unpack_from(frame)
        (word,) = _WORD.unpack_from(frame, 4)
        if event == _PREVIEW:
            return PreviewFrame(_FORMATS[word], frame[8:])
        if event == _PREVIEW_WITH_METADATA:
            metadata = pyjson.decode(frame[8 : 8 + word], PreviewMetadata)
            return PreviewFrame(PreviewFormat(metadata.image_type), frame[8 + word :], metadata)
        if event == _TEXT:
            node_id = frame[8 : 8 + word].decode()
            return TextFrame(node_id, frame[8 + word :].decode(errors="replace"))
    except (struct.error, ValueError, KeyError):
        return None
    return None

"""What a server and a worker elsewhere say to each other: msgpack, one message a frame.

JSON of unknown shape travels as JSON text: numbers that msgpack cannot hold may stand in it.
"""

import json
from typing import Any, TypeAlias

import msgspec


class Hello(msgspec.Struct, tag="hello", frozen=True):
    """The first message of a worker. `session` is its process's own."""

    worker: str
    session: str
    version: str
    url: str
    """Where its ComfyUI answers, on its own machine."""
    labels: dict[str, str] = {}
    owns: bool = False
    """Whether it can start its ComfyUI anew."""


class Told(msgspec.Struct, tag="told", frozen=True):
    """Something happened in a run. `number` counts what must not be lost; 0 stands for a hint."""

    job: str
    attempt: int
    number: int
    event: "Happening"


class Started(msgspec.Struct, tag="started", frozen=True):
    pass


class Cached(msgspec.Struct, tag="cached", frozen=True):
    nodes: tuple[str, ...]


Node: TypeAlias = tuple[str, str, str | None, str | None]
"""As in domain.run.NodeRef."""


class NodeBegan(msgspec.Struct, tag="began", frozen=True):
    node: Node


class Stepped(msgspec.Struct, tag="step", frozen=True):
    node: Node
    value: float
    max: float


class Output(msgspec.Struct, tag="output", frozen=True):
    node: Node
    ui: bytes
    """JSON."""
    cached: bool


class NodeEnded(msgspec.Struct, tag="node", frozen=True):
    node: Node
    cached: bool


class Picture(msgspec.Struct, tag="preview", frozen=True):
    node: Node
    mime: str
    data: bytes


class Text(msgspec.Struct, tag="text", frozen=True):
    node: str
    text: str


class Blocked(msgspec.Struct, tag="blocked", frozen=True):
    comfy: bytes
    """JSON."""


class Anew(msgspec.Struct, tag="anew", frozen=True):
    """The worker was started anew: what follows may repeat what it told before."""


class Done(msgspec.Struct, tag="done", frozen=True):
    """The run ended well; `outputs` and `meta` are JSON."""

    outputs: bytes
    meta: bytes
    reused: bool


class Failed(msgspec.Struct, tag="failed", frozen=True):
    kind: str
    message: str
    node: str | None = None
    node_type: str | None = None
    comfy: bytes = b"{}"
    """JSON."""


class Stopped(msgspec.Struct, tag="stopped", frozen=True):
    comfy: bytes
    """JSON."""


class Gone(msgspec.Struct, tag="gone", frozen=True):
    """The run is not known there, or no more."""


Happening: TypeAlias = (
    Started
    | Cached
    | NodeBegan
    | Stepped
    | Output
    | NodeEnded
    | Picture
    | Text
    | Blocked
    | Anew
    | Done
    | Failed
    | Stopped
    | Gone
)


class HealthTold(msgspec.Struct, tag="health", frozen=True):
    status: str
    reason: str


class ProcessTold(msgspec.Struct, tag="process", frozen=True):
    """How the ComfyUI is that the worker owns."""

    status: str
    reason: str
    generation: int
    restarts: int = 0
    why: str | None = None
    """The last restart's reason."""


class Answer(msgspec.Struct, tag="answer", frozen=True):
    """What a call came to; which kind of value depends on the call."""

    call: int
    value: bytes | None = None
    more: tuple[str | None, ...] = ()


class Refusal(msgspec.Struct, tag="refusal", frozen=True):
    """The call failed; `code` is one of domain.errors, or of domain.failure for a fetch."""

    call: int
    code: str
    message: str


class Pong(msgspec.Struct, tag="pong", frozen=True):
    sent: float


class Leaving(msgspec.Struct, tag="leaving", frozen=True):
    """The worker takes no more. With `gives_back`, what it runs shall run elsewhere."""

    gives_back: bool


FromWorker: TypeAlias = Told | HealthTold | ProcessTold | Answer | Refusal | Pong | Leaving


class Input(msgspec.Struct, array_like=True, frozen=True):
    """A file that a run reads; `digest` is the blake3 of its bytes."""

    root: str
    subfolder: str
    name: str
    digest: str
    size: int


class Begin(msgspec.Struct, tag="begin", frozen=True):
    """Run this, or tell on from what was told before number `after`.

    Without `submit`, a run that is not known any more is gone, and not begun again.
    """

    job: str
    attempt: int
    graph: bytes
    outputs: tuple[str, ...]
    extra_data: bytes
    inputs: tuple[Input, ...]
    tenant: str
    after: int
    submit: bool
    fresh: bool = False
    """As in engine.base.Run."""


class Interrupt(msgspec.Struct, tag="interrupt", frozen=True):
    job: str


class Forget(msgspec.Struct, tag="forget", frozen=True):
    """Nobody waits for this run any more: stop it if it is on."""

    job: str
    attempt: int


class AskNodes(msgspec.Struct, tag="nodes", frozen=True):
    """/object_info as JSON in zlib, or nothing when its digest is `known`."""

    known: str = ""


class AskMachine(msgspec.Struct, tag="machine", frozen=True):
    pass


class AskListing(msgspec.Struct, tag="listing", frozen=True):
    listing: str
    key: str
    file: str


class AskPage(msgspec.Struct, tag="page", frozen=True):
    """`known` and `tag` are of what the server has already."""

    folder: str
    path: str
    known: str | None = None
    tag: str | None = None


class Relay(msgspec.Struct, tag="relay", frozen=True):
    """A request to ComfyUI's own API; the answer has the body, the status and the content type."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    content_type: str | None
    body: bytes


class FreeMemory(msgspec.Struct, tag="free", frozen=True):
    unload_models: bool
    free_memory: bool


class Restart(msgspec.Struct, tag="restart", frozen=True):
    generation: int
    why: str


class Fetch(msgspec.Struct, tag="fetch", frozen=True):
    """Upload an output file; the answer is its digest. `item` is JSON."""

    job: str
    attempt: int
    item: bytes


Question: TypeAlias = (
    AskNodes | AskMachine | AskListing | AskPage | Relay | FreeMemory | Restart | Fetch
)


class Call(msgspec.Struct, tag="call", frozen=True):
    id: int
    question: Question


class Ping(msgspec.Struct, tag="ping", frozen=True):
    sent: float


class Dismiss(msgspec.Struct, tag="dismiss", frozen=True):
    """The worker shall end, and not come back by itself."""

    code: str
    reason: str


FromServer: TypeAlias = Begin | Interrupt | Forget | Call | Ping | Dismiss

_encoder = msgspec.msgpack.Encoder()
_hello = msgspec.msgpack.Decoder(Hello)
_from_worker: msgspec.msgpack.Decoder[FromWorker] = msgspec.msgpack.Decoder(FromWorker)
_from_server: msgspec.msgpack.Decoder[FromServer] = msgspec.msgpack.Decoder(FromServer)

encode = _encoder.encode
hello = _hello.decode
from_worker = _from_worker.decode
from_server = _from_server.decode
"""All three raise msgspec.DecodeError."""


def pack(value: object) -> bytes:
    """JSON as text, as Python has it."""
    return json.dumps(value, separators=(",", ":"), default=dict).encode()


def unpack(text: bytes) -> Any:
    return json.loads(text)

"""What happens while a graph runs: the closed union of run events that every engine emits."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from greenroom.domain.json import JsonObject


class PreviewFormat(StrEnum):
    JPEG = "image/jpeg"
    PNG = "image/png"


@dataclass(frozen=True, slots=True)
class NodeRef:
    """A node that runs. Nodes made by expansion carry the node they stand for and their parent."""

    node_id: str
    display_node_id: str
    parent_node_id: str | None = None
    real_node_id: str | None = None

    @property
    def real(self) -> str:
        return self.real_node_id or self.node_id


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The engine took the graph up."""


@dataclass(frozen=True, slots=True)
class NodesCached:
    """The nodes whose outputs are reused; sent once, right after RunStarted, maybe empty."""

    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NodeStarted:
    node: NodeRef


@dataclass(frozen=True, slots=True)
class NodeStepped:
    """A node's own progress: `value` of `max` steps."""

    node: NodeRef
    value: float
    max: float


@dataclass(frozen=True, slots=True)
class NodeOutput:
    """The `ui` result of an output node, in ComfyUI's form: {"images": [{filename, ...}]}."""

    node: NodeRef
    output: JsonObject
    cached: bool = False


@dataclass(frozen=True, slots=True)
class NodeFinished:
    node: NodeRef
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture of work in progress."""

    node: NodeRef
    format: PreviewFormat
    data: bytes


@dataclass(frozen=True, slots=True)
class NodeText:
    """A line of text that a node shows while it runs."""

    node_id: str
    text: str


@dataclass(frozen=True, slots=True)
class NodeBlocked:
    """A node that was kept from running with a message; the run goes on and may succeed.

    `comfy` is ComfyUI's `execution_error` data with the type `ExecutionBlocked`.
    """

    comfy: JsonObject


RunEvent: TypeAlias = (
    RunStarted
    | NodesCached
    | NodeStarted
    | NodeStepped
    | NodeOutput
    | NodeFinished
    | Preview
    | NodeText
    | NodeBlocked
)

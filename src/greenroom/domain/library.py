"""The library of workflows: what is kept of each, and what a run of one is made of."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Self

from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.manifest import Manifest, WorkflowKind

_DEEPEST = 200


@dataclass(frozen=True, slots=True)
class Content:
    """What one version of a workflow consists of; it never changes."""

    prompt: JsonObject | None = None
    """API format."""
    workflow: JsonObject | None = None
    """UI format, as the editor saved it."""
    manifest: str | None = None
    """manifest.yaml as its author wrote it; None when it is to be inferred from the graph."""
    blocks: Mapping[str, JsonObject] = field(default_factory=dict)
    """File name below the folder of blocks -> block, of a dynamic workflow."""

    def check(self) -> None:
        """INVALID_JSON when it cannot be kept: nested too deep, or half a character in a text."""
        waiting: list[tuple[JsonValue, int]] = [(self.prompt, 0), (self.workflow, 0)]
        waiting += [(block, 0) for block in self.blocks.values()]
        while waiting:
            value, depth = waiting.pop()
            if depth > _DEEPEST:
                raise AppError(ErrorCode.INVALID_JSON, "the workflow is nested too deep")
            if isinstance(value, Mapping):
                waiting.extend((item, depth + 1) for item in value.values())
            elif isinstance(value, list):
                waiting.extend((item, depth + 1) for item in value)
        try:
            self.encoded()
        except UnicodeEncodeError:
            message = "a text has half of a surrogate pair"
            raise AppError(ErrorCode.INVALID_JSON, message) from None

    def encoded(self) -> bytes:
        """JSON in UTF-8, the same for equal content."""
        told = {
            "prompt": self.prompt,
            "workflow": self.workflow,
            "manifest": self.manifest,
            "blocks": dict(sorted(self.blocks.items())),
        }
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def decoded(cls, data: bytes) -> Self:
        return cls(**json.loads(data))


def digest_of(encoded: bytes) -> str:
    """64 hex digits over encoded content."""
    return blake2b(encoded, digest_size=32).hexdigest()


@dataclass(frozen=True, slots=True)
class Draft:
    """A workflow on its way into the library, or a new version of one."""

    id: str
    name: str
    content: Content
    source: str
    """The name of the file or folder it comes from."""
    tags: tuple[str, ...] = ()
    version: int | None = None
    """What the author's manifest says; counts when it is beyond the newest one."""


@dataclass(frozen=True, slots=True)
class WorkflowEntry:
    """A workflow as a list shows it."""

    id: str
    name: str
    version: int
    """The newest; versions count up from 1."""
    tags: tuple[str, ...]
    source: str
    """Where the newest version came from: a file name."""
    created_at: Millis
    updated_at: Millis


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One version as it is kept."""

    entry: WorkflowEntry
    version: int
    content: Content
    digest: str
    source: str
    created_at: Millis


@dataclass(frozen=True, slots=True)
class WorkflowVersion:
    """One version of a workflow with its form."""

    id: str
    version: int
    name: str
    tags: tuple[str, ...]
    kind: WorkflowKind
    manifest: Manifest
    """Written by the author, or inferred."""
    inferred: bool
    graph: JsonObject | None
    """API format; None while it must be put together from blocks or has unknown node classes."""
    content: Content
    digest: str
    """64 hex digits; equal content has the same."""
    source: str
    created_at: Millis


@dataclass(frozen=True, slots=True)
class Bound:
    """A run of a workflow, ready to be submitted."""

    graph: JsonObject
    """API format, with the parameters set and every seed explicit."""
    seeds: Mapping[str, int]
    """Input id -> seed; `batch_1`... and `scene_1`... of a dynamic workflow.

    A seed that no input stands for is told as `NODE.INPUT`.
    """
    params: JsonObject
    """What was given and the defaults, each in its own type."""


@dataclass(frozen=True, slots=True)
class ModelNeed:
    """A model file that a workflow names."""

    name: str
    folder: str | None
    """Below `models/`, where that is known."""
    workers: tuple[str, ...]
    """Ids of the workers that have it."""


@dataclass(frozen=True, slots=True)
class NodeNeed:
    """A node class that a workflow uses."""

    name: str
    pack: str | None
    """The node pack it belongs to, where the workflow says so."""
    workers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a workflow needs, and who has it."""

    models: tuple[ModelNeed, ...]
    nodes: tuple[NodeNeed, ...]
    workers: tuple[str, ...]
    """Those that are up and have all of it."""

    @property
    def ready(self) -> bool:
        return bool(self.workers)

    @property
    def missing_models(self) -> tuple[str, ...]:
        """Models that no worker has."""
        return tuple(model.name for model in self.models if not model.workers)

    @property
    def missing_nodes(self) -> tuple[str, ...]:
        return tuple(node.name for node in self.nodes if not node.workers)

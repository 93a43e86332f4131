"""What is kept of a job beside its slim row, and how lists of jobs are asked for."""

from dataclasses import dataclass
from enum import StrEnum

from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId
from greenroom.domain.job import Job, JobState
from greenroom.domain.output_kind import OutputKind


@dataclass(frozen=True, slots=True)
class Payload:
    """What was submitted, as JSON in UTF-8."""

    prompt: bytes
    """The graph, verbatim."""
    graph: bytes | None
    """The graph that runs; None when it is the submitted one."""
    extra_data: bytes
    outputs: tuple[str, ...]
    """Ids of the output nodes to run."""
    digest: str

    @property
    def to_run(self) -> bytes:
        return self.graph if self.graph is not None else self.prompt


@dataclass(frozen=True, slots=True)
class Result:
    """What came out, as JSON in UTF-8.

    outputs: node id -> `ui` dict; meta: node id -> {node_id, display_node, parent_node,
    real_node_id}; messages: ComfyUI's status messages, [[event, data], ...].
    """

    outputs: bytes = b"{}"
    meta: bytes = b"{}"
    messages: bytes = b"[]"


@dataclass(frozen=True, slots=True)
class JobDetail:
    job: Job
    payload: Payload
    result: Result | None


class JobSort(StrEnum):
    CREATED = "created"
    DURATION = "duration"
    """Time from start to finish; 0 where either is missing."""


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs a list shows; None does not filter."""

    states: frozenset[JobState] | None = None
    workflow_id: str | None = None
    client_id: str | None = None
    ids: tuple[JobId, ...] | None = None
    created_after: Millis | None = None
    created_before: Millis | None = None
    batch_id: str | None = None
    output_kind: OutputKind | None = None
    """Only jobs that ended well and made such a file."""

"""Why an attempt ended badly, and what follows for the job and for its worker: one table."""

from dataclasses import dataclass, field
from enum import StrEnum

from greenroom.domain.json import JsonObject, JsonValue


class FailureClass(StrEnum):
    INVALID_GRAPH = "invalid_graph"
    """The engine refused the graph."""
    NODE_ERROR = "node_error"
    """A node raised an exception."""
    OUT_OF_MEMORY = "out_of_memory"
    """The GPU or the machine had no memory left for the run."""
    GPU_FAULT = "gpu_fault"
    """The GPU or its driver failed; what runs there next would fail as well."""
    WORKER_LOST = "worker_lost"
    """The worker, or the process in which the engine ran, vanished."""
    STALLED = "stalled"
    """Nothing was heard of the run for too long."""
    UPLOAD_FAILED = "upload_failed"
    """The run ended well, but its outputs could not be stored."""
    INPUT_UNAVAILABLE = "input_unavailable"
    """A file that the job was to read could not be fetched; it never ran."""


class WorkerRemedy(StrEnum):
    """What happens to the worker before it takes another job."""

    NOTHING = "nothing"
    FREE_MEMORY = "free memory"
    QUARANTINE = "quarantine"
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class Rule:
    """How many times a job may be retried after failures of one class, and where."""

    retries: int
    elsewhere: bool
    remedy: WorkerRemedy
    advice: str


RULES: dict[FailureClass, Rule] = {
    FailureClass.INVALID_GRAPH: Rule(
        0, elsewhere=False, remedy=WorkerRemedy.NOTHING,
        advice="Correct the workflow; the node errors say what the engine refused.",
    ),
    FailureClass.NODE_ERROR: Rule(
        0, elsewhere=False, remedy=WorkerRemedy.NOTHING,
        advice="The node raised an exception; check its inputs.",
    ),
    FailureClass.OUT_OF_MEMORY: Rule(
        1, elsewhere=False, remedy=WorkerRemedy.FREE_MEMORY,
        advice="Lower the resolution, the batch size or the number of frames.",
    ),
    FailureClass.GPU_FAULT: Rule(
        2, elsewhere=True, remedy=WorkerRemedy.QUARANTINE,
        advice="The GPU reported a fault; the worker was taken out of service.",
    ),
    FailureClass.WORKER_LOST: Rule(
        2, elsewhere=True, remedy=WorkerRemedy.NOTHING,
        advice="The worker was lost during the run; if that goes on, the job may be what kills it.",
    ),
    FailureClass.STALLED: Rule(
        1, elsewhere=True, remedy=WorkerRemedy.RESTART,
        advice="The run made no progress; the worker may hang.",
    ),
    FailureClass.UPLOAD_FAILED: Rule(
        3, elsewhere=False, remedy=WorkerRemedy.NOTHING,
        advice="The outputs could not be stored; check the disk or the object store.",
    ),
    FailureClass.INPUT_UNAVAILABLE: Rule(
        0, elsewhere=False, remedy=WorkerRemedy.NOTHING,
        advice="Check that the address leads to the file and answers in time, then send it again.",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed attempt, told for people and, in `comfy`, in ComfyUI's own words.

    `comfy` holds what an `execution_error` message says: node_id, node_type, executed,
    exception_message, exception_type, traceback, current_inputs, current_outputs.
    """

    kind: FailureClass
    message: str
    node_id: str | None = None
    node_type: str | None = None
    comfy: JsonObject = field(default_factory=dict)

    @property
    def advice(self) -> str:
        return RULES[self.kind].advice

    def as_json(self) -> dict[str, JsonValue]:
        return {
            "kind": self.kind.value,
            "message": self.message,
            "node_id": self.node_id,
            "node_type": self.node_type,
            "advice": self.advice,
            "comfy": dict(self.comfy),
        }

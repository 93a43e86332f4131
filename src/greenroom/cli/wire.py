"""What the native API answers, as far as the commands read it."""

from typing import Any

import msgspec

from greenroom.domain.json import JsonObject

_FINISHED = frozenset({"completed", "failed", "cancelled"})


class Accepted(msgspec.Struct, frozen=True):
    """POST /prompt."""

    prompt_id: str
    number: float = 0
    node_errors: dict[str, Any] = {}


class Uploaded(msgspec.Struct, frozen=True):
    """POST /upload/image."""

    name: str
    subfolder: str = ""
    type: str = "input"

    @property
    def value(self) -> str:
        """As a node's input names the file."""
        return f"{self.subfolder}/{self.name}" if self.subfolder else self.name


class Workflow(msgspec.Struct, frozen=True):
    prompt: dict[str, Any] = {}
    extra_data: dict[str, Any] = {}


class JobEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One job of GET /api/jobs, or, with outputs and workflow, of GET /api/jobs/{id}.

    Times are milliseconds since the Unix epoch.
    """

    id: str
    status: str
    priority: float | None = None
    create_time: int | None = None
    execution_start_time: int | None = None
    execution_end_time: int | None = None
    execution_error: dict[str, Any] | None = None
    outputs_count: int | None = None
    preview_output: dict[str, Any] | None = None
    workflow_id: str | None = None
    outputs: dict[str, Any] | None = None
    workflow: Workflow | None = None

    @property
    def finished(self) -> bool:
        return self.status in _FINISHED

    @property
    def succeeded(self) -> bool:
        return self.status == "completed"

    @property
    def seconds(self) -> float | None:
        """How long the run took."""
        if self.execution_start_time is None or self.execution_end_time is None:
            return None
        return (self.execution_end_time - self.execution_start_time) / 1000

    @property
    def waited(self) -> float | None:
        """How many seconds passed before its latest attempt began."""
        if self.create_time is None or self.execution_start_time is None:
            return None
        return (self.execution_start_time - self.create_time) / 1000

    @property
    def graph(self) -> JsonObject:
        return self.workflow.prompt if self.workflow else {}

    @property
    def client_id(self) -> str | None:
        found = self.workflow.extra_data.get("client_id") if self.workflow else None
        return found if isinstance(found, str) else None

    @property
    def why(self) -> str:
        """What went wrong, in one line."""
        error = self.execution_error or {}
        message = str(error.get("exception_message") or "").strip().partition("\n")[0]
        node = error.get("node_id")
        if node is None:
            return message
        return f"node {node} ({error.get('node_type')}): {message}"


class Pagination(msgspec.Struct, frozen=True):
    offset: int = 0
    limit: int | None = None
    total: int = 0
    has_more: bool = False


class JobPage(msgspec.Struct, frozen=True):
    jobs: list[JobEntry]
    pagination: Pagination = Pagination()


class Canceled(msgspec.Struct, frozen=True):
    cancelled: bool


class Ready(msgspec.Struct, frozen=True):
    """GET /readyz."""

    workers_up: int = 0

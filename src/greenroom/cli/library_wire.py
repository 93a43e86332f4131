"""What the library's API answers, as far as the commands read it."""

from typing import Any

import msgspec


class WorkflowLine(msgspec.Struct, frozen=True):
    """A workflow in a list."""

    id: str
    name: str
    version: int
    type: str
    tags: list[str]
    source: str
    ready: bool
    missing_models: list[str]
    missing_nodes: list[str]
    created: bool | None = None
    """Of an import: whether it made a new version."""

    @property
    def readiness(self) -> str:
        """In a few words."""
        missing = [
            f"{len(names)} {what}{'s' if len(names) > 1 else ''}"
            for what, names in (("model", self.missing_models), ("node", self.missing_nodes))
            if names
        ]
        if missing:
            return f"lacks {' and '.join(missing)}"
        return "ready" if self.ready else "no worker has all"


class WorkflowList(msgspec.Struct, frozen=True):
    workflows: list[WorkflowLine]


class WorkflowPage(WorkflowLine, frozen=True, kw_only=True):
    """One workflow with its form."""

    versions: list[int]
    inferred: bool
    manifest: dict[str, Any]
    readiness_details: dict[str, Any] = msgspec.field(name="readiness")


class ExportedFiles(msgspec.Struct, frozen=True):
    """Path -> text."""

    files: dict[str, str]

"""The library of workflows: publish, look, change, delete, bind a run, say who could run it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from greenroom.domain.clock import local_time
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.library import Bound, Draft, Readiness, WorkflowEntry, WorkflowVersion
from greenroom.domain.principal import Principal
from greenroom.domain.workflow.unreadable import missing_classes
from greenroom.service import workflow_binding
from greenroom.service.node_info import NodeInfo
from greenroom.service.workflow_binding import RunChoices
from greenroom.service.workflow_export import ExportForm, export_files
from greenroom.service.workflow_forms import WorkflowForms
from greenroom.service.workflow_readiness import WorkflowReadiness
from greenroom.service.workflow_source import (
    Source,
    checked_name,
    is_workflow_id,
    one_line,
    read_source,
)
from greenroom.service.workflow_values import with_values
from greenroom.store import deployments
from greenroom.store import workflows as workflow_rows
from greenroom.store.database import Database

_MOST_TAGS, _LONGEST_TAG = 50, 100
_EVERY_RUN = RunChoices()


@dataclass(frozen=True, slots=True)
class Published:
    version: WorkflowVersion
    created: bool
    """False when the newest version had this content already."""


class Workflows:
    """Each call sees the workflows of the caller's tenant. NOT_FOUND for an unknown one."""

    def __init__(self, database: Database, nodes: NodeInfo) -> None:
        self._db = database
        self._nodes = nodes
        self._forms = WorkflowForms(nodes)
        self._readiness = WorkflowReadiness(nodes, self._forms)

    async def entries(self, principal: Principal) -> Sequence[WorkflowEntry]:
        """Every workflow without its form, by name."""
        return await self._db.read(lambda tx: workflow_rows.entries(tx, principal.tenant))

    async def list(self, principal: Principal) -> Sequence[WorkflowVersion]:
        """The newest version of every workflow, by name."""
        stored = await self._db.read(lambda tx: workflow_rows.newest_versions(tx, principal.tenant))
        return await asyncio.to_thread(lambda: [self._forms.version(one) for one in stored])

    async def get(
        self, principal: Principal, workflow_id: str, version: int | None = None
    ) -> WorkflowVersion:
        """The version, or the newest one; NOT_FOUND."""
        _require_possible(workflow_id)
        stored = await self._db.read(
            lambda tx: workflow_rows.get(tx, principal.tenant, workflow_id, version)
        )
        if stored is None:
            raise _unknown(workflow_id, version)
        return await asyncio.to_thread(self._forms.version, stored)

    async def versions(self, principal: Principal, workflow_id: str) -> Sequence[int]:
        """The numbers of its versions, the newest first; NOT_FOUND."""
        _require_possible(workflow_id)
        found = await self._db.read(
            lambda tx: workflow_rows.version_numbers(tx, principal.tenant, workflow_id)
        )
        if not found:
            raise _unknown(workflow_id)
        return [number for number, _ in found]

    async def publish(self, principal: Principal, draft: Draft) -> Published:
        """Keep the draft as a new version, unless the newest one has the same content.

        INVALID_GRAPH when it could never run; node classes may be unknown still.
        """
        await asyncio.to_thread(self._forms.check, draft.content)
        now = self._db.clock.now()
        version, created = await self._db.write(
            lambda tx: workflow_rows.publish(tx, principal.tenant, draft, now)
        )
        return Published(await self.get(principal, draft.id, version), created)

    async def take_in(
        self, principal: Principal, source: Source, *, workflow_id: str | None = None,
        name: str | None = None, tags: Sequence[str] = (),
    ) -> Published:  # fmt: skip
        """Publish what stands in files: any that carries a workflow, or a folder with a manifest.

        What is given wins over what the files say. Raises what read_source and publish do.
        """
        kept = _checked_tags(tags)
        draft = await asyncio.to_thread(
            read_source, source, workflow_id=workflow_id, name=name, tags=kept
        )
        return await self.publish(principal, draft)

    async def keep_values(
        self, principal: Principal, workflow_id: str, values: JsonObject
    ) -> Published:
        """A new version whose form begins with these values. NOT_FOUND, and as with_values."""
        version = await self.get(principal, workflow_id)
        content = await asyncio.to_thread(with_values, version, values, self._nodes.view())
        draft = Draft(version.id, version.name, content, version.source, version.tags)
        return await self.publish(principal, draft)

    async def change(
        self, principal: Principal, workflow_id: str, *,
        name: str | None = None, tags: Sequence[str] | None = None,
    ) -> WorkflowEntry:  # fmt: skip
        """Rename or tag; None leaves it as it is. BAD_REQUEST, NOT_FOUND."""
        _require_possible(workflow_id)
        new_name = None if name is None else checked_name(name)
        new_tags = None if tags is None else _checked_tags(tags)
        now = self._db.clock.now()
        entry = await self._db.write(
            lambda tx: workflow_rows.change(
                tx, principal.tenant, workflow_id, new_name, new_tags, now
            )
        )
        if entry is None:
            raise _unknown(workflow_id)
        return entry

    async def delete(self, principal: Principal, workflow_id: str) -> None:
        """Forget it with all its versions; its jobs stay. NOT_FOUND, IN_USE by a deployment."""
        _require_possible(workflow_id)

        def write(tx: Connection) -> bool:
            users = deployments.of_workflow(tx, principal.tenant, workflow_id)
            if users:
                named = ", ".join(users)
                told = f"Deployments run the workflow {workflow_id!r}: {named}. Delete them first."
                raise AppError(ErrorCode.IN_USE, told)
            return workflow_rows.delete(tx, principal.tenant, workflow_id)

        if not await self._db.write(write):
            raise _unknown(workflow_id)

    async def bind(
        self, principal: Principal, version: WorkflowVersion, params: JsonObject,
        files: Mapping[str, str] | None = None, choices: RunChoices = _EVERY_RUN,
    ) -> Bound:  # fmt: skip
        """The graph of a run. `files` maps an input's id to the name of an uploaded file.

        BAD_REQUEST names a parameter that cannot be; INVALID_GRAPH names missing node classes.
        """
        del principal  # everything of the caller's stands in the version and the parameters
        if version.graph is None and version.content.workflow is not None:
            conversion = await asyncio.to_thread(self._forms.convert, version.content.workflow)
            raise missing_classes(conversion.missing)
        given: dict[str, JsonValue] = {**params, **(files or {})}
        view = self._nodes.view()
        chosen = replace(choices, now=choices.now or local_time(self._db.clock.now()))
        return await asyncio.to_thread(workflow_binding.bind, version, given, view, chosen)

    async def export(
        self, principal: Principal, version: WorkflowVersion, form: ExportForm
    ) -> dict[str, bytes]:
        """The version as files, by name; a dynamic one as its defaults make it. INVALID_GRAPH."""
        graph = version.graph
        if form is not ExportForm.FOLDER and graph is None and version.content.blocks:
            graph = (await self.bind(principal, version, {})).graph
        return await asyncio.to_thread(export_files, version, form, graph, self._nodes.view())

    async def readiness(self, principal: Principal, version: WorkflowVersion) -> Readiness:
        """What the workflow needs, and which live workers have it."""
        del principal  # the fleet is the same for all
        return await asyncio.to_thread(self._readiness.of, version)


def _require_possible(workflow_id: str) -> None:
    """Ids that no workflow can have do not reach the database, which may not even hold them."""
    if not is_workflow_id(workflow_id):
        raise _unknown(workflow_id)


def _checked_tags(tags: Sequence[str]) -> tuple[str, ...]:
    kept = tuple(dict.fromkeys(line for tag in tags if (line := one_line(tag))))
    if len(kept) > _MOST_TAGS or any(len(tag) > _LONGEST_TAG for tag in kept):
        raise AppError(
            ErrorCode.BAD_REQUEST,
            f"a workflow has at most {_MOST_TAGS} tags of {_LONGEST_TAG} characters",
        )
    return kept


def _unknown(workflow_id: str, version: int | None = None) -> AppError:
    which = "" if version is None else f" version {version} of"
    return AppError(ErrorCode.NOT_FOUND, f"There is no{which} workflow {workflow_id!r}.")

"""Deployments: make, look, change, switch off and on, delete; and how busy they are."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from greenroom.domain import ids
from greenroom.domain.clock import local_time
from greenroom.domain.deployment import Deployment, DeploymentChange, DeploymentLoad
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DeploymentId, JobId
from greenroom.domain.json import JsonObject
from greenroom.domain.library import WorkflowVersion
from greenroom.domain.principal import Principal
from greenroom.domain.workflow.manifest import WorkflowKind
from greenroom.domain.workflow.text_replacement import with_dates
from greenroom.service.jobs import Jobs
from greenroom.service.scheduler import Scheduler
from greenroom.service.workflows import Workflows
from greenroom.store import deployments as rows
from greenroom.store.database import Database


class Deployments:
    """Each call sees the deployments of the caller's tenant. NOT_FOUND for an unknown one."""

    def __init__(
        self, database: Database, workflows: Workflows, jobs: Jobs, scheduler: Scheduler
    ) -> None:
        self._db = database
        self._workflows = workflows
        self._jobs = jobs
        self._scheduler = scheduler
        self._changed = asyncio.Event()
        self._stamps: dict[DeploymentId, rows.Stamp] | None = None

    async def create(self, principal: Principal, wish: DeploymentChange) -> Deployment:
        """Without a version, the newest one of now. BAD_REQUEST names what is wrong or missing."""
        if wish.name is None or wish.workflow_id is None:
            field = "name" if wish.name is None else "workflow_id"
            raise AppError(ErrorCode.BAD_REQUEST, f"{field} is missing", {"field": field})
        version = await self._runnable(principal, wish.workflow_id, wish.version)
        now = self._db.clock.now()
        blank = Deployment(
            ids.new_deployment_id(), principal.tenant, "", version.id, version.version, now, now
        )
        new = replace(wish, version=version.version).applied(blank, now)
        await self._db.write(lambda tx: rows.add(tx, new))
        self._note_change()
        return new

    async def list(self, principal: Principal) -> Sequence[Deployment]:
        """Those that are there, the oldest first."""
        return await self._db.read(lambda tx: rows.of_tenant(tx, principal.tenant))

    async def get(self, principal: Principal, deployment_id: DeploymentId) -> Deployment:
        """Also one that was deleted."""
        found = await self._db.read(lambda tx: rows.get(tx, principal.tenant, deployment_id))
        if found is None:
            raise _unknown(deployment_id)
        return found

    async def workflow(self, principal: Principal, deployment: Deployment) -> WorkflowVersion:
        """The version that it runs."""
        return await self._workflows.get(principal, deployment.workflow_id, deployment.version)

    async def graph(self, principal: Principal, deployment: Deployment) -> JsonObject:
        """What its requests run unless they override it. INVALID_GRAPH for unknown node classes."""
        version = await self.workflow(principal, deployment)
        if version.graph is None:
            return (await self._workflows.bind(principal, version, {})).graph
        if version.content.prompt is not None:
            return version.graph
        # Only the editor fills these in, so a graph of its own never does.
        return with_dates(version.graph, local_time(self._db.clock.now()))

    async def change(
        self, principal: Principal, deployment_id: DeploymentId, change: DeploymentChange
    ) -> Deployment:
        """Jobs that wait follow a change of the hardware; they keep their graphs. BAD_REQUEST."""
        known = await self.get(principal, deployment_id)
        known.require_there()
        if change.workflow_id is not None or change.version is not None:
            other = change.workflow_id not in {None, known.workflow_id}
            number = change.version if other or change.version is not None else known.version
            wanted = change.workflow_id or known.workflow_id
            version = await self._runnable(principal, wanted, number)
            change = replace(change, workflow_id=version.id, version=version.version)
        now = self._db.clock.now()

        def write(tx: Connection) -> tuple[Deployment, list[JobId]]:
            old = _locked(tx, principal, deployment_id)
            old.require_there()
            new = change.applied(old, now)
            rows.replace(tx, new)
            moved = [] if new.hardware == old.hardware else rows.waiting_ids(tx, new.id)
            return new, moved

        changed, moved = await self._db.write(write)
        self._scheduler.reread(moved)
        self._note_change()
        return changed

    async def delete(self, principal: Principal, deployment_id: DeploymentId) -> None:
        """What waits is canceled, what runs goes on, and its requests can still be looked at."""
        now = self._db.clock.now()

        def write(tx: Connection) -> list[JobId]:
            old = _locked(tx, principal, deployment_id)
            old.require_there()
            rows.replace(tx, replace(old, deleted_at=now, updated_at=now))
            return rows.waiting_ids(tx, deployment_id)

        waiting = await self._db.write(write)
        await self._jobs.cancel_waiting(principal, waiting)
        self._note_change()

    async def loads(self) -> Sequence[DeploymentLoad]:
        """Every tenant's deployments that are there or still have jobs, the oldest first."""
        return await self._db.read(rows.loads)

    async def own_loads(self, principal: Principal) -> Sequence[DeploymentLoad]:
        """Those of the caller's tenant that are there."""
        return [
            load
            for load in await self.loads()
            if load.deployment.tenant == principal.tenant and load.deployment.deleted_at is None
        ]

    async def refresh(self) -> None:
        """Act on what another server changed: jobs that wait follow to the new hardware."""
        before, now = self._stamps, await self._db.read(rows.stamps)
        self._stamps = now
        if before is None or before == now:
            return
        known = before.keys() & now.keys()
        moved = [one for one in known if before[one].hardware != now[one].hardware]
        if moved:
            waiting = await self._db.read(
                lambda tx: [job for one in moved for job in rows.waiting_ids(tx, one)]
            )
            self._scheduler.reread(waiting)
        self._note_change()

    async def changed(self) -> None:
        """Return when one was made, changed or deleted, here or on another server."""
        await self._changed.wait()

    def _note_change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _runnable(
        self, principal: Principal, workflow_id: str, number: int | None
    ) -> WorkflowVersion:
        try:
            version = await self._workflows.get(principal, workflow_id, number)
        except AppError as error:
            field = "workflow_id" if number is None else "workflow_version"
            raise AppError(error.code, error.message, {"field": field}) from None
        if version.kind is WorkflowKind.DYNAMIC:
            told = f"The workflow {workflow_id!r} has no graph of its own: its form makes each one."
            raise AppError(ErrorCode.BAD_REQUEST, told, {"field": "workflow_id"})
        return version


def _locked(tx: Connection, principal: Principal, deployment_id: DeploymentId) -> Deployment:
    found = rows.get(tx, principal.tenant, deployment_id, to_change=True)
    if found is None:
        raise _unknown(deployment_id)
    return found


def _unknown(deployment_id: DeploymentId) -> AppError:
    return AppError(ErrorCode.NOT_FOUND, f"There is no deployment {deployment_id!r}.")

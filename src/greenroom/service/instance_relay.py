"""Pass requests on to the live ComfyUI of an instance, for whoever owns its deployment."""

from contextlib import AbstractAsyncContextManager

from greenroom.domain.deployment import KEPT_FOR
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DeploymentId, WorkerId
from greenroom.domain.principal import Principal
from greenroom.domain.relay import RelayAnswer, RelayRequest, RelayRule
from greenroom.domain.worker import Worker
from greenroom.service.deployments import Deployments
from greenroom.service.jobs import Jobs
from greenroom.service.workers import Workers
from greenroom.store import instances as rows
from greenroom.store.database import Database


class InstanceRelay:
    def __init__(
        self, database: Database, deployments: Deployments, jobs: Jobs, workers: Workers,
        rule: RelayRule,
    ) -> None:  # fmt: skip
        self._db = database
        self._deployments = deployments
        self._jobs = jobs
        self._workers = workers
        self._rule = rule

    async def require_instance(
        self, principal: Principal, deployment_id: DeploymentId, instance: WorkerId
    ) -> None:
        """NOT_FOUND, GONE; CONFLICT when the instance does not answer, not yet or not any more."""
        deployment = await self._deployments.get(principal, deployment_id)
        deployment.require_there()
        worker = next((one for one in self._workers.all() if one.id == instance), None)
        if worker is not None and await self._is_of(principal, worker, deployment_id):
            if instance in self._workers.answering():
                return
            told = f"The instance {instance} is {worker.status}."
            raise AppError(ErrorCode.CONFLICT, told)
        known = await self._db.read(lambda tx: rows.get(tx, deployment_id, instance))
        if known is None:
            told = f"The deployment {deployment.name!r} has no instance {instance!r}."
            raise AppError(ErrorCode.NOT_FOUND, told)
        how = "has ended" if known.ended_at is not None else f"is {known.phase}"
        raise AppError(ErrorCode.CONFLICT, f"The instance {instance} {how}.")

    def relay(
        self, instance: WorkerId, request: RelayRequest
    ) -> AbstractAsyncContextManager[RelayAnswer]:
        """The answer of an instance that was looked at. FORBIDDEN, TOO_LARGE, UNAVAILABLE."""
        self._rule.check(request)
        return self._workers.controls(instance).relay(request)

    async def _is_of(
        self, principal: Principal, worker: Worker, deployment_id: DeploymentId
    ) -> bool:
        """Whether it is kept for the deployment, or runs a request of it just now."""
        if KEPT_FOR in worker.labels:
            return worker.labels[KEPT_FOR] == deployment_id
        for job_id in worker.jobs:
            job = await self._jobs.get(principal, job_id)
            if job is not None and job.deployment_id == deployment_id:
                return True
        return False

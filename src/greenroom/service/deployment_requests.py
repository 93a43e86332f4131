"""Requests that run a deployment: send, look, wait for the end, cancel, list."""

import asyncio
from dataclasses import dataclass, field

from greenroom.domain.browse import JobSearch, Place
from greenroom.domain.clock import Clock, Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.event import JobChanged
from greenroom.domain.ids import DeploymentId, JobId
from greenroom.domain.job import TERMINAL_STATES, Job, JobState
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.principal import Principal
from greenroom.domain.queue_place import place_of
from greenroom.domain.webhook import Webhook
from greenroom.domain.workflow.graph import parse_graph
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.override_check import checked_overrides
from greenroom.domain.workflow.overrides import apply_overrides
from greenroom.domain.workflow.submission import Submission
from greenroom.service.browse import Browse, JobPage
from greenroom.service.deployment_nodes import DeploymentNodes
from greenroom.service.deployments import Deployments
from greenroom.service.intake import Intake, Taking
from greenroom.service.job_views import JobView, JobViews
from greenroom.service.jobs import Jobs
from greenroom.service.watch import Watch


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a client asks of a deployment."""

    overrides: JsonValue = field(default_factory=dict)
    """{node id: {"inputs": {name: value}}} for the workflow of the deployment."""
    graph: JsonObject | None = None
    """Runs instead of that workflow; then there are no overrides."""
    secrets: JsonObject = field(default_factory=dict, repr=False)
    priority: int = 0
    tags: tuple[str, ...] = ()
    webhook: Webhook | None = None
    start_within_s: int | None = None
    """It expires when no worker has begun by then; how long it runs does not matter."""
    key: str | None = None
    """Works once, unless no job came of it."""


@dataclass(frozen=True, slots=True)
class DeploymentRequests:
    """NOT_FOUND for a deployment, or a request of it, that the caller does not have."""

    deployments: Deployments
    intake: Intake
    nodes: DeploymentNodes
    jobs: Jobs
    views: JobViews
    watch: Watch
    browse: Browse
    clock: Clock

    async def send(
        self, principal: Principal, deployment_id: DeploymentId, wish: RunRequest
    ) -> Job:
        """GONE, DISABLED; BAD_REQUEST with all that is wrong with overrides; as Submit.submit."""
        deployment = await self.deployments.get(principal, deployment_id)
        deployment.require_open()
        view = self.nodes.view(deployment)
        graph, origin_of = wish.graph, "workflow_api_json"
        if graph is None:
            saved, origin_of = await self.deployments.graph(principal, deployment), "overrides"
            graph = await asyncio.to_thread(_overridden, saved, wish.overrides, view)
        origin: JsonObject = {
            "workflow_id": deployment.workflow_id,
            "tags": list(wish.tags),
            "priority": wish.priority,
        }
        submission = Submission(
            prompt=graph,
            number=place_of(wish.priority),
            extra_data={"greenroom": origin, "workflow_name": deployment.name},
            secrets=wish.secrets,
            deployment_id=deployment.id,
            webhook=wish.webhook,
            start_before=self._start_before(wish.start_within_s),
        )
        taking = Taking(origin_of, view, wish.key)
        return (await self.intake.submit(principal, submission, graph, taking)).job

    async def get(
        self, principal: Principal, deployment_id: DeploymentId, job_id: JobId
    ) -> JobView:
        view = await self.views.get(principal, job_id)
        if view.detail.job.deployment_id != deployment_id:
            told = f"The deployment {deployment_id!r} has no request {job_id!r}."
            raise AppError(ErrorCode.NOT_FOUND, told)
        return view

    async def ended(
        self, principal: Principal, deployment_id: DeploymentId, job_id: JobId, seconds: float
    ) -> JobView:
        """The request at its end or, when that takes longer, as it is after so many seconds."""
        with self.watch.follow(principal, job_id) as events:
            view = await self.get(principal, deployment_id, job_id)
            if view.detail.job.state in TERMINAL_STATES:
                return view
            try:
                async with asyncio.timeout(seconds):
                    async for event in events:
                        if isinstance(event, JobChanged) and event.job.state in TERMINAL_STATES:
                            break
            except TimeoutError:
                pass
        return await self.get(principal, deployment_id, job_id)

    async def cancel(
        self, principal: Principal, deployment_id: DeploymentId, job_id: JobId
    ) -> bool:
        """Whether it is stopped, or is being stopped; False when it had ended before."""
        view = await self.get(principal, deployment_id, job_id)
        if view.detail.job.state is JobState.CANCELING:
            return True
        return await self.jobs.cancel(principal, job_id) is not None

    async def page(
        self, principal: Principal, deployment_id: DeploymentId, states: frozenset[JobState] | None,
        after: Place | None, limit: int, *, tag: str | None = None,
    ) -> JobPage:  # fmt: skip
        """Its requests, the newest first."""
        await self.deployments.get(principal, deployment_id)
        search = JobSearch(states=states, deployment_id=deployment_id, tag=tag)
        return await self.browse.jobs(principal, search, after, limit)

    def _start_before(self, seconds: int | None) -> Millis | None:
        return None if seconds is None else Millis(self.clock.now() + seconds * 1000)


def _overridden(saved: JsonObject, given: JsonValue, view: ObjectInfo) -> JsonObject:
    overrides = checked_overrides(given, parse_graph(saved), view)
    return apply_overrides(saved, overrides, view)

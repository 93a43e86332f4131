"""How far the runs are, for sockets: a text when something changed, a picture behind its text."""

import json
from dataclasses import dataclass

from greenroom.api.studio import shapes
from greenroom.api.studio.shapes import Titles
from greenroom.api.studio.statuses import status_word
from greenroom.api.wire import encode
from greenroom.domain.event import Event, JobChanged, JobDeleted, JobRan
from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.job import TERMINAL_STATES, JobState
from greenroom.domain.principal import Principal
from greenroom.domain.run import Preview
from greenroom.service.services import Services
from greenroom.service.watch import LiveRun


@dataclass(frozen=True, slots=True)
class Frames:
    """What to send to the sockets of one tenant."""

    tenant: TenantId
    text: str
    picture: bytes | None


@dataclass(slots=True)
class _Run:
    """What is known of a run beside its progress."""

    tenant: TenantId
    titles: Titles
    named: dict[str, str | None]
    previews: int = 0
    preview_type: str | None = None


class LiveRuns:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._runs: dict[JobId, _Run] = {}
        self._changed: dict[JobId, Preview | None] = {}

    def hear(self, event: Event) -> bool:
        """Note what changed; whether there is something to send."""
        match event:
            case JobChanged(job=job):
                if job.state in TERMINAL_STATES:
                    self._forget(job.id)
                elif job.state is JobState.RUNNING:
                    self._changed.setdefault(job.id, None)
            case JobDeleted():
                self._forget(event.job_id)
            case JobRan(body=Preview() as preview):
                self._changed[event.job_id] = preview
            case JobRan():
                self._changed.setdefault(event.job_id, None)
        return bool(self._changed)

    def everything(self, principal: Principal) -> None:
        """Tell of all runs of a tenant: somebody new listens."""
        for run in self._services.watch.runs(principal):
            self._changed.setdefault(run.job.id, None)

    def forget_all(self) -> None:
        """Nobody listens."""
        self._runs.clear()
        self._changed.clear()

    async def take(self) -> list[Frames]:
        """What is to be sent now."""
        changed, self._changed = self._changed, {}
        frames = []
        for job_id, preview in changed.items():
            live = self._services.watch.live(job_id)
            if live is not None and (run := await self._run(live)) is not None:
                frames.append(self._frames(live, run, preview))
        return frames

    def _frames(self, live: LiveRun, run: _Run, preview: Preview | None) -> Frames:
        if preview is not None:
            run.previews += 1
            run.preview_type = preview.format.value
        now = self._services.clock.now()
        node = live.progress.node
        told = {
            "prompt_id": live.job.id,
            **run.named,
            "node_id": node.display_node_id if node is not None else None,
            **shapes.live_progress(run.titles, live.progress, now, status_word(live.job.state)),
            "preview_seq": run.previews,
            "preview_type": run.preview_type,
        }
        return Frames(run.tenant, encode(told).decode(), preview.data if preview else None)

    async def _run(self, live: LiveRun) -> _Run | None:
        known = self._runs.get(live.job.id)
        if known is not None:
            return known
        tenant = live.job.tenant
        found = await self._services.jobs.detail(Principal(tenant), live.job.id)
        if found is None:
            return None
        extra_data = json.loads(found.payload.extra_data)
        named = {
            "workflow_id": live.job.workflow_id,
            "workflow_name": str(extra_data.get("workflow_name") or "") or shapes.UNNAMED,
        }
        run = _Run(tenant, Titles.of(found.payload.to_run), named)
        if self._services.watch.live(live.job.id) is not None:
            self._runs[live.job.id] = run
        return run

    def _forget(self, job_id: JobId) -> None:
        self._runs.pop(job_id, None)
        self._changed.pop(job_id, None)

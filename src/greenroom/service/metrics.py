"""What operators watch, as numbers of one moment."""

from collections import Counter

from greenroom.domain.clock import Millis
from greenroom.domain.delivery import DeliveryStatus
from greenroom.domain.principal import Principal
from greenroom.domain.scaling.instance import Phase
from greenroom.domain.usage import DAY_MS
from greenroom.domain.worker import WorkerStatus
from greenroom.service.deployment_views import DeploymentView, DeploymentViews
from greenroom.service.workers import Workers
from greenroom.store import job_counts, webhook_log
from greenroom.store.database import Database
from greenroom.telemetry import metrics
from greenroom.telemetry.metrics import Reading


class Metrics:
    def __init__(self, database: Database, workers: Workers, views: DeploymentViews) -> None:
        self._db = database
        self._workers = workers
        self._views = views

    async def reading(self, principal: Principal) -> Reading:
        """What the caller's tenant has, and all workers."""
        reading = Reading()
        counts = await self._db.read(lambda tx: job_counts.active_of(tx, principal.tenant))
        for state, count in counts.items():
            reading.note(metrics.JOBS, count, {"state": state.value})
        known = Counter(one.status for one in self._workers.all())
        for status in WorkerStatus:
            reading.note(metrics.WORKERS, known[status], {"status": status.value})
        for view in await self._views.all(principal):
            _note(reading, view)
        await self._note_webhooks(reading, principal)
        return reading

    async def _note_webhooks(self, reading: Reading, principal: Principal) -> None:
        now = self._db.clock.now()
        counts, resting = await self._db.read(
            lambda tx: (
                webhook_log.counts(tx, principal.tenant, Millis(now - DAY_MS)),
                webhook_log.resting(tx, principal.tenant, now),
            )
        )
        for status in DeliveryStatus:
            reading.note(metrics.WEBHOOKS, counts.get(status, 0), {"status": status.value})
        reading.note(metrics.RESTING, len(resting))


def _note(reading: Reading, view: DeploymentView) -> None:
    mine = {"deployment": view.deployment.id, "name": view.deployment.name}
    reading.note(metrics.REQUESTS, view.waiting, {**mine, "state": "waiting"})
    reading.note(metrics.REQUESTS, view.running, {**mine, "state": "running"})
    known = Counter(one.phase for one in view.instances)
    for phase in Phase:
        reading.note(metrics.INSTANCES, known[phase], {**mine, "phase": phase.value})
    if view.decision is not None:
        reading.note(metrics.WANTED, view.decision.desired, mine)
    day = view.account
    if day.cold_start_ms is not None:
        reading.note(metrics.COLD_START, day.cold_start_ms / 1000, mine)
    reading.note(metrics.BUSY, day.busy_ms / 1000, mine)
    reading.note(metrics.WARM, day.warm_ms / 1000, mine)
    good = day.starts - day.failed - day.needless
    for outcome, count in (("good", good), ("failed", day.failed), ("needless", day.needless)):
        reading.note(metrics.STARTS, count, {**mine, "outcome": outcome})

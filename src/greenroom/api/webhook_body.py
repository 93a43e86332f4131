"""What a webhook says of a job: its new status, and in the end what it made or why it failed."""

import msgspec

from greenroom.api.instants import instant
from greenroom.api.own_fields import own_fields
from greenroom.api.v2 import links, shapes
from greenroom.api.v2.statuses import STATUSES
from greenroom.domain.clock import Millis
from greenroom.domain.ids import AssetId
from greenroom.domain.job import TERMINAL_STATES
from greenroom.domain.json import JsonObject
from greenroom.domain.principal import Principal
from greenroom.service.job_views import JobView, KeptOutput
from greenroom.service.services import Services
from greenroom.service.webhook_sending import Told

LINKS_OPEN_MS = 24 * 3_600_000


class JobBody:
    """The job as API v2 shows it, with absolute links."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def write(self, told: Told) -> bytes:
        view = await self._services.job_views.get(told.owner, told.job.id)
        status = STATUSES[told.news.state]
        event = {
            "type": f"job.{status}",
            "timestamp": instant(told.delivery.at),
            "data": self._job(told, view, status),
        }
        return msgspec.json.encode(event)

    def _job(self, told: Told, view: JobView, status: str) -> JsonObject:
        job, base = told.job, told.delivery.base
        made = view.outputs if job.state in TERMINAL_STATES else ()
        return {
            "id": job.id,
            "status": status,
            "workflow_id": job.workflow_id,
            "created_at": instant(job.created_at),
            "started_at": None if job.started_at is None else instant(job.started_at),
            "completed_at": None if job.finished_at is None else instant(job.finished_at),
            "outputs": [self._output(told.owner, base, kept) for kept in made],
            "error": shapes.job_error(job),
            "urls": {"self": f"{base}{links.PREFIX}/jobs/{job.id}"},
            **own_fields(view.detail.payload),
        }

    def _output(self, owner: Principal, base: str, kept: KeptOutput) -> JsonObject:
        made = kept.asset
        url, until = self._link(owner, base, made.id)
        return {
            "node_id": kept.node_id,
            "name": made.name,
            "type": shapes.output_type(kept),
            "content_type": made.mime,
            "size_bytes": made.size,
            "id": made.id,
            "hash": f"blake3:{made.blob}",
            "url": url,
            "url_expires_at": instant(until),
        }

    def _link(self, owner: Principal, base: str, asset_id: AssetId) -> tuple[str, Millis]:
        signed = self._services.signed_links.sign(owner, asset_id, LINKS_OPEN_MS)
        return f"{base}{links.PREFIX}/signed/{asset_id}?{signed.query}", signed.expires_at

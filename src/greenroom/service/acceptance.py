"""What is decided and written together with an accepted job: its key, its secrets, its inputs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from greenroom.domain.asset import Asset
from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.input_fetch import AwaitedFile
from greenroom.domain.job import Job, JobState
from greenroom.domain.json import JsonObject
from greenroom.domain.principal import Principal
from greenroom.service.idempotency import IdempotencyKeys
from greenroom.service.vault import Vault
from greenroom.store import asset_records, input_fetches, job_counts, job_inputs

RETRY_SECONDS = 5
"""When to ask again after the queue was full."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    keys: IdempotencyKeys
    vault: Vault
    queue_limit: int = 0
    """How many jobs of a tenant may wait; 0 sets no limit."""
    limits: Mapping[TenantId, int] = field(default_factory=dict)
    """Those of single tenants, in place of `queue_limit`."""

    async def require_unused(self, principal: Principal, key: str | None) -> None:
        """KEY_REUSED as early as it can be known."""
        if key is not None:
            await self.keys.require_unused(principal, key)

    def before(self, tx: Connection, tenant: TenantId, key: str | None) -> None:
        """KEY_REUSED, QUEUE_FULL: then the whole transaction comes to nothing."""
        if key is not None:
            self.keys.claim(tx, tenant, key)
        self.require_room(tx, tenant)

    def require_room(self, tx: Connection, tenant: TenantId, jobs: int = 1) -> None:
        """QUEUE_FULL when so many more jobs cannot wait now; BAD_REQUEST when they never can."""
        most = self.limits.get(tenant, self.queue_limit)
        if not most:
            return
        if jobs > most:
            message = f"These are {jobs} jobs, but at most {most} may wait."
            raise AppError(ErrorCode.BAD_REQUEST, message)
        waiting = job_counts.in_states(tx, tenant, {JobState.QUEUED})
        if waiting + jobs > most:
            raise AppError(
                ErrorCode.QUEUE_FULL,
                f"{waiting} jobs wait already, and at most {most} may. Try again later.",
                {"retry_after": RETRY_SECONDS},
            )

    def after(
        self, tx: Connection, job: Job, secrets: JsonObject,
        inputs: Sequence[Asset], awaited: Sequence[AwaitedFile],
    ) -> None:  # fmt: skip
        """Keep what the run needs, and note what it waits for."""
        self.vault.keep(tx, job.tenant, job.id, secrets)
        keep_inputs(tx, job.id, job.created_at, inputs)
        input_fetches.add(tx, job, awaited)


def keep_inputs(tx: Connection, job_id: JobId, now: Millis, inputs: Iterable[Asset]) -> None:
    """Assets that a job reads stay until it has ended, and live as long again as they did."""
    for asset in inputs:
        job_inputs.note(tx, job_id, asset.id)
        if asset.expires_at is not None:
            lived = asset.expires_at - asset.created_at
            asset_records.keep_until(tx, asset.id, max(asset.expires_at, Millis(now + lived)))

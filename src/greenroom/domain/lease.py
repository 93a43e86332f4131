"""A lease: what makes a worker's write valid, and until when."""

from dataclasses import dataclass

from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId, LeaseToken


@dataclass(frozen=True, slots=True)
class Lease:
    job_id: JobId
    token: LeaseToken
    until: Millis

    def expired(self, now: Millis) -> bool:
        return self.until <= now


def lease_end(now: Millis, length_ms: int) -> Millis:
    return Millis(now + length_ms)


def heartbeat_interval(length_ms: int) -> float:
    """Seconds between heartbeats: three may be missed before the lease runs out."""
    return length_ms / 4000

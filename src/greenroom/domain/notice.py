"""What happened beside the changes of jobs, kept in the same log as they are."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from greenroom.domain.clock import Millis
from greenroom.domain.event import JobChanged
from greenroom.domain.ids import TenantId
from greenroom.domain.json import JsonObject


class NoticeKind(StrEnum):
    JOB_DELETED = "job.deleted"
    JOB_RETRIED = "job.retried"
    ASSETS_UPLOADED = "assets.uploaded"
    ASSETS_DELETED = "assets.deleted"
    ASSETS_SYNCED = "assets.synced"
    BACKEND_STARTED = "system.backend.started"


@dataclass(frozen=True, slots=True)
class Notice:
    kind: NoticeKind
    at: Millis
    data: JsonObject


Happening: TypeAlias = JobChanged | Notice


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the log. `id` tells it from all others and says where to go on."""

    id: int
    tenant: TenantId
    happening: Happening

"""An asset: a named file of a tenant, pointing at bytes that never change."""

from dataclasses import dataclass, field
from enum import StrEnum

from greenroom.domain.clock import Millis
from greenroom.domain.ids import AssetId, BlobHash, JobId, TenantId
from greenroom.domain.json import JsonObject


class Root(StrEnum):
    """The three folders of ComfyUI that a file name can mean."""

    INPUT = "input"
    OUTPUT = "output"
    TEMP = "temp"


@dataclass(frozen=True, slots=True)
class Extent:
    """How large and how long; None where a file has no such thing or does not say."""

    width: int | None = None
    """Pixels, as it is shown."""
    height: int | None = None
    duration_ms: int | None = None


NO_EXTENT = Extent()


@dataclass(frozen=True, slots=True)
class Asset:
    id: AssetId
    tenant: TenantId
    root: Root
    subfolder: str
    """With forward slashes, without a leading or trailing one; empty for the top."""
    name: str
    blob: BlobHash
    size: int
    """Bytes."""
    mime: str
    created_at: Millis
    job_id: JobId | None = None
    node_id: str | None = None
    file_path: str | None = None
    """What the owner called it, where that differs from the name it is kept under."""
    tags: tuple[str, ...] = ()
    expires_at: Millis | None = None
    """When it may be forgotten; None keeps it until somebody deletes it."""
    metadata: JsonObject = field(default_factory=dict, hash=False)
    """Whatever the owner says of it."""
    preview_id: AssetId | None = None
    """The asset that shows what is in this one."""
    updated_at: Millis | None = None
    """When what the owner says of it was last changed; None when never."""
    extent: Extent = NO_EXTENT

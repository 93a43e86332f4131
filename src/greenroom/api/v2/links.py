"""Links in answers: host-relative ones with whatever prefix the API is reached under."""

from greenroom.api import signed
from greenroom.api.context import Call
from greenroom.domain.clock import Millis
from greenroom.domain.ids import AssetId, JobId

PREFIX = "/api/v2"


def job_urls(call: Call, job_id: JobId) -> dict[str, str]:
    base = f"{_base(call)}/jobs/{job_id}"
    return {"self": base, "events": f"{base}/events", "cancel": f"{base}/cancel"}


def content_url(call: Call, asset_id: AssetId) -> tuple[str, Millis]:
    """Opens the bytes without a key, and until when."""
    return signed.link(call, f"{_base(call)}/signed", asset_id)


def _base(call: Call) -> str:
    before, _, _ = call.request.path.partition(PREFIX)
    return before + PREFIX

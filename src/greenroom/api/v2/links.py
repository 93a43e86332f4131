"""Links in answers: host-relative ones with whatever prefix the API is reached under."""

from urllib.parse import urlencode

from greenroom.api.context import Call
from greenroom.domain.clock import Millis
from greenroom.domain.ids import AssetId, JobId

PREFIX = "/api/v2"


def job_urls(call: Call, job_id: JobId) -> dict[str, str]:
    base = f"{_base(call)}/jobs/{job_id}"
    return {"self": base, "events": f"{base}/events", "cancel": f"{base}/cancel"}


def content_url(call: Call, asset_id: AssetId) -> tuple[str, Millis]:
    """Opens the bytes without a key, and until when."""
    signed = call.services.signed_links.sign(call.principal, asset_id)
    query = urlencode(
        {"tenant": signed.tenant, "expires": signed.expires_at, "signature": signed.signature}
    )
    path = f"{_base(call)}/signed/{asset_id}?{query}"
    return f"{_origin(call)}{path}", signed.expires_at


def _base(call: Call) -> str:
    before, _, _ = call.request.path.partition(PREFIX)
    return before + PREFIX


def _origin(call: Call) -> str:
    """As the client has it; a proxy that ends TLS says so in a header."""
    told = call.request.headers.get("X-Forwarded-Proto")
    scheme = told if told in {"http", "https"} else call.request.scheme
    return f"{scheme}://{call.request.host}"

"""The published contract of Comfy Cloud, and where it and the service differ."""

from tests.contract.openapi import Description

from greenroom.api.cloud.description import ALSO_ANSWERED, contract, description

_FOREIGN = "a page or host of somebody else; the contract has no word for it"

PUBLISHED = Description(
    contract,
    "/cloud",
    {
        **{
            (method, path, int(status)): why
            for (method, path, status), why in ALSO_ANSWERED.items()
        },
        ("get", "/api/job/{job_id}/status", 200): "the service has other words than the contract",
        ("get", "/api/queue", 200): "no object can be exactly one of two kinds of objects",
        ("get", "/api/view", 200): "thumbnails came later",
        ("post", "/api/prompt", 401): "the contract forgot who has no key",
        ("post", "/api/prompt", 413): "the contract forgot bodies that are too large",
    },
)
SERVED = Description(description, "/cloud")
"""What this server says of itself; it has the newer operations too."""

NEWER = {
    ("post", "/api/jobs/cancel"),
    ("post", "/api/jobs/{job_id}/cancel"),
    ("delete", "/api/jobs/{job_id}"),
    ("get", "/api/jobs/{job_id}/assets"),
}
"""Operations that came after the published contract."""


def check(method, path, status, content_type, body):
    PUBLISHED.check(method, path, status, content_type, body)
    SERVED.check(method, path, status, content_type, body)

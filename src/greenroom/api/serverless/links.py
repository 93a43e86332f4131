"""Links in answers: absolute ones, with the version of the path that was called."""

from urllib.parse import quote

from greenroom.api.context import Call
from greenroom.api.own_address import own_address
from greenroom.domain.asset import Asset
from greenroom.domain.ids import DeploymentId
from greenroom.domain.job import Job

PREFIX = "/prod"


def request_urls(call: Call, job: Job) -> dict[str, str]:
    base = f"{_base(call)}/deployments/{job.deployment_id}/requests/{job.id}"
    return {f"{name}_url": f"{base}/{name}" for name in ("status", "result", "cancel")}


def file_url(call: Call, asset: Asset) -> str:
    """Opens the file without a key, for a while."""
    query = call.services.signed_links.sign(call.principal, asset.id).query
    return f"{_base(call)}/files/{asset.id}/{quote(asset.name, safe='')}?{query}"


def object_info_url(call: Call, deployment_id: DeploymentId) -> str:
    return f"{_base(call)}/deployments/{deployment_id}/object_info"


def _base(call: Call) -> str:
    before, prefix, after = call.request.path.partition(PREFIX)
    version = after.strip("/").partition("/")[0]
    return f"{own_address(call.request)}{before}{prefix}/{version}"

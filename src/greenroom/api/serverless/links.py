"""Links in answers: absolute ones, with the version of the path that was called."""

from greenroom.api.context import Call
from greenroom.api.own_address import own_address
from greenroom.domain.ids import DeploymentId, JobId

PREFIX = "/prod"


def request_urls(call: Call, deployment_id: DeploymentId, job_id: JobId) -> dict[str, str]:
    base = f"{_base(call)}/deployments/{deployment_id}/requests/{job_id}"
    return {f"{name}_url": f"{base}/{name}" for name in ("status", "result", "cancel")}


def object_info_url(call: Call, deployment_id: DeploymentId) -> str:
    return f"{_base(call)}/deployments/{deployment_id}/object_info"


def _base(call: Call) -> str:
    before, prefix, after = call.request.path.partition(PREFIX)
    version = after.strip("/").partition("/")[0]
    return f"{own_address(call.request)}{before}{prefix}/{version}"

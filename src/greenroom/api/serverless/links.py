"""Links in answers: absolute ones, with the version of the path that was called."""

from dataclasses import dataclass
from urllib.parse import quote

from greenroom.api.context import Call
from greenroom.api.own_address import own_address
from greenroom.domain.asset import Asset
from greenroom.domain.ids import DeploymentId
from greenroom.domain.job import Job
from greenroom.domain.principal import Principal
from greenroom.service.signed_links import SignedLinks

PREFIX = "/prod"
_OPEN_MS = 7 * 86_400_000
"""How long links to files open."""


@dataclass(frozen=True, slots=True)
class Links:
    base: str
    """Such as `https://host/prod/v1`."""
    signed: SignedLinks
    owner: Principal

    def of_request(self, job: Job) -> dict[str, str]:
        one = f"{self.base}/deployments/{job.deployment_id}/requests/{job.id}"
        return {f"{name}_url": f"{one}/{name}" for name in ("status", "result", "cancel")}

    def file(self, asset: Asset) -> str:
        """Opens the file without a key, for a while."""
        query = self.signed.sign(self.owner, asset.id, _OPEN_MS).query
        return f"{self.base}/files/{asset.id}/{quote(asset.name, safe='')}?{query}"

    def object_info(self, deployment_id: DeploymentId) -> str:
        return f"{self.base}/deployments/{deployment_id}/object_info"


def links_of(call: Call) -> Links:
    before, prefix, after = call.request.path.partition(PREFIX)
    version = after.strip("/").partition("/")[0]
    base = f"{own_address(call.request)}{before}{prefix}/{version}"
    return Links(base, call.services.signed_links, call.principal)

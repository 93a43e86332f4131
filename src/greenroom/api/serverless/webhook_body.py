"""What a webhook of a request says: its status and, in the end, its result."""

from dataclasses import replace

from greenroom.api.serverless import links, request_shapes
from greenroom.api.serverless.statuses import RESULTS
from greenroom.api.wire import encode
from greenroom.domain.job import TERMINAL_STATES
from greenroom.service.services import Services
from greenroom.service.webhook_sending import Told


class RequestBody:
    """The result as a call would fetch it, under the name of each of the API's descriptions."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def write(self, told: Told) -> bytes:
        job, state = told.job, told.news.state
        view = await self._services.job_views.get(told.owner, job.id)
        then = replace(view, detail=replace(view.detail, job=replace(job, state=state)))
        base = f"{told.delivery.base}{links.PREFIX}/v2"
        signed = self._services.signed_links
        made = links.Links(base, signed, told.owner)
        body = {**request_shapes.result(made, then), "deployment_id": job.deployment_id}
        if state in TERMINAL_STATES:
            body["outcome"] = RESULTS[state]
        if "outputs" in body:
            body["output"] = body["outputs"]
        return encode(body)

"""The route table of the serverless API."""

from greenroom.api import signed
from greenroom.api.routes import Dialect, Route
from greenroom.api.serverless import errors, instances, links, requests
from greenroom.api.serverless.deployments import DeploymentsApi

_ALL = "/v2/deployments"
_ONE = "/v2/deployments/{deployment_id}"
_PROXY = f"{_ONE}/instances/{{instance_id}}/proxy/{{path:.*}}"
_QUEUE = "/deployments/{deployment_id}"
_REQUEST = "/deployments/{deployment_id}/requests/{request_id}"
_BOTH = ("/v1", "/v2")


def serverless() -> Dialect:
    deployments = DeploymentsApi()
    return Dialect(
        name="serverless",
        prefix=links.PREFIX,
        routes=(
            Route("POST", f"{_QUEUE}/inference", requests.inference, _BOTH),
            Route("POST", f"{_QUEUE}/runsync", requests.runsync, _BOTH),
            Route("GET", f"{_QUEUE}/requests", requests.page, _BOTH),
            Route("GET", f"{_REQUEST}/status", requests.status, _BOTH),
            Route("GET", f"{_REQUEST}/result", requests.result, _BOTH),
            Route("POST", f"{_REQUEST}/cancel", requests.cancel, _BOTH),
            Route("GET", "/files/{id}/{name}", signed.content, _BOTH, public=True),
            Route("POST", _ALL, deployments.create),
            Route("GET", _ALL, deployments.page),
            Route("GET", _ONE, deployments.show),
            Route("PATCH", _ONE, deployments.change),
            Route("DELETE", _ONE, deployments.delete),
            Route("GET", f"{_ONE}/object_info", deployments.object_info),
            Route("GET", _PROXY, instances.relay),
            Route("POST", _PROXY, instances.relay),
        ),
        errors=errors.answer,
    )

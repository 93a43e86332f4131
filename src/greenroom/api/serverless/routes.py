"""The route table of the serverless API."""

from greenroom.api.routes import Dialect, Route
from greenroom.api.serverless import errors, links
from greenroom.api.serverless.deployments import DeploymentsApi

_ALL = "/v2/deployments"
_ONE = "/v2/deployments/{deployment_id}"


def serverless() -> Dialect:
    deployments = DeploymentsApi()
    return Dialect(
        name="serverless",
        prefix=links.PREFIX,
        routes=(
            Route("POST", _ALL, deployments.create),
            Route("GET", _ALL, deployments.page),
            Route("GET", _ONE, deployments.show),
            Route("PATCH", _ONE, deployments.change),
            Route("DELETE", _ONE, deployments.delete),
            Route("GET", f"{_ONE}/object_info", deployments.object_info),
        ),
        errors=errors.answer,
    )

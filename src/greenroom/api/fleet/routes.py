"""The workers' API: the route table."""

from greenroom.api.fleet import errors, workers
from greenroom.api.routes import Dialect, Route

FLEET = Dialect(
    name="fleet",
    prefix="/api/admin/workers",
    routes=(
        Route("GET", "", workers.show),
        Route("POST", "", workers.add),
        Route("GET", "/{id}", workers.show_one),
        Route("DELETE", "/{id}", workers.remove),
        Route("POST", "/{id}/pause", workers.pause),
        Route("POST", "/{id}/resume", workers.resume),
        Route("POST", "/{id}/drain", workers.drain),
        Route("POST", "/{id}/refresh", workers.refresh),
    ),
    errors=errors.answer,
)

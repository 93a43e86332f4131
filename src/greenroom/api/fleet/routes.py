"""The API of workers and tenants: the route table."""

from greenroom.api.fleet import errors, tenants, workers
from greenroom.api.routes import Dialect, Route

FLEET = Dialect(
    name="fleet",
    prefix="/api/admin",
    routes=(
        Route("GET", "/workers", workers.show),
        Route("POST", "/workers", workers.add),
        Route("GET", "/workers/{id}", workers.show_one),
        Route("DELETE", "/workers/{id}", workers.remove),
        Route("POST", "/workers/{id}/pause", workers.pause),
        Route("POST", "/workers/{id}/resume", workers.resume),
        Route("POST", "/workers/{id}/drain", workers.drain),
        Route("POST", "/workers/{id}/refresh", workers.refresh),
        Route("GET", "/tenants", tenants.show),
        Route("POST", "/tenants/{id}/pause", tenants.pause),
        Route("POST", "/tenants/{id}/resume", tenants.resume),
    ),
    errors=errors.answer,
)

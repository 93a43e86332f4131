"""The API of workers and tenants, for operators, and of workers elsewhere: the route tables."""

from greenroom.api.fleet import errors, files, line, tenants, workers
from greenroom.api.operators import for_operators
from greenroom.api.routes import Dialect, Route

FLEET = Dialect(
    name="fleet",
    prefix="/api/admin",
    routes=(
        Route("GET", "/workers", workers.show),
        Route("POST", "/workers", for_operators(workers.add)),
        Route("GET", "/workers/{id}", workers.show_one),
        Route("DELETE", "/workers/{id}", for_operators(workers.remove)),
        Route("POST", "/workers/{id}/pause", for_operators(workers.pause)),
        Route("POST", "/workers/{id}/resume", for_operators(workers.resume)),
        Route("POST", "/workers/{id}/drain", for_operators(workers.drain)),
        Route("POST", "/workers/{id}/refresh", for_operators(workers.refresh)),
        Route("GET", "/tenants", tenants.show),
        Route("PATCH", "/tenants/{id}", tenants.change),
        Route("POST", "/tenants/{id}/pause", tenants.pause),
        Route("POST", "/tenants/{id}/resume", tenants.resume),
    ),
    errors=errors.answer,
)

_OUTPUT = "/{worker}/outputs/{digest}"

STATIONS = Dialect(
    name="stations",
    prefix="/api/worker",
    routes=(
        Route("GET", "", line.terms, for_workers=True),
        Route("GET", "/line", line.connect, for_workers=True),
        Route("GET", "/{worker}/inputs/{digest}", files.send_input, for_workers=True),
        Route("GET", _OUTPUT, files.how_much_arrived, for_workers=True),
        Route("PUT", _OUTPUT, files.take_piece, for_workers=True),
    ),
    errors=errors.answer,
)

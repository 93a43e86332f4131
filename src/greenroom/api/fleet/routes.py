"""The workers' API: what operators ask, and what workers elsewhere do."""

from greenroom.api.fleet import errors, files, line, workers
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

"""The library's API: the route table."""

from greenroom.api.library import batches, errors, jobs, workflows
from greenroom.api.routes import Dialect, Route

LIBRARY = Dialect(
    name="library",
    prefix="/api/admin/library",
    routes=(
        Route("GET", "/workflows", workflows.show),
        Route("POST", "/workflows", workflows.take_in),
        Route("GET", "/workflows/{id}", workflows.show_one),
        Route("PATCH", "/workflows/{id}", workflows.change),
        Route("DELETE", "/workflows/{id}", workflows.delete),
        Route("GET", "/workflows/{id}/export", workflows.export),
        Route("POST", "/workflows/{id}/bind", workflows.bind),
        Route("POST", "/jobs", jobs.submit),
        Route("POST", "/batches", batches.submit),
        Route("GET", "/batches/{id}", batches.show),
        Route("GET", "/batches/{id}/jobs", batches.jobs),
        Route("POST", "/batches/{id}/cancel", batches.cancel),
    ),
    errors=errors.answer,
)

"""The route table of API v2."""

from greenroom.api import signed
from greenroom.api.routes import Dialect, Route
from greenroom.api.v2 import assets, errors, health, jobs, links, listing
from greenroom.api.v2.events import Events
from greenroom.api.v2.shared_views import SharedViews
from greenroom.api.v2.watchers import Watchers
from greenroom.service.services import Services


def v2(services: Services) -> Dialect:
    watchers = Watchers(services.watch)
    events = Events(watchers, SharedViews(services.job_views))
    return Dialect(
        name="v2",
        prefix=links.PREFIX,
        routes=(
            Route("POST", "/assets", assets.upload),
            Route("POST", "/assets/from-hash", assets.from_hash, errors=errors.blob_error),
            Route("HEAD", "/assets/by-hash/{hash}", assets.by_hash, errors=errors.blob_error),
            Route("GET", "/assets/{id}", assets.show),
            Route("DELETE", "/assets/{id}", assets.delete),
            Route("GET", "/assets/{id}/content", assets.content),
            Route("GET", "/signed/{id}", signed.content, public=True),
            Route("POST", "/jobs", jobs.submit),
            Route("GET", "/jobs", listing.page),
            Route("GET", "/jobs/{id}", jobs.show),
            Route("GET", "/jobs/{id}/workflow", jobs.workflow),
            Route("GET", "/jobs/{id}/events", events.open, errors=errors.stream_error),
            Route("POST", "/jobs/{id}/cancel", jobs.cancel),
            Route("GET", "/health", health.show, public=True),
        ),
        errors=errors.answer,
        lifespan=watchers.running,
        farewell=watchers.farewell,
    )

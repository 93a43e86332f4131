"""The route table of Comfy Cloud's API."""

from greenroom.api.cloud import (
    assets,
    errors,
    history,
    info,
    jobs,
    node_shapes,
    prompts,
    queue,
    signed_links,
    tags,
    upload,
    userdata,
)
from greenroom.api.cloud.thumbnails import Thumbnails
from greenroom.api.cloud.view import View
from greenroom.api.cloud.voice import CLOUD
from greenroom.api.comfy import models, system
from greenroom.api.comfy.hub import Hub
from greenroom.api.comfy.object_info import ObjectInfoPages
from greenroom.api.comfy.pictures import Pictures
from greenroom.api.comfy.prompts import remaining
from greenroom.api.comfy.socket import Socket
from greenroom.api.routes import Dialect, Route
from greenroom.service.services import Services

PREFIX = "/cloud"


def cloud(services: Services, hosts: frozenset[str] = frozenset()) -> Dialect:
    """Below the prefix and, for requests to one of `hosts`, at the root as well."""
    hub = Hub(services, CLOUD)
    return Dialect(
        name="cloud",
        prefix=PREFIX,
        hosts=hosts,
        routes=(
            *_jobs(),
            *_files(),
            *_assets(),
            *_info(),
            *_user(),
            Route("GET", "/ws", Socket(hub, info.flags).open),
        ),
        errors=errors.answer,
        lifespan=hub.running,
        farewell=hub.say_farewell,
    )


def _jobs() -> tuple[Route, ...]:
    return (
        Route("POST", "/api/prompt", prompts.submit, errors=errors.prompt_error),
        Route("GET", "/api/prompt", remaining),
        Route("GET", "/api/jobs", jobs.show),
        Route("POST", "/api/jobs/cancel", jobs.cancel_many),
        Route("GET", "/api/jobs/{job_id}", jobs.show_one),
        Route("DELETE", "/api/jobs/{job_id}", jobs.delete),
        Route("POST", "/api/jobs/{job_id}/cancel", jobs.cancel),
        Route("GET", "/api/jobs/{job_id}/assets", jobs.assets),
        Route("GET", "/api/job/{job_id}/status", jobs.status),
        Route("POST", "/api/history", history.change),
        Route("GET", "/api/history_v2", history.show),
        Route("GET", "/api/history_v2/{prompt_id}", history.show_one),
        Route("GET", "/api/queue", queue.show),
        Route("POST", "/api/queue", queue.change),
        Route("POST", "/api/interrupt", queue.interrupt),
    )


def _files() -> tuple[Route, ...]:
    pictures, thumbnails = Pictures(), Thumbnails()
    uploads, view = upload.Uploads(pictures), View(pictures, thumbnails)
    content = signed_links.SignedContent(thumbnails)
    return (
        Route("GET", "/api/view", view.show, errors=errors.view_error),
        Route("GET", signed_links.PATH, content.show, errors=errors.view_error, public=True),
        Route("GET", "/api/files/mask-layers", upload.mask_layers),
        Route("POST", "/api/upload/image", uploads.image, errors=errors.upload_error),
        Route("POST", "/api/upload/mask", uploads.mask, errors=errors.upload_error),
    )


def _assets() -> tuple[Route, ...]:
    return (
        Route("GET", "/api/assets", assets.page),
        Route("POST", "/api/assets", assets.upload),
        Route("POST", "/api/assets/from-hash", assets.from_hash),
        Route("GET", "/api/assets/remote-metadata", assets.remote_metadata),
        Route("POST", "/api/assets/download", assets.download),
        Route("GET", "/api/assets/tags/refine", tags.histogram),
        Route("HEAD", "/api/assets/hash/{hash}", assets.by_hash),
        Route("GET", "/api/assets/{id}", assets.show),
        Route("PUT", "/api/assets/{id}", assets.change),
        Route("DELETE", "/api/assets/{id}", assets.delete),
        Route("POST", "/api/assets/{id}/tags", tags.add),
        Route("DELETE", "/api/assets/{id}/tags", tags.remove),
        Route("GET", "/api/tags", tags.page),
    )


def _info() -> tuple[Route, ...]:
    pages = ObjectInfoPages(node_shapes.worded)
    return (
        Route("GET", "/api/object_info", pages.show),
        Route("GET", "/api/features", info.features),
        Route("GET", "/api/system_stats", system.stats),
        Route("GET", "/api/workflow_templates", info.nothing),
        Route("GET", "/api/global_subgraphs", info.nothing),
        Route("GET", "/api/global_subgraphs/{id}", info.not_here),
        Route("GET", "/api/experiment/models", models.rich_folders),
        Route("GET", "/api/experiment/models/{folder}", models.rich_files),
        Route(
            "GET",
            "/api/experiment/models/preview/{folder}/{path_index}/{filename:.+}",
            info.not_here,
        ),
    )


def _user() -> tuple[Route, ...]:
    text = errors.user_file_error
    return (
        Route("GET", "/api/user", info.user),
        Route("GET", "/api/userdata", userdata.listing, errors=text),
        Route("GET", "/api/userdata/{file:.+}", userdata.read, errors=text),
        Route("POST", "/api/userdata/{file:.+}", userdata.write, errors=text),
        Route("DELETE", "/api/userdata/{file:.+}", userdata.delete, errors=text),
    )

"""ComfyUI's own API: the route table."""

from functools import partial

from greenroom.api.comfy import models, page_files, system
from greenroom.api.comfy.hub import Hub
from greenroom.api.comfy.object_info import ObjectInfoPages
from greenroom.api.comfy.pictures import Pictures
from greenroom.api.comfy.prompts import remaining
from greenroom.api.comfy.socket import Socket
from greenroom.api.context import Handler
from greenroom.api.native import (
    errors,
    features,
    history,
    internal,
    jobs,
    prompts,
    queue,
    settings,
    upload,
    userdata,
    view,
)
from greenroom.api.native.users import Users
from greenroom.api.routes import Dialect, ErrorAnswer, Route
from greenroom.service.services import Services

_BOTH = ("", "/api")
"""Every route of ComfyUI's main table exists plainly and below /api."""
_BARE = ("",)
_API = ("/api",)


def native(services: Services, *, multi_user: bool = False) -> Dialect:
    hub, users = Hub(services), Users(several=multi_user)
    return Dialect(
        name="native",
        routes=(
            *_queue(),
            *_jobs(),
            *_files(Pictures()),
            *_info(ObjectInfoPages()),
            *_users(users),
            *_settings(users),
            *_userdata(users),
            *_internal(),
            Route("GET", "/ws", Socket(hub, features.flags).open, _BOTH),
        ),
        errors=errors.prompt_error,
        lifespan=hub.running,
        farewell=hub.say_farewell,
    )


def _queue() -> tuple[Route, ...]:
    return (
        Route("POST", "/prompt", prompts.submit, _BOTH),
        Route("GET", "/prompt", remaining, _BOTH),
        Route("GET", "/queue", queue.show, _BOTH),
        Route("POST", "/queue", queue.change, _BOTH),
        Route("POST", "/interrupt", queue.interrupt, _BOTH),
        Route("POST", "/free", queue.free, _BOTH),
        Route("GET", "/history", history.show, _BOTH),
        Route("POST", "/history", history.change, _BOTH),
        Route("GET", "/history/{prompt_id}", history.show_one, _BOTH),
    )


def _jobs() -> tuple[Route, ...]:
    """Declared below /api already, so the doubled prefix exists as well; plainly it is an alias."""
    prefixes = ("", "/api", "/api/api")
    table: tuple[tuple[str, str, Handler], ...] = (
        ("GET", "/jobs", jobs.show),
        ("GET", "/jobs/{job_id}", jobs.show_one),
        ("POST", "/jobs/cancel", jobs.cancel_many),
        ("POST", "/jobs/{job_id}/cancel", jobs.cancel),
    )
    return tuple(
        Route(method, path, handler, prefixes, errors.jobs_error) for method, path, handler in table
    )


def _files(pictures: Pictures) -> tuple[Route, ...]:
    viewer, uploads = view.View(pictures), upload.Uploads(pictures)
    return (
        _bodiless("GET", "/view", viewer.show),
        _bodiless("GET", "/view_metadata/{folder}", models.metadata),
        _bodiless("POST", "/upload/image", uploads.image),
        _bodiless("POST", "/upload/mask", uploads.mask),
    )


def _info(pages: ObjectInfoPages) -> tuple[Route, ...]:
    return (
        Route("GET", "/object_info", pages.show, _BOTH),
        Route("GET", "/object_info/{node_class}", pages.show_one, _BOTH),
        Route("GET", "/system_stats", system.stats, _BOTH),
        Route("GET", "/features", features.show, _BOTH),
        Route("GET", "/embeddings", models.embeddings, _BOTH),
        Route("GET", "/extensions", page_files.scripts, _BOTH),
        _bodiless("GET", "/extensions/{pack}/{path:.+}", page_files.extension),
        Route("GET", "/workflow_templates", page_files.templates, _BOTH),
        Route(
            "GET",
            "/workflow_templates/{pack}/{path:.+}",
            page_files.template,
            _API,
            errors.bare_error,
        ),
        Route("GET", "/i18n", system.translations, _BOTH),
        Route("GET", "/node_replacements", system.node_replacements, _BOTH),
        Route("GET", "/global_subgraphs", system.subgraphs, _BOTH),
        Route("GET", "/global_subgraphs/{id}", system.subgraph, _BOTH),
        Route("GET", "/models", models.folders, _BOTH),
        _bodiless("GET", "/models/{folder}", models.files),
        Route("GET", "/experiment/models", models.rich_folders, _BOTH),
        _bodiless("GET", "/experiment/models/{folder}", models.rich_files),
        _bodiless(
            "GET",
            "/experiment/models/preview/{folder}/{index}/{filename:.*}",
            page_files.model_preview,
        ),
        Route("GET", "/assets", system.assets_disabled, _API),
        Route("GET", "/assets/{rest:.*}", system.assets_disabled, _API),
        Route("POST", "/assets", system.assets_disabled, _API),
        Route("POST", "/assets/{rest:.*}", system.assets_disabled, _API),
        Route("GET", "/tags", system.assets_disabled, _API),
    )


def _users(users: Users) -> tuple[Route, ...]:
    return (
        Route("GET", "/users", users.show, _BOTH, errors.jobs_error),
        Route("POST", "/users", users.add, _BOTH, errors.jobs_error),
    )


def _settings(users: Users) -> tuple[Route, ...]:
    table: tuple[tuple[str, str, Handler], ...] = (
        ("GET", "/settings", settings.show),
        ("POST", "/settings", settings.merge),
        ("GET", "/settings/{id}", settings.show_one),
        ("POST", "/settings/{id}", settings.put_one),
    )
    return tuple(
        Route(method, path, users.own(handler, settings.unauthorized), _BOTH)
        for method, path, handler in table
    )


def _userdata(users: Users) -> tuple[Route, ...]:
    table: tuple[tuple[str, str, Handler, ErrorAnswer], ...] = (
        ("GET", "/userdata", userdata.listing, errors.text_error),
        ("GET", "/userdata/{file}", userdata.read, errors.user_file_error),
        ("POST", "/userdata/{file}", userdata.write, errors.user_file_error),
        ("DELETE", "/userdata/{file}", userdata.delete, errors.user_file_error),
        ("POST", "/userdata/{file}/move/{dest}", userdata.move, errors.user_file_error),
    )
    tree = users.own(userdata.tree, partial(userdata.stranger, 403))
    return (
        Route("GET", "/v2/userdata", tree, _BOTH, errors.text_error),
        *(
            Route(method, path, users.own(handler, userdata.stranger), _BOTH, worded)
            for method, path, handler, worded in table
        ),
    )


def _internal() -> tuple[Route, ...]:
    table: tuple[tuple[str, str, Handler], ...] = (
        ("GET", "/internal/logs", internal.logs),
        ("GET", "/internal/logs/raw", internal.raw_logs),
        ("PATCH", "/internal/logs/subscribe", internal.subscribe),
        ("GET", "/internal/folder_paths", internal.folder_paths),
        ("GET", "/internal/files/{directory_type}", internal.files),
    )
    return tuple(Route(method, path, handler, _BARE) for method, path, handler in table)


def _bodiless(method: str, path: str, handler: Handler) -> Route:
    return Route(method, path, handler, _BOTH, errors.bare_error)

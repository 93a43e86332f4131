"""The Studio API: the route table."""

from greenroom.api.routes import Dialect, Route
from greenroom.api.studio import (
    assets,
    errors,
    events,
    jobs,
    nodes,
    package,
    pictures,
    runs,
    system,
    workflows,
)
from greenroom.api.studio.presets import PresetsApi
from greenroom.api.studio.prompts import PromptsApi
from greenroom.api.studio.socket import Live
from greenroom.service.presets import Presets
from greenroom.service.saved_prompts import SavedPrompts
from greenroom.service.services import Services


def studio(services: Services) -> Dialect:
    live = Live(services)
    return Dialect(
        name="studio",
        prefix="/api",
        routes=(
            *_JOBS,
            *_RUNS,
            Route("GET", "/run/ws", live.open, told_on_socket=True),
            Route("GET", "/admin/events", events.show),
            Route("GET", "/comfyui/view", pictures.view),
            *_LIBRARY,
            *_ASSETS,
            *_presets(PresetsApi(Presets(services.userdata, services.runner))),
            *_prompts(PromptsApi(SavedPrompts(services.userdata))),
            Route("GET", "/health", system.health, public=True),
            Route("GET", "/admin/telemetry", system.telemetry),
            Route("GET", "/admin/settings", system.settings),
            Route("PUT", "/admin/settings", system.change_settings),
            Route("GET", "/admin/nodes", nodes.show),
        ),
        errors=errors.answer,
        lifespan=live.running,
        farewell=live.say_farewell,
    )


def _presets(api: PresetsApi) -> tuple[Route, ...]:
    one = "/admin/presets/{preset_id}"
    return (
        Route("GET", "/admin/presets", api.show),
        Route("POST", "/admin/presets", api.save),
        Route("POST", "/admin/presets/import", api.take_in),
        Route("GET", one, api.one),
        Route("DELETE", one, api.delete),
        Route("PUT", f"{one}/rename", api.rename),
        Route("GET", f"{one}/export", api.export),
        Route("GET", f"{one}/placeholders", api.placeholders),
        Route("POST", f"{one}/run", api.run),
    )


def _prompts(api: PromptsApi) -> tuple[Route, ...]:
    return (
        Route("GET", "/admin/prompts", api.show),
        Route("POST", "/admin/prompts", api.save),
        Route("DELETE", "/admin/prompts/{prompts_id}", api.delete),
    )


_JOBS = (
    Route("GET", "/admin/queue", jobs.queue),
    Route("GET", "/admin/history", jobs.history),
    Route("POST", "/admin/history/delete", jobs.delete),
    Route("POST", "/admin/history/retry", jobs.retry, errors=errors.retry_answer),
    Route("GET", "/admin/history/{prompt_id}", jobs.one),
    Route("GET", "/admin/history/{prompt_id}/package", package.download),
)
_RUNS = (
    Route("POST", "/run/upload-image", runs.upload),
    Route("POST", "/run/extract-workflow", pictures.extract),
    Route("GET", "/run/extract-workflow/{filename:.+}", pictures.extract_stored),
    Route("GET", "/run/status/{prompt_id}", runs.status),
    Route("GET", "/run/result/{prompt_id}", runs.result),
    Route("GET", "/run/{workflow_id}", runs.manifest),
    Route("POST", "/run/{workflow_id}/build", runs.build),
    Route("POST", "/run/{workflow_id}/execute", runs.execute),
)
_LIBRARY = (
    Route("GET", "/admin/workflows", workflows.show),
    Route("POST", "/admin/workflows/sync", workflows.sync),
    Route("GET", "/admin/workflows/{workflow_id}", workflows.show_one),
)
_ASSETS = (
    Route("POST", "/admin/assets/upload-inputs", assets.upload),
    Route("POST", "/admin/assets/delete", assets.delete),
    Route("GET", "/admin/assets/input-stats", assets.stats),
    Route("POST", "/admin/assets/sync-inputs", assets.sync),
    Route("GET", "/admin/assets/{type}", assets.show),
    Route("GET", "/admin/outputs-zip", assets.everything),
)

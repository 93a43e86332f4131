"""Put the dialects' route tables into one application; refuse overlaps at start-up."""

import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

from aiohttp import web

from greenroom.api.context import Call, Handler
from greenroom.api.credentials import Credentials
from greenroom.api.origin import OriginRule
from greenroom.api.routes import Cleanup, Dialect, ErrorAnswer, Farewell, Lifespan, Route
from greenroom.api.settings import EdgeSettings
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.principal import Principal
from greenroom.service.services import Services

_log = logging.getLogger(__name__)
_PLACEHOLDER = re.compile(r"\{[^}]*\}")


class Gate:
    """The one check that every request passes before its handler, and the one place for errors."""

    def __init__(self, services: Services, settings: EdgeSettings) -> None:
        self._services = services
        self._origin = OriginRule(settings)
        self._credentials = Credentials(settings.api_key)

    def guard(
        self, route: Route, errors: ErrorAnswer
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        handler: Handler = route.handler
        services, principal = self._services, Principal()
        check = _admit if route.public else self._check

        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                check(request)
                return await handler(Call(request, services, principal))
            except AppError as error:
                return errors(error)
            except (web.HTTPException, ConnectionError):
                raise
            except Exception:  # noqa: BLE001 - the last resort: logged here, told as INTERNAL
                _log.exception("%s %s failed", request.method, request.path)
                return errors(AppError(ErrorCode.INTERNAL, "Something went wrong in the server."))

        return answer

    def _check(self, request: web.Request) -> None:
        self._origin.check(request)
        self._credentials.check(request)


def mount(app: web.Application, gate: Gate, dialects: Iterable[Dialect]) -> None:
    """Add every route of every dialect; ValueError names two that claim the same."""
    owners: dict[tuple[str, str], str] = {}
    for dialect in dialects:
        for route in dialect.routes:
            guarded = gate.guard(route, route.errors or dialect.errors)
            for prefix in route.prefixes:
                path = dialect.prefix + prefix + route.path
                _claim(owners, dialect.name, route.method, path)
                app.router.add_route(route.method, path, guarded)
                if route.method == "GET":
                    app.router.add_route("HEAD", path, guarded)
        if dialect.lifespan is not None:
            app.cleanup_ctx.append(_kept(dialect.lifespan))
        if dialect.farewell is not None:
            app.on_shutdown.append(_told(dialect.farewell))


def _claim(owners: dict[tuple[str, str], str], name: str, method: str, path: str) -> None:
    claim = (method, _PLACEHOLDER.sub("{}", path))
    if claim in owners:
        raise ValueError(f"{name} and {owners[claim]} both claim {method} {path}")
    owners[claim] = name


def _kept(lifespan: Lifespan) -> Cleanup:
    async def keep(_app: web.Application) -> AsyncIterator[None]:
        async with lifespan():
            yield

    return keep


def _told(farewell: Farewell) -> Callable[[web.Application], Awaitable[None]]:
    async def tell(_app: web.Application) -> None:
        await farewell()

    return tell


def _admit(_request: web.Request) -> None:
    """Probes come without a key."""

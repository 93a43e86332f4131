"""Put the dialects' route tables into one application; refuse overlaps at start-up."""

import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import TypeAlias

from aiohttp import web

from greenroom.api.by_host import by_host
from greenroom.api.context import Call, Handler
from greenroom.api.credentials import ANYBODY, Caller, Credentials
from greenroom.api.csrf import is_upgrade
from greenroom.api.login_cookie import keep_login
from greenroom.api.open_requests import OpenRequests
from greenroom.api.origin import OriginRule
from greenroom.api.refusal import refusal
from greenroom.api.routes import Cleanup, Dialect, ErrorAnswer, Farewell, Lifespan, Route
from greenroom.api.settings import EdgeSettings
from greenroom.api.turned_away import turn_away
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.service.services import Services

_log = logging.getLogger(__name__)
_Answer: TypeAlias = Callable[[web.Request, Caller], Awaitable[web.StreamResponse]]
_BROKEN_BODY = "The body has not come whole, or is not in the encoding that it names."
_PLACEHOLDER = re.compile(r"\{[^}]*\}")


class Gate:
    """The one check that every request passes before its handler, and the one place for errors."""

    def __init__(self, services: Services, settings: EdgeSettings) -> None:
        self._services = services
        self._origin = OriginRule(settings)
        self._credentials = Credentials(services, settings)
        self._open = OpenRequests()
        services.keys.listen(lambda: self._open.cut(self._credentials.stands))

    def guard(
        self, route: Route, errors: ErrorAnswer
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        answer = self._answering(route.handler, errors)
        if route.public:
            return _open_to_all(answer)
        identify = self._credentials.identify
        if route.for_workers:
            identify = self._credentials.identify_worker

        async def checked(request: web.Request) -> web.StreamResponse:
            try:
                self._origin.check(request)
                caller = identify(request)
            except AppError as error:
                if route.told_on_socket and is_upgrade(request) and _lacks_key(error):
                    return await turn_away(request)
                return refusal(request, error, errors, page=route.page)
            self._open.enter(caller.key, request)
            try:
                response = await answer(request, caller)
            finally:
                self._open.leave(request)
            if caller.renewal is not None and not response.prepared:
                keep_login(response, request, caller.renewal)
            return response

        return checked

    def _answering(self, handler: Handler, errors: ErrorAnswer) -> _Answer:
        services = self._services

        async def answer(request: web.Request, caller: Caller) -> web.StreamResponse:
            try:
                return await handler(Call(request, services, caller.principal))
            except AppError as error:
                return errors(error)
            except web.RequestPayloadError:
                return errors(AppError(ErrorCode.BAD_REQUEST, _BROKEN_BODY))
            except (web.HTTPException, ConnectionError):
                raise
            except Exception:  # noqa: BLE001 - the last resort: logged here, told as INTERNAL
                _log.exception("%s %s failed", request.method, request.path)
                return errors(AppError(ErrorCode.INTERNAL, "Something went wrong in the server."))

        return answer


def mount(app: web.Application, gate: Gate, dialects: Iterable[Dialect]) -> None:
    """Add every route of every dialect; ValueError names two that claim the same."""
    owners: dict[tuple[str, str], str] = {}
    for dialect in dialects:
        for route in dialect.routes:
            paths = [dialect.prefix + prefix + route.path for prefix in route.prefixes]
            for path in paths:
                _claim(owners, dialect.name, route.method, path)
            _add(app, gate, dialect, route, paths)
        if dialect.hosts:
            app.router.register_resource(by_host(dialect.hosts, _alone(dialect, gate)))
        if dialect.lifespan is not None:
            app.cleanup_ctx.append(_kept(dialect.lifespan))
        if dialect.farewell is not None:
            app.on_shutdown.append(_told(dialect.farewell))


def _lacks_key(error: AppError) -> bool:
    return error.code is ErrorCode.UNAUTHORIZED


def _alone(dialect: Dialect, gate: Gate) -> web.Application:
    """The dialect's routes at the root, without its prefix."""
    app = web.Application()
    for route in dialect.routes:
        _add(app, gate, dialect, route, [prefix + route.path for prefix in route.prefixes])
    app.freeze()
    return app


def _add(
    app: web.Application, gate: Gate, dialect: Dialect, route: Route, paths: Iterable[str]
) -> None:
    guarded = gate.guard(route, route.errors or dialect.errors)
    for path in paths:
        app.router.add_route(route.method, path, guarded)
        if route.method == "GET":
            app.router.add_route("HEAD", path, guarded)


def _open_to_all(answer: _Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def unchecked(request: web.Request) -> web.StreamResponse:
        return await answer(request, ANYBODY)

    return unchecked


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

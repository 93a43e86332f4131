"""Routes that stand at the root for requests to some host names, in front of all others."""

from aiohttp import web
from aiohttp.web_urldispatcher import AbstractRuleMatching, MatchedSubAppResource, _InfoDict
from yarl import URL


def by_host(names: frozenset[str], app: web.Application) -> MatchedSubAppResource:
    """What the application has no route for is answered as for any other host."""
    return MatchedSubAppResource(_HostRule(names, app), app)


class _HostRule(AbstractRuleMatching):
    def __init__(self, names: frozenset[str], app: web.Application) -> None:
        self._names = names
        self._router = app.router

    async def match(self, request: web.Request) -> bool:
        if _name(request.headers.get("Host", "")) not in self._names:
            return False
        found = await self._router.resolve(request)
        return found.http_exception is None or found.http_exception.status != 404

    def get_info(self) -> _InfoDict:
        return {}

    @property
    def canonical(self) -> str:
        return ", ".join(sorted(self._names))


def _name(host: str) -> str | None:
    """Without the port."""
    try:
        return URL(f"//{host}").host
    except ValueError:
        return None

"""One call: the request with the services and the caller it goes to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from aiohttp import web

from greenroom.domain.principal import Principal
from greenroom.service.services import Services


@dataclass(frozen=True, slots=True)
class Call:
    request: web.Request
    services: Services
    principal: Principal

    def query(self, name: str) -> str | None:
        """The first value of a query parameter; None when it is not there."""
        return self.request.query.get(name)

    def part(self, name: str) -> str:
        """The value of a placeholder in the route's path, decoded."""
        return self.request.match_info[name]


Handler: TypeAlias = Callable[[Call], Awaitable[web.StreamResponse]]

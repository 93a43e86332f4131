"""One look at a job for all streams that ask for it at the same time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeAlias, TypeVar

from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.principal import Principal
from greenroom.service.job_views import JobView, JobViews

_PLACE_HOLDS_S = 1.0
"""How long a place in the queue is told again without another look."""

T = TypeVar("T")
_Key: TypeAlias = tuple[TenantId, JobId]


class _Looks(Generic[T]):
    def __init__(self, read: Callable[[Principal, JobId], Awaitable[T]], holds: float) -> None:
        self._read = read
        self._holds = holds
        self._looks: dict[_Key, asyncio.Task[T]] = {}

    async def get(self, principal: Principal, job_id: JobId) -> T:
        key = principal.tenant, job_id
        look = self._looks.get(key)
        if look is None:
            look = self._looks[key] = asyncio.create_task(self._look(key, principal))
        # Who goes away must not take the answer from the others.
        return await asyncio.shield(look)

    async def _look(self, key: _Key, principal: Principal) -> T:
        # All who were woken by the same event ask before this goes on.
        await asyncio.sleep(0)
        if self._holds:
            asyncio.get_running_loop().call_later(self._holds, self._looks.pop, key)
        else:
            del self._looks[key]
        return await self._read(principal, key[1])


class SharedViews:
    def __init__(self, views: JobViews) -> None:
        self._views = _Looks(views.get, 0.0)
        self._places = _Looks(views.position, _PLACE_HOLDS_S)

    async def get(self, principal: Principal, job_id: JobId) -> JobView:
        """As it is now. NOT_FOUND."""
        return await self._views.get(principal, job_id)

    async def position(self, principal: Principal, job_id: JobId) -> int | None:
        """As it was a second ago at most."""
        return await self._places.get(principal, job_id)

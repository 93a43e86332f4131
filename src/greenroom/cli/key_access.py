"""The keys of an installation: through its server, or in its database when none runs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Protocol
from urllib.parse import quote

import msgspec

from greenroom.cli.client import Client
from greenroom.config import Config
from greenroom.data_folder import DataFolder
from greenroom.domain.api_key import KeyRole
from greenroom.domain.ids import DEFAULT_TENANT

_PATH = "/api/admin/keys"


class KeyLine(msgspec.Struct, frozen=True):
    """A key without the key itself. Times are milliseconds since the Unix epoch."""

    id: str
    name: str
    created_at: int
    last_used_at: int | None = None
    revoked_at: int | None = None
    role: str = KeyRole.CLIENT.value
    tenant: str = DEFAULT_TENANT


class MadeKey(KeyLine, frozen=True, kw_only=True):
    key: str


class _Page(msgspec.Struct, frozen=True):
    keys: list[KeyLine]


class KeyAccess(Protocol):
    """A tenant of None is the caller's own."""

    async def create(self, name: str, role: KeyRole, tenant: str | None) -> MadeKey: ...

    async def all(self, tenant: str | None) -> list[KeyLine]: ...

    async def of_every_tenant(self) -> list[KeyLine]: ...

    async def revoke(self, wanted: str, tenant: str | None, *, even_last: bool) -> KeyLine: ...


@contextlib.asynccontextmanager
async def key_access(server: str | None, config: Config) -> AsyncIterator[KeyAccess]:
    """STORAGE_* when there is neither a server nor a database that can be used."""
    url = server or await asyncio.to_thread(DataFolder(config.data_folder).server_url)
    if url is not None:
        async with Client(url, config.api_key) as client:
            yield _OverHttp(client)
        return
    from greenroom.cli.key_database import key_database  # noqa: PLC0415 - slow to load

    async with key_database(config) as access:
        yield access


class _OverHttp:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def create(self, name: str, role: KeyRole, tenant: str | None) -> MadeKey:
        told = {"name": name, "role": role.value, "tenant": tenant}
        return await self._client.ask("POST", _PATH, MadeKey, json=told)

    async def all(self, tenant: str | None) -> list[KeyLine]:
        query = {} if tenant is None else {"tenant": tenant}
        return (await self._client.ask("GET", _PATH, _Page, params=query)).keys

    async def of_every_tenant(self) -> list[KeyLine]:
        return await self.all("*")

    async def revoke(self, wanted: str, tenant: str | None, *, even_last: bool) -> KeyLine:
        query = {"last": "true"} if even_last else {}
        query |= {} if tenant is None else {"tenant": tenant}
        path = f"{_PATH}/{quote(wanted, safe='')}"
        return await self._client.ask("DELETE", path, KeyLine, params=query)

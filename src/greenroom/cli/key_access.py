"""The keys of an installation: through its server, or in its database when none runs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Protocol
from urllib.parse import quote

import msgspec

from greenroom.assets.blobs import storage_error
from greenroom.cli.client import Client
from greenroom.config import Config
from greenroom.data_folder import DataFolder
from greenroom.domain.api_key import ApiKey, KeyRole
from greenroom.domain.ids import DEFAULT_TENANT, TenantId
from greenroom.domain.principal import Principal, clean_tenant
from greenroom.service.keys import Keys

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
    from greenroom.store.database import Database  # noqa: PLC0415 - slow to load

    try:
        await asyncio.to_thread(config.data_folder.mkdir, parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(error) from error
    database = await Database.open(config.database_url)
    try:
        yield _InDatabase(Keys(database), config.api_key is not None)
    finally:
        await database.close()


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


class _InDatabase:
    def __init__(self, keys: Keys, has_another: bool) -> None:
        self._keys = keys
        self._owner = Principal()
        self._has_another = has_another

    async def create(self, name: str, role: KeyRole, tenant: str | None) -> MadeKey:
        made = await self._keys.create(
            self._owner, name, role, _named(tenant), even_first=self._has_another
        )
        return MadeKey(
            id=made.key.id,
            name=made.key.name,
            created_at=made.key.created_at,
            role=made.key.role.value,
            tenant=made.key.tenant,
            key=made.secret,
        )

    async def all(self, tenant: str | None) -> list[KeyLine]:
        return [_line(key) for key in await self._keys.all(self._owner, _named(tenant))]

    async def of_every_tenant(self) -> list[KeyLine]:
        return [_line(key) for key in await self._keys.of_every_tenant(self._owner)]

    async def revoke(self, wanted: str, tenant: str | None, *, even_last: bool) -> KeyLine:
        return _line(
            await self._keys.revoke(self._owner, wanted, _named(tenant), even_last=even_last)
        )


def _named(tenant: str | None) -> TenantId | None:
    return None if tenant is None else clean_tenant(tenant)


def _line(key: ApiKey) -> KeyLine:
    return KeyLine(
        key.id, key.name, key.created_at, key.last_used_at, key.revoked_at, key.role.value,
        key.tenant,
    )  # fmt: skip

"""The keys of an installation whose server does not run, in its database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from greenroom.assets.storage_error import storage_error
from greenroom.cli.key_access import KeyAccess, KeyLine, MadeKey
from greenroom.config import Config
from greenroom.domain.api_key import ApiKey, KeyRole
from greenroom.domain.ids import TenantId
from greenroom.domain.principal import Principal, clean_tenant
from greenroom.service.keys import Keys
from greenroom.store.database import Database


@contextlib.asynccontextmanager
async def key_database(config: Config) -> AsyncIterator[KeyAccess]:
    """STORAGE_* when the database cannot be used."""
    try:
        await asyncio.to_thread(config.data_folder.mkdir, parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(error) from error
    database = await Database.open(config.database_url)
    try:
        yield _InDatabase(Keys(database), config.api_key is not None)
    finally:
        await database.close()


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

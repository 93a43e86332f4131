"""API keys: make, list and revoke them, and know at once which ones are valid.

Requests ask memory, which is read anew every few seconds: another process may change the keys.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from greenroom.domain import ids
from greenroom.domain.api_key import ApiKey, KeyRole, clean_name, digest_of, mint
from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DEFAULT_TENANT, KeyId, TenantId
from greenroom.domain.principal import Principal
from greenroom.store import api_keys as rows
from greenroom.store.database import Database

_NOTE_AFTER_MS = 60_000
"""A use is stored when the one that is stored is older."""


@dataclass(frozen=True, slots=True)
class NewKey:
    key: ApiKey
    secret: str
    """The key itself, which nobody can be told again."""


class Keys:
    def __init__(self, database: Database) -> None:
        self._db = database
        self._known: dict[KeyId, ApiKey] = {}
        self._valid: dict[str, ApiKey] = {}
        self._revoked: frozenset[str] = frozenset()
        self._lent: dict[str, ApiKey] = {}
        self._uses: dict[KeyId, Millis] = {}
        self._changing = asyncio.Lock()
        self._listeners: list[Callable[[], None]] = []

    @property
    def exist(self) -> bool:
        """Whether any valid key of a client is stored."""
        return bool(self._digests(KeyRole.CLIENT))

    @property
    def workers_have_keys(self) -> bool:
        """Whether any valid key of a worker is stored."""
        return bool(self._digests(KeyRole.WORKER))

    def find(self, digest: str) -> ApiKey | None:
        """The valid key with this digest.

        What the time of the look-up tells about a digest says nothing about a key.
        """
        return self._valid.get(digest) or self._lent.get(digest)

    def with_id(self, key_id: KeyId) -> ApiKey | None:
        """The valid key with this id."""
        candidates = (*self._valid.values(), *self._lent.values())
        return next((key for key in candidates if key.id == key_id), None)

    def was_revoked(self, digest: str) -> bool:
        return digest in self._revoked

    def note_use(self, key: ApiKey) -> None:
        self._uses[key.id] = self._db.clock.now()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever other keys are valid than before."""
        self._listeners.append(listener)

    def lend(self) -> str:
        """A key for this process alone: never stored, and it does not count as one that exists."""
        key_id = ids.new_key_id()
        secret = mint(key_id)
        key = ApiKey(key_id, DEFAULT_TENANT, "lent", digest_of(secret), self._db.clock.now())
        self._lent[key.digest] = key
        return secret

    async def refresh(self) -> None:
        """Store what was used, and read which keys there are."""
        async with self._changing:
            await self._store_uses()
            await self._read()

    async def all(self, principal: Principal, tenant: TenantId | None = None) -> list[ApiKey]:
        """The keys of a tenant, of the caller's own when none is named; revoked ones too.

        The oldest first. FORBIDDEN.
        """
        return await self._of({principal.acting_for(tenant)})

    async def of_every_tenant(self, principal: Principal) -> list[ApiKey]:
        """As all(), of every tenant that the caller may see."""
        if not principal.is_operator:
            return await self._of({principal.tenant})
        await self.refresh()
        return await self._of({key.tenant for key in self._known.values()})

    async def create(
        self, principal: Principal, name: str, role: KeyRole = KeyRole.CLIENT,
        tenant: TenantId | None = None, *, even_first: bool = False,
    ) -> NewKey:  # fmt: skip
        """A new key, of the caller's tenant when none is named.

        BAD_REQUEST for an impossible name, FORBIDDEN, CONFLICT for one that is taken, or for a
        client's in another tenant before the operator has one, unless that is meant.
        """
        key_id, owner = ids.new_key_id(), principal.acting_for(tenant)
        secret = mint(key_id)
        now = self._db.clock.now()
        key = ApiKey(key_id, owner, clean_name(name), digest_of(secret), now, role=role)
        async with self._changing:
            await self._read()
            locks_out = role is KeyRole.CLIENT and owner != principal.tenant
            if locks_out and not even_first and not self._operators():
                raise AppError(
                    ErrorCode.CONFLICT,
                    "With this key the server would ask everybody for one, and you would have "
                    "none. Make your own first: greenroom keys create NAME",
                )
            if not await self._db.write(lambda tx: rows.add(tx, key)):
                raise AppError(ErrorCode.CONFLICT, f"A key is called {key.name!r} already.")
            await self._read()
        return NewKey(key, secret)

    async def revoke(
        self, principal: Principal, wanted: str, tenant: TenantId | None = None,
        *, even_last: bool,
    ) -> ApiKey:  # fmt: skip
        """End a key, by its id or its name, and everything that is open with it.

        A name is one of the tenant, the caller's own when none is named. NOT_FOUND, FORBIDDEN.
        CONFLICT for the last valid one of a client, or of the operator, unless that is meant.
        """
        async with self._changing:
            await self._read()
            key = self._named(principal, wanted, principal.acting_for(tenant))
            if key.revoked_at is not None:
                return key
            if not even_last:
                self._refuse_last(key)
            now = self._db.clock.now()
            await self._db.write(lambda tx: rows.revoke(tx, key.id, now))
            await self._read()
        return replace(key, revoked_at=now)

    def _digests(self, role: KeyRole) -> set[str]:
        return {digest for digest, key in self._valid.items() if key.role is role}

    def _operators(self) -> set[str]:
        """The digests of the keys that may steer every tenant."""
        known = self._valid.items()
        return {
            digest
            for digest, key in known
            if key.role is KeyRole.CLIENT and key.tenant == DEFAULT_TENANT
        }

    def _refuse_last(self, key: ApiKey) -> None:
        if self._digests(KeyRole.CLIENT) == {key.digest}:
            raise AppError(
                ErrorCode.CONFLICT,
                "It is the last key; without one a server on loopback lets everybody in. "
                "Make another key first, or insist with --last.",
            )
        if self._operators() == {key.digest}:
            raise AppError(
                ErrorCode.CONFLICT,
                "It is the last key of the operator; the others steer their own tenants only. "
                "Make another key first, or insist with --last.",
            )

    async def _of(self, tenants: Collection[TenantId]) -> list[ApiKey]:
        await self.refresh()
        return [
            replace(key, last_used_at=self._uses.get(key.id, key.last_used_at))
            for key in self._known.values()
            if key.tenant in tenants
        ]

    def _named(self, principal: Principal, wanted: str, tenant: TenantId) -> ApiKey:
        known = self._known.values()
        found = [
            key
            for key in known
            if key.id == wanted and (principal.is_operator or key.tenant == tenant)
        ]
        found += [
            key
            for key in known
            if key.name == wanted and key.revoked_at is None and key.tenant == tenant
        ]
        if not found:
            raise AppError(ErrorCode.NOT_FOUND, f"There is no key {wanted!r}.")
        return found[0]

    async def _store_uses(self) -> None:
        due = {}
        for key_id, at in self._uses.items():
            key = self._known.get(key_id)
            if key is not None and at - (key.last_used_at or 0) > _NOTE_AFTER_MS:
                due[key_id] = at
        if due:
            await self._db.write(lambda tx: rows.note_uses(tx, due))

    async def _read(self) -> None:
        found = await self._db.read(rows.every)
        before = set(self._valid)
        self._known = {key.id: key for key in found}
        self._valid = {key.digest: key for key in found if key.revoked_at is None}
        self._revoked = frozenset(key.digest for key in found if key.revoked_at is not None)
        if set(self._valid) != before:
            for listener in tuple(self._listeners):
                listener()

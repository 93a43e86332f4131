"""Single-use keys: whoever presents one first is served, everybody after that is refused."""

import contextlib
from collections.abc import AsyncIterator

from sqlalchemy import Connection

from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import TenantId
from greenroom.domain.principal import Principal
from greenroom.store import idempotency
from greenroom.store.database import Database

_LIFETIME_MS = 24 * 3_600_000
_LONGEST = 255


class IdempotencyKeys:
    def __init__(self, database: Database) -> None:
        self._db = database

    async def require_unused(self, principal: Principal, key: str) -> None:
        """KEY_REUSED before any work is done; BAD_REQUEST for what cannot be a key."""
        if len(key) > _LONGEST:
            raise AppError(
                ErrorCode.BAD_REQUEST, f"An Idempotency-Key has at most {_LONGEST} characters."
            )
        limit = self._limit()
        if await self._db.read(lambda tx: idempotency.is_claimed(tx, principal.tenant, key, limit)):
            raise _reused(key)

    def claim(self, tx: Connection, tenant: TenantId, key: str) -> None:
        """Use the key up together with what the transaction writes; KEY_REUSED undoes both."""
        if not idempotency.claim(tx, tenant, key, self._db.clock.now(), self._limit()):
            raise _reused(key)

    @contextlib.asynccontextmanager
    async def held(self, principal: Principal, key: str | None) -> AsyncIterator[None]:
        """The key is used up from the beginning, and given back when the block fails. KEY_REUSED.

        None is no key. A server that dies meanwhile does not know what came of it: it stays used.
        """
        if key is None:
            yield
            return
        await self.require_unused(principal, key)
        await self._db.write(lambda tx: self.claim(tx, principal.tenant, key))
        try:
            yield
        except BaseException:
            await self._db.write(lambda tx: idempotency.release(tx, principal.tenant, key))
            raise

    async def forget_old(self) -> int:
        """Drop the keys that may be used again; says how many."""
        limit = self._limit()
        return await self._db.write(lambda tx: idempotency.forget(tx, limit))

    def _limit(self) -> Millis:
        return Millis(self._db.clock.now() - _LIFETIME_MS)


def _reused(key: str) -> AppError:
    return AppError(
        ErrorCode.KEY_REUSED,
        "This Idempotency-Key was used before. Look for what that request made instead of "
        "repeating it.",
        {"idempotency_key": key},
    )

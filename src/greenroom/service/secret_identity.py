"""Which secret a database is used with: its fingerprint, never the secret itself."""

from collections.abc import Callable
from dataclasses import dataclass

from blake3 import blake3
from sqlalchemy import Connection

from greenroom.domain.ids import DEFAULT_TENANT
from greenroom.service.vault import Vault
from greenroom.store import sealed
from greenroom.store import settings as setting_rows
from greenroom.store.database import Database

_CONTEXT = "greenroom 2026 fingerprint of the server secret"
_USER = "__server__"
"""The settings of this name are the installation's own; no user can have it."""
_KEY = "secret_fingerprint"


@dataclass(frozen=True, slots=True)
class Renewed:
    """What became of that which was sealed with the old secret."""

    kept: int
    lost: int
    """What the old secret did not open, or for want of one."""


class SecretIdentity:
    def __init__(self, database: Database) -> None:
        self._db = database

    async def known(self) -> str | None:
        """The fingerprint; None for a database that no server was started with."""
        return await self._db.read(known)

    async def claim(self, secret: bytes) -> bool:
        """Whether the database is used with this secret; the first one that asks decides."""
        mine = fingerprint(secret)
        if await self._db.read(known) is None:
            await self._db.write(
                lambda tx: setting_rows.put_once(tx, DEFAULT_TENANT, _USER, _KEY, mine)
            )
        return await self._db.read(known) == mine

    async def renew(self, old: bytes | None, new: bytes) -> Renewed:
        """Use the database with `new` from now on, and seal with it what `old` opens."""
        opener, sealer = None if old is None else Vault(old), Vault(new)

        def anew(text: bytes, owner: str) -> bytes | None:
            opened = None if opener is None else opener.opened(text, owner)
            return None if opened is None else sealer.seal(opened, owner)

        return await self._db.write(lambda tx: _renew(tx, anew, fingerprint(new)))


def fingerprint(secret: bytes) -> str:
    """32 hex digits, from which nobody gets the secret."""
    return blake3(secret, derive_key_context=_CONTEXT).hexdigest()[:32]


def known(tx: Connection) -> str | None:
    """The fingerprint; None for a database that no server was started with."""
    value = setting_rows.get(tx, DEFAULT_TENANT, _USER, _KEY)
    return value if isinstance(value, str) else None


def _renew(tx: Connection, anew: Callable[[bytes, str], bytes | None], mine: str) -> Renewed:
    kept = lost = 0
    for one in sealed.every(tx):
        text = anew(one.text, one.owner)
        kept, lost = (kept + 1, lost) if text is not None else (kept, lost + 1)
        sealed.put(tx, one, text)
    setting_rows.put(tx, DEFAULT_TENANT, _USER, {_KEY: mine})
    return Renewed(kept, lost)

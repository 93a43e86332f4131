"""Secrets, sealed before they are stored: what comes with a job is open only for its run."""

import json
import os
from functools import cached_property
from typing import TYPE_CHECKING, cast

from blake3 import blake3
from sqlalchemy import Connection

from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.json import JsonObject
from greenroom.store import secrets

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_CONTEXT = "greenroom 2026 job secrets"
_NONCE = 12
"""Bytes."""


class Vault:
    def __init__(self, server_secret: bytes) -> None:
        self._key = blake3(server_secret, derive_key_context=_CONTEXT).digest()

    def keep(self, tx: Connection, tenant: TenantId, job_id: JobId, given: JsonObject) -> None:
        """Store what came with a job; they are erased with the write that ends it."""
        if not given:
            return
        secrets.keep(tx, tenant, job_id, self.seal(json.dumps(given).encode(), job_id))

    def of_job(self, tx: Connection, job_id: JobId) -> JsonObject:
        """What was stored; nothing when there was none, or the server's secret is another now."""
        sealed = secrets.of_job(tx, job_id)
        text = None if sealed is None else self.opened(sealed, job_id)
        return {} if text is None else cast("JsonObject", json.loads(text))

    def seal(self, text: bytes, owner: str) -> bytes:
        """What only opens for the same owner, on a server with the same secret."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, text, owner.encode())

    def opened(self, sealed: bytes, owner: str) -> bytes | None:
        """None when it was sealed for another owner, or with another secret."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as below

        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], owner.encode())
        except InvalidTag:
            return None

    @cached_property
    def _cipher(self) -> "AESGCM":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - 7 MB that a server without secrets never needs

        return AESGCM(self._key)

"""Keys for paid services that come with a job: sealed in the database, open only for its run."""

import json
import os
from typing import cast

from blake3 import blake3
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection

from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.json import JsonObject
from greenroom.store import secrets

_CONTEXT = "greenroom 2026 job secrets"
_NONCE = 12
"""Bytes."""


class Vault:
    def __init__(self, server_secret: bytes) -> None:
        key = blake3(server_secret, derive_key_context=_CONTEXT).digest()
        self._cipher = AESGCM(key)

    def keep(self, tx: Connection, tenant: TenantId, job_id: JobId, given: JsonObject) -> None:
        """Store what came with a job; they are erased with the write that ends it."""
        if not given:
            return
        nonce = os.urandom(_NONCE)
        sealed = self._cipher.encrypt(nonce, json.dumps(given).encode(), job_id.encode())
        secrets.keep(tx, tenant, job_id, nonce + sealed)

    def of_job(self, tx: Connection, job_id: JobId) -> JsonObject:
        """What was stored; nothing when there was none, or the server's secret is another now."""
        sealed = secrets.of_job(tx, job_id)
        if sealed is None:
            return {}
        try:
            text = self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], job_id.encode())
        except InvalidTag:
            return {}
        return cast("JsonObject", json.loads(text))

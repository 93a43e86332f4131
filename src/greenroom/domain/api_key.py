"""API keys: how one is made, and what is kept of it."""

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum

from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import KeyId, TenantId

CONFIGURED = KeyId("configured")
"""Stands for the key of the configuration, which has no row."""

_LONGEST_NAME = 100


class KeyRole(StrEnum):
    """What a key is good for: one role gives nothing of the other."""

    CLIENT = "client"
    """Everything but a worker's work: jobs, files, orders to workers, other keys."""
    WORKER = "worker"
    """To be given jobs and to hand in what they made."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is stored: never the key itself."""

    id: KeyId
    tenant: TenantId
    name: str
    digest: str
    created_at: Millis
    last_used_at: Millis | None = None
    """To the minute."""
    revoked_at: Millis | None = None
    role: KeyRole = KeyRole.CLIENT


def mint(key_id: KeyId) -> str:
    """A new key: its id, and 256 random bits behind it."""
    return f"{key_id}_{secrets.token_urlsafe(32)}"


def digest_of(key: str) -> str:
    """64 hex digits. A key is too random to be guessed from them, so a quick hash is enough."""
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()


def clean_name(text: str) -> str:
    """The name without space around it; BAD_REQUEST for one that cannot be shown on a line."""
    name = text.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise AppError(
            ErrorCode.BAD_REQUEST, f"A key's name has 1 to {_LONGEST_NAME} printable characters."
        )
    return name

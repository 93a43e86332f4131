"""The id types, and the functions that mint them."""

import os
import secrets
import uuid
from collections import deque
from typing import NewType

JobId = NewType("JobId", str)
"""A canonical lower-case UUID: what ComfyUI calls `prompt_id`."""
WorkerId = NewType("WorkerId", str)
TenantId = NewType("TenantId", str)
AssetId = NewType("AssetId", str)
BlobHash = NewType("BlobHash", str)
"""64 hex digits: the blake3 of the bytes."""
LeaseToken = NewType("LeaseToken", str)
DeploymentId = NewType("DeploymentId", str)
KeyId = NewType("KeyId", str)
"""`gr_` and 8 hex digits: how an API key begins, and what it may be called aloud."""

DeliveryId = NewType("DeliveryId", str)
"""`msg_` and 24 hex digits: what a webhook's receiver tells repeated deliveries by."""

DEFAULT_TENANT = TenantId("default")


_UUID_BYTES = 16
_BLOCK = 256 * _UUID_BYTES
_spare: deque[bytes] = deque()


def new_job_id() -> JobId:
    return JobId(str(uuid.UUID(bytes=_random_bytes(), version=4)))


def new_asset_id() -> AssetId:
    return AssetId(str(uuid.uuid4()))


def new_worker_id(kind: str) -> WorkerId:
    """A readable id such as `cpu-1f09ab`."""
    return WorkerId(f"{kind}-{secrets.token_hex(3)}")


def new_deployment_id() -> DeploymentId:
    return DeploymentId(str(uuid.uuid4()))


def new_batch_id() -> str:
    return str(uuid.uuid4())


def new_lease_token() -> LeaseToken:
    return LeaseToken(secrets.token_hex(16))


def new_key_id() -> KeyId:
    return KeyId(f"gr_{secrets.token_hex(4)}")


def new_delivery_id() -> DeliveryId:
    return DeliveryId(f"msg_{secrets.token_hex(12)}")


def new_short_id() -> str:
    """Six hex digits, to tell apart what was made in the same second."""
    return secrets.token_hex(3)


def new_session_id() -> str:
    """32 hex digits: the id of a WebSocket session that names none itself."""
    return uuid.uuid4().hex


def _random_bytes() -> bytes:
    """From blocks: each call to the system lets another thread in, which costs more than the id."""
    try:
        return _spare.pop()
    except IndexError:
        block = os.urandom(_BLOCK)
        pieces = (block[at : at + _UUID_BYTES] for at in range(0, _BLOCK, _UUID_BYTES))
        _spare.extend(pieces)
        return os.urandom(_UUID_BYTES)


def is_canonical_uuid(text: str) -> bool:
    """Whether `text` is a UUID in lower case with hyphens, the only form of a job's id."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False

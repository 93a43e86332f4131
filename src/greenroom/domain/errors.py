"""AppError and the closed list of error codes."""

from enum import StrEnum

from greenroom.domain.json import JsonValue


class ErrorCode(StrEnum):
    """What went wrong, as the caller should understand it. Each dialect maps every code once."""

    BAD_REQUEST = "bad_request"
    INVALID_JSON = "invalid_json"
    INVALID_GRAPH = "invalid_graph"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    KEY_REUSED = "key_reused"
    HASH_MISMATCH = "hash_mismatch"
    MISSING_ASSET = "missing_asset"
    IN_USE = "in_use"
    ILLEGAL_TRANSITION = "illegal_transition"
    LEASE_LOST = "lease_lost"
    TOO_LARGE = "too_large"
    UNSUPPORTED_MEDIA = "unsupported_media"
    DISABLED = "disabled"
    GONE = "gone"
    QUEUE_FULL = "queue_full"
    STORAGE_FULL = "storage_full"
    STORAGE_UNAVAILABLE = "storage_unavailable"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class AppError(Exception):
    """The one exception that crosses layers: a code, a message for people, details for programs.

    For INVALID_GRAPH the details are ComfyUI's own answer: {"error": {...}, "node_errors": {...}}.
    """

    def __init__(
        self, code: ErrorCode, message: str, details: dict[str, JsonValue] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details: dict[str, JsonValue] = details or {}

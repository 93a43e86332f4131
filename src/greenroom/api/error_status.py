"""The HTTP status of every error code; a dialect names only where it differs."""

from typing import assert_never

from greenroom.domain.errors import ErrorCode


def status_of(code: ErrorCode) -> int:  # noqa: C901, PLR0911, PLR0912 - one table over a closed list
    match code:
        case (
            ErrorCode.BAD_REQUEST
            | ErrorCode.INVALID_JSON
            | ErrorCode.INVALID_GRAPH
            | ErrorCode.MISSING_ASSET
        ):
            return 400
        case ErrorCode.UNAUTHORIZED:
            return 401
        case ErrorCode.FORBIDDEN:
            return 403
        case ErrorCode.NOT_FOUND:
            return 404
        case (
            ErrorCode.CONFLICT
            | ErrorCode.KEY_REUSED
            | ErrorCode.HASH_MISMATCH
            | ErrorCode.IN_USE
            | ErrorCode.ILLEGAL_TRANSITION
            | ErrorCode.LEASE_LOST
            | ErrorCode.DISABLED
        ):
            return 409
        case ErrorCode.GONE:
            return 410
        case ErrorCode.TOO_LARGE:
            return 413
        case ErrorCode.UNSUPPORTED_MEDIA:
            return 415
        case ErrorCode.QUEUE_FULL:
            return 429
        case ErrorCode.INTERNAL:
            return 500
        case ErrorCode.STORAGE_UNAVAILABLE | ErrorCode.UNAVAILABLE:
            return 503
        case ErrorCode.STORAGE_FULL:
            return 507
        case _:
            assert_never(code)

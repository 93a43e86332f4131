"""A failed write to the disk as the caller should hear of it."""

import errno

from greenroom.domain.errors import AppError, ErrorCode


def storage_error(error: OSError) -> AppError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return AppError(ErrorCode.STORAGE_FULL, "The disk is full: free some space and try again.")
    return AppError(
        ErrorCode.STORAGE_UNAVAILABLE, f"The data folder cannot be written: {error.strerror}."
    )

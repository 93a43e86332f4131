"""The exit codes of every command, and which one an error gives."""

from enum import IntEnum
from typing import assert_never

from greenroom.domain.errors import ErrorCode


class ExitCode(IntEnum):
    OK = 0
    """Done."""
    FAILED = 1
    """The job failed, was canceled or got lost; or `doctor` found a problem."""
    USAGE = 2
    """The command line, a setting or the workflow file cannot be used as it is."""
    UNREACHABLE = 3
    """No server answers, or it cannot take jobs now."""
    REFUSED = 4
    """The server refused: an invalid workflow, a missing key, a limit."""
    NOT_FOUND = 5
    """There is no such job or file."""
    CONFLICT = 6
    """Something else is in the way: another server on the folder or the port."""
    STORAGE = 7
    """The disk is full, or the data folder or database cannot be used."""
    INTERNAL = 70
    """A fault in Greenroom itself; `--debug` shows where."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C."""


def exit_code(code: ErrorCode) -> ExitCode:  # noqa: PLR0911 - one table over a closed list
    """The exit code that an error of this kind ends a command with."""
    match code:
        case ErrorCode.BAD_REQUEST | ErrorCode.INVALID_JSON:
            return ExitCode.USAGE
        case ErrorCode.UNAVAILABLE:
            return ExitCode.UNREACHABLE
        case (
            ErrorCode.INVALID_GRAPH
            | ErrorCode.UNAUTHORIZED
            | ErrorCode.FORBIDDEN
            | ErrorCode.TOO_LARGE
            | ErrorCode.UNSUPPORTED_MEDIA
            | ErrorCode.QUEUE_FULL
            | ErrorCode.HASH_MISMATCH
            | ErrorCode.DISABLED
        ):
            return ExitCode.REFUSED
        case ErrorCode.NOT_FOUND | ErrorCode.MISSING_ASSET | ErrorCode.GONE:
            return ExitCode.NOT_FOUND
        case (
            ErrorCode.CONFLICT
            | ErrorCode.KEY_REUSED
            | ErrorCode.IN_USE
            | ErrorCode.ILLEGAL_TRANSITION
            | ErrorCode.LEASE_LOST
        ):
            return ExitCode.CONFLICT
        case ErrorCode.STORAGE_FULL | ErrorCode.STORAGE_UNAVAILABLE:
            return ExitCode.STORAGE
        case ErrorCode.INTERNAL:
            return ExitCode.INTERNAL
        case _:
            assert_never(code)

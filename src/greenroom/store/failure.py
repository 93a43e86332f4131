"""What a database error means to the rest of the program."""

import sqlite3
import sys
from enum import Enum, auto

from sqlalchemy.exc import DBAPIError

from greenroom.domain.errors import AppError, ErrorCode


class Trouble(Enum):
    """Kinds of trouble that the store knows how to answer."""

    FULL = auto()
    UNAVAILABLE = auto()
    DISCONNECTED = auto()
    """The connection is gone, and with it the transaction."""
    CONFLICT = auto()
    """The transaction lost against another one and may be repeated."""
    OTHER = auto()
    """A mistake in a statement or its values."""


_SQLITE: dict[int, Trouble] = {
    sqlite3.SQLITE_FULL: Trouble.FULL,
    sqlite3.SQLITE_READONLY: Trouble.UNAVAILABLE,
    sqlite3.SQLITE_IOERR: Trouble.UNAVAILABLE,
    sqlite3.SQLITE_CANTOPEN: Trouble.UNAVAILABLE,
    sqlite3.SQLITE_BUSY: Trouble.UNAVAILABLE,
    sqlite3.SQLITE_LOCKED: Trouble.UNAVAILABLE,
    sqlite3.SQLITE_PERM: Trouble.UNAVAILABLE,
    sqlite3.SQLITE_CORRUPT: Trouble.UNAVAILABLE,
    sqlite3.SQLITE_NOTADB: Trouble.UNAVAILABLE,
    sqlite3.SQLITE_NOMEM: Trouble.UNAVAILABLE,
}

_DISK_FULL = "53100"
_CONFLICTS = frozenset({"40001", "40P01"})
_READ_ONLY = "25006"
_LOST = ("08", "57P")
"""Connection exceptions, and a server that shuts down or starts up."""
_RESOURCES = ("53", "58")
"""Out of memory or connections, and errors of the system below."""


def cause(error: BaseException) -> BaseException:
    """The driver's error below SQLAlchemy's, or the error itself."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig
    return error


def trouble(error: BaseException) -> Trouble:
    root = cause(error)
    if isinstance(root, sqlite3.Error):
        code = getattr(root, "sqlite_errorcode", None)
        return Trouble.OTHER if code is None else _SQLITE.get(code & 0xFF, Trouble.OTHER)
    # On SQLite the other driver is never loaded: it would slow the start by a twentieth.
    if "psycopg" in sys.modules:
        return _postgresql(root)
    return Trouble.OTHER


def _postgresql(error: BaseException) -> Trouble:  # noqa: PLR0911 - one answer a kind of error
    import psycopg  # noqa: PLC0415 - it is loaded already

    if not isinstance(error, psycopg.Error):
        return Trouble.OTHER
    code = error.sqlstate
    if code is None:
        lost = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return Trouble.DISCONNECTED if lost else Trouble.OTHER
    if code == _DISK_FULL:
        return Trouble.FULL
    if code in _CONFLICTS:
        return Trouble.CONFLICT
    if code.startswith(_LOST):
        return Trouble.DISCONNECTED
    if code == _READ_ONLY or code.startswith(_RESOURCES):
        return Trouble.UNAVAILABLE
    return Trouble.OTHER


def translated(error: BaseException) -> BaseException:
    """The AppError that callers may show, or the error itself when it is a mistake of ours."""
    match trouble(error):
        case Trouble.FULL:
            told: BaseException = AppError(
                ErrorCode.STORAGE_FULL,
                "The disk is full: nothing of this request was stored. Make room and try again.",
            )
        case Trouble.UNAVAILABLE | Trouble.DISCONNECTED | Trouble.CONFLICT:
            told = AppError(
                ErrorCode.STORAGE_UNAVAILABLE,
                "The database cannot be used now: nothing of this request was stored.",
            )
        case Trouble.OTHER:
            return error
    told.__cause__ = cause(error)
    return told

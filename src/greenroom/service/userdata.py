"""What ComfyUI's frontend keeps for each user: small files by path, and settings by key."""

import json
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from sqlalchemy import Connection

from greenroom.domain import ids
from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonValue
from greenroom.domain.principal import Principal
from greenroom.store import settings as setting_rows
from greenroom.store import userdata as rows
from greenroom.store.database import Database

_SETTINGS_FILE = "comfy.settings.json"
_USERS = "__users__"
"""The settings of this name hold the user names; no user can have it."""

_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class UserFile:
    path: str
    """With forward slashes, from the user's own folder."""
    size: int
    """Bytes."""
    created_at: Millis
    modified_at: Millis


@dataclass(frozen=True, slots=True)
class Content:
    file: UserFile
    data: bytes


class UserData:
    def __init__(self, database: Database) -> None:
        self._db = database

    async def files(self, principal: Principal) -> list[UserFile]:
        """Every file of the user, by path."""
        found = await self._db.read(lambda tx: rows.files(tx, principal.tenant, principal.user))
        return [_file(row) for row in found]

    async def read(self, principal: Principal, path: str) -> Content | None:
        key = clean_path(path)

        def work(tx: Connection) -> Content | None:
            row = rows.info(tx, principal.tenant, principal.user, key)
            data = rows.read(tx, principal.tenant, principal.user, key)
            return None if row is None or data is None else Content(_file(row), data)

        return await self._db.read(work)

    async def write(
        self, principal: Principal, path: str, data: bytes, *, overwrite: bool
    ) -> UserFile:
        """CONFLICT when the path is taken and may not be overwritten."""
        key = clean_path(path)
        now = self._db.clock.now()

        def work(tx: Connection) -> UserFile:
            self._refuse_folders(tx, principal, key)
            taken = rows.info(tx, principal.tenant, principal.user, key) is not None
            if taken and not overwrite:
                raise _exists()
            return _file(rows.write(tx, principal.tenant, principal.user, key, data, now))

        return await self._db.write(work)

    async def move(
        self, principal: Principal, source: str, target: str, *, overwrite: bool
    ) -> UserFile:
        """NOT_FOUND without a source, CONFLICT when the target may not be overwritten."""
        old, new = clean_path(source), clean_path(target)
        now = self._db.clock.now()
        tenant, user = principal.tenant, principal.user

        def work(tx: Connection) -> UserFile:
            if rows.info(tx, tenant, user, old) is None:
                raise AppError(ErrorCode.NOT_FOUND, "File not found")
            self._refuse_folders(tx, principal, new)
            if not overwrite and rows.info(tx, tenant, user, new) is not None:
                raise _exists()
            rows.move(tx, tenant, user, old, new, now)
            return next(_file(row) for row in rows.files(tx, tenant, user) if row.path == new)

        return await self._db.write(work)

    async def delete(self, principal: Principal, path: str) -> bool:
        key = clean_path(path)
        return await self._db.write(
            lambda tx: rows.delete(tx, principal.tenant, principal.user, key)
        )

    async def settings(self, principal: Principal) -> dict[str, JsonValue]:
        return await self._db.read(
            lambda tx: setting_rows.get_all(tx, principal.tenant, principal.user)
        )

    async def put_settings(self, principal: Principal, values: Mapping[str, JsonValue]) -> None:
        """Set some keys; the others stay. The file of all settings follows."""
        tenant, user, now = principal.tenant, principal.user, self._db.clock.now()

        def work(tx: Connection) -> None:
            setting_rows.put(tx, tenant, user, values)
            text = json.dumps(setting_rows.get_all(tx, tenant, user), indent=4)
            rows.write(tx, tenant, user, _SETTINGS_FILE, text.encode(), now)

        await self._db.write(work)

    async def users(self, principal: Principal) -> dict[str, JsonValue]:
        """User id -> name."""
        return await self._db.read(lambda tx: setting_rows.get_all(tx, principal.tenant, _USERS))

    async def add_user(self, principal: Principal, name: str) -> str:
        """The new user's id; BAD_REQUEST for a name that is empty, taken or kept for us."""
        wanted = name.strip()
        if not wanted:
            raise AppError(ErrorCode.BAD_REQUEST, "username not provided")
        if wanted.startswith("__") or len(wanted) > _LONGEST_NAME or not wanted.isprintable():
            raise AppError(ErrorCode.BAD_REQUEST, "This cannot be a username.")
        user_id = f"{_id_part(wanted)}_{ids.new_asset_id()}"

        def work(tx: Connection) -> None:
            if wanted in setting_rows.get_all(tx, principal.tenant, _USERS).values():
                raise AppError(ErrorCode.BAD_REQUEST, "Duplicate username.")
            setting_rows.put(tx, principal.tenant, _USERS, {user_id: wanted})

        await self._db.write(work)
        return user_id

    def _refuse_folders(self, tx: Connection, principal: Principal, key: str) -> None:
        """A path cannot be a file and the folder of another."""
        for row in rows.files(tx, principal.tenant, principal.user):
            if row.path.startswith(f"{key}/") or key.startswith(f"{row.path}/"):
                raise AppError(ErrorCode.BAD_REQUEST, f"{row.path!r} is in the way of {key!r}")


def clean_path(path: str) -> str:
    """`path` inside the user's folder, empty for the folder itself; FORBIDDEN when it leaves it."""
    text = unquote(path) if "%" in path else path
    if text.startswith(("/", "\\")) or "\0" in text or ":" in text.split("/")[0]:
        raise AppError(ErrorCode.FORBIDDEN, "Invalid path")
    clean = posixpath.normpath(text.replace("\\", "/"))
    if clean == ".." or clean.startswith("../"):
        raise AppError(ErrorCode.FORBIDDEN, "Invalid path")
    if len(clean.encode(errors="surrogatepass")) > 1024:
        raise AppError(ErrorCode.BAD_REQUEST, "The path is too long")
    return "" if clean == "." else clean


def _file(row: rows.UserFile) -> UserFile:
    return UserFile(row.path, row.size, row.created_at, row.modified_at)


def _exists() -> AppError:
    return AppError(ErrorCode.CONFLICT, "File already exists")


def _id_part(name: str) -> str:
    """What may stand in a header."""
    return re.sub(r"[^a-zA-Z0-9_-]+", "-", name)

"""The one folder in which a server keeps everything, locked while it runs."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from greenroom.assets.storage_error import storage_error
from greenroom.domain.errors import AppError, ErrorCode

_TRIES = 3
_PAUSE = 0.02
"""Seconds between two tries."""


@dataclass(frozen=True, slots=True)
class DataFolder:
    """database, blobs, the files under their real names, scratch space, logs."""

    path: Path

    @property
    def blobs(self) -> Path:
        return self.path / "blobs"

    @property
    def scratch(self) -> Path:
        return self.path / "scratch"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def owned(self) -> Path:
        """Records and logs of the ComfyUIs that are this server's own."""
        return self.path / "comfyui"

    @property
    def instances(self) -> Path:
        """Records and logs of deployments' instances that are processes of this machine."""
        return self.path / "instances"

    @property
    def address_file(self) -> Path:
        return self.path / "server.json"

    def lock(self) -> "FolderLock":
        """Make the folder and take it for this process; CONFLICT when a server has it."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.logs.mkdir(exist_ok=True)
            lock = FolderLock.take(self.path)
            self.address_file.unlink(missing_ok=True)
            # Nothing in it outlives the server that wrote it.
            shutil.rmtree(self.scratch, ignore_errors=True)
            return lock
        except OSError as error:
            raise storage_error(error) from error

    @property
    def secret_file(self) -> Path:
        return self.path / "secret.key"

    @property
    def _next_secret_file(self) -> Path:
        return self.secret_file.with_suffix(".new")

    def secret(self) -> bytes | None:
        """32 bytes that only this installation knows; None while there are none."""
        return _content(self.secret_file)

    def next_secret(self) -> bytes | None:
        """What was prepared to become the secret."""
        return _content(self._next_secret_file)

    def prepare_secret(self) -> bytes:
        """A new one beside the one that counts."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._next_secret_file.unlink(missing_ok=True)
            handle = os.open(self._next_secret_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            fresh = secrets.token_bytes(32)
            with os.fdopen(handle, "wb") as file:
                file.write(fresh)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise storage_error(error) from error
        return fresh

    def adopt_secret(self) -> None:
        """What was prepared counts from now on."""
        try:
            self._next_secret_file.replace(self.secret_file)
        except OSError as error:
            raise storage_error(error) from error

    def announce(self, url: str) -> None:
        """Tell commands on this machine where the server answers."""
        fresh = self.address_file.with_suffix(".new")
        fresh.write_text(json.dumps({"url": url, "pid": os.getpid()}))
        fresh.replace(self.address_file)

    def server_url(self) -> str | None:
        """Where the server of this folder answers, if one runs."""
        if not FolderLock.is_taken(self.path):
            return None
        try:
            return str(json.loads(self.address_file.read_text())["url"])
        except (OSError, ValueError, KeyError):
            return None


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise storage_error(error) from error


class FolderLock:
    """An advisory lock that the system drops with the process, however it ends."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    @classmethod
    def take(cls, folder: Path) -> Self:
        file = (folder / "server.lock").open("a+")
        for _ in range(_TRIES):
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return cls(file)
            # A command that only looks, in is_taken(), holds the lock for an instant.
            time.sleep(_PAUSE)
        file.close()
        raise AppError(
            ErrorCode.CONFLICT,
            f"Another Greenroom server uses {folder}. Stop it, or choose another --data-dir.",
        )

    @staticmethod
    def is_taken(folder: Path) -> bool:
        try:
            with (folder / "server.lock").open("r") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def release(self) -> None:
        self._file.close()

"""Find bytes that nobody has asked for lately, and remove those that no record points to."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from greenroom.domain.clock import Millis
from greenroom.domain.ids import BlobHash

_HASH_LENGTH = 64


class Sweep:
    """Every step may run beside uploads of the same bytes.

    An upload renews the age of bytes that it finds, and stores its own when it finds none. So bytes
    are first taken aside; only then is it known whether an upload has found them before.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._aside = folder / "aside"

    def aged(self, before: Millis) -> Iterator[BlobHash]:
        """Bytes that were neither stored nor found by an upload since `before`."""
        for shard in self._folder.iterdir():
            if not shard.is_dir() or len(shard.name) != 2:
                continue
            for path in shard.iterdir():
                if len(path.name) == _HASH_LENGTH and _older(path, before):
                    yield BlobHash(path.name)

    def set_aside(self, blob: BlobHash, before: Millis) -> bool:
        """Take the bytes out of reach; False when an upload has come in between."""
        self._aside.mkdir(exist_ok=True)
        try:
            self._path(blob).rename(self._aside / blob)
        except FileNotFoundError:
            return False
        if _older(self._aside / blob, before):
            return True
        self.put_back(blob)
        return False

    def put_back(self, blob: BlobHash) -> None:
        """Undo set_aside."""
        with contextlib.suppress(FileNotFoundError):
            (self._aside / blob).rename(self._path(blob))

    def remove(self, blob: BlobHash) -> None:
        """Delete bytes that were set aside."""
        (self._aside / blob).unlink(missing_ok=True)

    def left_aside(self) -> list[BlobHash]:
        """Bytes whose fate an earlier sweep did not live to decide."""
        if not self._aside.is_dir():
            return []
        return [BlobHash(path.name) for path in self._aside.iterdir()]

    def drop_unfinished(self, before: Millis) -> int:
        """Remove what is left of uploads that broke off before then; says how many."""
        old = [path for path in (self._folder / "incoming").iterdir() if _older(path, before)]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _path(self, blob: BlobHash) -> Path:
        return self._folder / blob[:2] / blob


def _older(path: Path, before: Millis) -> bool:
    try:
        found = path.stat()
        return max(found.st_atime, found.st_mtime) * 1000 < before
    except FileNotFoundError:
        return False

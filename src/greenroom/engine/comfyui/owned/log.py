"""What the process prints: a file of bounded size, which needs nobody of ours to be written."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_LARGEST = 16 * 2**20
"""Bytes after which the file begins anew; the one before is kept."""
_TAIL = 4096


class ProcessLog:
    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def appending(self) -> Iterator[BinaryIO]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            yield file

    def trim(self) -> None:
        """Begin anew when it is too large. Its writer appends, so it goes on at the new end."""
        try:
            if self.path.stat().st_size < _LARGEST:
                return
            shutil.copyfile(self.path, self.path.with_suffix(".old.log"))
            with self.path.open("r+b") as file:
                file.truncate(0)
        except FileNotFoundError:
            return

    def last_lines(self, count: int) -> list[str]:
        """The newest lines that say anything."""
        try:
            with self.path.open("rb") as file:
                end = file.seek(0, 2)
                file.seek(max(end - _TAIL, 0))
                text = file.read().decode(errors="replace")
        except FileNotFoundError:
            return []
        lines = [line.rsplit("\r", 1)[-1].strip() for line in text.splitlines()]
        return [line for line in lines if line][-count:]

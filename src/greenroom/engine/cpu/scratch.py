"""The folders that runs write into: one for each, dropped when nothing needs it any more."""

import secrets
import shutil
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path

from greenroom.engine.base import Run
from greenroom.engine.cpu.flight import FileKey, Flight

_KEPT_RUNS = 32
"""Runs whose files can be fetched for certain after they ended."""


class Scratch:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._recent: OrderedDict[str, Flight] = OrderedDict()
        self._homes: dict[str, None] = {}

    def clear(self) -> None:
        """Drop what an earlier process left behind. Blocks."""
        self._recent.clear()
        self._homes.clear()
        shutil.rmtree(self._root, ignore_errors=True)
        self._root.mkdir(parents=True, exist_ok=True)

    def open(self, flight: Flight) -> str:
        """The folder of a run that begins."""
        home = self._home(flight.run)
        self._recent[home] = flight
        self._homes[home] = None
        return home

    def find(self, run: Run, key: FileKey) -> Path | None:
        flight = self._recent.get(self._home(run))
        return flight.files.get(key) if flight else None

    def outdated(self, cached: Iterable[str]) -> list[str]:
        """Forget and return the folders that no recent run and no `cached` result needs."""
        over = [home for home, flight in self._recent.items() if flight.over]
        for home in over[: max(0, len(self._recent) - _KEPT_RUNS)]:
            del self._recent[home]
        needed = set(cached) | set(self._recent)
        needed.update(*(flight.homes for flight in self._recent.values()))
        outdated = [home for home in self._homes if home not in needed]
        for home in outdated:
            del self._homes[home]
        return outdated

    def _home(self, run: Run) -> str:
        return str(self._root / f"{run.job_id}-{run.attempt}")


def drop(folders: Iterable[str]) -> None:
    """Blocks."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def lend(source: Path, folder: Path) -> Path:
    """A name of its own for `source` in `folder`, which the caller may move. Blocks."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{secrets.token_hex(4)}-{source.name}"
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)
    return target

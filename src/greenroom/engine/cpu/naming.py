"""Names of the files a run writes: prefix, tokens, sub-folder and counter."""

import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from greenroom.domain.clock import Clock, SystemClock
from greenroom.domain.json import JsonObject

_CLOCK_TOKENS = {
    "%year%": "%Y", "%month%": "%m", "%day%": "%d",
    "%hour%": "%H", "%minute%": "%M", "%second%": "%S",
}  # fmt: skip

Taken = set[tuple[str, str, str]]
"""(root, subfolder, filename) of the files that a run's results already name."""


@dataclass(slots=True)
class Series:
    """The files of one prefix, numbered upwards."""

    root: str
    folder: Path
    subfolder: str
    stem: str
    counter: int
    taken: Taken

    def next(self, extension: str, *, batch: int = 0, mark: str = "_") -> tuple[Path, JsonObject]:
        """Where the next file goes, and the item that names it in the node's `ui`."""
        stem = self.stem.replace("%batch_num%", str(batch))
        name = f"{stem}_{self.counter:05}{mark}.{extension}"
        while (self.root, self.subfolder, name) in self.taken:
            self.counter += 1
            name = f"{stem}_{self.counter:05}{mark}.{extension}"
        self.counter += 1
        self.taken.add((self.root, self.subfolder, name))
        item = {"filename": name, "subfolder": self.subfolder, "type": self.root}
        return self.folder / name, item


class Naming:
    """Gives names inside one run's folder."""

    def __init__(self, home: Path, clock: Clock | None = None) -> None:
        self._home = home
        self._clock = clock or SystemClock()
        self._taken: Taken = set()

    def reserve(self, ui: JsonObject) -> None:
        """Keep the names that a cached result brings into this run."""
        for items in ui.values():
            for item in items if isinstance(items, list | tuple) else ():
                if isinstance(item, Mapping) and "filename" in item:
                    place = (item.get("type"), item.get("subfolder"), item["filename"])
                    self._taken.add((str(place[0]), str(place[1] or ""), str(place[2])))

    def series(self, root: str, prefix: str, width: int = 0, height: int = 0) -> Series:
        """ValueError when the prefix leads out of the folder."""
        top = (self._home / root).resolve()
        subfolder, stem = os.path.split(os.path.normpath(self._fill(prefix, width, height)))
        folder = (top / subfolder).resolve()
        if not folder.is_relative_to(top):
            raise ValueError(f"Saving outside the {root} folder is not allowed: {prefix}")
        folder.mkdir(parents=True, exist_ok=True)
        counter = self._highest(root, subfolder, stem) + 1
        return Series(root, folder, subfolder, stem, counter, self._taken)

    def _fill(self, prefix: str, width: int, height: int) -> str:
        if "%" not in prefix:
            return prefix
        now = time.localtime(self._clock.now() / 1000)
        for token, pattern in _CLOCK_TOKENS.items():
            prefix = prefix.replace(token, time.strftime(pattern, now))
        return prefix.replace("%width%", str(width)).replace("%height%", str(height))

    def _highest(self, root: str, subfolder: str, stem: str) -> int:
        numbered = re.compile(re.escape(stem) + r"_(\d+)(?=[_.])")
        matches = (
            numbered.match(name)
            for each_root, each_subfolder, name in self._taken
            if (each_root, each_subfolder) == (root, subfolder)
        )
        return max((int(match[1]) for match in matches if match), default=0)

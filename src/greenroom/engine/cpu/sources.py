"""The files a run may read: those it was given, by the names that the graph uses."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

_ROOTS = ("input", "output", "temp")


class Sources:
    def __init__(self, files: Iterable[tuple[str, str, str, str]]) -> None:
        """`files`: (root, subfolder, name, path on this machine)."""
        self._paths = {
            (root, subfolder.strip("/"), name): Path(path) for root, subfolder, name, path in files
        }

    def find(self, named: str) -> Path:
        """The file that `x.png`, `sub/x.png` or `x.png [output]` names; FileNotFoundError."""
        root, plain = _annotation(named)
        subfolder, _, name = plain.rpartition("/")
        path = self._paths.get((root, subfolder.strip("/"), name))
        if path is None:
            raise FileNotFoundError(f"Invalid image file: {named}")
        return path

    def fingerprint(self, named: str) -> str:
        """The SHA-256 of the file that `named` names, in hex."""
        with self.find(named).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def hide(self, text: str) -> str:
        """`text` with the names that the graph uses in place of this machine's paths."""
        for (_, _, name), path in self._paths.items():
            text = text.replace(str(path), name)
        return text


def _annotation(named: str) -> tuple[str, str]:
    for root in _ROOTS:
        mark = f"[{root}]"
        if named.endswith(mark):
            return root, named.removesuffix(mark).rstrip()
    return "input", named

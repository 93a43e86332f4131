"""The fake ComfyUI's input, output and temp folders."""

import re
from pathlib import Path

_ANNOTATED = re.compile(r"^(.*) \[(input|output|temp)\]$")


class Folders:
    def __init__(self, root: Path):
        self.root = root
        for kind in ("input", "output", "temp"):
            (root / kind).mkdir(parents=True, exist_ok=True)

    def find(self, name, kind="input", subfolder=""):
        if match := _ANNOTATED.match(name):
            name, kind = match.groups()
        return self.root / kind / subfolder / name

    def names(self, kind):
        folder = self.root / kind
        return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]

    def read(self, name):
        return self.find(name).read_bytes()

    def write(self, path, data):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    def save(self, kind, prefix, value):
        subfolder, _, stem = prefix.rpartition("/")
        folder = self.root / kind / subfolder
        folder.mkdir(parents=True, exist_ok=True)
        number = len(list(folder.glob(f"{stem}_*_.png"))) + 1
        name = f"{stem}_{number:05}_.png"
        (folder / name).write_bytes(value if isinstance(value, bytes) else str(value).encode())
        return {"filename": name, "subfolder": subfolder, "type": kind}

    def upload(self, kind, subfolder, name, data, *, overwrite):
        folder = self.root / kind / subfolder
        folder.mkdir(parents=True, exist_ok=True)
        stem, dot, suffix = name.rpartition(".")
        path, number = folder / name, 0
        while path.exists() and path.read_bytes() != data and not overwrite:
            number += 1
            path = folder / (f"{stem} ({number}).{suffix}" if dot else f"{name} ({number})")
        path.write_bytes(data)
        return {"name": path.name, "subfolder": subfolder, "type": kind}

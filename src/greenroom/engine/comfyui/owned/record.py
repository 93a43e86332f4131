"""Which process was started, on disk: so that whoever comes after a kill finds it again."""

from pathlib import Path

import msgspec
import psutil


class Record(msgspec.Struct, frozen=True):
    """A process is known by its id and its start together: ids are used again."""

    pid: int
    started: float
    """As psutil tells it, in seconds."""
    port: int
    command: str
    gpu: str | None = None

    def process(self) -> psutil.Process | None:
        """The process, if it still runs."""
        try:
            found = psutil.Process(self.pid)
            same = abs(found.create_time() - self.started) < 0.05
            return found if same and found.status() != psutil.STATUS_ZOMBIE else None
        except psutil.Error:
            return None


def read(path: Path) -> Record | None:
    """What was written; None when nothing readable is there."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Record)
    except (OSError, msgspec.MsgspecError):
        return None


def write(path: Path, record: Record) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(record))
    fresh.replace(path)

"""Logging: lines for people on standard error, JSON lines in the data folder."""

import contextlib
import copy
import json
import logging
import logging.handlers
import queue
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from aiohttp.http_exceptions import HttpProcessingError

_KEEP_FILES = 5
_FILE_BYTES = 10 * 1024 * 1024


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, and the traceback if any."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        elif record.exc_text:
            told["traceback"] = record.exc_text
        return json.dumps(told, ensure_ascii=False)


@contextlib.contextmanager
def logging_to(folder: Path, level: str) -> Iterator[None]:
    """Log to standard error and to files in `folder` for as long as the context lasts.

    `level` counts for Greenroom itself; of the libraries only warnings are told.
    A thread of its own writes, so that a slow disk never holds up the event loop.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = logging.handlers.RotatingFileHandler(
        folder / "greenroom.log",
        maxBytes=_FILE_BYTES,
        backupCount=_KEEP_FILES,
        encoding="utf-8",
        delay=True,
    )
    file.setFormatter(JsonLines())
    screen = logging.StreamHandler()
    screen.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    backlog: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    listener = logging.handlers.QueueListener(backlog, screen, file)
    entrance = _Entrance(backlog)
    root = logging.getLogger()
    root.addHandler(entrance)
    ours = logging.getLogger("greenroom")
    before = ours.level
    ours.setLevel(level.upper())
    listener.start()
    try:
        yield
    finally:
        ours.setLevel(before)
        root.removeHandler(entrance)
        listener.stop()
        file.close()


class _Entrance(logging.handlers.QueueHandler):
    """Hands records over as they are: the thread that writes them is in this process."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, HttpProcessingError):
            return record
        # What it says quotes the broken request, which may have shown a key.
        bare = copy.copy(record)
        bare.exc_info = bare.exc_text = None
        return bare

"""A worker: something that claims jobs and runs them on one engine."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import JobId, WorkerId

ELSEWHERE = "remote"
"""The kind of worker that connects from another machine."""

_LABEL = re.compile(r"(?P<name>[A-Za-z0-9._-]{1,100})=(?P<value>[A-Za-z0-9._-]{1,100})")


class WorkerStatus(StrEnum):
    STARTING = "starting"
    UP = "up"
    DOWN = "down"
    """The engine does not answer; the reason says why. It comes back by itself."""
    PAUSED = "paused"
    DRAINING = "draining"
    """Finishes what it runs and takes nothing more."""
    QUARANTINED = "quarantined"


class WorkerOrder(StrEnum):
    """What an operator wants of a worker."""

    WORK = "work"
    PAUSE = "pause"
    DRAIN = "drain"


@dataclass(frozen=True, slots=True)
class Restarts:
    """Of an engine's process that is the server's own, since the server has had it."""

    count: int = 0
    last_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Worker:
    id: WorkerId
    kind: str
    """cpu, comfyui or remote."""
    url: str | None
    status: WorkerStatus
    reason: str | None
    last_seen_at: Millis
    jobs: tuple[JobId, ...] = ()
    """What it runs now."""
    labels: Mapping[str, str] = field(default_factory=dict)
    added: bool = False
    """It came while a server ran, and is there again after a restart."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where a worker is that connects from another machine."""

    address: str | None
    """As the server sees it; None while it is not connected."""
    latency_ms: float | None
    """Of the newest ping, there and back."""


def parse_labels(texts: Iterable[str]) -> dict[str, str]:
    """From texts such as `hardware=AMPERE_48`. BAD_REQUEST names one that is no label."""
    labels: dict[str, str] = {}
    for text in texts:
        found = _LABEL.fullmatch(text)
        if found is None:
            told = f"{text!r} is no label: write NAME=VALUE of letters, digits, - . and _"
            raise AppError(ErrorCode.BAD_REQUEST, told)
        labels[found["name"]] = found["value"]
    return labels


def worker_url(text: str) -> str:
    """The address of a ComfyUI as it is kept; `127.0.0.1:8188` is enough. BAD_REQUEST."""
    url = (text if "://" in text else f"http://{text}").strip().rstrip("/")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise AppError(ErrorCode.BAD_REQUEST, f"{text} is no address of a ComfyUI")
    return url


def lasting_id(url: str, home: str) -> WorkerId:
    """The id of the worker on the ComfyUI at `url`: the same in every process of one server."""
    name = hashlib.sha256(f"{home} {url}".encode()).hexdigest()
    return WorkerId(f"comfyui-{name[:8]}")


def elsewhere_id(machine: str, name: str) -> WorkerId:
    """The id of the worker `name` on another machine, which knows itself as `machine`."""
    digest = hashlib.sha256(f"{machine} {name}".encode()).hexdigest()
    return WorkerId(f"{ELSEWHERE}-{digest[:8]}")

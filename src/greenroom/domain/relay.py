"""One HTTP request that is passed on to a worker's own ComfyUI, and which of them may be."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import NamedTuple, Self

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.page_file import is_inside

METHODS = ("GET", "POST")
LARGEST_BODY = 16 * 1024 * 1024
"""Bytes of one request that are passed on."""
HARMLESS = (
    "GET embeddings",
    "GET extensions",
    "GET features",
    "GET models",
    "GET models/*",
    "GET object_info",
    "GET object_info/*",
    "GET queue",
    "GET system_stats",
    "POST free",
)
"""What changes no job, and tells nothing of one."""
_ALIAS = "api/"


@dataclass(frozen=True, slots=True)
class RelayRequest:
    method: str
    path: str
    """Decoded, without a slash in front."""
    query: tuple[tuple[str, str], ...] = ()
    content_type: str | None = None
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class RelayAnswer:
    status: int
    content_type: str | None
    parts: AsyncIterator[bytes]
    """AppError UNAVAILABLE when the worker goes away before the end."""


class _Door(NamedTuple):
    method: str
    path: str
    """One that ends in `/*` stands for all below it, `*` for everything."""

    def lets(self, request: RelayRequest) -> bool:
        if self.method != request.method:
            return False
        path = request.path.removeprefix(_ALIAS)
        if self.path == "*":
            return True
        if self.path.endswith("/*"):
            return path.startswith(self.path.removesuffix("*"))
        return path == self.path


@dataclass(frozen=True, slots=True)
class RelayRule:
    """Which requests are passed on."""

    doors: tuple[_Door, ...]

    @classmethod
    def parse(cls, more: Iterable[str] = ()) -> Self:
        """What is harmless, and `more`: methods with paths, such as `GET view`. BAD_REQUEST."""
        return cls(tuple(_door(text) for text in (*HARMLESS, *more)))

    def check(self, request: RelayRequest) -> None:
        """FORBIDDEN for what must not be passed on, TOO_LARGE for too long a body."""
        # No part of a path may climb out of what was allowed, however ComfyUI reads it.
        if not is_inside(request.path) or not any(door.lets(request) for door in self.doors):
            told = f"{request.method} /{request.path} is not passed on to an instance"
            raise AppError(ErrorCode.FORBIDDEN, told)
        if len(request.body) > LARGEST_BODY:
            limit = LARGEST_BODY // 1024**2
            raise AppError(ErrorCode.TOO_LARGE, f"The body is larger than {limit} MiB.")


def _door(text: str) -> _Door:
    method, _, path = text.strip().partition(" ")
    path = path.strip().lstrip("/").removeprefix(_ALIAS)
    if method.upper() not in METHODS or not path:
        told = f"{text} is no method and path, such as 'GET view'"
        raise AppError(ErrorCode.BAD_REQUEST, told)
    return _Door(method.upper(), path)

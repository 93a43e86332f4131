"""The server elsewhere, as a worker calls it."""

import contextlib
import io
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
import msgspec

from greenroom import __version__
from greenroom.client.route import session_to, why_unreachable
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.link import LARGEST_FRAME, PROTOCOL

T = TypeVar("T")

_PATH = "/api/worker"
_GIVE_ONE = "Give one with --token or GREENROOM_TOKEN."
_CALL = aiohttp.ClientTimeout(total=30, sock_connect=10)
_TRANSFER = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=30)
_CLOSING = aiohttp.ClientWSTimeout(ws_close=1.0)
_CHUNK = 1 << 18


class Terms(msgspec.Struct, frozen=True):
    """What a server tells of itself to workers."""

    protocol: int
    version: str


class Arrived(msgspec.Struct, frozen=True):
    """How much of a file the server has."""

    have: int
    """Bytes."""
    whole: bool


@dataclass(frozen=True, slots=True)
class Bytes:
    """Bytes of a file from `begin` on."""

    begin: int
    pieces: AsyncIterator[bytes]


class Narrow(AppError):  # noqa: N818 - a state of the way there
    """What stands before the server lets no body of that size through; a smaller one may pass."""

    def __init__(self, url: str) -> None:
        told = (
            f"A proxy before {url} lets no large bodies through: it says 413. Raise its limit "
            "(client_max_body_size in nginx)."
        )
        super().__init__(ErrorCode.UNAVAILABLE, told)


class _Error(msgspec.Struct, frozen=True):
    code: ErrorCode
    message: str


class Server:
    """Every call raises AppError; UNAVAILABLE is worth another try."""

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._opened: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._opened = await session_to(self.url, self._headers, _CALL)

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()

    async def greet(self, worker: str) -> Terms:
        """Whether this worker may work there.

        UNAUTHORIZED, FORBIDDEN, CONFLICT; NOT_FOUND or GONE for an instance that is not there.
        """
        async with self._request("GET", "", params={"worker": worker}) as answer:
            terms = _read(await answer.read(), Terms)
        if terms.protocol != PROTOCOL:
            raise AppError(
                ErrorCode.CONFLICT,
                f"The server is Greenroom {terms.version} and this worker is {__version__}: "
                "they do not understand each other. Install the same version on both.",
            )
        return terms

    @contextlib.asynccontextmanager
    async def socket(self) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """The one connection over which everything but files goes."""
        with self._told():
            async with self._session.ws_connect(
                f"{self.url}{_PATH}/line", max_msg_size=LARGEST_FRAME, timeout=_CLOSING
            ) as socket:
                yield socket

    @contextlib.asynccontextmanager
    async def input(self, worker: str, digest: str, start: int) -> AsyncIterator[Bytes]:
        """The bytes of an input from `start` on, or all of them. NOT_FOUND, MISSING_ASSET."""
        path = f"/{worker}/inputs/{digest}"
        headers = {"Range": f"bytes={start}-"} if start else {}
        async with self._request("GET", path, headers=headers, timeout=_TRANSFER) as answer:
            begin = start if answer.status == 206 else 0
            yield Bytes(begin, answer.content.iter_chunked(_CHUNK))

    async def arrived(self, worker: str, digest: str, size: int) -> Arrived:
        path = f"/{worker}/outputs/{digest}"
        async with self._request("GET", path, params={"size": str(size)}) as answer:
            return _read(await answer.read(), Arrived)

    async def add(self, worker: str, digest: str, size: int, start: int, piece: bytes) -> Arrived:
        """Send the next piece of an output. CONFLICT when the server has another end of it."""
        path, query = f"/{worker}/outputs/{digest}", {"size": str(size), "offset": str(start)}
        async with self._request(
            "PUT", path, params=query, data=io.BytesIO(piece), timeout=_TRANSFER
        ) as answer:
            return _read(await answer.read(), Arrived)

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:
            raise RuntimeError("the server was not opened")
        return self._opened

    @contextlib.asynccontextmanager
    async def _request(
        self, method: str, path: str, **options: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        with self._told():
            async with self._session.request(
                method, f"{self.url}{_PATH}{path}", allow_redirects=False, **options
            ) as answer:
                if answer.status >= 300:
                    raise self._refusal(answer.status, await answer.read())
                yield answer

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except aiohttp.InvalidURL as error:
            told = f"{self.url} is no URL of a server."
            raise AppError(ErrorCode.BAD_REQUEST, told) from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            told = f"No Greenroom server answers at {self.url}: {why_unreachable(error)}."
            raise AppError(ErrorCode.UNAVAILABLE, told) from error

    def _refusal(self, status: int, body: bytes) -> AppError:
        """The server's own words; whatever stands before it may pass."""
        try:
            error = msgspec.json.decode(body, type=_Error)
        except msgspec.DecodeError:
            if status == 413:
                return Narrow(self.url)
            told = f"What answers at {self.url} is no Greenroom server now: it says {status}."
            return AppError(ErrorCode.UNAVAILABLE, told)
        if error.code is ErrorCode.UNAUTHORIZED:
            return AppError(error.code, f"{error.message} {_GIVE_ONE}")
        return AppError(error.code, error.message)


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        told = f"What answers there is no Greenroom server: {error}."
        raise AppError(ErrorCode.UNAVAILABLE, told) from error

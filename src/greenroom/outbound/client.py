"""HTTP to addresses that somebody else named, within limits of where, how long and how much."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from greenroom.domain.address import AddressRule
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.input_fetch import LASTING
from greenroom.domain.json import JsonValue
from greenroom.outbound.guard import GuardedResolver, Judge, Refused, guarded_sockets

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_URL_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_PASSING = frozenset({408, 425, 429})
"""Statuses with which a server refuses what it may take later."""
_LASTING: dict[str, JsonValue] = {LASTING: True}
_CHUNK = 64 * 1024
_EXCERPT = 2048
_EXCERPT_SECONDS = 1.0
_AGENT = {"User-Agent": "Greenroom", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class FetchLimits:
    size: int
    """Most bytes."""
    seconds: float = 60.0
    """For all of it, redirects too."""
    idle_seconds: float = 20.0
    """For one silence of the other side."""
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said to a POST."""

    status: int
    excerpt: str
    """The beginning of the body, as text."""
    latency_ms: int
    headers: Mapping[str, str]
    """Names as they came; looked up in any case."""


class Download:
    """The body of an answer, to be read once."""

    def __init__(self, response: aiohttp.ClientResponse, limits: FetchLimits) -> None:
        self._response = response
        self._limits = limits
        self.mime = response.content_type
        self.name = unquote(response.url.raw_name) or None
        """The last part of the address that answered."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """TOO_LARGE as soon as it is known, UNAVAILABLE when the other side breaks off."""
        if (self._response.content_length or 0) > self._limits.size:
            raise self._too_large()
        got = 0
        with _told(self._response.url):
            async for chunk in self._response.content.iter_chunked(_CHUNK):
                got += len(chunk)
                if got > self._limits.size:
                    raise self._too_large()
                yield chunk

    def _too_large(self) -> AppError:
        return AppError(
            ErrorCode.TOO_LARGE,
            f"{_where(self._response.url)} sends more than {self._limits.size} bytes.",
        )


class Outbound:
    """Reaches what `rule` allows: by https, or by http where an operator named the address."""

    def __init__(self, rule: AddressRule, resolver: AbstractResolver | None = None) -> None:
        self._rule = rule
        self._resolver = resolver
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        self._closed = False

    async def check(self, url: str, seconds: float = 5.0) -> None:
        """Whether a request to `url` would be let out now; nothing is sent.

        BAD_REQUEST, FORBIDDEN and UNAVAILABLE as in get().
        """
        target = checked_url(url)
        resolver = GuardedResolver(self._names(), self._judge(target))
        try:
            async with asyncio.timeout(seconds):
                await resolver.resolve(target.host or "", target.port or 0)
        except Refused:
            raise _refused(target) from None
        except (OSError, UnicodeError):
            raise AppError(
                ErrorCode.UNAVAILABLE, f"There is no host {_where(target)}, as far as can be told."
            ) from None

    @contextlib.asynccontextmanager
    async def get(self, url: str, limits: FetchLimits) -> AsyncIterator[Download]:
        """The body behind `url`, at the end of its redirects.

        BAD_REQUEST for what is no such URL, FORBIDDEN for an address that must not be reached,
        UNAVAILABLE for what does not answer well or in time.
        """
        target = checked_url(url)
        limit = asyncio.timeout(limits.seconds)
        try:
            async with limit:
                response = await self._follow(target, limits)
                try:
                    yield Download(response, limits)
                finally:
                    response.close()
        except TimeoutError:
            if not limit.expired():
                raise
            raise _too_slow(target, limits.seconds) from None

    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, seconds: float = 10.0
    ) -> Answer:
        """What the other side says to `body`, whatever its status; redirects are not followed.

        BAD_REQUEST, FORBIDDEN and UNAVAILABLE as in get().
        """
        target = checked_url(url)
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(seconds):
                with _told(target):
                    async with self._session(target).post(
                        target, data=body, headers=headers, allow_redirects=False
                    ) as response:
                        latency = round((loop.time() - began) * 1000)
                        start = await _beginning(response)
                        return Answer(response.status, start, latency, response.headers.copy())
        except TimeoutError:
            raise _too_slow(target, seconds) from None

    async def close(self) -> None:
        """Whoever asks for something from now on is told UNAVAILABLE."""
        self._closed = True
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()

    async def _follow(self, target: URL, limits: FetchLimits) -> aiohttp.ClientResponse:
        idle = aiohttp.ClientTimeout(total=None, sock_read=limits.idle_seconds)
        for _ in range(limits.redirects + 1):
            with _told(target):
                response = await self._session(target).get(
                    target, allow_redirects=False, timeout=idle
                )
            if response.status == 200:
                return response
            response.close()
            if response.status not in _REDIRECTS:
                raise AppError(
                    ErrorCode.UNAVAILABLE,
                    f"{_where(target)} answered {response.status}.",
                    {LASTING: _is_lasting(response.status)},
                )
            target = _next(response)
        raise AppError(ErrorCode.UNAVAILABLE, f"{_where(target)} redirects too often.", _LASTING)

    def _session(self, target: URL) -> aiohttp.ClientSession:
        """One for each scheme, with its own idea of what may be reached."""
        if self._closed:
            raise AppError(ErrorCode.UNAVAILABLE, "The server is stopping.")
        if target.scheme not in self._sessions:
            self._sessions[target.scheme] = self._made(self._judge(target))
        return self._sessions[target.scheme]

    def _judge(self, target: URL) -> Judge:
        return self._rule.may_reach if target.scheme == "https" else self._rule.is_allowed

    def _names(self) -> AbstractResolver:
        return self._resolver or aiohttp.ThreadedResolver()

    def _made(self, judge: Judge) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(self._names(), judge),
            socket_factory=guarded_sockets(judge),
            use_dns_cache=False,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_AGENT,
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None),
        )


def checked_url(text: str) -> URL:
    """BAD_REQUEST for anything but an http or https URL with a host."""
    try:
        # A signature in the address must stay as it is, to the letter.
        url = URL(text, encoded=_URL_CHARACTERS.fullmatch(text) is not None)
        if url.scheme in {"http", "https"} and url.host and url.port:
            return url
    except ValueError:
        pass
    raise AppError(ErrorCode.BAD_REQUEST, "This is no URL: write https:// and where the file is.")


def _next(response: aiohttp.ClientResponse) -> URL:
    location = response.headers.get("Location")
    if not location:
        raise AppError(
            ErrorCode.UNAVAILABLE, f"{_where(response.url)} redirects to nowhere.", _LASTING
        )
    try:
        return checked_url(str(response.url.join(URL(location, encoded=True))))
    except (ValueError, AppError):
        raise AppError(
            ErrorCode.FORBIDDEN, f"{_where(response.url)} redirects to what is no URL."
        ) from None


@contextlib.contextmanager
def _told(target: URL) -> Iterator[None]:
    """Turns what the client raises into what callers understand, without the URL's secrets."""
    try:
        yield
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, Refused):
            raise _refused(target) from None
        raise AppError(ErrorCode.UNAVAILABLE, f"{_where(target)} cannot be reached.") from None
    except aiohttp.InvalidURL:
        raise _refused(target) from None
    except aiohttp.ServerTimeoutError:
        raise AppError(ErrorCode.UNAVAILABLE, f"{_where(target)} fell silent.") from None
    except aiohttp.ClientPayloadError:
        told = f"{_where(target)} broke off before the end."
        raise AppError(ErrorCode.UNAVAILABLE, told) from None
    except (aiohttp.ClientError, OSError) as error:
        raise AppError(
            ErrorCode.UNAVAILABLE, f"{_where(target)} broke off: {type(error).__name__}."
        ) from None


async def _beginning(response: aiohttp.ClientResponse) -> str:
    """What there is of the body at once; a status is an answer without any."""
    with contextlib.suppress(TimeoutError, aiohttp.ClientError):
        async with asyncio.timeout(_EXCERPT_SECONDS):
            return (await response.content.read(_EXCERPT)).decode(errors="replace")
    return ""


def _too_slow(target: URL, seconds: float) -> AppError:
    told = f"{_where(target)} took more than {seconds:g} seconds."
    return AppError(ErrorCode.UNAVAILABLE, told, _LASTING)


def _is_lasting(status: int) -> bool:
    return 400 <= status < 500 and status not in _PASSING


def _refused(target: URL) -> AppError:
    why = "its address is private, local or reserved."
    if target.scheme == "http":
        why = "without https, only addresses that are allowed by name are."
    return AppError(
        ErrorCode.FORBIDDEN,
        f"{_where(target)} is not reached from here: {why} "
        "Who runs this server can allow an address with --allow-address.",
    )


def _where(url: URL) -> str:
    return f"'{url.host}'"

"""Requests on somebody else's word: where they may go, how long and how much."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver

from greenroom.domain.address import AddressRule
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.outbound.client import FetchLimits, Outbound

LIMITS = FetchLimits(size=1000, seconds=30, idle_seconds=30)
HOME = AddressRule.parse(["127.0.0.1"])


class Names(AbstractResolver):
    """Answers with what it was told, each time with the next."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = {name.replace("_", "."): list(lists) for name, lists in answers.items()}
        self.asked: list[str] = []

    async def resolve(self, host, port=0, family=socket.AF_INET):
        self.asked.append(host)
        lists = self.answers[host]
        found = lists.pop(0) if len(lists) > 1 else lists[0]
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
            for address in found
        ]

    async def close(self) -> None:
        pass


class Site:
    """A server on 127.0.0.1 that remembers what was asked of it."""

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[str] = []
        self.bodies: list[bytes] = []
        self.stop = asyncio.Event()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path_qs)
        match request.path:
            case "/file.png" | "/large":
                size = 1000 if request.path == "/file.png" else 1001
                return web.Response(body=b"x" * size, content_type="image/png")
            case "/to":
                return web.Response(status=302, headers={"Location": request.query.get("url", "")})
            case "/round":
                return web.Response(status=302, headers={"Location": "/round"})
            case "/hook":
                self.bodies.append(await request.read())
                return web.Response(status=410, text="gone", headers={"X-Seen": "yes"})
            case "/endless" | "/silent" | "/mute":
                return await self._trickle(request)
        raise web.HTTPNotFound

    async def _trickle(self, request: web.Request) -> web.StreamResponse:
        """Chunks without end, one chunk and silence, or a status and silence."""
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while request.path == "/endless":
                await response.write(b"x" * 100)
            if request.path == "/silent":
                await response.write(b"x")
            await self.stop.wait()
        return response


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", site.answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    tcp = web.TCPSite(runner, "127.0.0.1", 0)
    await tcp.start()
    site.port = runner.addresses[0][1]
    yield site
    site.stop.set()
    await runner.cleanup()


@pytest.fixture
async def make():
    made: list[Outbound] = []

    def make(rule: AddressRule = HOME, resolver: AbstractResolver | None = None) -> Outbound:
        made.append(Outbound(rule, resolver))
        return made[-1]

    yield make
    for outbound in made:
        await outbound.close()


async def read(outbound: Outbound, url: str, limits: FetchLimits = LIMITS) -> bytes:
    async with outbound.get(url, limits) as download:
        return b"".join([chunk async for chunk in download])


async def code_of(outbound: Outbound, url: str, limits: FetchLimits = LIMITS) -> ErrorCode:
    with pytest.raises(AppError) as caught:
        await read(outbound, url, limits)
    assert "127.0.0.1" not in url or url not in caught.value.message
    return caught.value.code


async def test_a_file_comes_with_its_name_and_kind(site, make):
    async with make().get(site.url("/file.png?sign=a%2Fb%2B"), LIMITS) as download:
        assert (download.name, download.mime) == ("file.png", "image/png")
        assert len(b"".join([chunk async for chunk in download])) == 1000
    assert site.asked == ["/file.png?sign=a%2Fb%2B"]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1", "127.1",
        "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]", "[::127.0.0.1]", "0.0.0.0", "[::]", "①②⑦.⓪.⓪.①", "127。0。0。1",
        "169.254.169.254", "[fd00:ec2::254]", "10.0.0.1", "metadata.test", "mixed.test",
    ],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["https", "http"])
async def test_no_way_of_writing_an_inner_address_reaches_it(site, make, scheme, host):
    metadata, mixed = [["169.254.169.254"]], [["8.8.8.8", "127.0.0.1"]]
    tricks = Names(metadata_test=metadata, mixed_test=mixed)
    outbound = make(AddressRule(), tricks if host.endswith(".test") else None)
    code = await code_of(outbound, f"{scheme}://{host}:{site.port}/file.png")
    refusals = {ErrorCode.FORBIDDEN, ErrorCode.BAD_REQUEST, ErrorCode.UNAVAILABLE}
    assert code in refusals
    with pytest.raises(AppError) as caught:
        await outbound.check(f"{scheme}://{host}:{site.port}/file.png")
    assert caught.value.code in refusals
    assert site.asked == []


async def test_plain_http_reaches_only_what_an_operator_named(site, make):
    names = Names(good_test=[["127.0.0.1"]], public_test=[["8.8.8.8"]])
    outbound = make(HOME, names)
    assert await read(outbound, site.url("/file.png", "good.test")) == b"x" * 1000
    assert await code_of(outbound, site.url("/file.png", "public.test")) is ErrorCode.FORBIDDEN


async def test_the_address_that_was_looked_at_is_the_one_that_is_reached(site, make):
    """A second answer, which rebinding hopes for, is not asked for, or looked at as well."""
    names = Names(rebind_test=[["127.0.0.1"], ["127.0.0.2"]])
    url = site.url("/file.png", "rebind.test")
    assert await read(make(HOME, names), url) == b"x" * 1000
    assert names.asked == ["rebind.test"]
    assert await code_of(make(HOME, names), url) is ErrorCode.FORBIDDEN
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.2/", "http://[::1]/", "http://2130706434/", "https://169.254.169.254/latest"],
)
async def test_a_redirect_to_an_inner_address_is_refused(site, make, target):
    assert await code_of(make(), site.url(f"/to?url={target}")) is ErrorCode.FORBIDDEN


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://files.test/", "http://[x"])
async def test_a_redirect_to_what_is_no_web_address_is_refused(site, make, target):
    assert await code_of(make(), site.url(f"/to?url={target}")) is ErrorCode.FORBIDDEN


async def test_redirects_are_followed_but_not_for_ever(site, make):
    assert await read(make(), site.url("/to?url=/to?url=/file.png")) == b"x" * 1000
    assert await code_of(make(), site.url("/round")) is ErrorCode.UNAVAILABLE
    assert site.asked.count("/round") == LIMITS.redirects + 1
    assert await code_of(make(), site.url("/to")) is ErrorCode.UNAVAILABLE


@pytest.mark.parametrize("path", ["/large", "/endless"])
async def test_too_many_bytes_are_cut(site, make, path):
    assert await code_of(make(), site.url(path)) is ErrorCode.TOO_LARGE


@pytest.mark.parametrize(
    "limits", [FetchLimits(1000, seconds=0.1), FetchLimits(1000, idle_seconds=0.1)]
)
async def test_a_source_that_falls_silent_is_cut(site, make, limits):
    assert await code_of(make(), site.url("/silent"), limits) is ErrorCode.UNAVAILABLE


async def test_what_does_not_answer_well_is_told(site, make):
    assert await code_of(make(), site.url("/missing")) is ErrorCode.UNAVAILABLE
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert await code_of(make(), f"http://127.0.0.1:{port}/") is ErrorCode.UNAVAILABLE


@pytest.mark.parametrize(
    "url", ["", "file.png", "/file.png", "ftp://a.test/", "https://", "data:,"]
)
async def test_only_web_addresses_are_taken(make, url):
    assert await code_of(make(), url) is ErrorCode.BAD_REQUEST


async def test_a_post_tells_status_answer_and_headers(site, make):
    answer = await make().post(site.url("/hook"), {"X-Id": "1"}, b"{}")
    assert (answer.status, answer.excerpt, answer.headers["x-seen"]) == (410, "gone", "yes")
    assert site.bodies == [b"{}"]
    redirect = await make().post(site.url("/to?url=/hook"), {}, b"")
    assert redirect.status == 302


async def test_a_post_whose_answer_has_no_end_has_a_status_all_the_same(site, make):
    assert (await make().post(site.url("/mute"), {}, b"")).status == 200


async def test_a_post_goes_nowhere_inside(site, make):
    with pytest.raises(AppError) as caught:
        await make(AddressRule()).post(site.url("/hook"), {}, b"{}")
    assert caught.value.code is ErrorCode.FORBIDDEN
    assert site.asked == []


async def test_a_post_that_gets_no_answer_ends(make):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(AppError, match="more than"):
            await make().post(url, {}, b"{}", seconds=0.1)

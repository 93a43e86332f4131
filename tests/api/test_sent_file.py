"""Files arrive whole and in parts on uvloop, from a disk to a reader that may be slow or leave."""

import asyncio
import secrets

import aiohttp
import pytest
from aiohttp import web

from greenroom.api.sent_file import SentFile

uvloop = pytest.importorskip("uvloop")

SIZE = 9 * 1024 * 1024 + 7
DATA = secrets.token_bytes(SIZE)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(DATA)
    return path


def served(path, ask):
    """What `ask` gives, called with the URL of a server of the file and a session."""

    async def serve():
        async def send(_request):
            return SentFile(path)

        app = web.Application()
        app.router.add_get("/", send)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        try:
            async with aiohttp.ClientSession() as session, asyncio.timeout(60):
                return await ask(f"http://{host}:{port}/", session)
        finally:
            await runner.cleanup()

    return uvloop.run(serve())


def test_a_file_arrives_whole_again_and_again_on_one_connection(path):
    async def ask(url, session):
        found = []
        for _ in range(3):
            async with session.get(url) as answer:
                found.append((answer.status, await answer.read()))
        return found

    assert served(path, ask) == [(200, DATA)] * 3


@pytest.mark.parametrize(
    ("asked", "part"),
    [("0-0", slice(0, 1)), ("100-2000000", slice(100, 2_000_001)), ("-5", slice(-5, None))],
)
def test_a_part_arrives_alone(path, asked, part):
    async def ask(url, session):
        async with session.get(url, headers={"Range": f"bytes={asked}"}) as answer:
            return answer.status, await answer.read()

    assert served(path, ask) == (206, DATA[part])


def test_a_head_brings_no_file(path):
    async def ask(url, session):
        async with session.head(url) as answer:
            return answer.headers["Content-Length"], await answer.read()

    assert served(path, ask) == (str(SIZE), b"")


def test_many_readers_get_the_same_file_at_once(path):
    async def ask(url, session):
        async def read():
            async with session.get(url) as answer:
                return await answer.read() == DATA

        return await asyncio.gather(*(read() for _ in range(12)))

    assert served(path, ask) == [True] * 12


def test_a_reader_that_leaves_hinders_nobody(path):
    async def ask(url, session):
        for _ in range(20):
            answer = await session.get(url)
            await answer.content.readany()
            answer.close()
        async with session.get(url) as answer:
            return await answer.read() == DATA

    assert served(path, ask)


def test_an_empty_file_is_sent_too(tmp_path):
    async def ask(url, session):
        async with session.get(url) as answer:
            return answer.status, await answer.read()

    empty = tmp_path / "empty.bin"
    empty.touch()
    assert served(empty, ask) == (200, b"")


def test_the_loop_itself_copies_nothing(path, monkeypatch):
    """Not one byte passes through our own reading: the system sends the file."""
    read = []
    monkeypatch.setattr(web.FileResponse, "_sendfile_fallback", lambda *_: read.append(1))

    async def ask(url, session):
        async with session.get(url) as answer:
            return await answer.read() == DATA

    assert served(path, ask)
    assert read == []

"""What must stay secret is in no file, no log and no answer of a server that used it."""

import asyncio
import io
import json
import sqlite3
import zipfile
from pathlib import Path

import aiohttp
import pytest
from tests.cli import graphs
from tests.cli.processes import greenroom, served

CONFIGURED = "configured-8c1e55d2f0"
PARTNER = "comfyui-partner-5b7f0c9a41"
PARTNER_TOKEN = "partner-token-2d90be7731"
MISTYPED = "mistyped-key-77ab10c4e9"


class Ears:
    """Everything that a server says to a client."""

    def __init__(self, url, key):
        self.url = url
        self.heard = []
        self._headers = {"X-API-Key": key}

    async def __aenter__(self):
        self.session = aiohttp.ClientSession(headers=self._headers)
        return self

    async def __aexit__(self, *_):
        await self.session.close()

    async def ask(self, method, path, **options):
        async with self.session.request(method, self.url + path, **options) as answer:
            body = await answer.read()
            self.heard += [body, str(answer.headers).encode()]
            return body

    async def until_done(self, socket, prompt_id):
        async for frame in socket:
            data = frame.data.encode() if isinstance(frame.data, str) else frame.data
            self.heard.append(data)
            told = json.loads(data) if frame.type is aiohttp.WSMsgType.TEXT else {}
            ended = told.get("type") == "executing" and told["data"].get("node") is None
            if ended and told["data"].get("prompt_id") == prompt_id:
                return


async def use(url, key):
    """A run with every way to show a key, wrong ones and broken requests; what was heard of it."""
    async with Ears(url, key) as ears:
        events = await ears.session.get(f"{url}/api/console/events?token={key}")
        body = {
            "prompt": graphs.quick(3),
            "client_id": "ears",
            "extra_data": {"api_key_comfy_org": PARTNER, "auth_token_comfy_org": PARTNER_TOKEN},
        }
        async with ears.session.ws_connect(f"{url}/ws?clientId=ears&token={key}") as socket:
            accepted = json.loads(await ears.ask("POST", "/prompt", json=body))
            await ears.until_done(socket, accepted["prompt_id"])
        await listen_for(events, b'"completed"', ears.heard)
        for path in ("/history", "/queue", "/api/jobs", "/api/admin/history", "/api/admin/keys"):
            await ears.ask("GET", path)
        await ears.ask("GET", f"/api/jobs/{accepted['prompt_id']}")
        await ears.ask("GET", f"/api/console/jobs/{accepted['prompt_id']}")
        package = f"/api/admin/history/{accepted['prompt_id']}/package"
        ears.heard += unpacked(await ears.ask("GET", package))
        await ears.ask("POST", "/api/auth/login", json={"api_key": key})
        for headers in ({"X-API-Key": MISTYPED}, {"Authorization": f"Bearer {MISTYPED}"}):
            await ears.ask("GET", "/prompt", headers=headers)
        await ears.ask("POST", "/api/auth/login", json={"api_key": MISTYPED})
        await ears.ask("POST", "/prompt", json={**body, "prompt": {"1": {"class_type": "?"}}})
        await send_garbage(url, f"X-API-Key: {key}\x01")
        return ears.heard


def unpacked(package):
    with zipfile.ZipFile(io.BytesIO(package)) as files:
        return [files.read(name) for name in files.namelist()]


async def listen_for(events, text, heard):
    said = b""
    while text not in said:
        said += await events.content.readany()
    heard.append(said)
    events.close()


async def send_garbage(url, header):
    """A request with a header that cannot be; only its sender is told of what it holds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    writer.write(f"GET /prompt HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode())
    assert await reader.read()
    writer.close()


def rows(database):
    """Every value of every table."""
    with sqlite3.connect(database) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                yield table, repr(row).encode()


@pytest.fixture
def stored(tmp_path):
    """A key, and the folder that it belongs to."""
    folder = tmp_path / "data"
    made = greenroom("keys", "create", "laptop", "--data-dir", folder)
    return made.out.strip(), folder


def test_secrets_are_nowhere_to_be_found_after_a_run(stored):
    key, folder = stored
    with served(folder, "--api-key", CONFIGURED, "--log-level", "debug") as server:
        heard = asyncio.run(use(server.url, key))
        heard += asyncio.run(use(server.url, CONFIGURED))
        reached = ("--server", server.url, "--api-key", CONFIGURED)
        assert greenroom("keys", "revoke", "laptop", *reached).code == 0
        found = {"while it ran": b"".join(read_all(folder).values())}
        server.stop()
    found |= read_all(folder)
    found |= {f"table {table}": row for table, row in rows(folder / "greenroom.db")}
    found["answers and events"] = b"".join(heard)
    found["standard error"] = "".join(iter(server.log.get, "")).encode()

    assert b"not valid" in found["standard error"]
    assert b"execution_success" in found["answers and events"]
    for secret in (key, CONFIGURED, PARTNER, PARTNER_TOKEN, MISTYPED):
        for text in (secret, secret.partition("_")[2] or secret):
            assert [place for place, data in found.items() if text.encode() in data] == []


def read_all(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

"""A server that is killed while it fetches what an accepted request waits for."""

import asyncio
import json

import aiohttp
from tests.chaos.test_kill_server import finished, power_cut
from tests.cli.processes import greenroom, served
from tests.fakes.slow_source import slow_source

from greenroom.cli.client import Client

LOADING = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "kept"}},
}
SETTINGS = ("--allow-address", "127.0.0.1", "--fetch-wait", 0)


async def deployed(folder, server, session):
    """The id of a deployment of LOADING."""
    workflow = folder.parent / "loading.json"
    workflow.write_text(json.dumps(LOADING))
    done = await asyncio.to_thread(
        greenroom, "workflows", "import", workflow, "--id", "loading", "--server", server.url
    )
    assert done.code == 0, done.err
    body = {"name": "loading", "workflow_id": "loading"}
    async with session.post(f"{server.url}/prod/v2/deployments", json=body) as answer:
        return (await answer.json())["id"]


async def sent(session, server, deployment, url):
    """The id of a request that was accepted."""
    body = {"overrides": {"1": {"inputs": {"image": url}}}}
    path = f"{server.url}/prod/v2/deployments/{deployment}/inference"
    async with session.post(path, json=body) as answer:
        return (await answer.json())["request_id"]


async def test_the_next_server_begins_the_fetch_anew_and_runs_the_job(tmp_path):
    folder = tmp_path / "data"
    async with slow_source() as source, aiohttp.ClientSession() as session:
        with served(folder, *SETTINGS) as server:
            deployment = await deployed(folder, server, session)
            job = await sent(session, server, deployment, f"{source.url}/film.png")
            await source.until_asked(1)
            await asyncio.to_thread(power_cut, server)
        await source.until_left(1)
        with served(folder, *SETTINGS) as server:
            await source.until_asked(2)
            source.let_go()
            async with Client(server.url) as client:
                assert (await finished(client, job)).succeeded
    assert source.asked == ["/film.png", "/film.png"]

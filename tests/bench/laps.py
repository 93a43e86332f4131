"""One job after the other: how long each takes from its submit to its history."""

import json
import time

import aiohttp
from tests.bench import graphs


async def lap(session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse) -> float:
    """Milliseconds from the POST of the smallest workflow until its history can be read."""
    began = time.perf_counter()
    body = {"prompt": graphs.small(), "client_id": "bench"}
    async with session.post("/prompt", json=body) as response:
        job_id = (await response.json())["prompt_id"]
    async for message in socket:
        if message.type is not aiohttp.WSMsgType.TEXT:
            continue
        told = json.loads(message.data)
        if told["type"] == "executing" and told["data"]["node"] is None:
            break
    # ComfyUI says so a moment before the history has it.
    while True:
        async with session.get(f"/history/{job_id}") as response:
            if job_id in await response.json():
                return (time.perf_counter() - began) * 1000


async def wait_for_nodes(url: str) -> None:
    """Until the server at `url` knows the nodes that the benchmarks use."""
    async with aiohttp.ClientSession(url) as session:
        while True:
            async with session.get("/object_info/SaveImage") as response:
                if await response.json():
                    return

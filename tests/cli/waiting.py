"""Wait for what a server says, never for time to pass."""

from typing import Any

import aiohttp

from greenroom.cli.client import Client
from greenroom.domain import ids


async def submitted(client: Client, graph: dict[str, Any], client_id: str) -> str:
    """Send a graph once the server knows its nodes; the id of the job."""
    await client.until_workers_are_up()
    body = {"prompt": graph, "client_id": client_id, "prompt_id": ids.new_job_id()}
    return (await client.submit(body)).prompt_id


async def until_message(socket: aiohttp.ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    """The data of the next message of that type."""
    while True:
        message = await socket.receive_json()
        if message["type"] == kind:
            return message["data"]


async def until_node(socket: aiohttp.ClientWebSocketResponse, job: str, node: str | None) -> None:
    """Until the job has reached the node, or, with None, has ended."""
    while True:
        data = await until_message(socket, "executing")
        if data["node"] == node and data.get("prompt_id") == job:
            return

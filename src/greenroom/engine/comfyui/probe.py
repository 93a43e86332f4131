"""Asks ComfyUI whether a run that another Greenroom left behind is inside a node."""

import asyncio
import contextlib

import aiohttp

from greenroom.domain.ids import new_session_id
from greenroom.engine.comfyui import messages
from greenroom.engine.comfyui.http import ComfyHttp, QueueLook
from greenroom.engine.comfyui.timing import Timing

_OURS = "greenroom-"
_GREETING = 2
"""A socket gets the queue's status first, then the node of its client's run, if there is one."""


def new_client_id() -> str:
    """A client id by which any Greenroom knows the run as one of its kind."""
    return _OURS + new_session_id()


def left_behind(look: QueueLook) -> str | None:
    """The client id of a running prompt that came from a Greenroom."""
    for prompt_id in look.running:
        client_id = look.client_of(prompt_id)
        if client_id is not None and client_id.startswith(_OURS):
            return client_id
    return None


async def inside_a_node(http: ComfyHttp, client_id: str, timing: Timing) -> bool:
    """Whether ComfyUI greets the client's socket with a node.

    To ask takes the greeting away from whoever listens under this id, so it must be nobody.
    """
    session = await http.open()
    with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
        async with (
            asyncio.timeout(timing.settle),
            session.ws_connect(http.url("/ws"), params={"clientId": client_id}) as socket,
        ):
            for _ in range(_GREETING):
                message = messages.decode_text(await socket.receive_str())
                if isinstance(message, messages.Executing):
                    return message.node is not None
    return False

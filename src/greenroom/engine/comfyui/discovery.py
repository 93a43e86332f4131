"""Is there a ComfyUI at this address?"""

import asyncio

import aiohttp
import msgspec

USUAL_URL = "http://127.0.0.1:8188"
"""Where a ComfyUI listens by itself."""
_PATIENCE = 1.0
"""Seconds for both questions together: it is this machine that is asked."""


class _System(msgspec.Struct):
    comfyui_version: str


class _SystemStats(msgspec.Struct):
    system: _System


async def found(url: str) -> bool:
    """Whether a ComfyUI answers there soon. Another Greenroom, which speaks its API, is none."""
    try:
        async with asyncio.timeout(_PATIENCE), aiohttp.ClientSession() as session:
            async with session.get(f"{url}/system_stats") as answer:
                msgspec.json.decode(await answer.read(), type=_SystemStats)
            async with session.get(f"{url}/healthz") as answer:
                return answer.status != 200
    except (aiohttp.ClientError, OSError, TimeoutError, msgspec.MsgspecError):
        return False

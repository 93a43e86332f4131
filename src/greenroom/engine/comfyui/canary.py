"""A trial run: does ComfyUI still take runs up?"""

import asyncio

from greenroom.domain.ids import JobId, new_job_id
from greenroom.domain.json import JsonObject
from greenroom.engine.comfyui import identity
from greenroom.engine.comfyui.http import ComfyHttp, Refused
from greenroom.engine.comfyui.timing import Timing

_GRAPH: JsonObject = {
    "1": {"class_type": "PrimitiveString", "inputs": {"value": "canary"}},
    "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}},
}
_LOOKS = 40


async def sings(http: ComfyHttp, client_id: str, timing: Timing) -> bool:
    """Whether a run without files or models comes out within the start limit, well or badly.

    A ComfyUI that refuses the graph lacks its nodes and cannot be tried this way; it passes.
    """
    prompt_id = identity.prompt_id(JobId(new_job_id()), 1)
    try:
        await http.submit({"prompt": _GRAPH, "prompt_id": prompt_id, "client_id": client_id})
    except Refused:
        return True
    for _ in range(_LOOKS):
        if await http.history(prompt_id) is not None:
            await http.forget(prompt_id)
            return True
        await asyncio.sleep(timing.start_limit / _LOOKS)
    await http.delete_pending(prompt_id)
    return False

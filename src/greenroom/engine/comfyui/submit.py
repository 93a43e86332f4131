"""Hands a graph to ComfyUI exactly once, also when the answer gets lost."""

import asyncio

from greenroom.domain.failure import Failure, FailureClass
from greenroom.domain.json import JsonObject
from greenroom.engine.base import EngineError
from greenroom.engine.comfyui import failures
from greenroom.engine.comfyui.http import ComfyHttp, PromptAnswer, Refused, Unreachable
from greenroom.engine.comfyui.reconcile import Place, check_deadline, locate_by
from greenroom.engine.comfyui.timing import Timing

_CRASHES = 2
"""How often ComfyUI may answer 500 to a graph before the graph is held to be the cause."""
_OWN_CRASH = 500


class Submission:
    """One graph on its way under one prompt id."""

    def __init__(self, http: ComfyHttp, prompt_id: str, body: JsonObject, timing: Timing) -> None:
        self._http = http
        self._prompt_id = prompt_id
        self._body = body
        self._timing = timing
        self._deadline = asyncio.get_running_loop().time() + timing.unreachable
        self._crashes = 0

    async def send(self) -> JsonObject:
        """The node errors of the accepted graph; EngineError when it cannot be handed over.

        It is posted again only after ComfyUI has shown that it does not have it.
        """
        while True:
            answer = await self._try()
            if answer is not None:
                return answer.node_errors
            await asyncio.sleep(self._timing.retry)

    async def _try(self) -> PromptAnswer | None:
        try:
            return await self._http.submit(self._body)
        except Refused as refused:
            reason, sent = self._judge(refused), True
        except Unreachable as unreachable:
            reason, sent = unreachable.reason, unreachable.sent
        check_deadline(self._deadline, reason)
        if sent and await self._arrived():
            return PromptAnswer(self._prompt_id)
        return None

    def _judge(self, refused: Refused) -> str:
        if not refused.temporary:
            raise EngineError(failures.from_refusal(refused))
        self._crashes += refused.status == _OWN_CRASH
        if self._crashes >= _CRASHES:
            raise EngineError(Failure(FailureClass.INVALID_GRAPH, str(refused)))
        return str(refused)

    async def _arrived(self) -> bool:
        """Two looks, since what was sent last may still be on its way to the first one."""
        if await self._known():
            return True
        await asyncio.sleep(self._timing.settle)
        return await self._known()

    async def _known(self) -> bool:
        sighting = await locate_by(self._deadline, self._http, self._prompt_id, self._timing)
        return sighting.place is not Place.UNKNOWN

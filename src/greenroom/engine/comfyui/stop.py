"""Takes one run out of ComfyUI, and no other."""

import logging
from collections.abc import Callable

from greenroom.engine.comfyui.http import ComfyHttp, Refused
from greenroom.engine.comfyui.reconcile import Place, Sighting, locate

_log = logging.getLogger(__name__)

_NO_SUCH_ROUTE = (404, 405)


class Stopper:
    """Stops by id where ComfyUI can.

    One that cannot stops whatever runs. Then the run might end, and the next one begin, between
    the look and the stop: so this is only done when all that wait are runs of our own, which are
    told of the mistake by `blind_stops` and can be tried again.
    """

    def __init__(self, http: ComfyHttp, all_ours: Callable[[frozenset[str]], bool]) -> None:
        self._http = http
        self._all_ours = all_ours
        self.blind_stops = 0

    async def stop(self, prompt_id: str) -> None:
        """Ask for the end of the run, wherever it stands.

        One that has begun ends in the history; one that still waits leaves no trace.
        """
        abilities = await self._http.abilities()
        if abilities.cancels_jobs and await self._cancel_job(prompt_id):
            return
        sighting = await locate(self._http, prompt_id)
        if sighting.place is Place.PENDING:
            await self._http.delete_pending(prompt_id)
            sighting = await locate(self._http, prompt_id)
        if sighting.place is not Place.RUNNING:
            return
        if abilities.interrupts_by_id:
            await self._http.interrupt(prompt_id)
        else:
            await self._stop_whatever_runs(sighting)

    async def _stop_whatever_runs(self, sighting: Sighting) -> None:
        if not self._all_ours(sighting.queue.pending):
            _log.warning("this ComfyUI cannot stop by id, and others wait: the run goes on")
            return
        self.blind_stops += 1
        await self._http.interrupt(None)

    async def _cancel_job(self, prompt_id: str) -> bool:
        try:
            return await self._http.cancel_job(prompt_id)
        except Refused as refused:
            if refused.status in _NO_SUCH_ROUTE:
                return False
            raise

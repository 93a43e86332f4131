"""Finds a run in ComfyUI, be it under this attempt's prompt id or an earlier one's."""

from greenroom.engine.base import Run
from greenroom.engine.comfyui import history
from greenroom.engine.comfyui.http import ComfyHttp
from greenroom.engine.comfyui.identity import prompt_id
from greenroom.engine.comfyui.reconcile import Place, Sighting, locate_by
from greenroom.engine.comfyui.timing import Timing

_REACH = 3
"""How many attempts back are looked for."""


async def find(run: Run, http: ComfyHttp, deadline: float, timing: Timing) -> tuple[str, Sighting]:
    """The prompt id to follow, and where it stands; EngineError WORKER_LOST after `deadline`.

    An attempt that was given up while it went on in ComfyUI, because its Greenroom was restarted,
    is worth more than a new one, unless it ended badly since.
    """
    own = prompt_id(run.job_id, run.attempt)
    sighting = await locate_by(deadline, http, own, timing)
    if sighting.place is not Place.UNKNOWN:
        return own, sighting
    for attempt in range(run.attempt - 1, max(run.attempt - 1 - _REACH, 0), -1):
        earlier = prompt_id(run.job_id, attempt)
        found = await locate_by(deadline, http, earlier, timing)
        if _worth_following(found, run):
            return earlier, found
    return own, sighting


def _worth_following(sighting: Sighting, run: Run) -> bool:
    if sighting.entry is None:
        return sighting.place is not Place.UNKNOWN
    return isinstance(history.ending(sighting.entry, run.outputs), history.Succeeded)

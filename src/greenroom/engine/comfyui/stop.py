"""Takes one run out of ComfyUI, and no other."""

from greenroom.engine.comfyui.http import ComfyHttp, Refused
from greenroom.engine.comfyui.reconcile import Place, locate

_NO_SUCH_ROUTE = (404, 405)


async def stop(http: ComfyHttp, prompt_id: str) -> bool:
    """Whether the run was taken out of the queue before it began: such a run leaves no trace.

    A run that has begun is asked to stop, and ends in the history.
    """
    abilities = await http.abilities()
    if abilities.cancels_jobs and await _cancel_job(http, prompt_id):
        return (await locate(http, prompt_id)).place is Place.UNKNOWN
    place = (await locate(http, prompt_id)).place
    was_pending = place is Place.PENDING
    if was_pending:
        await http.delete_pending(prompt_id)
        place = (await locate(http, prompt_id)).place
    if place is Place.RUNNING:
        await http.interrupt(prompt_id if abilities.interrupts_by_id else None)
    return was_pending and place is Place.UNKNOWN


async def _cancel_job(http: ComfyHttp, prompt_id: str) -> bool:
    try:
        return await http.cancel_job(prompt_id)
    except Refused as refused:
        if refused.status in _NO_SUCH_ROUTE:
            return False
        raise

"""Where a run stands by ComfyUI's own books."""

import asyncio
from dataclasses import dataclass
from enum import Enum, auto

from greenroom.engine.base import EngineError
from greenroom.engine.comfyui import failures
from greenroom.engine.comfyui.http import (
    ComfyHttp,
    HistoryEntry,
    QueueLook,
    Refused,
    Unreachable,
)
from greenroom.engine.comfyui.timing import Timing


class Place(Enum):
    PENDING = auto()
    RUNNING = auto()
    DONE = auto()
    UNKNOWN = auto()
    """Neither queue nor history has it: never arrived, taken out, or forgotten in a restart."""


@dataclass(frozen=True, slots=True)
class Sighting:
    place: Place
    queue: QueueLook
    entry: HistoryEntry | None = None


NEVER_SEEN = Sighting(Place.UNKNOWN, QueueLook())


async def locate(http: ComfyHttp, prompt_id: str) -> Sighting:
    """A run goes from queue to history in one step: asked in this order, none is missed."""
    queue = await http.queue()
    if prompt_id in queue.running:
        return Sighting(Place.RUNNING, queue)
    if prompt_id in queue.pending:
        return Sighting(Place.PENDING, queue)
    entry = await http.history(prompt_id)
    return Sighting(Place.UNKNOWN if entry is None else Place.DONE, queue, entry)


async def locate_by(deadline: float, http: ComfyHttp, prompt_id: str, timing: Timing) -> Sighting:
    """Ask until there is an answer; EngineError WORKER_LOST after `deadline`, in loop seconds."""
    while True:
        try:
            return await locate(http, prompt_id)
        except (Unreachable, Refused) as trouble:
            check_deadline(deadline, str(trouble))
        await asyncio.sleep(timing.retry)


def check_deadline(deadline: float, reason: str) -> None:
    if asyncio.get_running_loop().time() >= deadline:
        raise EngineError(failures.lost(f"ComfyUI cannot be reached: {reason}"))

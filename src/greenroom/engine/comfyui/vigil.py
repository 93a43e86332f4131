"""Watches over one run: is it still getting anywhere?"""

from greenroom.domain.failure import Failure
from greenroom.engine.comfyui import failures
from greenroom.engine.comfyui.fold import RunFold
from greenroom.engine.comfyui.reconcile import Place, Sighting
from greenroom.engine.comfyui.timing import Timing


class Vigil:
    """Instants are the event loop's seconds.

    ComfyUI's server answers even when the thread that runs prompts is dead. Between taking a run
    up and reaching its first node lie milliseconds, and a socket that connects while a node runs
    is told which: so a run that ComfyUI claims to hold, but about which a fresh socket hears
    nothing, is stuck. Inside a node, only a long silence tells.
    """

    def __init__(self, fold: RunFold, timing: Timing) -> None:
        self._fold = fold
        self._timing = timing
        self._heard: float | None = None
        self._running: frozenset[str] | None = None
        self._since = 0.0
        self._probed = False

    def heard(self, now: float) -> None:
        self._heard = now

    def wants_probe(self, sighting: Sighting, now: float) -> bool:
        """Whether the socket should connect anew; asked once, half-way to a verdict."""
        self._note(sighting, now)
        if self._probed or self._fold.begun or sighting.place is not Place.RUNNING:
            return False
        self._probed = now - self._since >= self._timing.start_limit / 2
        return self._probed

    def verdict(self, sighting: Sighting, now: float, *, audible: bool) -> Failure | None:
        """`audible`: the present connection works, and is the one that hears of this run."""
        self._note(sighting, now)
        unchanged = now - self._since
        if sighting.place is Place.RUNNING:
            return self._judge_running(now, unchanged, audible=audible)
        if not sighting.queue.running and unchanged >= self._timing.start_limit:
            return failures.stalled("ComfyUI takes nothing from its queue any more")
        if unchanged >= self._timing.silence_limit:
            return failures.stalled("ComfyUI has not finished the run before this one")
        return None

    def _judge_running(self, now: float, unchanged: float, *, audible: bool) -> Failure | None:
        if not self._fold.begun and self._probed and audible:
            if unchanged >= self._timing.start_limit:
                return failures.stalled("ComfyUI holds the run, but its prompt thread is dead")
            return None
        silent = now - max(self._heard or self._since, self._since)
        if silent >= self._timing.silence_limit:
            node = self._fold.current
            return failures.stalled(f"no sign of progress for {silent:.0f} s", node)
        return None

    def _note(self, sighting: Sighting, now: float) -> None:
        if sighting.queue.running != self._running:
            self._running = sighting.queue.running
            self._since = now

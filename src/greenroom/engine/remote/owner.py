"""The Owner of a ComfyUI that is owned on another machine."""

from collections.abc import Awaitable, Callable

from greenroom.domain.worker import Restarts
from greenroom.engine.owner import ProcessState, ProcessStatus
from greenroom.engine.remote import messages as wire


class RemoteOwner:
    """Where the worker owns nothing, its process counts as answering, and is never restarted."""

    def __init__(self, order: Callable[[wire.Restart], Awaitable[None]]) -> None:
        self._order = order
        self._owns = False
        self._generation = 0
        self._restarts = Restarts()
        self._state = ProcessState(ProcessStatus.ANSWERING)
        self._listener: Callable[[ProcessState], None] | None = None

    @property
    def generation(self) -> int:
        return self._generation

    @property
    def restarts(self) -> Restarts | None:
        return self._restarts if self._owns else None

    @property
    def state(self) -> ProcessState:
        return self._state

    def watch(self, listener: Callable[[ProcessState], None]) -> None:
        self._listener = listener

    async def restart(self, generation: int, why: str) -> None:
        if self._owns:
            await self._order(wire.Restart(generation, why))

    def connected(self, *, owns: bool) -> None:
        self._owns = owns
        if not owns:
            self._become(ProcessState(ProcessStatus.ANSWERING))

    def disconnected(self) -> None:
        """Nobody knows how its process is; the worker says it again when it is back."""
        self._become(ProcessState(ProcessStatus.ANSWERING))

    def hear(self, told: wire.ProcessTold) -> None:
        self._generation = told.generation
        self._restarts = Restarts(told.restarts, told.why)
        self._become(ProcessState(ProcessStatus(told.status), told.reason))

    def _become(self, state: ProcessState) -> None:
        before, self._state = self._state, state
        if self._listener is not None and state != before:
            self._listener(state)

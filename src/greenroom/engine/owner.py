"""The Owner protocol: who started an engine's server, watches it, and can start it anew."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from greenroom.domain.worker import Restarts


class ProcessStatus(StrEnum):
    STARTING = "starting"
    """It runs, but does not answer yet."""
    ANSWERING = "answering"
    ENDED = "ended"
    """It is started again after a while."""


@dataclass(frozen=True, slots=True)
class ProcessState:
    status: ProcessStatus
    reason: str = ""
    end: str = ""
    """Of one that has ended: how, without what comes next."""

    @property
    def answers(self) -> bool:
        return self.status is ProcessStatus.ANSWERING


class Owner(Protocol):
    """Owns the process of one engine's server."""

    @property
    def generation(self) -> int:
        """How many processes there have been; tells an old one's fault from the present one's."""

    @property
    def restarts(self) -> Restarts | None:
        """None where the process is nobody's of ours."""

    @property
    def state(self) -> ProcessState: ...

    def watch(self, listener: Callable[[ProcessState], None]) -> None:
        """Call `listener` at every change of state, in place of an earlier one."""

    async def restart(self, generation: int, why: str) -> None:
        """End the process of that generation and start the next; nothing when it is gone."""

"""What the policy wants done, and why."""

from dataclasses import dataclass
from enum import StrEnum

from greenroom.domain.ids import WorkerId


class Reason(StrEnum):
    """Why something is done, or why nothing is."""

    STEADY = "as many as are needed are there"
    MINIMUM = "min_instances is not reached"
    QUEUE = "as many jobs wait for each instance as queue_size says"
    REBOUND = "jobs wait again so soon that keeping the last instance would have cost less"
    PATIENCE = "jobs wait, but only just: an instance may be free for them at once"
    WARM = "without work, but kept warm"
    STEADIED = "without work, but kept longer: of late it was needed again soon after it had ended"
    IDLE = "was not needed for as long as it is kept warm"
    PRESSED = "is without work while other deployments wait for its place"
    MAXIMUM = "there are more than max_instances"
    OFF = "the deployment is switched off or deleted"
    NO_ANSWER = "did not answer in time"
    FAILING = "starts failed; the next try comes after a pause"
    FULL = "jobs wait, but there are as many as max_instances says"
    LOOK = "nobody knows yet which nodes it has: one instance shows them"
    UNKNOWN = (
        "its first starts failed, so its nodes are not known; the next request has it tried again"
    )
    NO_ROOM = "more are needed than there is room for"


class Act(StrEnum):
    START = "start"
    RECALL = "recall"
    """Let an instance that drains take jobs again."""
    DRAIN = "drain"
    GIVE_UP = "give up"
    """Stop it without waiting: it does not answer."""


@dataclass(frozen=True, slots=True)
class Move:
    """One thing to do."""

    act: Act
    reason: Reason
    instance: WorkerId | None = None
    """None for a start: the instance does not exist yet."""


@dataclass(frozen=True, slots=True)
class Decision:
    desired: int
    """How many shall start or run."""
    reason: Reason
    moves: tuple[Move, ...] = ()

    def those(self, act: Act) -> list[Move]:
        return [move for move in self.moves if move.act is act]

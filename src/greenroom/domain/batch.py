"""A batch: the jobs of one sweep, which share an id."""

from collections.abc import Mapping
from dataclasses import dataclass

from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId
from greenroom.domain.job import TERMINAL_STATES, JobState
from greenroom.domain.json import JsonObject


@dataclass(frozen=True, slots=True)
class BatchJob:
    """One job of a batch, and what sets it apart from the others."""

    job_id: JobId
    position: int
    """From 0, in the order of the sweep."""
    label: str
    """Such as `6.text=a, 3.seed=2`."""
    values: JsonObject
    """Node id -> input name -> value."""
    seeds: Mapping[str, int]
    """NODE.INPUT -> a seed that was drawn because the graph left it open."""


@dataclass(frozen=True, slots=True)
class Batch:
    """How far a batch is."""

    id: str
    counts: Mapping[JobState, int]
    """How many of its jobs are in each state; states without any are left out."""
    percent: int
    """Of the whole, 0 to 100; what runs counts with its share."""

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def finished(self) -> int:
        return sum(count for state, count in self.counts.items() if state in TERMINAL_STATES)


@dataclass(frozen=True, slots=True)
class EndedBatch:
    """How the jobs of a batch ended, deleted ones too."""

    id: str
    counts: Mapping[JobState, int]
    """How many ended in each state, every final state named."""
    created_at: Millis
    ended_at: Millis
    """When the last one did."""

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def percent_of(counts: Mapping[JobState, int], running: int) -> int:
    """The share that is done; `running` is the sum of the percents of the jobs that run."""
    total = sum(counts.values())
    done = sum(count for state, count in counts.items() if state in TERMINAL_STATES)
    if total == done:
        return 100
    return min((100 * done + running) // total, 99)

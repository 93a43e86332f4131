"""A sweep from the command line: submit it, follow the batch, write what its jobs made."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.markup import escape

from greenroom.cli import output
from greenroom.cli.client import Client
from greenroom.cli.outputs import write_outputs
from greenroom.cli.server_choice import Reached
from greenroom.cli.wire import JobEntry

_BATCHES = "/api/admin/library/batches"
_LOOK_SECONDS = 0.5


class BatchMember(msgspec.Struct, frozen=True):
    id: str
    label: str


class SweptBatch(msgspec.Struct, frozen=True):
    """POST /batches."""

    batch_id: str
    jobs: list[BatchMember]


class BatchState(msgspec.Struct, frozen=True):
    """GET /batches/{id}. Counts are by the words of the job's states."""

    batch_id: str
    total: int
    finished: int
    percent: int
    counts: dict[str, int]


class BatchCanceled(msgspec.Struct, frozen=True):
    """POST /batches/{id}/cancel."""

    cancelled: int


@dataclass(frozen=True, slots=True)
class SweepResult:
    label: str
    job: JobEntry
    files: list[Path]


@dataclass(frozen=True, slots=True)
class SweepOutcome:
    batch_id: str
    results: list[SweepResult]

    @property
    def succeeded(self) -> bool:
        return all(result.job.succeeded for result in self.results)


async def run_sweep(
    reached: Reached, body: Mapping[str, object], axes: Sequence[str], folder: Path, *, quiet: bool
) -> SweepOutcome:
    """Submit the body of POST /prompt with its axes, and wait for every job."""
    client = reached.client
    given = {**body, "sweep": list(axes)}
    batch = await client.ask("POST", _BATCHES, SweptBatch, json=given)
    if not quiet:
        output.notes.print(f"Batch {batch.batch_id}: {len(batch.jobs)} jobs")
    try:
        await _until_finished(reached, batch.batch_id, quiet=quiet)
    except asyncio.CancelledError:
        if reached.in_process:
            await asyncio.shield(cancel_batch(client, batch.batch_id))
        elif not quiet:
            stop = f"greenroom jobs cancel --batch {batch.batch_id}"
            output.notes.print(f"The batch goes on. To stop it: {stop}")
        raise
    results = []
    for member in batch.jobs:
        job = await client.job(member.id)
        results.append(SweepResult(member.label, job, await write_outputs(client, job, folder)))
    return SweepOutcome(batch.batch_id, results)


async def cancel_batch(client: Client, batch_id: str) -> int:
    """Stop what is left of it; how many jobs were asked to stop. NOT_FOUND."""
    answer = await client.ask("POST", f"{_BATCHES}/{batch_id}/cancel", BatchCanceled)
    return answer.cancelled


def print_sweep(outcome: SweepOutcome, *, as_json: bool) -> None:
    if as_json:
        jobs = [
            {"label": r.label, "job": r.job, "files": [str(path) for path in r.files]}
            for r in outcome.results
        ]
        output.emit({"batch_id": outcome.batch_id, "jobs": jobs})
        return
    for result in outcome.results:
        files = ", ".join(str(path) for path in result.files) or result.job.why
        output.results.print(escape(f"{result.label}  {result.job.status}  {files}"))


async def _until_finished(reached: Reached, batch_id: str, *, quiet: bool) -> None:
    told = ""
    while True:
        state = await reached.client.ask("GET", f"{_BATCHES}/{batch_id}", BatchState)
        line = f"{state.percent:>3} %  {state.finished} of {state.total}"
        if line != told and not quiet:
            output.notes.print(line)
            told = line
        if state.finished == state.total:
            return
        await asyncio.sleep(_LOOK_SECONDS)

"""The queue: what runs with its progress, what waits with its place, and who works."""

from collections.abc import Sequence

from aiohttp import web

from greenroom.api.console import bodies, labels, queries
from greenroom.api.console.cards import Cards, decoded
from greenroom.api.console.shapes import Changed, Live, Move, QueueView, RunningJob, WaitingJob
from greenroom.api.console.stream import Stream
from greenroom.api.console.workers import WorkersApi
from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.browse import JobSearch
from greenroom.domain.ids import JobId
from greenroom.domain.job import JobState
from greenroom.domain.worker import WorkerStatus

_SHOWN = 200
_SAMPLE = 20
"""How many finished jobs the expected length of a job is taken from."""


class QueueApi:
    def __init__(self, cards: Cards, stream: Stream, workers: WorkersApi) -> None:
        self._cards = cards
        self._stream = stream
        self._workers = workers

    async def show(self, call: Call) -> web.StreamResponse:
        page = await call.services.browse.queue(call.principal, queries.limit(call, _SHOWN))
        running_cards = await self._cards.of(page.running)
        waiting_cards = await self._cards.of(page.waiting)
        each = await _seconds_each(call)
        busy = _seconds_until_free(call, [self._stream.live(one.job.id) for one in page.running])
        running = [
            RunningJob(
                card=card,
                live=self._stream.live(detail.job.id),
                worker=detail.job.worker,
                node_titles=labels.node_titles(decoded(detail.payload.to_run)),
            )
            for card, detail in zip(running_cards, page.running, strict=True)
        ]
        waits_for = [await call.services.scheduler.waiting_for(one.job) for one in page.waiting]
        waiting = [
            WaitingJob(
                card=card,
                position=index + 1,
                eta_seconds=(
                    None if each is None or busy is None or reason else round(busy + each * index)
                ),
                not_before=detail.job.not_before,
                waiting_for=reason,
            )
            for index, (card, detail, reason) in enumerate(
                zip(waiting_cards, page.waiting, waits_for, strict=True)
            )
        ]
        fleet = await self._workers.views()
        return json_response(QueueView(running, waiting, page.waiting_total, fleet))

    async def move(self, call: Call) -> web.StreamResponse:
        """Waiting jobs before another one, or to the front."""
        move = await bodies.read(call, Move)
        ids = [JobId(one) for one in move.ids]
        before = None if move.before is None else JobId(move.before)
        await call.services.jobs.place(call.principal, ids, before)
        self._stream.reordered(call.principal.tenant)
        return json_response(Changed(move.ids))


def _seconds_until_free(call: Call, runs: Sequence[Live]) -> float | None:
    """How long until a worker takes the next job; None when nothing can be said."""
    up = sum(one.status is WorkerStatus.UP for one in call.services.workers.all())
    if not up:
        return None
    if len(runs) < up:
        return 0.0
    known = [run.eta_seconds for run in runs if run.eta_seconds is not None]
    return min(known) if known else None


async def _seconds_each(call: Call) -> float | None:
    """How far apart jobs begin, by the newest finished ones; None without any."""
    search = JobSearch(states=frozenset({JobState.SUCCEEDED}))
    page = await call.services.browse.jobs(call.principal, search, None, _SAMPLE)
    lengths = [
        (job.finished_at - job.started_at) / 1000
        for job in (detail.job for detail in page.jobs)
        if job.started_at is not None and job.finished_at is not None
    ]
    up = sum(one.status is WorkerStatus.UP for one in call.services.workers.all())
    return sum(lengths) / len(lengths) / up if lengths and up else None

"""The queue: what runs with its progress, what waits with its place, and who works."""

from aiohttp import web

from greenroom.api.console import bodies, labels, queries, tenants
from greenroom.api.console.cards import Cards, decoded
from greenroom.api.console.shapes import Changed, Move, QueueView, RunningJob, WaitingJob
from greenroom.api.console.stream import Stream
from greenroom.api.console.workers import WorkersApi
from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.ids import JobId

_SHOWN = 200


class QueueApi:
    def __init__(self, cards: Cards, stream: Stream, workers: WorkersApi) -> None:
        self._cards = cards
        self._stream = stream
        self._workers = workers

    async def show(self, call: Call) -> web.StreamResponse:
        page = await call.services.browse.queue(call.principal, queries.limit(call, _SHOWN))
        running_cards = await self._cards.of(page.running)
        waiting_cards = await self._cards.of(page.waiting)
        running = [
            RunningJob(
                card=card,
                live=self._stream.live(detail.job.id),
                worker=detail.job.worker,
                node_titles=labels.node_titles(decoded(detail.payload.to_run)),
            )
            for card, detail in zip(running_cards, page.running, strict=True)
        ]
        now = call.services.clock.now()
        outlooks = await call.services.scheduler.outlooks([one.job for one in page.waiting])
        waiting = [
            WaitingJob(
                card=card,
                position=index + 1,
                eta_seconds=outlooks[detail.job.id].starts_in_seconds(now),
                not_before=None if detail.job.awaits_inputs else detail.job.not_before,
                waiting_for=outlooks[detail.job.id].waiting_for,
            )
            for index, (card, detail) in enumerate(zip(waiting_cards, page.waiting, strict=True))
        ]
        fleet = await self._workers.views(call.principal)
        steered = await tenants.views(call)
        return json_response(QueueView(running, waiting, page.waiting_total, fleet, steered))

    async def move(self, call: Call) -> web.StreamResponse:
        """Waiting jobs before another one, or to the front."""
        move = await bodies.read(call, Move)
        ids = [JobId(one) for one in move.ids]
        before = None if move.before is None else JobId(move.before)
        await call.services.jobs.place(call.principal, ids, before)
        self._stream.reordered(call.principal.tenant)
        return json_response(Changed(move.ids))

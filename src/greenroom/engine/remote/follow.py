"""One run on another machine, as the server follows it over any number of connections."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from greenroom.domain import run as events
from greenroom.domain.failure import Failure, FailureClass
from greenroom.domain.run import RunEvent
from greenroom.engine.base import EngineError, Interrupted, Run, RunResult, Sink
from greenroom.engine.remote import messages as wire
from greenroom.engine.remote.events import Ended, Retold, Word, from_wire, is_hint

_MOST_HINTS = 500
"""Steps and previews that may wait; more come soon."""


class Follow:
    def __init__(self, run: Run, inputs: Mapping[wire.Input, Path], *, submit: bool) -> None:
        self.inputs = inputs
        """Where the files that the run reads lie here."""
        self._run = run
        self._submit = submit
        self._sent = False
        self._received = 0
        self._words: asyncio.Queue[Word] = asyncio.Queue()
        self._told: list[RunEvent] = []
        self._repeats = False

    def begin(self) -> wire.Begin:
        """What makes the other side run it, or tell on."""
        run, is_first = self._run, not self._sent
        self._sent = True
        return wire.Begin(
            job=run.job_id,
            attempt=run.attempt,
            graph=wire.pack(run.graph),
            outputs=tuple(run.outputs),
            extra_data=wire.pack(run.extra_data),
            inputs=tuple(self.inputs),
            tenant=run.tenant,
            after=self._received,
            submit=self._submit and not self.has_begun,
            fresh=run.fresh and is_first,
        )

    def hear(self, told: wire.Told) -> None:
        """Take what comes next; what came before already is let go."""
        if told.number == 0:
            if self._words.qsize() < _MOST_HINTS:
                self._words.put_nowait(from_wire(told.event))
        elif told.number == self._received + 1:
            self._received = told.number
            self._words.put_nowait(from_wire(told.event))

    @property
    def has_begun(self) -> bool:
        """Whether anything was heard of the run."""
        return self._received > 0

    def stop(self) -> None:
        """End it as a run that was stopped on request."""
        self._words.put_nowait(Ended(Interrupted({"executed": []})))

    def lose(self, reason: str) -> None:
        """End it: nobody knows what becomes of the run."""
        self._words.put_nowait(Ended(lost(reason)))

    async def to_the_end(self, sink: Sink) -> RunResult | None:
        """Pass on what happens; None when the run is not known any more.

        EngineError, Interrupted.
        """
        while True:
            word = await self._words.get()
            match word:
                case Ended():
                    if word.result is None or isinstance(word.result, RunResult):
                        return word.result
                    raise word.result
                case Retold():
                    self._repeats = True
                case _:
                    await self._pass_on(word, sink)

    async def _pass_on(self, event: RunEvent, sink: Sink) -> None:
        if is_hint(event):
            await sink(event)
        elif not (self._repeats and _is_known(event, self._told)):
            self._told.append(event)
            await sink(event)


def lost(reason: str) -> EngineError:
    return EngineError(Failure(FailureClass.WORKER_LOST, reason))


def _is_known(event: RunEvent, told: list[RunEvent]) -> bool:
    """Whether the event was told before. Whether an output came from a cache may differ."""
    if isinstance(event, events.NodesCached):
        return any(isinstance(before, events.NodesCached) for before in told)
    if isinstance(event, events.NodeOutput):
        return any(
            isinstance(before, events.NodeOutput)
            and before.node.display_node_id == event.node.display_node_id
            and before.output == event.output
            for before in told
        )
    return event in told

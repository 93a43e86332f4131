"""Follow one job to its end: its live messages as hints, the jobs API as the truth."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeAlias

import aiohttp

from greenroom.cli.client import Client
from greenroom.cli.wire import JobEntry
from greenroom.cli.workflow_file import Graph
from greenroom.domain import progress
from greenroom.domain.clock import Clock
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.progress import Progress
from greenroom.engine.comfyui import messages
from greenroom.engine.comfyui.fold import RunFold
from greenroom.engine.comfyui.messages import Message

Show: TypeAlias = Callable[[Progress], None]
"""Called with each new snapshot."""

_LOOK_SECONDS = 5.0
_LOOK_OFTEN_SECONDS = 0.5
_PATIENCE_SECONDS = 30.0


class Follower:
    """Watches a job of a client id; the socket may break and comes back by itself."""

    def __init__(self, client: Client, graph: Graph, show: Show, clock: Clock) -> None:
        self._client = client
        self._graph = graph
        self._show = show
        self._clock = clock
        self._fold = RunFold()
        self._progress = self._blank()

    async def to_the_end(self, job_id: str, client_id: str | None) -> JobEntry:
        """The finished job; UNAVAILABLE when the server stays away."""
        job = await self._wait(job_id, client_id)
        if job.succeeded:
            self._show(progress.finish(self._progress))
        return job

    async def _wait(self, job_id: str, client_id: str | None) -> JobEntry:
        away = 0.0
        while True:
            try:
                if client_id is None:
                    return await self._poll(job_id)
                async with self._client.socket(client_id) as socket:
                    away = 0.0
                    job = await self._listen(socket, job_id)
                if job is not None:
                    return job
            except AppError as error:
                if error.code is not ErrorCode.UNAVAILABLE or away >= _PATIENCE_SECONDS:
                    raise
            away += _LOOK_OFTEN_SECONDS
            await asyncio.sleep(_LOOK_OFTEN_SECONDS)

    async def _poll(self, job_id: str) -> JobEntry:
        while True:
            job = await self._client.job(job_id)
            if job.finished:
                return job
            await asyncio.sleep(_LOOK_OFTEN_SECONDS)

    async def _listen(
        self, socket: aiohttp.ClientWebSocketResponse, job_id: str
    ) -> JobEntry | None:
        """The finished job; None when the socket closed before that."""
        job = await self._client.job(job_id)
        if job.finished:
            return job
        async for message in _received(socket):
            if message is not None:
                self._take(message, job_id)
            if message is None or _is_end(message, job_id):
                job = await self._client.job(job_id)
                if job.finished:
                    return job
        return None

    def _take(self, message: Message, job_id: str) -> None:
        if getattr(message, "prompt_id", job_id) != job_id:
            return
        if isinstance(message, messages.ExecutionStart) and self._progress.started_at is not None:
            # Another attempt, or the story so far told again to a new socket.
            self._fold, self._progress = RunFold(), self._blank()
        for event in self._fold.fold(message):
            self._progress = progress.fold(self._progress, event, self._clock.now())
        self._show(self._progress)

    def _blank(self) -> Progress:
        return progress.begin(str(node.get("class_type")) for node in self._graph.values())


async def _received(socket: aiohttp.ClientWebSocketResponse) -> AsyncIterator[Message | None]:
    """Each message as it comes, and None after a while without any."""
    while True:
        try:
            frame = await socket.receive(_LOOK_SECONDS)
        except TimeoutError:
            yield None
            continue
        if frame.type is aiohttp.WSMsgType.TEXT:
            message = messages.decode_text(frame.data)
            if message is not None:
                yield message
        elif frame.type is not aiohttp.WSMsgType.BINARY:
            return


def _is_end(message: Message, job_id: str) -> bool:
    match message:
        case messages.Executing(node=None):
            return message.prompt_id in {job_id, None}
        case (
            messages.ExecutionSuccess()
            | messages.ExecutionError()
            | messages.ExecutionInterrupted()
        ):
            return message.prompt_id == job_id
        case messages.Status():
            # A job that is canceled while it waits says nothing else.
            return True
        case _:
            return False

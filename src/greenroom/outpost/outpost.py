"""One engine of this machine, offered to a server elsewhere for as long as it lasts."""

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from greenroom import __version__
from greenroom.domain import ids
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.worker import Restarts
from greenroom.engine.base import Engine
from greenroom.engine.health import Health, HealthStatus
from greenroom.engine.owner import Owner, ProcessState
from greenroom.engine.remote import messages as wire
from greenroom.outpost.calls import Calls
from greenroom.outpost.connection import Connection
from greenroom.outpost.inputs import Inputs
from greenroom.outpost.outputs import Outputs
from greenroom.outpost.patience import Patience
from greenroom.outpost.runs import Runs
from greenroom.outpost.server import Server

_log = logging.getLogger(__name__)
_GIVING_BACK_S = 10.0
"""Seconds that runs have to stop when they are given back."""


@dataclass(frozen=True, slots=True)
class Post:
    """How the worker is known, and what of this machine it has for itself."""

    worker: str
    url: str
    """Of its ComfyUI, as this machine sees it."""
    labels: dict[str, str]
    folder: Path
    keep_inputs: int
    """Bytes of input files that are kept for later runs."""


class Outpost:
    def __init__(
        self, post: Post, engine: Engine, server: Server, owner: Owner | None = None
    ) -> None:
        self.post = post
        self._engine = engine
        self._server = server
        self._owner = owner
        self._session = ids.new_session_id()
        self._connection: Connection | None = None
        self._dismissed: AppError | None = None
        self._trouble = ""
        self._health: HealthStatus | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        inputs = Inputs(post.folder / "inputs", server, post.worker, post.keep_inputs)
        self._runs = Runs(engine, inputs, self._tell)
        outputs = Outputs(server, post.worker)
        self._calls = Calls(engine, owner, outputs, post.folder / "scratch")
        engine.watch(self._tell_health)
        if owner is not None:
            owner.watch(self._tell_process)

    async def serve(self) -> None:
        """Work for the server until cancelled.

        UNAUTHORIZED, FORBIDDEN or CONFLICT when it does not want this worker, or no more.
        """
        patience = Patience()
        await self._engine.start()
        while self._dismissed is None:
            try:
                terms = await self._server.greet(self.post.worker)
                async with self._server.socket() as socket:
                    patience.renew()
                    self._trouble = ""
                    await self._talk(Connection(socket), terms.version)
                    _log.warning("the connection to %s has ended", self._server.url)
            except AppError as error:
                if error.code is not ErrorCode.UNAVAILABLE:
                    raise
                self._note(error.message)
            if self._dismissed is None:
                await patience.wait()
        raise self._dismissed

    async def leave(self, grace: float, *, gives_back: bool) -> None:
        """Take no more; let what runs end within `grace` seconds. Then give it back, or leave it.

        What is left goes on in ComfyUI, for a later process of this worker to follow.
        """
        self._runs.close()
        self._tell(wire.Leaving(gives_back=False))
        if await self._ends_within(grace) or not gives_back:
            return
        self._tell(wire.Leaving(gives_back=True))
        await self._ends_within(_GIVING_BACK_S)

    async def stop(self) -> None:
        await self._runs.stop()
        for task in self._tasks:
            task.cancel()
        await self._engine.stop()

    async def _ends_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._runs.until_none()
        except TimeoutError:
            return False
        return True

    async def _talk(self, connection: Connection, version: str) -> None:
        self._connection = connection
        _log.info(
            "connected to %s (Greenroom %s) as %s", self._server.url, version, self.post.worker
        )
        connection.send(
            wire.Hello(
                worker=self.post.worker,
                session=self._session,
                version=__version__,
                url=self.post.url,
                labels=self.post.labels,
                owns=self._owner is not None,
            )
        )
        self._runs.connected()
        if self._owner is not None:
            self._tell_process(self._owner.state)
        self._tell_health(self._engine.health())
        try:
            await connection.until_it_breaks(self._hear)
        finally:
            self._connection = None
            for task in self._tasks:
                task.cancel()

    def _hear(self, message: wire.FromServer) -> bool:
        """Whether to go on listening."""
        match message:
            case wire.Begin():
                self._runs.begin(message)
            case wire.Interrupt():
                self._spawn(self._runs.interrupt(message.job))
            case wire.Forget():
                self._runs.forget(message.job, message.attempt)
            case wire.Call():
                self._spawn(self._answer(message))
            case wire.Ping():
                self._tell(wire.Pong(message.sent))
            case wire.Dismiss():
                self._dismissed = AppError(ErrorCode(message.code), message.reason)
                return False
            case never:
                assert_never(never)
        return True

    async def _answer(self, call: wire.Call) -> None:
        self._tell(await self._calls.answer(call))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        """Do it beside what is heard next. It ends with the connection that asked for it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a request of the server broke", exc_info=error)

    def _tell(self, message: wire.FromWorker) -> None:
        if self._connection is not None:
            self._connection.send(message)

    def _tell_health(self, health: Health) -> None:
        if health.status is not self._health:
            _log.info("%s is %s %s", self.post.url, health.status, health.reason)
        self._health = health.status
        self._tell(wire.HealthTold(health.status.value, health.reason))

    def _tell_process(self, state: ProcessState) -> None:
        if self._owner is not None:
            generation, had = self._owner.generation, self._owner.restarts or Restarts()
            self._tell(
                wire.ProcessTold(
                    state.status.value, state.reason, generation, had.count, had.last_reason
                )
            )

    def _note(self, trouble: str) -> None:
        """Log what keeps this worker from working, once until it changes."""
        if trouble != self._trouble:
            _log.warning("%s Trying again.", trouble)
        self._trouble = trouble

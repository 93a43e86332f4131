"""The Engine on another machine: the server's side, which outlives its connections."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path, PurePath
from typing import TypeAlias, assert_never

from blake3 import blake3

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.failure import Failure, FailureClass
from greenroom.domain.ids import BlobHash, JobId
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.listing import Question
from greenroom.domain.machine import Machine
from greenroom.domain.page_file import PageContent, PageFile
from greenroom.domain.relay import RelayAnswer, RelayRequest
from greenroom.engine.base import EngineError, InputFile, Run, RunResult, Sink
from greenroom.engine.health import Health, HealthStatus
from greenroom.engine.remote import messages as wire
from greenroom.engine.remote import questions
from greenroom.engine.remote.follow import Follow, lost
from greenroom.engine.remote.line import Broke, Cut, Line
from greenroom.engine.remote.owner import RemoteOwner

_AWAY = Health(HealthStatus.DOWN, "it is not connected")
_LEAVING = Health(HealthStatus.DOWN, "it stops")
_REPLACED = wire.Dismiss(
    ErrorCode.CONFLICT,
    "Another process has connected as this worker. Give each machine a --data-dir of its own.",
)

Lend: TypeAlias = Callable[[BlobHash, Path], Awaitable[None]]
"""Puts the bytes of that hash, which the worker has uploaded, at the path."""


class RemoteEngine:
    """Down while its machine is not connected; its runs wait for that, up to `patience` seconds."""

    def __init__(self, patience: float, lend: Lend) -> None:
        self._patience = patience
        self._lend = lend
        self._line: Line | None = None
        self._session = ""
        self._here = asyncio.Event()
        self._health = _AWAY
        self._listener: Callable[[Health], None] | None = None
        self._follows: dict[tuple[str, int], Follow] = {}
        self._giving_up: asyncio.TimerHandle | None = None
        self._numbers = itertools.count(1)
        self._nodes: tuple[str, JsonObject] = ("", {})
        self._farewell: wire.Dismiss | None = None
        self.owner = RemoteOwner(self._restart)
        self.on_give_back: Callable[[], None] = lambda: None
        """Called when the worker wants to be rid of what it runs."""

    @property
    def line(self) -> Line | None:
        """The connection that there is."""
        return self._line

    def connect(self, line: Line, session: str, *, owns: bool) -> None:
        """Talk over this connection from now on, and no more over an earlier one.

        `session` names the worker's process: an earlier one that is still there is sent away.
        """
        if self._line is not None and session != self._session:
            self._line.send(_REPLACED)
        elif self._line is not None:
            self._line.end()
        self._line, self._session = line, session
        self._expect_no_more()
        self.owner.connected(owns=owns)
        for follow in self._follows.values():
            line.send(follow.begin())
        self._here.set()

    def disconnect(self, line: Line) -> None:
        """The connection is no more."""
        line.end()
        if self._line is line:
            self._line = None
            self._here.clear()
            if self._health is _LEAVING:
                self._take_back()
            self._become(_AWAY)
            self._expect()

    def hear(self, line: Line, message: wire.FromWorker) -> None:
        """What came over `line`; what comes over an old one is let go."""
        line.heard()
        match message:
            case wire.Answer() | wire.Refusal():
                line.answered(message)
            case wire.Pong():
                line.ponged(message)
            case _ if line is not self._line:
                return
            case wire.Told():
                follow = self._follows.get((message.job, message.attempt))
                if follow is not None:
                    follow.hear(message)
            case wire.HealthTold():
                self._become(Health(HealthStatus(message.status), message.reason))
            case wire.ProcessTold():
                self.owner.hear(message)
            case wire.Leaving():
                self._become(_LEAVING)
                if message.gives_back:
                    self.on_give_back()
            case never:
                assert_never(never)

    @property
    def is_dismissed(self) -> bool:
        return self._farewell is not None

    def dismiss(self, reason: str, code: ErrorCode = ErrorCode.CONFLICT) -> None:
        """When the engine is stopped, the worker shall end too."""
        self._farewell = wire.Dismiss(code, reason)

    def input_path(self, digest: str) -> Path | None:
        """The file with these bytes, if it belongs to a run of this engine."""
        for follow in self._follows.values():
            for told, path in follow.inputs.items():
                if told.digest == digest:
                    return path
        return None

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        """What runs on the other machine goes on there."""
        line, self._line = self._line, None
        self._expect_no_more()
        for follow in self._follows.values():
            follow.lose("the engine was stopped")
        if line is not None and self._farewell is not None:
            line.send(self._farewell)
        elif line is not None:
            line.end()

    def health(self) -> Health:
        return self._health

    def watch(self, listener: Callable[[Health], None]) -> None:
        self._listener = listener

    async def object_info(self) -> JsonObject:
        known, definitions = self._nodes
        answer = await self._call(wire.AskNodes(known))
        if answer.value is not None:
            self._nodes = await asyncio.to_thread(questions.nodes, answer)
            return self._nodes[1]
        return definitions

    async def machine(self) -> Machine:
        return questions.machine(await self._call(wire.AskMachine()))

    async def ask(self, question: Question) -> JsonValue:
        return questions.listing(await self._call(questions.ask_listing(question)))

    async def page_file(self, file: PageFile, known: PageContent | None) -> PageContent | None:
        return questions.page(await self._call(questions.ask_page(file, known)), known)

    @asynccontextmanager
    async def relay(self, request: RelayRequest) -> AsyncIterator[RelayAnswer]:
        yield questions.relayed(await self._call(questions.ask_relay(request)))

    async def free(self, *, unload_models: bool, free_memory: bool) -> None:
        await self._call(wire.FreeMemory(unload_models, free_memory))

    async def run(self, run: Run, sink: Sink) -> RunResult:
        result = await self._see_through(run, sink, submit=True)
        if result is None:
            raise lost("The run was gone when its worker came back.")
        return result

    async def attach(self, run: Run, sink: Sink) -> RunResult | None:
        return await self._see_through(run, sink, submit=False)

    async def interrupt(self, job_id: JobId) -> None:
        if self._line is not None:
            self._line.send(wire.Interrupt(job_id))

    async def fetch(self, run: Run, item: Mapping[str, JsonValue], scratch: Path) -> Path:
        """EngineError UPLOAD_FAILED; WORKER_LOST when the worker is away for too long."""
        question = wire.Fetch(run.job_id, run.attempt, wire.pack(dict(item)))
        while True:
            line = await self._connected()
            try:
                answer = await line.call(question)
                break
            except Cut:
                continue
            except Broke as broke:
                raise EngineError(_failure(broke)) from broke
        await asyncio.to_thread(scratch.mkdir, parents=True, exist_ok=True)
        suffix = PurePath(str(item.get("filename"))).suffix
        target = scratch / f"{next(self._numbers)}{suffix}"
        await self._lend(BlobHash(str(answer.more[0])), target)
        return target

    async def _see_through(self, run: Run, sink: Sink, *, submit: bool) -> RunResult | None:
        inputs = await asyncio.to_thread(_digested, run.inputs)
        follow = Follow(run, inputs, submit=submit)
        key = (run.job_id, run.attempt)
        self._follows[key] = follow
        if self._line is None:
            self._expect()
        else:
            self._line.send(follow.begin())
        try:
            result = await follow.to_the_end(sink)
        except Exception:
            self._forget(run)
            raise
        else:
            self._forget(run)
            return result
        finally:
            # When it is cancelled, the run goes on there for whoever follows it next.
            del self._follows[key]

    def _forget(self, run: Run) -> None:
        if self._line is not None:
            self._line.send(wire.Forget(run.job_id, run.attempt))

    async def _connected(self) -> Line:
        try:
            async with asyncio.timeout(self._patience):
                while self._line is None:
                    await self._here.wait()
        except TimeoutError as late:
            raise self._away_too_long() from late
        return self._line

    async def _call(self, question: wire.Question) -> wire.Answer:
        if self._line is None:
            raise Cut
        return await self._line.call(question)

    async def _restart(self, order: wire.Restart) -> None:
        try:
            await self._call(order)
        except AppError:
            return  # Whatever is there when it comes back is new, or tells that it is not well.

    def _expect(self) -> None:
        """Whoever follows a run now waits for the worker to come back."""
        if self._giving_up is None and self._follows:
            loop = asyncio.get_running_loop()
            self._giving_up = loop.call_later(self._patience, self._give_up)

    def _expect_no_more(self) -> None:
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None

    def _take_back(self) -> None:
        """What a worker was given while it left, and did not begin, may begin elsewhere at once."""
        unbegun = [follow for follow in self._follows.values() if not follow.has_begun]
        if unbegun:
            self.on_give_back()
        for follow in unbegun:
            follow.stop()

    def _give_up(self) -> None:
        self._giving_up = None
        for follow in self._follows.values():
            follow.lose(str(self._away_too_long()))

    def _away_too_long(self) -> EngineError:
        return lost(f"The worker was out of reach for {self._patience:g} s.")

    def _become(self, health: Health) -> None:
        changed = health != self._health
        self._health = health
        if changed and self._listener is not None:
            self._listener(health)


def _digested(files: Iterable[InputFile]) -> dict[wire.Input, Path]:
    return {
        wire.Input(
            file.root, file.subfolder, file.name, file.digest or _digest(file.path),
            file.path.stat().st_size,
        ): file.path
        for file in files
    }  # fmt: skip


def _digest(path: Path) -> str:
    return str(blake3().update_mmap(path).hexdigest())


def _failure(broke: Broke) -> Failure:
    known = broke.kind in set(FailureClass)
    kind = FailureClass(broke.kind) if known else FailureClass.UPLOAD_FAILED
    return Failure(kind, broke.message)

"""The Engine over one ComfyUI server."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import JobId
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.listing import Question
from greenroom.domain.machine import Machine
from greenroom.domain.page_file import PageContent, PageFile
from greenroom.domain.relay import RelayAnswer, RelayRequest
from greenroom.domain.workflow.node_list import node_list
from greenroom.engine.base import EngineError, Interrupted, Run, RunResult, Sink
from greenroom.engine.comfyui import again, attempts, failures, history, page_files, probe
from greenroom.engine.comfyui.follow import Follow
from greenroom.engine.comfyui.http import ComfyHttp, HistoryEntry, Refused, Unreachable
from greenroom.engine.comfyui.identity import again_id, prompt_id
from greenroom.engine.comfyui.inputs import FolderDepot, Stager, UploadDepot
from greenroom.engine.comfyui.liveness import Health, Liveness
from greenroom.engine.comfyui.monitor import Monitor
from greenroom.engine.comfyui.outputs import Downloads
from greenroom.engine.comfyui.recall import Recall
from greenroom.engine.comfyui.reconcile import NEVER_SEEN, Place, Sighting, locate_by
from greenroom.engine.comfyui.relay import relayed
from greenroom.engine.comfyui.socket import Socket
from greenroom.engine.comfyui.stop import Stopper
from greenroom.engine.comfyui.submit import Submission
from greenroom.engine.comfyui.switchboard import Switchboard
from greenroom.engine.comfyui.timing import Timing


class ComfyEngine:
    """Drives an unmodified ComfyUI, 0.3 or later."""

    def __init__(
        self,
        base_url: str,
        *,
        client_id: str | None = None,
        timing: Timing | None = None,
        folders: Mapping[str, Path] | None = None,
        trial_runs: bool = True,
        on_health: Callable[[Health], None] | None = None,
    ) -> None:
        """`client_id`: whose socket hears of the runs; one that nobody else uses, by default new.

        `folders`: ComfyUI's input, output and temp folders where this machine shares them.
        `trial_runs`: send ComfyUI a tiny graph before it counts as up.
        """
        self._timing = timing or Timing()
        client_id = client_id or probe.new_client_id()
        self._http = ComfyHttp(base_url, self._timing)
        self._switchboard = Switchboard()
        self._liveness = Liveness(on_health)
        self._socket = Socket(
            self._http,
            client_id,
            self._timing,
            on_message=self._switchboard.hear,
            on_change=self._connection_changed,
        )
        self._stopper = Stopper(self._http, self._switchboard.has_all)
        self._monitor = Monitor(
            self._http,
            self._liveness,
            client_id,
            self._timing,
            followed=self._switchboard.has_any,
            trial=trial_runs,
        )
        shared = folders or {}
        self._stager = Stager(
            FolderDepot(shared) if shared else UploadDepot(self._http, self._timing)
        )
        self._downloads = Downloads(self._http, self._timing, shared)
        self._recall = Recall(self._http, self._downloads)
        self._tasks: set[asyncio.Task[RunResult | None]] = set()
        self._stopping = False

    def health(self) -> Health:
        return self._liveness.health

    def watch(self, listener: Callable[[Health], None]) -> None:
        self._liveness.on_change = listener

    async def start(self) -> None:
        self._stopping = False
        await self._http.open()
        self._socket.start()
        self._monitor.start()

    async def stop(self) -> None:
        """What runs in ComfyUI goes on there; a later engine attaches to it."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._monitor.stop()
        await self._socket.stop()
        await self._http.close()

    async def object_info(self) -> JsonObject:
        """AppError UNAVAILABLE when ComfyUI does not tell."""
        try:
            body = await self._http.object_info()
        except (Unreachable, Refused) as trouble:
            raise AppError(ErrorCode.UNAVAILABLE, str(trouble)) from trouble
        try:
            return await asyncio.to_thread(node_list, body)
        except ValueError as error:
            raise AppError(ErrorCode.UNAVAILABLE, "ComfyUI's node list is unreadable") from error

    async def machine(self) -> Machine:
        try:
            return await self._http.machine()
        except (Unreachable, Refused) as trouble:
            raise AppError(ErrorCode.UNAVAILABLE, str(trouble)) from trouble

    async def ask(self, question: Question) -> JsonValue:
        try:
            return await self._http.ask(question)
        except (Unreachable, Refused) as trouble:
            raise AppError(ErrorCode.UNAVAILABLE, str(trouble)) from trouble

    async def page_file(self, file: PageFile, known: PageContent | None) -> PageContent | None:
        try:
            return await page_files.fetch(self._http, file, known)
        except (Unreachable, Refused) as trouble:
            raise AppError(ErrorCode.UNAVAILABLE, str(trouble)) from trouble

    def relay(self, request: RelayRequest) -> AbstractAsyncContextManager[RelayAnswer]:
        return relayed(self._http, request)

    async def run(self, run: Run, sink: Sink) -> RunResult:
        """A run that ComfyUI already knows is followed, not submitted again."""
        result = await self._guarded(run, sink, submit=True)
        if result is None:
            raise AssertionError("a submitted run has a result")
        return result

    async def attach(self, run: Run, sink: Sink) -> RunResult | None:
        """Follow the run if ComfyUI knows it, say None if not."""
        return await self._guarded(run, sink, submit=False)

    async def interrupt(self, job_id: JobId) -> None:
        for follow in self._switchboard.of_job(job_id):
            await follow.stop()

    async def fetch(self, run: Run, item: Mapping[str, JsonValue], scratch: Path) -> Path:  # noqa: ARG002 - the protocol's signature
        return await self._downloads.fetch(item, scratch)

    async def free(self, *, unload_models: bool, free_memory: bool) -> None:
        try:
            await self._http.free(unload_models=unload_models, free_memory=free_memory)
        except (Unreachable, Refused) as trouble:
            raise AppError(ErrorCode.UNAVAILABLE, str(trouble)) from trouble

    def _connection_changed(self) -> None:
        self._monitor.hurry()
        self._switchboard.nudge()

    async def _guarded(self, run: Run, sink: Sink, *, submit: bool) -> RunResult | None:
        """The run in a task of its own, which stop() can end without ending the caller."""
        task = asyncio.create_task(self._follow(run, sink, submit=submit))
        self._tasks.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            if self._stopping and not _cancelled_from_outside():
                raise EngineError(failures.lost("the engine was stopped")) from None
            raise
        finally:
            self._tasks.discard(task)

    async def _follow(self, run: Run, sink: Sink, *, submit: bool) -> RunResult | None:
        follow = self._follow_of(run, prompt_id(run.job_id, run.attempt))
        try:
            await self._socket.wait_connected(self._timing.socket_wait)
            sighting = NEVER_SEEN if run.fresh else await self._find(follow, self._deadline())
            if sighting.place is Place.UNKNOWN and not submit:
                return None
            entry = await self._see_through(follow, sighting, sink)
            return await self._conclude(follow, entry, sink)
        finally:
            self._switchboard.remove(follow)

    def _follow_of(self, run: Run, prompt: str) -> Follow:
        follow = Follow(
            run,
            prompt,
            http=self._http,
            socket=self._socket,
            liveness=self._liveness,
            stopper=self._stopper,
            timing=self._timing,
        )
        self._register(follow)
        return follow

    async def _see_through(self, follow: Follow, sighting: Sighting, sink: Sink) -> HistoryEntry:
        if sighting.entry is not None:
            return sighting.entry
        if sighting.place is Place.UNKNOWN:
            await self._submit(follow)
        else:
            await self._hear_of(follow, sighting)
        return await follow.to_the_end(sink)

    async def _conclude(self, follow: Follow, entry: HistoryEntry, sink: Sink) -> RunResult:
        left_out = history.left_out(entry, follow.run.outputs, follow.fold.shown)
        if not left_out:
            return await follow.finish(entry, sink)
        recalled = await self._recall.of(follow.prompt_id, entry, left_out)
        result = await follow.finish(recalled.entry, sink)
        if not recalled.unknown:
            return result
        if follow.stop_asked:
            raise Interrupted({"prompt_id": follow.prompt_id, "executed": []})
        more = await self._run_again(follow, recalled.unknown, sink)
        return RunResult({**result.outputs, **more.outputs}, {**result.meta, **more.meta})

    async def _run_again(self, before: Follow, nodes: frozenset[str], sink: Sink) -> RunResult:
        """Run the output nodes of which nothing is known; what feeds them is in the cache."""
        prompt = again_id(before.prompt_id)
        follow = self._follow_of(again.run_of(before.run, nodes, prompt), prompt)
        told = again.only_of(nodes, sink)
        try:
            sighting = await locate_by(self._deadline(), self._http, prompt, self._timing)
            entry = await self._see_through(follow, sighting, told)
            return await follow.finish(entry, told)
        finally:
            self._switchboard.remove(follow)

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + self._timing.unreachable

    async def _find(self, follow: Follow, deadline: float) -> Sighting:
        found, sighting = await attempts.find(follow.run, self._http, deadline, self._timing)
        if found != follow.prompt_id:
            self._switchboard.remove(follow)
            follow.prompt_id = found
            follow.inherited = True
            self._register(follow)
        return sighting

    def _register(self, follow: Follow) -> None:
        if follow.prompt_id in self._switchboard:
            raise AppError(ErrorCode.CONFLICT, "this run is being followed already")
        self._switchboard.add(follow)

    async def _hear_of(self, follow: Follow, sighting: Sighting) -> None:
        """Take the place of the earlier engine, unless another run is heard in ours."""
        earlier = sighting.queue.client_of(follow.prompt_id)
        if earlier not in (None, self._socket.client_id) and len(self._switchboard) == 1:
            await self._socket.adopt(earlier)

    async def _submit(self, follow: Follow) -> None:
        run = follow.run
        graph = await self._stager.stage(run)
        if follow.stop_asked:
            raise Interrupted({"prompt_id": follow.prompt_id, "executed": []})
        body: dict[str, JsonValue] = {
            "prompt": graph,
            "prompt_id": follow.prompt_id,
            "client_id": self._socket.client_id,
            "extra_data": run.extra_data,
        }
        if run.outputs:
            body["partial_execution_targets"] = run.outputs
        submission = Submission(self._http, follow.prompt_id, body, self._timing)
        dropped = await submission.send()
        if not dropped.keys().isdisjoint(run.outputs):
            await follow.stop()
            raise EngineError(failures.dropped_outputs(dropped))


def _cancelled_from_outside() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0

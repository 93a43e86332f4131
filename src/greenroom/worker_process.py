"""The composition root of `greenroom worker`: engines of this machine for a server elsewhere."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from greenroom.assets.storage_error import storage_error
from greenroom.data_folder import FolderLock
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.worker import elsewhere_id, worker_url
from greenroom.engine.comfyui.discovery import USUAL_URL
from greenroom.engine.comfyui.engine import ComfyEngine
from greenroom.engine.comfyui.owned.launch import Launch, launches
from greenroom.engine.comfyui.owned.process import ComfyProcess
from greenroom.engine.comfyui.timing import Timing
from greenroom.outpost.outpost import Outpost, Post
from greenroom.outpost.server import Server


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """Times are seconds, sizes bytes."""

    server: str
    folder: Path
    token: str | None = None
    urls: tuple[str, ...] = ()
    launch: str | None = None
    gpus: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    instance: str | None = None
    """The instance of a deployment that this is, as the server calls it."""
    cancel_grace: float = 30.0
    drain: float = 10.0
    keep_inputs: int = 4 * 2**30


@dataclass(slots=True)
class WorkerProcess:
    settings: WorkerSettings
    outposts: list[Outpost]
    owns: bool

    async def work(self, stop: asyncio.Event) -> None:
        """Until `stop` is set, or the server wants none of the workers any more: its reason."""
        serving = [asyncio.create_task(outpost.serve()) for outpost in self.outposts]
        stopping = asyncio.create_task(stop.wait())
        try:
            ended = asyncio.gather(*serving, return_exceptions=True)
            either: list[asyncio.Future[Any]] = [stopping, ended]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                raise next(error for error in ended.result() if error is not None)
            leaving = (
                outpost.leave(self.settings.drain, gives_back=self.owns)
                for outpost in self.outposts
            )
            await asyncio.gather(*leaving)
        finally:
            for task in (*serving, stopping):
                task.cancel()
            await asyncio.gather(*serving, stopping, return_exceptions=True)


@contextlib.asynccontextmanager
async def working(settings: WorkerSettings) -> AsyncIterator[WorkerProcess]:
    """A worker for each ComfyUI. CONFLICT when another process has the folder; STORAGE_*.

    BAD_REQUEST when an instance would have several.
    """
    async with contextlib.AsyncExitStack() as stack:
        lock = await asyncio.to_thread(_lock, settings.folder)
        stack.callback(lock.release)
        machine = await asyncio.to_thread(_machine, settings.folder)
        server = Server(settings.server, settings.token)
        await server.open()
        stack.push_async_callback(server.close)
        started = [] if settings.launch is None else await launches(settings.launch, settings.gpus)
        urls = settings.urls or (() if started else (USUAL_URL,))
        _require_one(settings, len(started) + len(urls))
        outposts = [await _owning(stack, settings, server, machine, one) for one in started]
        for url in map(worker_url, urls):
            post = _post(settings, machine, url, url, {})
            outposts.append(await _opened(stack, settings, post, server, None))
        yield WorkerProcess(settings, outposts, owns=bool(started))


async def _owning(
    stack: contextlib.AsyncExitStack, settings: WorkerSettings, server: Server, machine: str,
    what: Launch,
) -> Outpost:  # fmt: skip
    """On a ComfyUI that this process starts, or finds as an earlier one of it left it."""
    process = ComfyProcess(what, settings.folder / "comfyui")
    await process.prepare()
    stack.push_async_callback(process.stop)
    own = {} if what.gpu is None else {"gpu": what.gpu}
    post = _post(settings, machine, f"launch {what.name}", process.url, own)
    outpost = await _opened(stack, settings, post, server, process)
    process.start()
    return outpost


async def _opened(
    stack: contextlib.AsyncExitStack, settings: WorkerSettings, post: Post, server: Server,
    process: ComfyProcess | None,
) -> Outpost:  # fmt: skip
    engine = ComfyEngine(post.url, timing=Timing(stop_limit=settings.cancel_grace))
    outpost = Outpost(post, engine, server, process)
    stack.push_async_callback(outpost.stop)
    return outpost


def _require_one(settings: WorkerSettings, count: int) -> None:
    if settings.instance is not None and count != 1:
        told = f"An instance is one ComfyUI, not {count}: give one --comfyui, or one of --gpus."
        raise AppError(ErrorCode.BAD_REQUEST, told)


def _post(settings: WorkerSettings, machine: str, name: str, url: str, own: dict[str, str]) -> Post:
    worker = settings.instance or elsewhere_id(machine, name)
    labels = {**own, **dict(settings.labels)}
    return Post(worker, url, labels, settings.folder, settings.keep_inputs)


def _lock(folder: Path) -> FolderLock:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return FolderLock.take(folder)
    except OSError as error:
        raise storage_error(error) from error
    except AppError as taken:
        told = f"Another `greenroom worker` uses {folder}. Stop it, or choose another --data-dir."
        raise AppError(ErrorCode.CONFLICT, told) from taken


def _machine(folder: Path) -> str:
    """What this folder's workers are called after, from their first start on."""
    path = folder / "machine"
    try:
        if not path.exists():
            path.write_text(secrets.token_hex(16))
        return path.read_text()
    except OSError as error:
        raise storage_error(error) from error

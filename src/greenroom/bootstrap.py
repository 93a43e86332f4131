"""The composition root: a Config becomes a running server."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import web

from greenroom.api.app import EdgeSettings, build_app
from greenroom.assets.blobs import BlobStore
from greenroom.assets.tree import NamedTree
from greenroom.background.periodic import Periodic
from greenroom.background.reaper import Reaper
from greenroom.background.workflow_folder import WorkflowFolder
from greenroom.bus.local import LocalBus
from greenroom.config import Config, is_loopback
from greenroom.data_folder import DataFolder
from greenroom.domain import ids
from greenroom.domain.clock import Clock, SystemClock
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.principal import Principal
from greenroom.engine.base import Engine
from greenroom.engine.cpu.engine import CpuEngine
from greenroom.service.assets import Assets
from greenroom.service.browse import Browse
from greenroom.service.event_log import EventLog
from greenroom.service.jobs import Jobs
from greenroom.service.node_info import NodeInfo
from greenroom.service.policy import Policy
from greenroom.service.queue import Queue
from greenroom.service.records import Records
from greenroom.service.runner import Runner
from greenroom.service.services import Services
from greenroom.service.submit import Submit
from greenroom.service.sweeps import Sweeps
from greenroom.service.userdata import UserData
from greenroom.service.watch import Watch
from greenroom.service.workers import Workers
from greenroom.service.workflows import Workflows
from greenroom.store.database import Database
from greenroom.worker.attempt import Bench
from greenroom.worker.loop import Identity, WorkerLoop

_MIB = 1024 * 1024
_REAP_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    url: str
    services: Services
    workers: tuple[WorkerLoop, ...]


@contextlib.asynccontextmanager
async def serving(config: Config, clock: Clock | None = None) -> AsyncIterator[Server]:
    """A whole server inside this process, from its lock to its last closed file.

    CONFLICT when another server has the data folder or the port; STORAGE_* when it cannot be used.
    """
    folder = DataFolder(config.data_folder)
    async with contextlib.AsyncExitStack() as stack:
        lock = await asyncio.to_thread(folder.lock)
        stack.callback(lock.release)
        database = await Database.open(config.database_url, clock or SystemClock())
        stack.push_async_callback(database.close)
        services = await _build_services(config, folder, database)
        stack.callback(services.watch.close)
        loops = await _build_workers(config, folder, services)
        url = await _listen(stack, config, services)
        await asyncio.to_thread(folder.announce, url)
        for loop in loops:
            stack.push_async_callback(loop.stop, config.drain_seconds)
            loop.start()
        reaper = Periodic("reaper", _REAP_SECONDS, Reaper(services.queue).tick)
        stack.push_async_callback(reaper.stop)
        reaper.start()
        if config.workflows_dir is not None:
            library = WorkflowFolder(config.workflows_dir, services.workflows, Principal())
            stack.push_async_callback(library.stop)
            library.start()
        yield Server(url, services, loops)


async def _build_services(config: Config, folder: DataFolder, database: Database) -> Services:
    bus = LocalBus()
    watch = Watch(bus)
    policy = Policy(
        lease_ms=int(config.lease_seconds * 1000),
        body_limit=config.body_limit_mb * _MIB,
        upload_limit=config.upload_limit_mb * _MIB,
    )
    blobs = await asyncio.to_thread(BlobStore, folder.blobs)
    assets = Assets(database, blobs, NamedTree(folder.path, blobs))
    nodes = NodeInfo()
    queue = Queue(database, bus, watch, policy)
    jobs = Jobs(database, bus, watch)
    if config.database is None:
        # The lock says that no other server lives: whoever held a lease is gone.
        await queue.recover()
    watch.seed(await jobs.active_counts())
    submit = Submit(database, bus, assets, nodes)
    workflows = Workflows(database, nodes)
    return Services(
        submit=submit,
        jobs=jobs,
        queue=queue,
        watch=watch,
        assets=assets,
        nodes=nodes,
        workers=Workers(database.clock, nodes),
        workflows=workflows,
        sweeps=Sweeps(database, bus, submit, jobs, watch=watch, nodes=nodes),
        userdata=UserData(database),
        browse=Browse(database),
        runner=Runner(database, bus, workflows, submit),
        records=Records(database, watch, jobs, assets),
        event_log=EventLog(database),
        policy=policy,
        clock=database.clock,
    )


async def _build_workers(
    config: Config, folder: DataFolder, services: Services
) -> tuple[WorkerLoop, ...]:
    """The workers, not yet started; their nodes are known before the first request comes."""
    loops = []
    for _ in range(config.workers):
        identity = Identity(ids.new_worker_id("cpu"), "cpu")
        engine = CpuEngine(folder.scratch / "cpu" / identity.id)
        services.nodes.learn(identity.id, await engine.object_info())
        bench = _bench(folder, services, engine)
        loops.append(WorkerLoop(identity, bench, services.workers))
    return tuple(loops)


def _bench(folder: DataFolder, services: Services, engine: Engine) -> Bench:
    return Bench(
        engine=engine,
        queue=services.queue,
        watch=services.watch,
        assets=services.assets,
        nodes=services.nodes,
        clock=services.clock,
        lease_ms=services.policy.lease_ms,
        scratch=folder.scratch / "collect",
    )


async def _listen(stack: contextlib.AsyncExitStack, config: Config, services: Services) -> str:
    settings = EdgeSettings(api_key=config.api_key, loopback=is_loopback(config.host))
    runner = web.AppRunner(build_app(services, settings), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    listener = _bind(config)
    await web.SockSite(runner, listener).start()
    port = listener.getsockname()[1]
    host = f"[{config.host}]" if ":" in config.host else config.host
    return f"http://{host}:{port}"


def _bind(config: Config) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            config.host, config.port, type=socket.SOCK_STREAM
        )[0]
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise AppError(
            ErrorCode.CONFLICT,
            f"Cannot listen on {config.host}:{config.port}: {error.strerror}. "
            "Choose another --port, or 0 for a free one.",
        ) from error
    return listener

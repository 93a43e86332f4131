"""What a worker waits for its next job: policy, claim and commit, on both databases."""

import contextlib
import functools
import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator
from unittest.mock import Mock

import psycopg
from sqlalchemy import Connection
from tests.bench import graphs
from tests.bench.figure import Figure

from greenroom.bus.local import LocalBus
from greenroom.domain import ids
from greenroom.domain.clock import Millis, SystemClock
from greenroom.domain.ids import TenantId, WorkerId
from greenroom.domain.json import JsonObject, compact
from greenroom.domain.worker import WorkerStatus
from greenroom.domain.workflow.graph import parse_graph
from greenroom.service.node_info import NodeInfo
from greenroom.service.policy import Policy
from greenroom.service.queue import Ending, Queue
from greenroom.service.scheduler import Scheduler
from greenroom.service.watch import Watch
from greenroom.service.workers import Controls, Workers
from greenroom.store import transitions
from greenroom.store.database import Database

_JOBS = 10_000
_WORKERS = 50
_CLAIMS = 1_000
_TENANTS = 20
_PAGE = 500
_SERVER = os.environ.get("GREENROOM_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
_NOTHING = Ending({}, {}, [])


async def claims() -> list[Figure]:
    """Fifty workers take one job after the other while ten thousand wait."""
    figures = []
    for name, opened in (("SQLite", _sqlite), ("PostgreSQL", _postgresql)):
        with opened() as url:
            if url is None:
                continue
            database = await Database.open(url, SystemClock())
            took = sorted(await _claims(database))
            await database.close()
        what = f"claim, 10,000 jobs, 50 workers, {name}"
        figures += [
            Figure(f"{what}, median", statistics.median(took) * 1000, "ms"),
            Figure(f"{what}, p99", took[int(len(took) * 0.99)] * 1000, "ms", 10, False),
        ]
    return figures


async def _claims(database: Database) -> list[float]:
    """Seconds of each claim; a worker ends its job before it asks for the next."""
    bus, nodes = LocalBus(), NodeInfo()
    watch, workers = Watch(bus), Workers(database, nodes)
    scheduler = Scheduler(database, bus, workers, nodes)
    queue = Queue(database, bus, watch, Policy(), scheduler=scheduler)
    fleet = [WorkerId(f"worker-{number}") for number in range(_WORKERS)]
    graph = graphs.twenty_nodes()
    classes = {name: {"output_node": False} for name in {n["class_type"] for n in graph.values()}}
    for worker in fleet:
        workers.register(worker, "bench", None, Mock(spec=Controls))
        await workers.learn(worker, classes)
        workers.set_status(worker, WorkerStatus.UP, "")
    await _fill(database, bus, scheduler, graph)
    took, running = [], {}
    for number in range(_CLAIMS):
        worker = fleet[number % _WORKERS]
        if worker in running:
            await queue.succeed(running.pop(worker), _NOTHING)
        began = time.perf_counter()
        (running[worker],) = await queue.claim(worker)
        took.append(time.perf_counter() - began)
    watch.close()
    return took


async def _fill(database: Database, bus: LocalBus, scheduler: Scheduler, graph: JsonObject) -> None:
    text, parsed = compact(graph).encode(), parse_graph(graph)
    for start in range(0, _JOBS + _CLAIMS, _PAGE):
        news = [
            transitions.NewJob(
                id=ids.new_job_id(),
                tenant=TenantId(f"tenant-{number % _TENANTS}"),
                prompt=text,
                graph=None,
                extra_data=b"{}",
                outputs=("20",),
                digest="",
            )
            for number in range(start, start + _PAGE)
        ]
        made = await database.write(functools.partial(_enqueue_all, news, database.clock.now()))
        for new, one in zip(news, made, strict=True):
            scheduler.note(new.id, parsed, new.outputs)
            bus.publish(one.change)


def _enqueue_all(
    news: list[transitions.NewJob], now: Millis, tx: Connection
) -> list[transitions.Enqueued]:
    return [transitions.enqueue(tx, new, now) for new in news]


@contextlib.contextmanager
def _sqlite() -> Iterator[str | None]:
    with tempfile.TemporaryDirectory(prefix="greenroom-bench-") as folder:
        yield f"sqlite:///{folder}/greenroom.db"


@contextlib.contextmanager
def _postgresql() -> Iterator[str | None]:
    """A database of the server that the tests use; None without one."""
    try:
        server = psycopg.connect(_SERVER, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError:
        yield None
        return
    name = f"greenroom_bench_{secrets.token_hex(6)}"
    with server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{_SERVER.rpartition('/')[0]}/{name}"
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")

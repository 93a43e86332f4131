"""The benchmarks: each starts its own server and gives its figures."""

import itertools
import json
import tempfile
import urllib.request

import aiohttp
from tests.bench import graphs, pages, scheduling
from tests.bench.claims import claims
from tests.bench.comfyui import comfyui_overhead
from tests.bench.figure import Figure
from tests.bench.files import large_files
from tests.bench.laps import lap, wait_for_nodes
from tests.bench.load import hammer, pace, request
from tests.bench.proxy import official_proxy
from tests.bench.server_process import RunningServer, server
from tests.bench.watchers import watchers

_CLIENTS = 32


async def submits() -> list[Figure]:
    """How many jobs a second are accepted durably, and how long one waits at a steady rate."""
    figures = []
    for name, graph, count, wanted in (
        ("submits, 20 nodes, 5 kB", graphs.twenty_nodes(), 12_000, 2000),
        ("submits, 2 nodes", graphs.small(), 15_000, 2800),
    ):
        with server() as target:
            await wait_for_nodes(target.url)
            target.hold_engine()
            bodies = (request(target.url, "/prompt", b) for b in graphs.bodies(graph, count))
            measured = await hammer(target.url, bodies, _CLIENTS)
            assert not measured.failures
            figures.append(Figure(name, measured.rate, "jobs/s", wanted))
    with server() as target:
        await wait_for_nodes(target.url)
        target.hold_engine()
        body = next(graphs.bodies(graphs.twenty_nodes(), 1))
        measured = await pace(
            target.url, lambda: request(target.url, "/prompt", body), rate=500, count=5000
        )
        assert not measured.failures
        figures.append(
            Figure("submit at 500/s, p99", measured.percentile(0.99) * 1000, "ms", 30, False)
        )
    return figures


async def reads() -> list[Figure]:
    """How many times a second one job out of many can be asked for."""
    with server() as target:
        await wait_for_nodes(target.url)
        target.hold_engine()
        ids = [_post(target, graphs.twenty_nodes()) for _ in range(200)]
        calls = (
            request(target.url, f"/api/jobs/{job_id}")
            for job_id in itertools.islice(itertools.cycle(ids), 40_000)
        )
        measured = await hammer(target.url, calls, _CLIENTS)
        assert not measured.failures
        return [Figure("GET /api/jobs/{id}", measured.rate, "requests/s", 8000)]


async def smallest_workflow() -> list[Figure]:
    """From the POST of the smallest workflow until its history can be read."""
    with server() as target:
        await wait_for_nodes(target.url)
        async with (
            aiohttp.ClientSession(target.url) as session,
            session.ws_connect("/ws?clientId=bench") as socket,
        ):
            every = [await lap(session, socket) for _ in range(60)]
        laps = sorted(every[10:])
        return [
            Figure(
                "smallest workflow, POST to history, median", laps[len(laps) // 2], "ms", 30, False
            )
        ]


def footprint() -> list[Figure]:
    """What the server costs when it does nothing."""
    with tempfile.TemporaryDirectory(prefix="greenroom-bench-") as folder:
        with server(folder=folder) as new:
            urllib.request.urlopen(f"{new.url}/object_info", timeout=10).read()
            memory = new.memory_mb()
        with server(folder=folder) as again:
            pass
    return [
        Figure("start to first answer", new.start_seconds * 1000, "ms", 1000, False),
        Figure("the same on a known data folder", again.start_seconds * 1000, "ms", 1000, False),
        Figure("idle memory of the server process", memory, "MiB", 120, False),
    ]


def _post(target: RunningServer, graph: dict[str, object]) -> str:
    body = json.dumps({"prompt": graph}).encode()
    call = urllib.request.Request(
        f"{target.url}/prompt", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(call, timeout=10) as response:
        return str(json.load(response)["prompt_id"])


ALL = (
    submits,
    reads,
    smallest_workflow,
    comfyui_overhead,
    footprint,
    watchers,
    large_files,
    official_proxy,
    claims,
    *scheduling.ALL,
    *pages.ALL,
)

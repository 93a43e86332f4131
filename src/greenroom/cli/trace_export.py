"""The work of `greenroom trace export`: ask a server for its jobs, and make a trace of them."""

import asyncio

from greenroom.cli.client import Client
from greenroom.cli.wire import JobEntry
from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject
from greenroom.domain.needs import needs_of
from greenroom.domain.scheduling import recorded, trace
from greenroom.domain.scheduling.recorded import Ended
from greenroom.domain.workflow.graph import parse_graph

_AT_ONCE = 8


async def lines(url: str, api_key: str | None, limit: int) -> list[str]:
    """The newest `limit` jobs that ended well, as the lines of a trace."""
    async with Client(url, api_key) as client:
        object_info = await client.object_info()
        page = await client.jobs("completed", limit)
        gate = asyncio.Semaphore(_AT_ONCE)

        async def whole(job_id: str) -> JobEntry | None:
            async with gate:
                return await _job(client, job_id)

        found = await asyncio.gather(*(whole(entry.id) for entry in page.jobs))
    ended = (_ended(entry, object_info) for entry in found if entry is not None)
    return list(trace.write(recorded.as_trace(one for one in ended if one is not None)))


async def _job(client: Client, job_id: str) -> JobEntry | None:
    """None when the job was deleted meanwhile."""
    try:
        return await client.job(job_id)
    except AppError as error:
        if error.code is ErrorCode.NOT_FOUND:
            return None
        raise


def _ended(entry: JobEntry, object_info: JsonObject) -> Ended | None:
    created, started = entry.create_time, entry.execution_start_time
    if created is None or started is None or entry.execution_end_time is None:
        return None
    graph = parse_graph(dict(entry.graph))
    needs = needs_of(graph, object_info, entry.outputs or graph.nodes)
    return Ended(Millis(created), Millis(started), Millis(entry.execution_end_time), needs)

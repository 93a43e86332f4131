"""Jobs that wait and do not run, for as long as a test looks at them."""

import contextlib

from greenroom.domain.worker import WorkerOrder


@contextlib.asynccontextmanager
async def paused(workers):
    for worker in workers.all():
        await workers.order(worker.id, WorkerOrder.PAUSE)
    yield
    for worker in workers.all():
        await workers.order(worker.id, WorkerOrder.WORK)

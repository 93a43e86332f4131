"""Expired leases: retry the job or give it up."""

import logging

from greenroom.service.queue import Queue

_log = logging.getLogger(__name__)


class Reaper:
    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    async def tick(self) -> None:
        while changed := await self._queue.reap():
            for job in changed:
                _log.warning("the worker %s of job %s is gone: %s", job.worker, job.id, job.state)

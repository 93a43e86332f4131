"""Jobs whose lease ran out, and jobs that did not begin in time: retry them or give them up."""

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
        while late := await self._queue.give_up_late():
            _log.info("%d jobs did not begin in time", len(late))

"""A process with everything it started: one process group, which ends as a whole."""

import asyncio
import contextlib
import os
import signal
import subprocess

import psutil

from greenroom.engine.comfyui.owned.record import Record

_LOOK = 0.05
"""Seconds between two looks at a group that was told to end."""


class Group:
    """`record` names its leader, which may be this process's child or an earlier one's."""

    def __init__(self, record: Record, child: "subprocess.Popen[bytes] | None" = None) -> None:
        self.record = record
        self._child = child

    def ended(self) -> str | None:
        """How the leader ended, for people; None while it runs."""
        if self._child is not None:
            code = self._child.poll()
            return None if code is None else _told(code)
        return None if self.record.process() is not None else "ended"

    async def end(self, grace: float) -> None:
        """Ask the group to end; after `grace` seconds, or if the leader went alone, kill it."""
        if await asyncio.to_thread(self.ended) is None:
            await asyncio.to_thread(self._signal, signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(grace):
                    await self._gone()
        await asyncio.to_thread(self._signal, signal.SIGKILL)
        await self._gone()

    async def _gone(self) -> None:
        # It may be no child of ours: then only looking tells.
        while await asyncio.to_thread(self.ended) is None:  # noqa: ASYNC110 - see above
            await asyncio.sleep(_LOOK)

    def _signal(self, number: signal.Signals) -> None:
        # The id of a leader that is gone is not given away while members of its group are left.
        if self.ended() is not None and psutil.pid_exists(self.record.pid):
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.record.pid, number)


def _told(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"

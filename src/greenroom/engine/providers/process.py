"""Instances that are processes of this machine: one command each, on the least used GPU."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from greenroom.domain.ids import WorkerId
from greenroom.engine.comfyui.owned import record
from greenroom.engine.comfyui.owned.group import Group
from greenroom.engine.comfyui.owned.launch import Launch
from greenroom.engine.comfyui.owned.process import ComfyProcess, ProcessTiming
from greenroom.engine.comfyui.owned.record import Record
from greenroom.engine.provider import InstanceOrder, Provided


class ProcessProvider:
    """Implements Provider. An instance outlives a kill of the server, not its end."""

    def __init__(
        self, command: str, gpus: Sequence[str | None], limit: int, folder: Path,
        timing: ProcessTiming | None = None,
    ) -> None:  # fmt: skip
        """`limit`: so many run at once; `folder` is for their records and logs."""
        self._command = command
        self._gpus = gpus or [None]
        self._limit = limit
        self._folder = folder
        self._timing = timing or ProcessTiming()
        self._running: dict[WorkerId, ComfyProcess] = {}
        self._placed: dict[WorkerId, str | None] = {}
        self._left: dict[WorkerId, Record] = {}

    @property
    def outlives(self) -> bool:
        return False

    async def open(self) -> None:
        self._left = await asyncio.to_thread(self._records)
        self._placed = {instance: left.gpu for instance, left in self._left.items()}

    @property
    def limit(self) -> int:
        return self._limit

    async def start(self, order: InstanceOrder) -> Provided:
        known = self._running.get(order.instance)
        if known is not None:
            return _provided(known)
        if order.instance not in self._placed:
            self._placed[order.instance] = self._least_used()
        launch = Launch(
            order.instance, self._command, self._placed[order.instance], order.variables()
        )
        process = ComfyProcess(launch, self._folder, self._timing)
        self._running[order.instance] = process
        await process.prepare()
        process.start()
        self._left.pop(order.instance, None)
        return _provided(process)

    async def stop(self, instance: WorkerId, handle: str | None) -> None:  # noqa: ARG002 - the protocol's signature
        process = self._running.get(instance)
        if process is not None:
            await process.stop()
        left = self._left.get(instance)
        if left is not None:
            await Group(left).end(self._timing.end_grace)
        await asyncio.to_thread(self._forget, instance)
        for held in (self._running, self._left, self._placed):
            held.pop(instance, None)

    async def listed(self) -> dict[WorkerId, str | None]:
        return dict.fromkeys(self._placed)

    def _least_used(self) -> str | None:
        used = Counter(self._placed.values())
        return min(self._gpus, key=lambda gpu: used[gpu])

    def _records(self) -> dict[WorkerId, Record]:
        found = {WorkerId(path.stem): record.read(path) for path in self._folder.glob("*.json")}
        return {instance: left for instance, left in found.items() if left is not None}

    def _forget(self, instance: WorkerId) -> None:
        for ending in ("json", "log", "old.log"):
            (self._folder / f"{instance}.{ending}").unlink(missing_ok=True)


def _provided(process: ComfyProcess) -> Provided:
    return Provided(process.url, owner=process)

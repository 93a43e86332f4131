"""How busy the machine under the server is, and how full the GPUs of its workers are."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import psutil

from greenroom.domain.ids import WorkerId
from greenroom.domain.json import JsonObject
from greenroom.service.workers import Workers

_LOOK_S = 0.1
"""How long the processors are watched for one answer."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """Memory in bytes."""

    worker: WorkerId
    name: str
    vram_total: int
    vram_used: int


@dataclass(frozen=True, slots=True)
class MachineLoad:
    """Memory and disk in bytes; the disk is that of the data folder."""

    cpu_percent: float
    ram_total: int
    ram_used: int
    disk_total: int
    disk_used: int
    gpus: tuple[Gpu, ...] = ()


class MachineLoads:
    def __init__(self, folder: Path, workers: Workers) -> None:
        self._folder = folder
        self._workers = workers

    async def now(self) -> MachineLoad:
        gpus, told = await asyncio.gather(self._gpus(), asyncio.to_thread(self._measured))
        cpu_percent, ram_total, ram_used, disk_total, disk_used = told
        return MachineLoad(cpu_percent, ram_total, ram_used, disk_total, disk_used, gpus)

    async def _gpus(self) -> tuple[Gpu, ...]:
        """Of every worker that answers; what a ComfyUI without a GPU calls its device is none."""
        machines = await self._workers.machines()
        told = [(worker, one) for worker, machine in machines.items() for one in machine.devices]
        return tuple(_gpu(worker, device) for worker, device in told if _is_gpu(device))

    def _measured(self) -> tuple[float, int, int, int, int]:
        cpu_percent = psutil.cpu_percent(_LOOK_S)
        memory, disk = psutil.virtual_memory(), psutil.disk_usage(str(self._folder))
        return (
            cpu_percent, memory.total, memory.total - memory.available, disk.total, disk.used,
        )  # fmt: skip


def _is_gpu(device: JsonObject) -> bool:
    return device.get("type") != "cpu" and _bytes(device, "vram_total") > 0


def _gpu(worker: WorkerId, device: JsonObject) -> Gpu:
    total = _bytes(device, "vram_total")
    return Gpu(worker, str(device.get("name") or ""), total, total - _bytes(device, "vram_free"))


def _bytes(device: JsonObject, name: str) -> int:
    value = device.get(name)
    return int(value) if isinstance(value, int | float) else 0

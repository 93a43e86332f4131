"""The provider that the settings ask for."""

import asyncio
import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.engine.comfyui.owned.launch import Launch, chosen_gpus, require_program
from greenroom.engine.comfyui.owned.process import ProcessTiming
from greenroom.engine.provider import Provider
from greenroom.engine.providers.command import CommandProvider, Commands
from greenroom.engine.providers.process import ProcessProvider

TIMING = ProcessTiming(first_pause=5.0)
"""One that ends before it answers is given up within the first pause, and the next is tried."""


class ProviderKind(StrEnum):
    PROCESS = "process"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class ProviderWish:
    kind: ProviderKind
    start: str
    stop: str | None = None
    list: str | None = None
    limit: int = 0
    seconds: float = 900.0
    """How long a command of the operator may take."""
    gpus: str | None = None


async def chosen_provider(wish: ProviderWish, folder: Path) -> Provider:
    """BAD_REQUEST for commands that cannot be started. `folder` is for records and logs."""
    await require_program(wish.start, "--provider-start")
    if wish.kind is ProviderKind.COMMAND:
        await require_program(wish.stop or "", "--provider-stop")
        commands = Commands(
            wish.start, wish.stop or "", wish.list, wish.limit or None, wish.seconds
        )
        return CommandProvider(commands)
    gpus = await chosen_gpus(wish.gpus)
    limit = wish.limit or len(gpus) or os.cpu_count() or 1
    if limit > 1 and Launch("", wish.start).fixed_port is not None:
        told = "one port cannot serve several instances: leave --port out, or say {port}"
        raise AppError(ErrorCode.BAD_REQUEST, f"--provider-start: {told}")
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    return ProcessProvider(wish.start, list(gpus), limit, folder, TIMING)

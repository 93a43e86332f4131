"""What to start: the command of one ComfyUI, its port and its GPU."""

import asyncio
import os
import random
import shlex
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

from greenroom.domain.errors import AppError, ErrorCode

_PLACEHOLDER = "{port}"
_OPTION = "--port"
# Below the ports that systems give to outgoing connections, so that a restart finds it free.
_PORTS = range(20_000, 32_000)
_ASKING_S = 10.0
"""Seconds that nvidia-smi has to name the GPUs."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One ComfyUI to be. `name` tells it from the others of this machine."""

    name: str
    command: str
    """A command line; `{port}` stands for the port, which is appended where nothing names one."""
    gpu: str | None = None
    """What CUDA_VISIBLE_DEVICES shall say; None leaves it as it is."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What else its environment shall hold."""

    @property
    def fixed_port(self) -> int | None:
        """The port that the command itself sets."""
        words = shlex.split(self.command)
        for word, following in zip(words, [*words[1:], ""], strict=True):
            value = following if word == _OPTION else word.removeprefix(f"{_OPTION}=")
            if value != word and value.isdecimal():
                return int(value)
        return None

    def arguments(self, port: int) -> list[str]:
        words = [word.replace(_PLACEHOLDER, str(port)) for word in shlex.split(self.command)]
        if _PLACEHOLDER in self.command or self.fixed_port is not None:
            return words
        return [*words, _OPTION, str(port)]

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """Unbuffered, so that the log has the last words of one that dies."""
        own = {} if self.gpu is None else {"CUDA_VISIBLE_DEVICES": self.gpu}
        return {**inherited, "PYTHONUNBUFFERED": "1", **self.variables, **own}


async def launches(command: str, gpus: str | None) -> list[Launch]:
    """One ComfyUI for each GPU that is named, as in `0,1`, or that nvidia-smi lists; at least one.

    BAD_REQUEST for a command that cannot be started.
    """
    await require_program(command, "--launch")
    found = await chosen_gpus(gpus)
    if not found:
        return [Launch("comfyui", command)]
    several = [Launch(f"gpu{gpu}", command, gpu) for gpu in found]
    if len(several) > 1 and several[0].fixed_port is not None:
        told = "one port cannot serve several GPUs: leave --port out of --launch, or say {port}"
        raise AppError(ErrorCode.BAD_REQUEST, told)
    return several


async def require_program(command: str, option: str) -> None:
    """BAD_REQUEST for a command that cannot be started."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise AppError(ErrorCode.BAD_REQUEST, f"{option} cannot be read: {error}") from error
    if not words or await asyncio.to_thread(shutil.which, words[0]) is None:
        told = f"{option}: there is no program {words[0] if words else command!r}"
        raise AppError(ErrorCode.BAD_REQUEST, told)


async def chosen_gpus(gpus: str | None) -> list[str]:
    """Those that are named, as in `0,1`, or else those that nvidia-smi lists."""
    named = [gpu.strip() for gpu in (gpus or "").split(",") if gpu.strip()]
    return named or await _listed_gpus()


async def _listed_gpus() -> list[str]:
    """The indices that nvidia-smi tells; none where it is not there or does not work."""
    if await asyncio.to_thread(shutil.which, "nvidia-smi") is None:
        return []
    try:
        asked = await asyncio.create_subprocess_exec(
            "nvidia-smi", "--query-gpu=index", "--format=csv,noheader",
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(_ASKING_S):
            told, _ = await asked.communicate()
    except (OSError, TimeoutError):
        return []
    if asked.returncode != 0:
        return []
    return [line.strip() for line in told.decode(errors="replace").splitlines() if line.strip()]


def free_port() -> int:
    """A port of this machine on which nothing listens."""
    for port in random.sample(_PORTS, 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AppError(ErrorCode.UNAVAILABLE, "there is no free port on this machine")


def inherited_environment() -> dict[str, str]:
    """Without Greenroom's own settings, among which are keys."""
    return {name: text for name, text in os.environ.items() if not name.startswith("GREENROOM_")}

"""A server and its ComfyUIs as processes that can be killed and started again."""

import asyncio
import contextlib
import signal
import subprocess
import sys
from pathlib import Path

from tests.cli.processes import Running, Served, environment, served, working

from greenroom.engine.comfyui.owned.launch import free_port


class Comfy:
    """One ComfyUI without models, always at the same address."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.port = free_port()
        self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        command = [sys.executable, "-m", "tests.fakes.comfyui_server"]
        options = ["--port", str(self.port), "--folder", str(self.folder)]
        self.process = subprocess.Popen(
            command + options, stdout=subprocess.PIPE, env=environment(), text=True
        )
        assert self.process.stdout.readline(), "the ComfyUI did not start"

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Elsewhere:
    """A worker on a ComfyUI that the server itself does not reach."""

    def __init__(self, comfy: Comfy, server: str):
        self.comfy = comfy
        self._server = server
        self._context = contextlib.ExitStack()
        self._process: Running | None = None

    def start(self):
        folder = self.comfy.folder.with_suffix(".worker")
        options = ("--comfyui", self.comfy.url, "--drain-seconds", 0)
        self._process = self._context.enter_context(working(folder, self._server, *options))

    def kill(self):
        self._process.kill()
        self._context.close()

    def stop(self):
        self._process.stop()
        self._context.close()


class Fleet:
    """Everything that can be killed. The calls do not block the event loop.

    Of its ComfyUIs, every other one is reached through a worker elsewhere.
    """

    def __init__(self, folder: Path, size: int):
        self.data = folder / "data"
        self.comfies = [Comfy(folder / f"comfyui-{number}") for number in range(size)]
        self.port = free_port()
        self.workers = [Elsewhere(comfy, self.url) for comfy in self.comfies[1::2]]
        self.up = asyncio.Event()
        self._server: Served | None = None
        self._context = contextlib.ExitStack()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self):
        for comfy in self.comfies:
            await asyncio.to_thread(comfy.start)
        await self.start_server()
        for worker in self.workers:
            await asyncio.to_thread(worker.start)
        return self

    async def __aexit__(self, *_):
        if self.up.is_set():
            await self.kill_server()
        for worker in self.workers:
            await asyncio.to_thread(worker.kill)
        for comfy in self.comfies:
            await asyncio.to_thread(comfy.kill)

    async def start_server(self):
        named = [part for comfy in self.comfies[::2] for part in ("--comfyui", comfy.url)]
        context = served(
            self.data, "--engine", "comfyui", "--drain-seconds", 0, "--port", self.port, *named
        )
        self._server = await asyncio.to_thread(self._context.enter_context, context)
        self.up.set()

    async def kill_server(self):
        await self._end_server(signal.SIGKILL)

    async def stop_server(self):
        await self._end_server(signal.SIGTERM)

    async def restart(self, comfy: Comfy):
        await asyncio.to_thread(comfy.kill)
        await asyncio.to_thread(comfy.start)

    async def kill_worker(self, worker: Elsewhere):
        await asyncio.to_thread(worker.kill)
        await asyncio.to_thread(worker.start)

    async def stop_worker(self, worker: Elsewhere):
        await asyncio.to_thread(worker.stop)
        await asyncio.to_thread(worker.start)

    async def _end_server(self, number):
        self.up.clear()
        self._server.process.send_signal(number)
        await asyncio.to_thread(self._server.process.wait)
        await asyncio.to_thread(self._context.close)

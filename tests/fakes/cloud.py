"""A cloud that rents machines by HTTP; each is a `greenroom worker` process on this one."""

import asyncio
import itertools

from aiohttp import web
from tests.cli.processes import GREENROOM, environment

KEY = "cloud-secret"


class FakeCloud:
    """`machines`: what each was asked to be, by its id; `ever`: those that are gone too."""

    def __init__(self, folder, comfyui):
        self._folder = folder
        self._comfyui = comfyui
        self._numbers = itertools.count(1)
        self._running = {}
        self.machines = {}
        self.ever = []
        self.url = ""

    async def __aenter__(self):
        app = web.Application()
        app.add_routes([
            web.get("/machines", self._list),
            web.post("/machines", self._rent),
            web.delete("/machines/{id}", self._end),
        ])  # fmt: skip
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        for machine in list(self._running):
            await self._stop(machine)
        await self._runner.cleanup()

    async def _list(self, request):
        _require_key(request)
        told = [{"id": one, "name": asked["name"]} for one, asked in self.machines.items()]
        return web.json_response({"machines": told})

    async def _rent(self, request):
        _require_key(request)
        asked = await request.json()
        machine = f"vm-{next(self._numbers)}"
        options = ("worker", "--comfyui", self._comfyui, "--data-dir", self._folder / machine)
        self._running[machine] = await asyncio.create_subprocess_exec(
            *GREENROOM, *map(str, options), env=environment() | asked["env"]
        )
        self.machines[machine] = asked
        self.ever.append(asked)
        return web.json_response({"id": machine}, status=201)

    async def _end(self, request):
        _require_key(request)
        if self.machines.pop(request.match_info["id"], None) is None:
            raise web.HTTPNotFound
        await self._stop(request.match_info["id"])
        return web.Response(status=204)

    async def _stop(self, machine):
        process = self._running.pop(machine)
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _require_key(request):
    if request.headers.get("Authorization") != f"Bearer {KEY}":
        raise web.HTTPUnauthorized

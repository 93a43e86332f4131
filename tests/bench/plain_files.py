"""A plain aiohttp server of files, to measure against: python -m tests.bench.plain_files FOLDER."""

import asyncio
import itertools
import sys
from pathlib import Path

from aiohttp import BodyPartReader, web

_CHUNK = 256 * 1024


def _app(folder: Path) -> web.Application:
    names = itertools.count()

    async def upload(request: web.Request) -> web.Response:
        name = str(next(names))
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                continue
            if part.filename is None:
                await part.read()
                continue
            with (folder / name).open("wb") as file:
                while chunk := await part.read_chunk(_CHUNK):
                    file.write(chunk)
        return web.json_response({"id": name}, status=201)

    async def download(request: web.Request) -> web.FileResponse:
        return web.FileResponse(folder / request.match_info["name"])

    app = web.Application(client_max_size=2**40)
    app.add_routes([web.post("/file", upload), web.get("/file/{name:[0-9]+}", download)])
    return app


async def _serve(folder: Path) -> None:
    runner = web.AppRunner(_app(folder))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    sys.stdout.write(f"http://127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))

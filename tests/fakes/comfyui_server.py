"""A ComfyUI that can be told to misbehave: a real HTTP and WebSocket server without any models.

In a test: `async with FakeComfyUI(folder) as fake`. As a process of its own:
`python -m tests.fakes.comfyui_server --port 8188`.
"""

import argparse
import asyncio
import contextlib
import hashlib
import json
import signal
import tempfile
import uuid
from collections import deque
from pathlib import Path

from aiohttp import ETag, web
from tests.fakes.comfyui_books import Books, Item
from tests.fakes.comfyui_folders import Folders
from tests.fakes.comfyui_nodes import Gate
from tests.fakes.comfyui_object_info import object_info
from tests.fakes.comfyui_run import output_nodes, prompt_thread
from tests.fakes.comfyui_sockets import Sockets

from greenroom.domain.ids import new_job_id

_FLAGS = {"supports_preview_metadata": True, "max_upload_size": 104857600}


class FakeComfyUI:
    """The switches are plain attributes; `until` waits for whatever a test wants to see."""

    def __init__(self, folder: Path, *, version: str = "0.33.0", port: int = 0):
        self.folders = Folders(folder)
        self.version_text = version
        self.version = tuple(int(part) for part in version.split("."))
        self.port = port
        self.recordings = deque()
        self.lacks: set[str] = set()
        self.requests: list[str] = []
        self.latest: web.Request | None = None
        self.devices = []
        self.embeddings = []
        self.listings = {}
        self.pages: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.unchanged: list[str] = []
        self.cache = {}
        self.current = None
        # Faults, each until it is switched off or used up.
        self.thread_dies = False
        self.forgets_cached_outputs = False
        self.lose_answers = 0
        self.lose_requests = 0
        self.crashes: dict[str, int] = {}
        self.upload_gate: asyncio.Event | None = None
        self.page_gate: asyncio.Event | None = None
        self.uploading = 0
        self.view_cuts: list[int] = []
        self._gates: dict[str, Gate] = {}
        self._watchers: list[asyncio.Event] = []
        self._number = 0
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._thread: asyncio.Task | None = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self):
        self._birth()
        app = web.Application(middlewares=[self._trouble], client_max_size=100 * 2**20)
        for prefix in ("", "/api"):
            app.add_routes(self._routes(prefix))
        app.add_routes(self._job_routes())
        self._runner = web.AppRunner(app, shutdown_timeout=0, handle_signals=False)
        await self._runner.setup()
        await self.accept()
        return self

    async def __aexit__(self, *_):
        self._end_thread()
        self._cut_connections()
        await self._runner.cleanup()

    # Orders from the test.

    def gate(self, name) -> Gate:
        return self._gates.setdefault(name, Gate())

    async def until(self, condition):
        """Wait until `condition()` holds; it is asked again whenever anything changes here."""
        changed = asyncio.Event()
        self._watchers.append(changed)
        try:
            while not condition():
                await changed.wait()
                changed.clear()
        finally:
            self._watchers.remove(changed)

    def changed(self):
        for watcher in self._watchers:
            watcher.set()

    async def accept(self):
        """Listen, at the same port as ever."""
        self._site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await self._site.start()
        self.port = self._site._server.sockets[0].getsockname()[1]

    async def refuse(self):
        """Take no connections and drop those there are; what runs goes on."""
        await self._site.stop()
        self._cut_connections()

    async def crash(self):
        """As after kill -9: all connections cut, queue and history gone."""
        await self.refuse()
        self._end_thread()
        self.books.forget_everything()

    async def restart(self):
        self._end_thread()
        self._birth()
        await self.accept()

    def _birth(self):
        self.books = Books(self.changed)
        self.cache = {}
        self.sockets = Sockets(lambda: self.books.remaining)
        self.sockets.greeting = self._greeting
        self.interrupt = asyncio.Event()
        self.current = None
        self._number = 0
        self._thread = asyncio.create_task(prompt_thread(self))

    def _end_thread(self):
        self._thread.cancel()

    def _cut_connections(self):
        for connection in list(self._runner.server.connections):
            if connection.transport is not None:
                connection.transport.abort()

    def _greeting(self, sid):
        run = self.current
        return run.node if run is not None and run.sid == sid else None

    def install(self, recording):
        """Put the recording's output files where /view finds them."""
        listing = recording.folder / "outputs.json"
        for output in json.loads(listing.read_text()) if listing.exists() else []:
            saved = recording.folder / "outputs" / output.get("saved_as", "")
            if output.get("saved_as") and saved.exists():
                item = output["item"]
                path = f"{item['type']}/{item['subfolder']}/{item['filename']}"
                self.folders.write(path, saved.read_bytes())

    # HTTP.

    @web.middleware
    async def _trouble(self, request, handler):
        self.requests.append(f"{request.method} {request.path}")
        self.latest = request
        try:
            if self.crashes.get(request.path, 0) > 0:
                self.crashes[request.path] -= 1
                return web.Response(status=500, text="500 Internal Server Error")
            return await handler(request)
        finally:
            self.changed()

    def _routes(self, prefix):
        return [
            web.get(f"{prefix}/ws", self._ws),
            web.post(f"{prefix}/prompt", self._post_prompt),
            web.get(f"{prefix}/prompt", self._get_prompt),
            web.get(f"{prefix}/queue", self._get_queue),
            web.post(f"{prefix}/queue", self._post_queue),
            web.get(f"{prefix}/history", self._get_history),
            web.get(f"{prefix}/history/{{id}}", self._get_history),
            web.post(f"{prefix}/history", self._post_history),
            web.post(f"{prefix}/interrupt", self._post_interrupt),
            web.post(f"{prefix}/free", self._post_free),
            web.get(f"{prefix}/view", self._view),
            web.post(f"{prefix}/upload/image", self._upload),
            web.get(f"{prefix}/object_info", self._object_info),
            web.get(f"{prefix}/system_stats", self._system_stats),
            web.get(f"{prefix}/embeddings", self._embeddings),
            web.get(f"{prefix}/features", self._features),
            web.get(f"{prefix}/{{listing:.+}}", self._listing),
        ]

    def _job_routes(self):
        if self.version < (0, 26):
            return []
        return [
            web.get("/api/jobs", self._jobs),
            web.post("/api/jobs/{id}/cancel", self._cancel_job),
        ]

    async def _ws(self, request):
        return await self.sockets.serve(request, _FLAGS)

    async def _post_prompt(self, request):
        body = await request.json()
        if self.lose_requests > 0:
            self.lose_requests -= 1
            request.transport.abort()
            return web.Response()
        prompt_id = body.get("prompt_id") or new_job_id()
        if str(uuid.UUID(prompt_id)) != prompt_id:
            return _refusal("invalid_prompt_id", "prompt_id must be a valid UUID")
        outputs, node_errors = self._validate(body)
        if not outputs:
            return _refusal("prompt_outputs_failed_validation", "Prompt failed", node_errors)
        item = Item(
            self._number, prompt_id, body["prompt"], dict(body.get("extra_data") or {}), outputs
        )
        item.extra_data["client_id"] = body.get("client_id")
        self._number += 1
        self.books.put(item)
        await self.sockets.send_status()
        if self.lose_answers > 0:
            self.lose_answers -= 1
            request.transport.abort()
        answer = {"prompt_id": prompt_id, "number": item.number, "node_errors": node_errors}
        return web.json_response(answer)

    def _validate(self, body):
        wanted = body.get("partial_execution_targets")
        outputs, node_errors = [], {}
        for node_id in output_nodes(body["prompt"]):
            if wanted is not None and node_id not in wanted:
                continue
            missing = self._missing_input(body["prompt"], node_id)
            if missing is None:
                outputs.append(node_id)
            else:
                error = {"type": "custom_validation_failed", "message": "Invalid image file",
                         "details": missing, "extra_info": {}}  # fmt: skip
                node_errors[node_id] = {
                    "errors": [error],
                    "dependent_outputs": [node_id],
                    "class_type": body["prompt"][node_id]["class_type"],
                }
        return outputs, node_errors

    def _missing_input(self, prompt, node_id):
        node = prompt[node_id]
        if node.get("class_type") == "LoadImage":
            name = node["inputs"]["image"]
            return None if self.folders.find(name).exists() else name
        for value in node.get("inputs", {}).values():
            if isinstance(value, list) and len(value) == 2 and value[0] in prompt:
                missing = self._missing_input(prompt, value[0])
                if missing is not None:
                    return missing
        return None

    async def _get_prompt(self, request):
        return web.json_response({"exec_info": {"queue_remaining": self.books.remaining}})

    async def _get_queue(self, request):
        running = [self.books.running.as_json()] if self.books.running else []
        pending = [item.as_json() for item in self.books.pending]
        return web.json_response({"queue_running": running, "queue_pending": pending})

    async def _post_queue(self, request):
        body = await request.json()
        if body.get("clear"):
            self.books.pending.clear()
        for prompt_id in body.get("delete", ()):
            self.books.delete_pending(prompt_id)
        await self.sockets.send_status()
        return web.Response()

    async def _get_history(self, request):
        if (wanted := request.match_info.get("id")) is None:
            limit = int(request.query.get("max_items", len(self.books.history)))
            latest = list(self.books.history.items())[-limit:] if limit else []
            return web.json_response(dict(latest))
        found = {wanted: self.books.history[wanted]} if wanted in self.books.history else {}
        return web.json_response(found)

    async def _post_history(self, request):
        body = await request.json()
        if body.get("clear"):
            self.books.history.clear()
        for prompt_id in body.get("delete", ()):
            self.books.history.pop(prompt_id, None)
        return web.Response()

    async def _post_interrupt(self, request):
        text = await request.text()
        wanted = (json.loads(text) if text else {}).get("prompt_id")
        if self.version < (0, 3, 56) or wanted is None or self.books.is_running(wanted):
            self.interrupt.set()
        return web.Response()

    async def _post_free(self, request):
        if (await request.json()).get("free_memory"):
            self.cache.clear()
        return web.Response()

    async def _view(self, request):
        query = request.query
        path = self.folders.find(
            query["filename"], query.get("type", "output"), query.get("subfolder", "")
        )
        if not path.is_file():
            return web.Response(status=404)
        if self.view_cuts:
            return await self._view_cut(request, path, self.view_cuts.pop(0))
        return web.FileResponse(path)

    async def _view_cut(self, request, path, limit):
        """The first `limit` bytes of what was asked for; then the connection breaks."""
        data = path.read_bytes()
        start = request.http_range.start or 0
        answer = web.StreamResponse(status=206 if start else 200)
        answer.content_length = len(data) - start
        stat = path.stat()
        answer.headers["ETag"] = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
        await answer.prepare(request)
        await answer.write(data[start : start + limit])
        with contextlib.suppress(ConnectionError):
            await answer.write(b"")
        request.transport.close()
        return answer

    async def _upload(self, request):
        form = await request.post()
        self.uploading += 1
        self.changed()
        if self.upload_gate is not None:
            await self.upload_gate.wait()
        image = form["image"]
        answer = self.folders.upload(
            form.get("type", "input"),
            form.get("subfolder", ""),
            image.filename,
            image.file.read(),
            overwrite=form.get("overwrite") in ("true", "1"),
        )
        image.file.close()
        self.uploading -= 1
        return web.json_response(answer)

    async def _object_info(self, request):
        found = object_info(self.folders.names("input"))
        return web.json_response({name: found[name] for name in found if name not in self.lacks})

    async def _system_stats(self, request):
        system = {"comfyui_version": self.version_text}
        return web.json_response({"system": system, "devices": self.devices})

    async def _embeddings(self, request):
        return web.json_response(self.embeddings)

    async def _listing(self, request):
        """What the test gave for this path and query, 404 as an older ComfyUI when it gave none."""
        path = str(request.rel_url)
        if request.path in self.redirects:
            raise web.HTTPFound(self.redirects[request.path])
        if request.path in self.pages:
            return await self._page(request, self.pages[request.path])
        if path not in self.listings:
            return web.Response(status=404)
        return web.json_response(self.listings[path])

    async def _page(self, request, data):
        """A file as aiohttp sends it: without its bytes to who has them."""
        if self.page_gate is not None:
            await self.page_gate.wait()
        tag = ETag(hashlib.sha256(data).hexdigest())
        headers = {"ETag": f'"{tag.value}"'}
        if tag in (request.if_none_match or ()):
            self.unchanged.append(request.path)
            return web.Response(status=304, headers=headers)
        return web.Response(body=data, headers=headers, content_type="text/html")

    async def _features(self, request):
        return web.json_response(_FLAGS)

    async def _jobs(self, request):
        running = [{"id": self.books.running.prompt_id}] if self.books.running else []
        return web.json_response({"jobs": running})

    async def _cancel_job(self, request):
        prompt_id = request.match_info["id"]
        if self.books.is_running(prompt_id):
            self.interrupt.set()
            return web.json_response({"cancelled": True})
        return web.json_response({"cancelled": self.books.delete_pending(prompt_id)})


def _refusal(kind, message, node_errors=None):
    error = {"type": kind, "message": message, "details": "", "extra_info": {}}
    return web.json_response({"error": error, "node_errors": node_errors or {}}, status=400)


async def _serve(port, version, folder):
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with FakeComfyUI(folder, port=port, version=version) as fake:
        print(fake.url, flush=True)  # noqa: T201 - tells the parent which port it got
        await ended.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--version", default="0.33.0")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="fake-comfyui-"))
    asyncio.run(_serve(options.port, options.version, folder))


if __name__ == "__main__":
    main()

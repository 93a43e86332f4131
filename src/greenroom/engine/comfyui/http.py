"""The HTTP calls that the engine makes of one ComfyUI, typed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import aiohttp
import msgspec
from yarl import URL

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.listing import Question
from greenroom.domain.machine import Machine
from greenroom.domain.relay import RelayRequest
from greenroom.engine.comfyui import listings, pyjson
from greenroom.engine.comfyui.timing import Timing
from greenroom.engine.comfyui.versions import Abilities, abilities

T = TypeVar("T")

_ANY = cast("type[Any]", Any)
"""Whatever JSON there is."""


class Unreachable(Exception):  # noqa: N818 - a state of the server, not a fault of ours
    """No answer. `sent` tells whether ComfyUI may have received the request."""

    def __init__(self, reason: str, *, sent: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


class Refused(Exception):  # noqa: N818 - an answer, which the caller may expect
    """An answer with an error status; `body` as text."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"ComfyUI answered {status}: {body[:200]}")
        self.status = status
        self.body = body

    @property
    def temporary(self) -> bool:
        """Whether the server had trouble, rather than the request."""
        return self.status >= 500


class _ExtraData(msgspec.Struct, frozen=True):
    client_id: Any = None


class _QueueItem(msgspec.Struct, array_like=True, frozen=True):
    number: float
    prompt_id: str
    prompt: Any = None
    extra_data: _ExtraData | None = None


class QueueLook(msgspec.Struct, frozen=True):
    """GET /queue: what runs and what waits, the latter in no order."""

    queue_running: tuple[_QueueItem, ...] = ()
    queue_pending: tuple[_QueueItem, ...] = ()

    @property
    def running(self) -> frozenset[str]:
        return frozenset(item.prompt_id for item in self.queue_running)

    @property
    def pending(self) -> frozenset[str]:
        return frozenset(item.prompt_id for item in self.queue_pending)

    def client_of(self, prompt_id: str) -> str | None:
        """The client id whose socket hears of the run."""
        for item in self.queue_running + self.queue_pending:
            if item.prompt_id == prompt_id and item.extra_data is not None:
                client_id = item.extra_data.client_id
                return client_id if isinstance(client_id, str) else None
        return None


class HistoryStatus(msgspec.Struct, frozen=True):
    status_str: str | None = None
    messages: tuple[tuple[str, dict[str, Any]], ...] = ()


class HistoryEntry(msgspec.Struct, frozen=True):
    """One run that is over. Its prompt is left undecoded."""

    outputs: dict[str, dict[str, Any]] = {}
    status: HistoryStatus | None = None
    meta: dict[str, dict[str, Any]] = {}


class _PastPrompt(msgspec.Struct, array_like=True, frozen=True):
    number: float
    prompt_id: str
    graph: dict[str, Any] = {}
    extra_data: Any = None
    targets: tuple[str, ...] = ()


class PastRun(HistoryEntry, frozen=True, kw_only=True):
    """A history entry with the graph that was run."""

    prompt: _PastPrompt

    @property
    def graph(self) -> JsonObject:
        return self.prompt.graph

    @property
    def targets(self) -> tuple[str, ...]:
        """The output nodes that were to run."""
        return self.prompt.targets


class PromptAnswer(msgspec.Struct, frozen=True):
    """POST /prompt: `node_errors` holds outputs that ComfyUI dropped."""

    prompt_id: str
    node_errors: dict[str, Any] = {}


class UploadAnswer(msgspec.Struct, frozen=True):
    name: str
    subfolder: str = ""
    type: str = "input"


class _System(msgspec.Struct, frozen=True):
    comfyui_version: str = ""


class _SystemStats(msgspec.Struct, frozen=True):
    system: _System = _System()
    devices: tuple[dict[str, Any], ...] = ()


class _Cancelled(msgspec.Struct, frozen=True):
    cancelled: bool


class ComfyHttp:
    """One ComfyUI at `base_url`. Calls raise Unreachable without an answer, Refused at an error."""

    def __init__(self, base_url: str, timing: Timing) -> None:
        self._base = base_url.rstrip("/")
        self._timing = timing
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> aiohttp.ClientSession:
        """The session, made at first; the WebSocket shares it."""
        if self._session is None or self._session.closed:
            # ComfyUI refuses foreign origins and compresses nothing by itself: ask for plain bytes.
            self._session = aiohttp.ClientSession(
                headers={"Accept-Encoding": "identity"},
                timeout=aiohttp.ClientTimeout(total=self._timing.request),
            )
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def url(self, path: str) -> str:
        return f"{self._base}{path}"

    async def queue(self) -> QueueLook:
        return _decoded(await self._call("GET", "/queue"), QueueLook)

    async def history(self, prompt_id: str) -> HistoryEntry | None:
        body = await self._call("GET", f"/history/{prompt_id}")
        return _decoded(body, dict[str, HistoryEntry]).get(prompt_id)

    async def recent_history(self, limit: int) -> dict[str, PastRun]:
        """The latest runs that are over, by prompt id, the earliest first."""
        body = await self._call("GET", "/history", params={"max_items": str(limit)})
        return await asyncio.to_thread(_past_runs, body)

    async def submit(self, body: Mapping[str, JsonValue]) -> PromptAnswer:
        return _decoded(await self._post("/prompt", body), PromptAnswer)

    async def delete_pending(self, prompt_id: str) -> None:
        await self._post("/queue", {"delete": [prompt_id]})

    async def forget(self, prompt_id: str) -> None:
        """Drop the run's entry from the history."""
        await self._post("/history", {"delete": [prompt_id]})

    async def interrupt(self, prompt_id: str | None) -> None:
        """Stop the run, or whatever runs."""
        await self._post("/interrupt", {"prompt_id": prompt_id} if prompt_id else {})

    async def cancel_job(self, prompt_id: str) -> bool:
        body = await self._post(f"/api/jobs/{prompt_id}/cancel", {})
        return _decoded(body, _Cancelled).cancelled

    async def free(self, *, unload_models: bool, free_memory: bool) -> None:
        await self._post("/free", {"unload_models": unload_models, "free_memory": free_memory})

    async def abilities(self) -> Abilities:
        stats = _decoded(await self._call("GET", "/system_stats"), _SystemStats)
        return abilities(stats.system.comfyui_version)

    async def machine(self) -> Machine:
        stats = _decoded(await self._call("GET", "/system_stats"), _SystemStats)
        embeddings = _decoded(await self._call("GET", "/embeddings"), tuple[str, ...])
        return Machine(stats.devices, embeddings)

    async def ask(self, question: Question) -> JsonValue:
        """None when this ComfyUI has no such thing, or no such route."""
        address = listings.address(question)
        if address is None:
            return None
        path, query = address
        try:
            body = await self._call("GET", path, params=query)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise
        answer: JsonValue = _decoded(body, _ANY)
        return answer

    @asynccontextmanager
    async def page(
        self, path: str, headers: Mapping[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer to GET `path`, which is encoded already; a redirect is not followed."""
        session = await self.open()
        url = URL(self.url(path), encoded=True)
        try:
            async with session.get(url, headers=headers, allow_redirects=False) as answer:
                yield answer
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _unreachable(error) from error

    @asynccontextmanager
    async def relay(self, request: RelayRequest) -> AsyncIterator[aiohttp.ClientResponse]:
        """Its answer, whatever the status, with the body still to be read."""
        session = await self.open()
        url = URL(self.url("/")).with_path("/" + request.path).with_query(request.query)
        timeout = aiohttp.ClientTimeout(total=None, sock_read=self._timing.transfer)
        headers = {"Content-Type": request.content_type} if request.content_type else {}
        body = request.body or None
        try:
            async with session.request(
                request.method, url, data=body, headers=headers, timeout=timeout,
                allow_redirects=False,
            ) as answer:  # fmt: skip
                yield answer
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _unreachable(error) from error

    async def object_info(self) -> bytes:
        return await self._call("GET", "/object_info")

    async def upload(self, path: Path, *, name: str, subfolder: str, root: str) -> UploadAnswer:
        with path.open("rb") as file:
            form = aiohttp.FormData()
            form.add_field("type", root)
            form.add_field("subfolder", subfolder)
            form.add_field("image", file, filename=name, content_type="application/octet-stream")
            timeout = aiohttp.ClientTimeout(total=None, sock_read=self._timing.transfer)
            body = await self._call("POST", "/upload/image", data=form, timeout=timeout)
        return _decoded(body, UploadAnswer)

    async def has_file(self, item: Mapping[str, str]) -> bool:
        """Whether GET /view would give the file."""
        try:
            await self._call("HEAD", "/view", params=item)
        except Refused as refused:
            if refused.temporary:
                raise
            return False
        return True

    @contextlib.asynccontextmanager
    async def view(
        self, item: Mapping[str, str], headers: Mapping[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer to GET /view, its body still to be read."""
        session = await self.open()
        timeout = aiohttp.ClientTimeout(total=None, sock_read=self._timing.transfer)
        try:
            async with session.get(
                self.url("/view"), params=item, headers=headers, timeout=timeout
            ) as answer:
                yield answer
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _unreachable(error) from error

    async def _post(self, path: str, body: Mapping[str, JsonValue]) -> bytes:
        return await self._call(
            "POST",
            path,
            data=msgspec.json.encode(body),
            headers={"Content-Type": "application/json"},
        )

    async def _call(self, method: str, path: str, **options: Any) -> bytes:
        session = await self.open()
        try:
            async with session.request(method, self.url(path), **options) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _unreachable(error) from error
        if answer.status >= 400:
            raise Refused(answer.status, body.decode(errors="replace"))
        return body


def _unreachable(error: Exception) -> Unreachable:
    if isinstance(error, aiohttp.ClientConnectorError):
        return Unreachable(f"cannot connect: {error.os_error.strerror}", sent=False)
    if isinstance(error, TimeoutError):
        return Unreachable("no answer in time")
    return Unreachable(f"connection lost: {str(error) or type(error).__name__}")


def _past_runs(body: bytes) -> dict[str, PastRun]:
    """Those that look as ComfyUI makes them: a custom node may have put in others."""
    runs = {}
    for prompt_id, entry in _decoded(body, dict[str, Any]).items():
        with contextlib.suppress(msgspec.ValidationError):
            runs[prompt_id] = msgspec.convert(entry, PastRun)
    return runs


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return pyjson.decode(body, kind)
    except ValueError as error:
        raise Refused(502, f"an answer that is not ComfyUI's: {error}") from error

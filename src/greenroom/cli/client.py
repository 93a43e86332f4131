"""The native HTTP API, as the commands call it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp
import msgspec

from greenroom.cli import wire
from greenroom.client.route import session_to, why_unreachable
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject

T = TypeVar("T")

_CALL = aiohttp.ClientTimeout(total=60, sock_connect=10)
_TRANSFER = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=60)
_CHUNK = 1 << 20
_PING_SECONDS = 10.0
_ON_THE_WAY = (
    aiohttp.ClientSSLError,
    aiohttp.ClientConnectorCertificateError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ClientProxyConnectionError,
)
"""A server may well be there."""
_READY_LOOKS = 100
_READY_LOOK_SECONDS = 0.1


class Client:
    """One server. Every call raises AppError: UNAVAILABLE when nothing answers."""

    def __init__(self, url: str, api_key: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._headers = {"X-API-Key": api_key} if api_key else {}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = await session_to(self.url, self._headers, _CALL)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def submit(self, body: Mapping[str, object]) -> wire.Accepted:
        """POST /prompt; INVALID_GRAPH says what the server refused."""
        answer = await self._call("POST", "/prompt", json=body)
        return _read(answer, wire.Accepted)

    async def upload(self, path: Path) -> wire.Uploaded:
        """Send a file into the server's input folder; the answer says under which name."""
        with await asyncio.to_thread(path.open, "rb") as file:
            form = aiohttp.FormData()
            form.add_field("image", file, filename=path.name)
            answer = await self._call("POST", "/upload/image", data=form, timeout=_TRANSFER)
        return _read(answer, wire.Uploaded)

    async def jobs(
        self, status: str | None, limit: int, batch_id: str | None = None
    ) -> wire.JobPage:
        """The newest jobs, of the given states (ComfyUI's words, separated by commas)."""
        query = {"limit": str(limit)}
        query |= {"status": status} if status else {}
        query |= {"batch_id": batch_id} if batch_id else {}
        return _read(await self._call("GET", "/api/jobs", params=query), wire.JobPage)

    async def job(self, job_id: str) -> wire.JobEntry:
        """NOT_FOUND when the server has no such job."""
        return _read(await self._call("GET", f"/api/jobs/{job_id}"), wire.JobEntry)

    async def cancel(self, job_id: str) -> bool:
        """Ask the job to stop; False when it had ended already."""
        answer = await self._call("POST", f"/api/jobs/{job_id}/cancel")
        return _read(answer, wire.Canceled).cancelled

    async def object_info(self) -> dict[str, Any]:
        """Class name -> definition, of every node that the server's workers know."""
        return _read(await self._call("GET", "/object_info"), dict[str, Any])

    async def ask(self, method: str, path: str, kind: type[T], **options: Any) -> T:
        """Any other call: its answer as that type; AppError for what the server refuses."""
        return _read(await self._call(method, path, **options) or b"null", kind)

    async def ready(self) -> wire.Ready:
        return _read(await self._call("GET", "/readyz"), wire.Ready)

    async def until_workers_are_up(self) -> None:
        """A server that has just started learns its nodes in a moment; later the queue may wait."""
        for _ in range(_READY_LOOKS):
            if (await self.ready()).workers_up:
                return
            await asyncio.sleep(_READY_LOOK_SECONDS)

    async def download(self, item: JsonObject, target: Path) -> None:
        """Write one output file to `target`."""
        query = {
            "filename": str(item.get("filename") or ""),
            "subfolder": str(item.get("subfolder") or ""),
            "type": str(item.get("type") or "output"),
        }
        async with self._request("GET", "/view", params=query, timeout=_TRANSFER) as answer:
            if answer.status != 200:
                raise _refusal(answer.status, await answer.read(), f"/view of {query['filename']}")
            # The server may run on this very loop: the disk must not hold it up.
            with await asyncio.to_thread(target.open, "wb") as file:
                async for chunk in answer.content.iter_chunked(_CHUNK):
                    await asyncio.to_thread(file.write, chunk)

    @contextlib.asynccontextmanager
    async def socket(self, client_id: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """The live messages of the jobs that were submitted under this client id."""
        try:
            async with self._open().ws_connect(
                f"{self.url}/ws", params={"clientId": client_id}, heartbeat=_PING_SECONDS,
                max_msg_size=0,
            ) as socket:  # fmt: skip
                yield socket
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._unreachable(error) from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("a Client is used inside `async with`")
        return self._session

    async def _call(self, method: str, path: str, **options: Any) -> bytes:
        async with self._request(method, path, **options) as answer:
            body = await answer.read()
        if answer.status >= 400:
            raise _refusal(answer.status, body, path)
        return body

    @contextlib.asynccontextmanager
    async def _request(
        self, method: str, path: str, **options: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        try:
            async with self._open().request(method, self.url + path, **options) as answer:
                yield answer
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> AppError:
        if isinstance(error, aiohttp.InvalidURL):
            return AppError(ErrorCode.BAD_REQUEST, f"{self.url} is no URL of a server.")
        if isinstance(error, aiohttp.WSServerHandshakeError) and error.status in _CODES:
            return _refusal(error.status, b"", "/ws")
        told = f"No Greenroom server answers at {self.url}: {why_unreachable(error)}."
        if not isinstance(error, _ON_THE_WAY):
            told += " Start one with `greenroom serve`, or name another with --server."
        return AppError(ErrorCode.UNAVAILABLE, told)


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise AppError(
            ErrorCode.UNAVAILABLE, f"What answers there is no Greenroom server: {error}."
        ) from error


_CODES = {
    401: ErrorCode.UNAUTHORIZED,
    403: ErrorCode.FORBIDDEN,
    404: ErrorCode.NOT_FOUND,
    409: ErrorCode.CONFLICT,
    413: ErrorCode.TOO_LARGE,
    415: ErrorCode.UNSUPPORTED_MEDIA,
    429: ErrorCode.QUEUE_FULL,
    500: ErrorCode.INTERNAL,
    503: ErrorCode.UNAVAILABLE,
    507: ErrorCode.STORAGE_FULL,
}


def _refusal(status: int, body: bytes, path: str) -> AppError:
    """The server's own words, where it has any."""
    code = _CODES.get(status, ErrorCode.BAD_REQUEST)
    try:
        told = msgspec.json.decode(body)
    except msgspec.DecodeError:
        told = body.decode(errors="replace").strip()
    if isinstance(told, dict) and told.get("code") in set(ErrorCode):
        return _own_refusal(told)
    error = told.get("error") if isinstance(told, dict) else told
    if isinstance(error, dict):
        if status == 400:
            code = ErrorCode.INVALID_GRAPH
        return AppError(code, _prompt_message(error, told.get("node_errors")), told)
    if code is ErrorCode.UNAUTHORIZED:
        return AppError(code, "The server wants a key: give it with --api-key.")
    return AppError(code, str(error) if error else f"The server answered {status} to {path}.")


def _own_refusal(told: dict[str, Any]) -> AppError:
    """The error of an API of ours: {code, message, details}."""
    code, message = ErrorCode(told["code"]), str(told.get("message"))
    details = told.get("details") or {}
    if code is ErrorCode.UNAUTHORIZED:
        message = "The server wants a key: give it with --api-key."
    nodes = details.get("node_errors")
    return AppError(code, _prompt_message({"message": message}, nodes), details)


def _prompt_message(error: dict[str, Any], node_errors: object) -> str:
    """ComfyUI's error of a prompt, with what is wrong at each node, in a line for each."""
    lines = [f"{error.get('message')}{_details(error)}"]
    for node_id, node in (node_errors if isinstance(node_errors, dict) else {}).items():
        lines += [
            f"  node {node_id} ({node.get('class_type')}): {one.get('message')}{_details(one)}"
            for one in node.get("errors", [])
        ]
    return "\n".join(lines)


def _details(error: dict[str, Any]) -> str:
    details = str(error.get("details") or "").strip()
    return f": {details}" if details and "\n" not in details else ""

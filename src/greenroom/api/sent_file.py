"""A file that the system itself copies into the connection, also on uvloop, which cannot."""

import asyncio
import os
from asyncio import Transport
from typing import IO, Any

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

_AT_ONCE = 4 * 1024 * 1024


class SentFile(web.FileResponse):
    async def _sendfile(
        self, request: web.BaseRequest, fobj: IO[Any], offset: int, count: int
    ) -> AbstractStreamWriter:
        transport = request.transport
        if transport is None or not _is_bare(transport) or self.compression:
            return await super()._sendfile(request, fobj, offset, count)
        writer = await web.StreamResponse.prepare(self, request)
        if writer is None:
            raise ConnectionResetError("The connection is lost.")
        await _emptied(transport, writer)
        handle = os.dup(transport.get_extra_info("socket").fileno())
        try:
            await _copy(fobj.fileno(), handle, offset, count)
        finally:
            os.close(handle)
        await self.write_eof()
        return writer


def _is_bare(transport: Transport) -> bool:
    """Whether bytes may pass the transport by: no encryption, and a loop without its own way."""
    loop = asyncio.get_running_loop()
    plain = transport.get_extra_info("sslcontext") is None
    return plain and not isinstance(loop, asyncio.BaseEventLoop) and hasattr(os, "sendfile")


async def _emptied(transport: Transport, writer: AbstractStreamWriter) -> None:
    """Return when the head has gone out: the file must not overtake it."""
    transport.set_write_buffer_limits(high=0)
    try:
        await writer.drain()
    finally:
        transport.set_write_buffer_limits()


async def _copy(source: int, target: int, offset: int, count: int) -> None:
    end = offset + count
    while offset < end:
        sending = asyncio.create_task(
            asyncio.to_thread(_send, source, target, offset, min(end - offset, _AT_ONCE))
        )
        try:
            sent = await asyncio.shield(sending)
        except asyncio.CancelledError:
            # It uses both files, and takes no longer than what the connection has room for.
            await sending
            raise
        if sent is None:
            await _writable(target)
        elif sent == 0:
            raise ConnectionResetError("The file became shorter while it was sent.")
        else:
            offset += sent


def _send(source: int, target: int, offset: int, count: int) -> int | None:
    """How many bytes went; None when the connection has no room now."""
    try:
        return os.sendfile(target, source, offset, count)
    except BlockingIOError:
        return None


async def _writable(handle: int) -> None:
    loop = asyncio.get_running_loop()
    free = asyncio.Event()
    loop.add_writer(handle, free.set)
    try:
        await free.wait()
    finally:
        loop.remove_writer(handle)

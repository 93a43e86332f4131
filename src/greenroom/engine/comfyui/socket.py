"""One WebSocket to ComfyUI, kept open: every message it brings goes to one listener."""

import asyncio
import contextlib
from collections.abc import Callable

import aiohttp

from greenroom.engine.comfyui import messages
from greenroom.engine.comfyui.http import ComfyHttp
from greenroom.engine.comfyui.messages import Message
from greenroom.engine.comfyui.timing import Timing

_HELLO = '{"type":"feature_flags","data":{"supports_preview_metadata":true}}'


class Socket:
    """Connects again and again until closed; what was sent meanwhile is lost."""

    def __init__(
        self,
        http: ComfyHttp,
        client_id: str,
        timing: Timing,
        *,
        on_message: Callable[[Message], None],
        on_change: Callable[[], None],
    ) -> None:
        """`on_change` is called when the connection opened or broke."""
        self._http = http
        self.client_id = client_id
        self._timing = timing
        self._on_message = on_message
        self._on_change = on_change
        self._connected = asyncio.Event()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._task: asyncio.Task[None] | None = None
        self.greeted = False
        """The present connection has brought something."""
        self.breaks = 0
        """How many times the connection broke."""

    @property
    def connected(self) -> bool:
        return self._connected.is_set()

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep_open(), name="comfyui-socket")

    async def stop(self) -> None:
        if self._task is None:
            return
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._task = None

    async def wait_connected(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._connected.wait()
        return self.connected

    async def recycle(self) -> None:
        """Close the connection, so that a new one tells where ComfyUI stands.

        ComfyUI greets a socket whose client's run is inside a node with that node; and a socket
        which it has forgotten hears nothing at all until it connects anew.
        """
        if self._socket is not None:
            await self._socket.close()

    async def adopt(self, client_id: str) -> None:
        """Listen in the place of a client that is no more."""
        self.client_id = client_id
        await self.recycle()

    async def _keep_open(self) -> None:
        delay = self._timing.reconnect_first
        while True:
            if await self._listen_once():
                delay = self._timing.reconnect_first
            await asyncio.sleep(delay)
            delay = min(delay * 2, self._timing.reconnect_longest)

    async def _listen_once(self) -> bool:
        """Whether a connection came about at all. Returns when it is gone."""
        session = await self._http.open()
        try:
            async with session.ws_connect(
                self._http.url("/ws"),
                params={"clientId": self.client_id},
                heartbeat=self._timing.heartbeat,
                max_msg_size=0,
            ) as socket:
                await socket.send_str(_HELLO)
                self.greeted = False
                self._socket = socket
                self._connected.set()
                self._on_change()
                async for frame in socket:
                    self._hear(frame)
        except (aiohttp.ClientError, OSError, TimeoutError):
            pass
        finally:
            was_open = self.connected
            self._socket = None
            self._connected.clear()
        if was_open:
            self.breaks += 1
            self._on_change()
        return was_open

    def _hear(self, frame: aiohttp.WSMessage) -> None:
        message: Message | None = None
        if frame.type is aiohttp.WSMsgType.TEXT:
            message = messages.decode_text(frame.data)
        elif frame.type is aiohttp.WSMsgType.BINARY:
            message = messages.decode_binary(frame.data)
        self.greeted = True
        if message is not None:
            self._on_message(message)

"""The fake ComfyUI's WebSockets: one per client id, the newest wins."""

import json
import struct

from aiohttp import WSMsgType, web

from greenroom.domain.ids import new_session_id


class Sockets:
    def __init__(self, remaining):
        self._remaining = remaining
        self._by_sid = {}
        self._flags = {}
        self.greeting = lambda sid: None
        self.mute = False
        self.opened = 0

    async def serve(self, request, flags):
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        sid = request.query.get("clientId") or new_session_id()
        self._by_sid[sid] = socket
        self._flags[sid] = {}
        self.opened += 1
        try:
            await self.send("status", {**self._status(), "sid": sid}, sid)
            if (node := self.greeting(sid)) is not None:
                await self.send("executing", {"node": node}, sid)
            await self._listen(socket, sid, flags)
        finally:
            # As the real one: when an older socket of the same client closes, the newer goes deaf.
            self._by_sid.pop(sid, None)
        return socket

    async def _listen(self, socket, sid, flags):
        first = True
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT or not first:
                continue
            first = False
            message = json.loads(frame.data)
            if message.get("type") == "feature_flags":
                self._flags[sid] = message["data"]
                await self.send("feature_flags", flags, sid)

    def wants_metadata(self, sid):
        return self._flags.get(sid, {}).get("supports_preview_metadata") is True

    async def send(self, kind, data, sid):
        """To one client, or to everybody when `sid` is None."""
        await self._send(json.dumps({"type": kind, "data": data}), sid)

    async def send_status(self):
        await self.send("status", self._status(), None)

    async def send_preview(self, picture, metadata, sid):
        png = metadata["image_type"] == "image/png"
        if self.wants_metadata(sid):
            told = json.dumps(metadata).encode()
            await self._send(struct.pack(">II", 4, len(told)) + told + picture, sid)
        else:
            await self._send(struct.pack(">II", 1, 2 if png else 1) + picture, sid)

    async def send_text(self, node_id, text, sid):
        head = struct.pack(">II", 3, len(node_id.encode()))
        await self._send(head + node_id.encode() + text.encode(), sid)

    async def close(self):
        for socket in list(self._by_sid.values()):
            await socket.close()

    def deafen(self):
        """Forget every client; their sockets stay open and hear nothing any more."""
        self._by_sid.clear()

    def _status(self):
        return {"status": {"exec_info": {"queue_remaining": self._remaining()}}}

    async def _send(self, frame, sid):
        targets = list(self._by_sid.values()) if sid is None else [self._by_sid.get(sid)]
        for socket in targets:
            if socket is None or socket.closed or self.mute:
                continue
            try:
                await (socket.send_str if isinstance(frame, str) else socket.send_bytes)(frame)
            except ConnectionError:
                continue

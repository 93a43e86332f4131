"""Bytes that arrive piece by piece, whose beginning can be looked at before the rest is read."""

from collections.abc import AsyncIterator


class ByteSource:
    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self._begun = b""

    async def head(self, size: int) -> bytes:
        """The first bytes, fewer when there are no more."""
        while len(self._begun) < size:
            piece = await anext(self._pieces, b"")
            if not piece:
                break
            self._begun += piece
        return self._begun[:size]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """All of them, once."""
        if self._begun:
            yield self._begun
        async for piece in self._pieces:
            yield piece

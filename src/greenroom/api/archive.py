"""Several files as one ZIP, streamed while it is made."""

import asyncio
import io
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from aiohttp import web

_CHUNK = 256 * 1024


async def send(
    request: web.Request, filename: str, files: Iterable[tuple[str, Path]], texts: dict[str, bytes]
) -> web.StreamResponse:
    """`files` are (name inside, path on disk); they are stored as they are."""
    response = web.StreamResponse(
        headers={
            "Content-Type": "application/zip",
            "Content-Disposition": f'attachment; filename="{filename}"',
        }
    )
    await response.prepare(request)
    pieces = _Pieces()
    with zipfile.ZipFile(pieces, "w", zipfile.ZIP_STORED) as archive:
        for name, data in texts.items():
            archive.writestr(name, data)
        for name, path in _once(files):
            await _copy(archive, name, path, response, pieces)
    await response.write(pieces.take())
    await response.write_eof()
    return response


class _Pieces(io.RawIOBase):
    """A file that is only written, and emptied from time to time."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: "bytes | bytearray | memoryview", /) -> int:  # type: ignore[override]  # what zipfile writes
        self._held += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self._held)
        self._held.clear()
        return taken


async def _copy(
    archive: zipfile.ZipFile, name: str, path: Path, response: web.StreamResponse, pieces: _Pieces
) -> None:
    source = await asyncio.to_thread(path.open, "rb")
    try:
        with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as target:
            read: Callable[[int], bytes] = source.read
            while chunk := await asyncio.to_thread(read, _CHUNK):
                target.write(chunk)
                await response.write(pieces.take())
    finally:
        await asyncio.to_thread(source.close)


def _once(files: Iterable[tuple[str, Path]]) -> Iterable[tuple[str, Path]]:
    """Files of one name get numbers."""
    used: dict[str, int] = {}
    for name, path in files:
        count = used.get(name, 0)
        used[name] = count + 1
        inside = Path(name)
        yield (str(inside.with_stem(f"{inside.stem} ({count})")) if count else name), path

"""Send files: ranges, revalidation, and nothing that a browser would run."""

from pathlib import Path

from aiohttp import web

from greenroom.api.media_types import ACTIVE, media_type
from greenroom.api.sent_file import SentFile

_OCTETS = "application/octet-stream"


def stored_file(request: web.Request, path: Path, name: str) -> SentFile:
    """The file on disk under the name a person gave it."""
    return SentFile(path, headers=file_headers(request, name))


def file_headers(request: web.Request, name: str) -> dict[str, str]:
    """Content type and disposition. Active content is a download, but a picture may be shown."""
    kind = media_type(name)
    headers = {"X-Content-Type-Options": "nosniff"}
    if kind not in ACTIVE:
        return {**headers, "Content-Disposition": disposition(name), "Content-Type": kind}
    headers |= {"Vary": "Sec-Fetch-Dest", "Cache-Control": "no-store"}
    if kind == "image/svg+xml" and request.headers.get("Sec-Fetch-Dest") == "image":
        return {**headers, "Content-Disposition": disposition(name), "Content-Type": kind}
    attachment = f"attachment; {disposition(name)}"
    return {**headers, "Content-Disposition": attachment, "Content-Type": _OCTETS}


def disposition(name: str) -> str:
    """`filename="..."`, which neither a quote nor a line break in the name can leave."""
    safe = "".join(letter if letter.isprintable() else "_" for letter in name)
    escaped = safe.replace("\\", "\\\\").replace('"', '\\"')
    return f'filename="{escaped}"'

"""The media type of a file by its name, the same on every machine."""

import mimetypes

_MORE = {
    "image/webp": ".webp",
    "image/avif": ".avif",
    "image/jxl": ".jxl",
    "video/webm": ".webm",
    "audio/flac": ".flac",
    "audio/opus": ".opus",
    "audio/mp4": ".m4a",
    "model/gltf-binary": ".glb",
    "text/markdown": ".md",
}
_UNKNOWN = "application/octet-stream"

_types = mimetypes.MimeTypes(filenames=())
for _type, _suffix in _MORE.items():
    _types.add_type(_type, _suffix)

ACTIVE = frozenset({
    "text/html", "text/html-sandboxed", "application/xhtml+xml", "text/javascript",
    "application/javascript", "text/css", "image/svg+xml", "application/xml", "text/xml",
    "application/rdf+xml", "text/xsl", "application/mathml+xml", "text/vtt",
})  # fmt: skip
"""What a browser would run or let act on the page."""


def media_type(name: str) -> str:
    guessed, encoding = _types.guess_type(name)
    return guessed if guessed and encoding is None else _UNKNOWN

"""What kind of picture, film or sound a file holds, by its first bytes."""

from enum import StrEnum

HEAD = 16
"""As many bytes are enough."""

_PICTURE_BRANDS = frozenset({b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1"})
_PICTURES = (
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*",
)  # fmt: skip


class Container(StrEnum):
    """PICTURE, or the name under which FFmpeg's reader of it is known."""

    PICTURE = "picture"
    MP4 = "mov"
    MATROSKA = "matroska"
    AVI = "avi"
    WAVE = "wav"
    OGG = "ogg"
    FLAC = "flac"
    MP3 = "mp3"
    AAC = "aac"


_BEGINNINGS = {
    b"\x1aE\xdf\xa3": Container.MATROSKA,
    b"OggS": Container.OGG,
    b"fLaC": Container.FLAC,
    b"ID3": Container.MP3,
}
_RIFF = {b"WEBP": Container.PICTURE, b"AVI ": Container.AVI, b"WAVE": Container.WAVE}


def container_of(head: bytes) -> Container | None:
    """None for what begins like nothing that has a size or a length."""
    if head.startswith(_PICTURES):
        return Container.PICTURE
    if head[4:8] == b"ftyp":
        return Container.PICTURE if head[8:12] in _PICTURE_BRANDS else Container.MP4
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    for beginning, found in _BEGINNINGS.items():
        if head.startswith(beginning):
            return found
    return _frame_of_sound(head)


def _frame_of_sound(head: bytes) -> Container | None:
    """Bare frames begin with eleven set bits; the two bits of the layer are zero in AAC's."""
    if len(head) < 2 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    return Container.MP3 if head[1] & 0x06 else Container.AAC

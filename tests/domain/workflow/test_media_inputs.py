"""What may feed which loader, and how its file is called."""

import pytest

from greenroom.domain.workflow.file_inputs import FileKind
from greenroom.domain.workflow.media_inputs import fits, is_address, suffix_of

PNG, JPEG, MP4 = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"\0\0\0\x18ftypisom"
WAVE, WEBM, GIF = b"RIFF\0\0\0\0WAVE", b"\x1aE\xdf\xa3", b"GIF89a"
HTML = b"<!doctype html>"


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (FileKind.IMAGE, (PNG, JPEG, GIF), (MP4, WAVE, HTML)),
        (FileKind.VIDEO, (MP4, WEBM, GIF), (WAVE, HTML)),
        (FileKind.AUDIO, (WAVE, MP4, WEBM), (PNG, HTML)),
        (FileKind.MODEL_3D, (HTML, PNG), ()),
    ],
)
def test_a_loader_takes_what_its_bytes_say(kind, good, bad):
    assert [fits(kind, head) for head in good] == [True] * len(good)
    assert [fits(kind, head) for head in bad] == [False] * len(bad)


@pytest.mark.parametrize(
    ("head", "name", "mime", "suffix"),
    [
        (JPEG, "photo.jpg", None, ".jpg"),
        (JPEG, "photo.html", "text/html", ".png"),
        (PNG, None, "image/png", ".png"),
        (MP4, "film.MOV", "application/octet-stream", ".mov"),
        (MP4, "film.png", "video/mp4", ".mp4"),
        (WAVE, None, None, ".wav"),
        (b"glTF", "a/shape.glb", None, ".glb"),
        (b"....", "run.py", None, ".bin"),
    ],
)
def test_a_file_is_called_by_what_it_is(head, name, mime, suffix):
    assert suffix_of(head, name, mime) == suffix


@pytest.mark.parametrize("text", ["https://a.test/x.png", "HTTP://a", "data:image/png;base64,"])
def test_an_address_is_told_from_a_name(text):
    assert is_address(text)
    assert not is_address(f"folder/{text}")

"""Sizes and lengths are read from real files, and nothing a file says breaks its upload."""

import io
import struct
import wave

import av
import numpy as np
import pytest
from PIL import Image

from greenroom.assets.extent import extent_of
from greenroom.domain.asset import NO_EXTENT, Extent
from greenroom.domain.container import Container, container_of


def picture(kind, **how):
    data = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 40, 40)).save(data, kind, **how)
    return data.getvalue()


def film(kind, codec, frames=16, rate=8):
    """64 by 48 pixels; two seconds long."""
    data = io.BytesIO()
    with av.open(data, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(frames):
            pixels = np.full((48, 64, 3), number * 10, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return data.getvalue()


def sound(kind, codec, seconds=2):
    data = io.BytesIO()
    with av.open(data, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=48000, layout="mono")
        frame = av.AudioFrame(format=stream.codec_context.format.name, layout="mono", samples=1024)
        frame.sample_rate = 48000
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        for number in range(seconds * 48000 // 1024 + 1):
            frame.pts = number * 1024
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return data.getvalue()


def wav(seconds=2):
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 8000 * seconds))
    return data.getvalue()


def on_its_side():
    exif = Image.Exif()
    exif[0x0112] = 6
    return picture("JPEG", exif=exif)


@pytest.fixture
def extent(tmp_path):
    """What is found in a file with these bytes."""

    def found(data):
        path = tmp_path / "file"
        path.write_bytes(data)
        return extent_of(path)

    return found


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
def test_pictures_have_a_size(extent, kind):
    assert extent(picture(kind)) == Extent(64, 48)


def test_a_picture_on_its_side_has_the_size_that_is_seen(extent):
    assert extent(on_its_side()) == Extent(48, 64)


@pytest.mark.parametrize(
    ("kind", "codec"), [("mp4", "libx264"), ("webm", "libvpx"), ("avi", "mpeg4")]
)
def test_films_have_a_size_and_a_length(extent, kind, codec):
    assert extent(film(kind, codec)) == Extent(64, 48, 2000)


@pytest.mark.parametrize(
    ("kind", "codec"), [("mp3", "libmp3lame"), ("flac", "flac"), ("adts", "aac")]
)
def test_sounds_have_a_length(extent, kind, codec):
    found = extent(sound(kind, codec))
    assert (found.width, found.height) == (None, None)
    assert found.duration_ms == pytest.approx(2000, abs=120)


def test_a_wave_has_its_exact_length(extent):
    assert extent(wav()) == Extent(duration_ms=2000)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff", b"plain text", b"{}", b"\x89PNG\r\n\x1a\n", b"BMW is no picture",
        b"II*\0 neither is this", b"\0\0\0\x20ftypisom then nothing", b"\x1aE\xdf\xa3",
        b"OggS" + bytes(64), b"RIFF\0\0\0\0WAVE", b"fLaC" + b"\xff" * 64,
        b"ID3\x04\0\0\0\0\0\0#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
    ],
)  # fmt: skip
def test_what_is_broken_or_something_else_has_none(extent, data):
    assert extent(data) == NO_EXTENT


def test_a_picture_of_too_many_pixels_is_not_even_opened_wide(extent):
    wide = bytearray(picture("PNG"))
    wide[16:24] = struct.pack(">II", 60_000, 60_000)
    assert extent(bytes(wide)) == NO_EXTENT


@pytest.mark.parametrize("kind", list(Container))
def test_ffmpeg_knows_every_kind_under_its_name(kind):
    assert kind is Container.PICTURE or kind.value in av.formats_available


def test_text_in_utf_16_is_nothing():
    assert container_of("text".encode("utf-16")) is not Container.PICTURE

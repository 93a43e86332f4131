"""Files with their size, their length and a small picture."""

import io

import av
import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.asyncio(loop_scope="module")

_PLAYLIST = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"


def film():
    """A second of red, 320 by 240 pixels."""
    data = io.BytesIO()
    with av.open(data, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=8)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        red = np.full((240, 320, 3), (255, 0, 0), dtype=np.uint8)
        for _ in range(8):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(red, format="rgb24")))
        container.mux(stream.encode())
    return data.getvalue()


async def uploaded(console, name, data):
    """The file as the list of files shows it."""
    assert (await console.native.upload(name, data)).status == 200
    page = await console.get(f"/assets?folder=input&text={name}")
    return next(asset for asset in page["assets"] if asset["name"] == name)


async def test_a_film_has_its_size_its_length_and_its_first_frame(console):
    asset = await uploaded(console, "red.mp4", film())
    assert (asset["width"], asset["height"], asset["duration_ms"]) == (320, 240, 1000)
    answer = await console.native.get(asset["thumbnail"])
    assert answer.headers["Content-Type"] == "image/webp"
    small = Image.open(io.BytesIO(answer.body))
    assert small.size == (128, 96)
    red, green, blue = small.convert("RGB").getpixel((64, 48))
    assert min(red - green, red - blue) > 150


async def test_a_picture_has_its_size(console):
    data = io.BytesIO()
    Image.new("RGB", (30, 20)).save(data, "PNG")
    asset = await uploaded(console, "small.png", data.getvalue())
    assert (asset["width"], asset["height"], asset["duration_ms"]) == (30, 20, None)


async def test_what_a_run_made_has_its_size(console):
    (job_id,) = await console.run()
    (made,) = (await console.get(f"/assets?job={job_id}"))["assets"]
    assert (made["width"], made["height"]) == (64, 48)


async def test_a_playlist_that_poses_as_a_film_is_no_picture(console):
    asset = await uploaded(console, "list.mp4", _PLAYLIST)
    assert (asset["width"], asset["duration_ms"]) == (None, None)
    answer = await console.native.get(asset["thumbnail"])
    assert answer.status == 415

"""What is written: pictures, sound and video that other programs can read."""

import json
import struct

import av
import numpy as np
import pytest
from PIL import Image

from greenroom.domain.run import NodeStepped, Preview


def test_saved_pictures_carry_the_prompt_and_the_workflow(call, random_images):
    images = random_images(2, 4, 6, 3)
    result = call("SaveImage", images=images, filename_prefix="s/x")
    for path, image in zip(call.files(result), images, strict=True):
        with Image.open(path) as saved:
            assert json.loads(saved.text["workflow"]) == {"nodes": []}
            assert json.loads(saved.text["prompt"])["1"]["class_type"] == "X"
            assert np.array_equal(np.array(saved), (image * 255).round())


def test_a_comparison_shows_the_sides_that_are_there(call, random_images):
    result = call("ImageCompare", compare_view=None, image_b=random_images(2, 4, 4, 3))
    assert result.ui["a_images"] == []
    assert len(call.files(result, "b_images")) == 2
    assert result.ui["b_images"][0]["filename"].startswith("comfy.compare.b_temp_")


def test_pictures_are_sent_as_previews_each_before_its_step(call, random_images):
    call("SaveImageWebsocket", images=random_images(2, 4, 4, 3))
    assert [type(event) for event in call.events] == [Preview, NodeStepped] * 2
    assert [event.value for event in call.events[1::2]] == [0, 1]
    assert call.events[0].data.startswith(b"\x89PNG")


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("depth", ["8-bit", "16-bit"])
def test_png_in_every_depth(call, random_images, channels: int, depth: str):
    images = random_images(1, 5, 7, channels)
    how = {"format": "png", "bit_depth": depth, "input_color_space": "sRGB"}
    (path,) = call.files(call("SaveImageAdvanced", images=images, filename_prefix="p", format=how))
    assert path.name == "p_00001.png"
    with Image.open(path) as saved:
        assert set(saved.text) == {"prompt", "workflow"}
        assert saved.size == (7, 5)
        assert len(saved.getbands()) == channels
    top = 255 if depth == "8-bit" else 65535
    kinds = {1: "gray", 3: "rgb24", 4: "rgba"}
    if depth == "16-bit":
        kinds = {1: "gray16le", 3: "rgb48le", 4: "rgba64le"}
    with av.open(str(path)) as container:
        pixels = next(container.decode(video=0)).to_ndarray(format=kinds[channels])
    assert np.array_equal(pixels.reshape(5, 7, channels), (images[0] * np.float32(top)).astype(int))


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize(("space", "half"), [("linear", 0.5), ("sRGB", 0.21404), ("HDR", 1 / 12)])
def test_exr_holds_linear_light(call, channels: int, space: str, half: float):
    images = np.full((1, 40, 7, channels), 0.5, np.float32)
    how = {"format": "exr", "bit_depth": "32-bit float", "input_color_space": space}
    (path,) = call.files(call("SaveImageAdvanced", images=images, filename_prefix="e", format=how))
    kind = "gbrpf32le" if channels == 3 else "gbrapf32le"
    with av.open(str(path), format="exr_pipe") as container:
        pixels = next(container.decode(video=0)).to_ndarray(format=kind)
    assert pixels.shape == (40, 7, channels)
    assert np.allclose(pixels[..., :3], half, atol=1e-4)
    if channels == 4:
        assert np.allclose(pixels[..., 3], 0.5, atol=1e-4)
    data = path.read_bytes()
    assert b"workflow\0string\0" in data
    red = 0.708 if space == "HDR" else 0.64
    start = data.index(b"chromaticities\0chromaticities\0") + 30 + 4
    assert struct.unpack_from("<f", data, start)[0] == pytest.approx(red)


def test_a_picture_of_two_channels_cannot_be_saved(call):
    how = {"format": "png", "bit_depth": "8-bit"}
    images = np.zeros((1, 4, 4, 2), np.float32)
    with pytest.raises(ValueError, match="channels"):
        call("SaveImageAdvanced", images=images, filename_prefix="p", format=how)


@pytest.mark.parametrize("frames", [1, 3])
def test_moving_pictures_hold_every_frame(call, random_images, frames: int):
    images = random_images(frames, 8, 8, 3)
    png = {"fps": 4.0, "compress_level": 4, "filename_prefix": "a"}
    webp = {"fps": 4.0, "lossless": True, "quality": 80, "method": "default"}
    saved = [
        call("SaveAnimatedPNG", images=images, **png),
        call("SaveAnimatedWEBP", images=images, filename_prefix="a", **webp),
    ]
    for result in saved:
        assert result.ui.get("animated") == ([True] if frames > 1 else None)
        with Image.open(*call.files(result)) as picture:
            assert getattr(picture, "n_frames", 1) == frames
            for number, image in enumerate(images):
                picture.seek(number)
                shown = np.array(picture.convert("RGB"))
                assert np.array_equal(shown, (image * 255).round())


def test_metadata_of_webp(call, random_images):
    webp = {"fps": 4.0, "lossless": True, "quality": 80, "method": "fastest"}
    images = random_images(1, 8, 8, 3)
    result = call("SaveAnimatedWEBP", images=images, filename_prefix="a", **webp)
    with Image.open(*call.files(result)) as picture:
        exif = picture.getexif()
    assert exif[0x0110].startswith('prompt:{"1"')
    assert exif[0x010F].startswith('workflow:{"nodes"')


def probe(path) -> dict:
    with av.open(str(path)) as container:
        facts = {"format": container.format.name, "metadata": dict(container.metadata)}
        for stream in container.streams:
            facts[stream.type] = stream.codec_context.name
            frames = list(container.decode(stream))
            container.seek(0)
            if stream.type == "video":
                facts["frames"] = len(frames)
                facts["size"] = (stream.width, stream.height)
                facts["pixels"] = stream.pix_fmt
            else:
                facts["rate"] = stream.sample_rate
                facts["seconds"] = sum(frame.samples for frame in frames) / stream.sample_rate
        return facts


@pytest.mark.parametrize(
    ("name", "rate", "expected"),
    [
        ("SaveAudio", 22_050, ("flac", 22_050)),
        ("SaveAudioMP3", 44_100, ("mp3float", 44_100)),
        ("SaveAudioOpus", 22_050, ("opus", 48_000)),
        ("SaveAudioOpus", 96_000, ("opus", 48_000)),
        ("PreviewAudio", 8_000, ("flac", 8_000)),
    ],
)
@pytest.mark.parametrize("channels", [1, 2])
def test_sound_is_saved(call, name: str, rate: int, expected: tuple, channels: int):
    audio = call("EmptyAudio", duration=0.5, sample_rate=rate, channels=channels)
    prefix = {} if name == "PreviewAudio" else {"filename_prefix": "a/s"}
    (path,) = call.files(call(name, audio=audio, **prefix), "audio")
    facts = probe(path)
    assert (facts["audio"], facts["rate"]) == expected
    assert facts["seconds"] == pytest.approx(0.5, abs=0.1)


def test_every_track_of_a_batch_is_saved_loud_and_clear(call):
    tone = np.sin(np.arange(8000) / 8).astype(np.float32) / 2
    audio = {"waveform": np.stack([tone[None], -tone[None]]), "sample_rate": 8000}
    paths = call.files(call("SaveAudio", audio=audio, filename_prefix="t"), "audio")
    for path, sign in zip(paths, (1, -1), strict=True):
        with av.open(str(path)) as container:
            frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
        heard = np.concatenate(frames, axis=-1).ravel() / 2**15
        assert np.allclose(heard[:8000], sign * tone, atol=1e-3)


def test_no_sound_cannot_be_saved(call):
    with pytest.raises(ValueError, match="None"):
        call("SaveAudio", audio=None, filename_prefix="t")


H264 = {"codec": "h264", "encoding": {"encoding": "auto"}}
HDR = {"encoding": "re-encode", "crf": 30.0, "color_space": "HDR"}


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"format": "auto"}, ("mov,mp4", "h264", "yuv420p", "aac")),
        ({"format": "mp4", "codec": H264}, ("mov,mp4", "h264", "yuv420p", "aac")),
        (
            {"format": "mkv", "codec": H264 | {"encoding": HDR}},
            ("matroska", "h264", "yuv420p10le", "aac"),
        ),
        (
            {"format": "webm", "codec": {"codec": "auto"}},
            ("matroska,webm", "libdav1d", "yuv420p", "opus"),
        ),
    ],
)
def test_video_is_saved_with_its_sound(call, random_images, form: object, expected: tuple):
    audio = call("EmptyAudio", duration=9.0, sample_rate=44_100, channels=2)
    video = call("CreateVideo", images=random_images(4, 64, 64, 3), fps=8.0, audio=audio)
    result = call("SaveVideo", video=video, filename_prefix="v", format=form)
    assert result.ui["animated"] == [True]
    facts = probe(*call.files(result))
    assert facts["format"].startswith(expected[0])
    assert (facts["video"], facts["pixels"], facts["audio"]) == expected[1:]
    assert (facts["frames"], facts["size"]) == (4, (64, 64))
    assert facts["seconds"] == pytest.approx(0.5, abs=0.1)
    kept = {key.lower() for key in facts["metadata"]}
    assert {"prompt", "workflow"} <= kept


def test_webm_takes_no_h264(call, random_images):
    video = call("CreateVideo", images=random_images(1, 64, 64, 3), fps=8.0)
    form = {"format": "webm", "codec": {"codec": "h264"}}
    with pytest.raises(ValueError, match="AV1"):
        call("SaveVideo", video=video, filename_prefix="v", format=form)


@pytest.mark.parametrize(("codec", "name"), [("vp9", "libvpx-vp9"), ("av1", "libdav1d")])
@pytest.mark.parametrize("channels", [3, 4])
def test_webm_without_sound(call, random_images, codec: str, name: str, channels: int):
    how = {"filename_prefix": "w", "codec": codec, "fps": 6.0, "crf": 32.0}
    result = call("SaveWEBM", images=random_images(3, 64, 64, channels), **how)
    facts = probe(*call.files(result))
    assert facts["frames"] == 3
    assert facts["video"] in {name, name.removeprefix("lib"), codec, "vp9"}

"""Moving pictures made and saved."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, ColorTrc

from greenroom.domain.json import JsonObject
from greenroom.engine.cpu.context import Context
from greenroom.engine.cpu.node import Result, node
from greenroom.engine.cpu.nodes.audio import Audio, frames
from greenroom.engine.cpu.pixels import Any2D, Floats, Images, to_bytes

_CONTAINERS = {"mp4": "mp4", "mkv": "matroska", "webm": "webm"}
_ENCODERS = {"h264": "libx264", "av1": "libsvtav1"}
_WEBM_AUDIO_RATE = 48_000
_BT709, _BT2020 = 1, 9
"""Colour matrices as codecs number them."""
_CURVES = {
    "sRGB": ColorTrc.IEC61966_2_1,
    "HDR": ColorTrc.ARIB_STD_B67,
    "HDR PQ": ColorTrc.SMPTE2084,
}


@dataclass(frozen=True, slots=True)
class Video:
    images: Images
    rate: Fraction
    """Frames a second."""
    audio: Audio | None
    bit_depth: int


@dataclass(frozen=True, slots=True)
class Form:
    """How a video is to be written."""

    container: str
    codec: str
    crf: float | None
    colours: str
    bit_depth: int

    @property
    def wide(self) -> bool:
        return self.colours != "sRGB"

    @property
    def pixels(self) -> str:
        return "yuv420p10le" if self.bit_depth >= 10 else "yuv420p"


@node("CreateVideo")
def create_video(
    images: Images, fps: float, audio: Audio | None = None, bit_depth: int = 8
) -> tuple[Video]:
    return (Video(images, Fraction(fps), audio, bit_depth),)


@node("SaveVideo")
def save_video(
    context: Context,
    video: Video,
    filename_prefix: str,
    format: Mapping[str, Any],  # noqa: A002 - the input's name on the wire
    codec: Mapping[str, Any] | None = None,
) -> Result:
    form = _form(format["format"], format.get("codec") or codec or {"codec": "auto"}, video)
    height, width = video.images.shape[1:3]
    series = context.run.naming.series("output", filename_prefix, width, height)
    path, item = series.next(form.container)
    _write(context, video, form, path)
    return Result({"images": [item], "animated": [True]}, (video,))


def _form(container: str, codec: Mapping[str, Any], video: Video) -> Form:
    container = "mp4" if container == "auto" else container
    name = codec["codec"]
    if name == "auto":
        name = "av1" if container == "webm" else "h264"
    if container == "webm" and name != "av1":
        raise ValueError("WebM output requires the AV1 codec")
    encoding = codec.get("encoding") or {}
    colours = encoding.get("color_space", "auto")
    colours = "sRGB" if colours == "auto" else colours
    depth = video.bit_depth if colours == "sRGB" else 10
    return Form(container, name, encoding.get("crf"), colours, depth)


def _write(context: Context, video: Video, form: Form, path: Path) -> None:
    options = {"movflags": "use_metadata_tags+faststart"} if form.container == "mp4" else {}
    kind = _CONTAINERS[form.container]
    with av.open(str(path), "w", format=kind, options=options) as output:
        output.metadata.update(_texts(context.metadata()))
        stream = _video_stream(output, video, form)
        sound = _audio_stream(output, video, form)
        count = len(video.images)
        for number, image in enumerate(context.steps(video.images, count)):
            output.mux(stream.encode(_frame(image, form, number)))
        output.mux(stream.encode(None))
        if sound is not None and video.audio is not None:
            _write_sound(output, sound, video, video.audio)


def _texts(metadata: JsonObject) -> dict[str, str]:
    return {key: json.dumps(value) for key, value in metadata.items()}


def _video_stream(
    output: "av.container.OutputContainer", video: Video, form: Form
) -> "av.VideoStream":
    rate = Fraction(round(video.rate * 1000), 1000)
    stream = cast("av.VideoStream", output.add_stream(_ENCODERS[form.codec], rate=rate))
    stream.height, stream.width = video.images.shape[1:3]
    stream.pix_fmt = form.pixels
    stream.options = {**_quality(form)}
    _mark_colours(stream.codec_context, form)
    return stream


def _quality(form: Form) -> dict[str, str]:
    if form.crf is None:
        return {}
    if form.codec == "av1" and form.crf == 0:
        return {"svtav1-params": "lossless=1"}
    return {"crf": str(form.crf)}


def _mark_colours(target: "av.VideoCodecContext | av.VideoFrame", form: Form) -> None:
    target.color_primaries = ColorPrimaries.BT2020 if form.wide else ColorPrimaries.BT709
    target.color_trc = _CURVES[form.colours]
    target.colorspace = _BT2020 if form.wide else _BT709
    target.color_range = ColorRange.MPEG


def _frame(image: Floats, form: Form, number: int) -> av.VideoFrame:
    if form.bit_depth >= 10:
        deep: Any2D = np.clip(image[..., :3] * np.float32(65535), 0, 65535).astype(np.uint16)
        frame = av.VideoFrame.from_ndarray(deep, format="rgb48le")
    else:
        frame = av.VideoFrame.from_ndarray(_rgb(image), format="rgb24")
    frame = frame.reformat(format=form.pixels, dst_colorspace=_BT2020 if form.wide else _BT709)
    _mark_colours(frame, form)
    frame.pts = number
    return frame


def _rgb(image: Floats) -> Any2D:
    return np.ascontiguousarray(to_bytes(image[..., :3]))


def _audio_stream(
    output: "av.container.OutputContainer", video: Video, form: Form
) -> "av.AudioStream | None":
    if video.audio is None:
        return None
    webm = form.container == "webm"
    rate = _WEBM_AUDIO_RATE if webm else int(video.audio["sample_rate"])
    layout = _layout(video.audio)
    return output.add_stream("libopus" if webm else "aac", rate=rate, layout=layout)


def _layout(audio: Audio) -> str:
    return {1: "mono", 6: "5.1"}.get(audio["waveform"].shape[1], "stereo")


def _write_sound(
    output: "av.container.OutputContainer", stream: "av.AudioStream", video: Video, audio: Audio
) -> None:
    """No longer than the pictures last."""
    rate = int(audio["sample_rate"])
    most = math.ceil(rate / video.rate * len(video.images))
    track = audio["waveform"][0, :, :most]
    for frame in frames(track, rate, stream.rate, _layout(audio)):
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


@node("SaveWEBM")
def save_webm(
    context: Context, *, images: Images, filename_prefix: str, codec: str, fps: float, crf: float
) -> Result:
    """With transparency when the pictures have it and the codec can."""
    height, width, channels = images.shape[1:]
    series = context.run.naming.series("output", filename_prefix, width, height)
    path, item = series.next("webm")
    clear = channels == 4 and codec == "vp9"
    with av.open(str(path), "w", format="webm") as output:
        output.metadata.update(_texts(context.metadata()))
        encoder = "libvpx-vp9" if codec == "vp9" else "libsvtav1"
        added = output.add_stream(encoder, rate=Fraction(round(fps * 1000), 1000))
        stream = cast("av.VideoStream", added)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuva420p" if clear else "yuv420p10le" if codec == "av1" else "yuv420p"
        stream.bit_rate = 0
        stream.options = {"crf": str(crf), **({"preset": "6"} if codec == "av1" else {})}
        for image in context.steps(images, len(images)):
            pixels = np.ascontiguousarray(to_bytes(image)) if clear else _rgb(image)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgba" if clear else "rgb24")
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return Result({"images": [item], "animated": [True]}, (images,))

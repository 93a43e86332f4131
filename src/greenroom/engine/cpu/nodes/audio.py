"""Sound made, saved and played."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias, TypedDict, cast

import av
import numpy as np

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.engine.cpu.context import Context
from greenroom.engine.cpu.node import Result, node
from greenroom.engine.cpu.nodes.save import temp_prefix
from greenroom.engine.cpu.pixels import Floats

_ENCODERS = {"flac": "flac", "mp3": "libmp3lame", "opus": "libopus"}
_OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)

Track: TypeAlias = Floats
"""[channels, samples], -1..1."""


class Audio(TypedDict):
    waveform: Floats
    """[batch, channels, samples], -1..1."""
    sample_rate: int


@node("EmptyAudio")
def empty_audio(duration: float, sample_rate: int, channels: int) -> tuple[Audio]:
    samples = round(duration * sample_rate)
    waveform = np.zeros((1, channels, samples), np.float32)
    return ({"waveform": waveform, "sample_rate": sample_rate},)


@node("SaveAudio")
def save_audio(context: Context, audio: Audio | None, filename_prefix: str) -> Result:
    return _saved(context, audio, ("output", filename_prefix), "flac", "")


@node("SaveAudioMP3")
def save_audio_mp3(
    context: Context, audio: Audio | None, filename_prefix: str, quality: str = "128k"
) -> Result:
    return _saved(context, audio, ("output", filename_prefix), "mp3", quality)


@node("SaveAudioOpus")
def save_audio_opus(
    context: Context, audio: Audio | None, filename_prefix: str, quality: str = "128k"
) -> Result:
    return _saved(context, audio, ("output", filename_prefix), "opus", quality)


@node("PreviewAudio")
def preview_audio(context: Context, audio: Audio | None) -> Result:
    return _saved(context, audio, ("temp", temp_prefix()), "flac", "")


def _saved(
    context: Context, audio: Audio | None, place: tuple[str, str], kind: str, quality: str
) -> Result:
    """Write each track into `place` (root, prefix)."""
    if audio is None:
        raise ValueError("The audio is None; its source may have no sound.")
    series = context.run.naming.series(*place)
    tracks, metadata = audio["waveform"], context.metadata()
    items: list[JsonValue] = []
    for number, track in enumerate(context.steps(tracks, len(tracks))):
        path, item = series.next(kind, batch=number, mark="")
        _encode(track, audio["sample_rate"], path, (kind, quality), metadata)
        items.append(item)
    return Result({"audio": items}, (audio,))


def _encode(
    track: Track, rate: int, path: Path, form: tuple[str, str], metadata: JsonObject
) -> None:
    kind, quality = form
    layout = "mono" if len(track) == 1 else "stereo"
    target = _opus_rate(rate) if kind == "opus" else rate
    with av.open(str(path), "w", format=kind) as container:
        container.metadata.update({key: json.dumps(value) for key, value in metadata.items()})
        added = container.add_stream(_ENCODERS[kind], rate=target, layout=layout)
        stream = cast("av.AudioStream", added)
        if quality == "V0":
            stream.codec_context.qscale = True
        elif quality:
            stream.bit_rate = int(quality.removesuffix("k")) * 1000
        for frame in frames(track, rate, target, layout):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _opus_rate(rate: int) -> int:
    """The next rate that Opus knows."""
    return next((known for known in _OPUS_RATES if known >= rate), _OPUS_RATES[-1])


def frames(track: Track, rate: int, target: int, layout: str) -> Iterable[av.AudioFrame]:
    """The track at the rate `target`."""
    packed = np.ascontiguousarray(track.T.reshape(1, -1))
    frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
    frame.sample_rate = rate
    frame.pts = 0
    if rate == target:
        return [frame]
    resampler = av.AudioResampler(format="flt", layout=layout, rate=target)
    return [*resampler.resample(frame), *resampler.resample(None)]

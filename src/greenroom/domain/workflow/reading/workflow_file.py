"""The workflow in any file that people have: JSON of either format, or a picture, film or sound."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.reading import audio, matroska, models, mp4, pictures, png
from greenroom.domain.workflow.reading.texts import MAX_TEXT, Text, too_large
from greenroom.domain.workflow.ui_graph import is_ui_graph


class FileFormat(StrEnum):
    JSON = "json"
    PNG = "png"
    WEBP = "webp"
    JPEG = "jpeg"
    MP4 = "mp4"
    MATROSKA = "matroska"
    FLAC = "flac"
    OGG = "ogg"
    MP3 = "mp3"
    GLTF = "gltf"
    SAFETENSORS = "safetensors"


@dataclass(frozen=True, slots=True)
class WorkflowFile:
    """What a file says about the graph it holds or was made by; at least one is there."""

    format: FileFormat
    prompt: JsonObject | None
    """API format: what was run."""
    workflow: JsonObject | None
    """UI format: what was on the canvas."""


_READERS: Mapping[FileFormat, Callable[[bytes], Iterator[Text]]] = {
    FileFormat.PNG: png.texts,
    FileFormat.WEBP: pictures.webp_texts,
    FileFormat.JPEG: pictures.jpeg_texts,
    FileFormat.MP4: mp4.texts,
    FileFormat.MATROSKA: matroska.texts,
    FileFormat.FLAC: audio.flac_texts,
    FileFormat.OGG: audio.ogg_texts,
    FileFormat.MP3: audio.id3_texts,
    FileFormat.GLTF: models.gltf_texts,
    FileFormat.SAFETENSORS: models.safetensors_texts,
}
_MAGIC: tuple[tuple[bytes, FileFormat], ...] = (
    (png.MAGIC, FileFormat.PNG),
    (pictures.JPEG_MAGIC, FileFormat.JPEG),
    (matroska.MAGIC, FileFormat.MATROSKA),
    (audio.FLAC_MAGIC, FileFormat.FLAC),
    (audio.OGG_MAGIC, FileFormat.OGG),
    (audio.ID3_MAGIC, FileFormat.MP3),
    (models.GLTF_MAGIC, FileFormat.GLTF),
)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_workflow_file(data: bytes) -> WorkflowFile:
    """The prompt and the workflow in a file's bytes.

    UNSUPPORTED_MEDIA for a kind of file that is not known, INVALID_JSON for JSON that is cut off,
    INVALID_GRAPH when there is no workflow inside, TOO_LARGE when it is past all reason.
    """
    kind = detect_format(data)
    if kind is FileFormat.JSON:
        return _of_json(_loads(data.removeprefix(_BYTE_ORDER_MARK)))
    prompt, workflow = _embedded(_READERS[kind](data))
    if prompt is None and workflow is None:
        raise AppError(ErrorCode.INVALID_GRAPH, f"this {kind} file has no workflow inside")
    return WorkflowFile(kind, prompt, workflow)


def detect_format(data: bytes) -> FileFormat:
    """What kind of file this is, by its first bytes; UNSUPPORTED_MEDIA when none of ours."""
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if pictures.is_webp(data):
        return FileFormat.WEBP
    if mp4.is_mp4(data):
        return FileFormat.MP4
    if models.is_safetensors(data):
        return FileFormat.SAFETENSORS
    if data.removeprefix(_BYTE_ORDER_MARK).lstrip()[:1] in {b"{", b"["}:
        return FileFormat.JSON
    raise AppError(
        ErrorCode.UNSUPPORTED_MEDIA,
        "not a kind of file that carries a workflow; known are " + ", ".join(FileFormat),
    )


def _of_json(value: JsonValue) -> WorkflowFile:
    """A file of either format, or a request body or metadata dump around one or both."""
    if not isinstance(value, Mapping):
        raise AppError(ErrorCode.INVALID_GRAPH, "the JSON is a list, not a workflow")
    if is_ui_graph(value):
        return WorkflowFile(FileFormat.JSON, None, value)
    if is_api_graph(value):
        return WorkflowFile(FileFormat.JSON, value, None)
    prompt, workflow = value.get("prompt"), value.get("workflow") or _from_extra_data(value)
    if is_api_graph(workflow):
        prompt, workflow = workflow, None
    return _checked(prompt, workflow)


def _checked(prompt: JsonValue, workflow: JsonValue) -> WorkflowFile:
    ui = workflow if isinstance(workflow, Mapping) and is_ui_graph(workflow) else None
    api = prompt if isinstance(prompt, Mapping) and is_api_graph(prompt) else None
    if ui is None and api is None:
        message = "the JSON is no workflow: neither a list of nodes nor nodes with a class_type"
        raise AppError(ErrorCode.INVALID_GRAPH, message)
    return WorkflowFile(FileFormat.JSON, api, ui)


def is_api_graph(value: JsonValue) -> bool:
    """Whether a JSON value looks like a prompt: nodes by id, each with a class_type."""
    return (
        isinstance(value, Mapping)
        and len(value) > 0
        and any(isinstance(node, Mapping) and "class_type" in node for node in value.values())
    )


def _from_extra_data(value: JsonObject) -> JsonValue:
    found: JsonValue = value
    for name in ("extra_data", "extra_pnginfo", "workflow"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _embedded(texts: Iterator[Text]) -> tuple[JsonObject | None, JsonObject | None]:
    prompt: JsonObject | None = None
    workflow: JsonObject | None = None
    for name, text in texts:
        if prompt is not None and workflow is not None:
            break
        value = _parsed(text)
        if not isinstance(value, Mapping):
            continue
        if name.lower() not in {"prompt", "workflow"} and not _is_graph(value):
            # Some savers put both into one comment.
            parts = [_parsed(v) if isinstance(v, str) else v for v in value.values()]
        else:
            parts = [value]
        for part in parts:
            if isinstance(part, Mapping) and is_ui_graph(part):
                workflow = workflow or part
            elif isinstance(part, Mapping) and is_api_graph(part):
                prompt = prompt or part
    return prompt, workflow


def _is_graph(value: JsonValue) -> bool:
    return is_ui_graph(value) or is_api_graph(value)


def _parsed(text: str) -> JsonValue:
    """The JSON in a text, or None: a file may hold other texts besides."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        value: JsonValue = _decoder.decode(text)
    except (ValueError, RecursionError):
        return None
    return value


def _loads(data: bytes) -> JsonValue:
    if len(data) > MAX_TEXT:
        raise too_large("the JSON")
    try:
        value: JsonValue = _strict_decoder.decode(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise AppError(ErrorCode.INVALID_JSON, "the JSON is not UTF-8 text") from None
    except RecursionError:
        raise AppError(ErrorCode.INVALID_JSON, "the JSON is nested too deep") from None
    except ValueError as error:
        raise AppError(ErrorCode.INVALID_JSON, f"not JSON: {error}") from None
    return value


def _unique(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    members = dict(pairs)
    if len(members) < len(pairs):
        name, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"{name!r} appears twice in one object")
    return members


def _nothing(_constant: str) -> None:
    """NaN and Infinity, which ComfyUI writes and JSON does not know."""


_decoder = json.JSONDecoder(parse_constant=_nothing)
_strict_decoder = json.JSONDecoder(parse_constant=_nothing, object_pairs_hook=_unique)

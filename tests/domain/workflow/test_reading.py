"""Workflows found in the files that people have, written here by the libraries ComfyUI uses."""

import io
import json
import struct
import zlib
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.workflow.editor_class import EditorClasses
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.prompt_of import prompt_of, workflow_of
from greenroom.domain.workflow.reading.texts import MAX_TEXT
from greenroom.domain.workflow.reading.workflow_file import (
    FileFormat,
    WorkflowFile,
    detect_format,
    read_workflow_file,
)

PROMPT = {"1": {"class_type": "EmptyImage", "inputs": {"width": 64, "text": "über ✓"}}}
WORKFLOW = {"nodes": [{"id": 1, "type": "EmptyImage"}], "links": [], "version": 0.4}
RECORDED = sorted(
    path
    for path in (Path(__file__).parents[4] / "shared/oracle/runs").glob("*/outputs/*")
    if path.suffix not in {".txt", ".json"}
)


def picture(kind, **options):
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, kind, **options)
    return file.getvalue()


def png(method="add_text", **options):
    info = PngInfo()
    for name, value in (("prompt", PROMPT), ("workflow", WORKFLOW)):
        getattr(info, method)(name, json.dumps(value), **options)
    return picture("PNG", pnginfo=info)


def exif():
    data = Image.Exif()
    data[0x0110] = f"prompt:{json.dumps(PROMPT)}"
    data[0x010F] = f"workflow:{json.dumps(WORKFLOW)}"
    return data


def film(kind, **options):
    file = io.BytesIO()
    with av.open(file, "w", format=kind, **options) as container:
        container.metadata["prompt"] = json.dumps(PROMPT)
        container.metadata["workflow"] = json.dumps(WORKFLOW)
        stream = container.add_stream("vp9" if kind == "webm" else "mpeg4", rate=8)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def sound(kind, codec):
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        container.metadata["prompt"] = json.dumps(PROMPT)
        container.metadata["workflow"] = json.dumps(WORKFLOW)
        stream = container.add_stream(codec, rate=48000, layout="mono")
        samples = np.zeros((1, 960), np.int16 if codec == "flac" else np.float32)
        layout = {"flac": "s16", "libopus": "flt", "libmp3lame": "fltp"}[codec]
        frame = av.AudioFrame.from_ndarray(samples, format=layout, layout="mono")
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def gltf():
    header = {"asset": {"version": "2.0", "extras": {"prompt": PROMPT, "workflow": WORKFLOW}}}
    body = json.dumps(header).encode()
    return struct.pack("<4sIII4s", b"glTF", 2, 20 + len(body), len(body), b"JSON") + body


def safetensors():
    texts = {"prompt": json.dumps(PROMPT), "workflow": json.dumps(WORKFLOW)}
    body = json.dumps({"__metadata__": texts}).encode()
    return struct.pack("<Q", len(body)) + body


FILES = {
    "png with plain texts": (FileFormat.PNG, png),
    "png with packed texts": (FileFormat.PNG, lambda: png(zip=True)),
    "png with international texts": (FileFormat.PNG, lambda: png("add_itxt")),
    "png with packed international texts": (FileFormat.PNG, lambda: png("add_itxt", zip=True)),
    "webp": (FileFormat.WEBP, lambda: picture("WEBP", exif=exif())),
    "jpeg": (FileFormat.JPEG, lambda: picture("JPEG", exif=exif())),
    "mp4": (FileFormat.MP4, lambda: film("mp4", options={"movflags": "use_metadata_tags"})),
    "mov": (FileFormat.MP4, lambda: film("mov", options={"movflags": "use_metadata_tags"})),
    "webm": (FileFormat.MATROSKA, lambda: film("webm")),
    "flac": (FileFormat.FLAC, lambda: sound("flac", "flac")),
    "opus": (FileFormat.OGG, lambda: sound("ogg", "libopus")),
    "mp3": (FileFormat.MP3, lambda: sound("mp3", "libmp3lame")),
    "glb": (FileFormat.GLTF, gltf),
    "safetensors": (FileFormat.SAFETENSORS, safetensors),
}


def outcome(data):
    """None when a workflow is found, else the code of the error."""
    try:
        read_workflow_file(data)
    except AppError as error:
        return error.code
    return None


@pytest.mark.parametrize("name", FILES)
def test_both_graphs_are_found_in_a_file(name):
    kind, make = FILES[name]
    assert read_workflow_file(make()) == WorkflowFile(kind, PROMPT, WORKFLOW)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_cut_off_anywhere_gives_an_answer_or_one_clear_error(name):
    data = FILES[name][1]()
    for length in range(0, len(data), max(1, len(data) // 300)):
        assert outcome(data[:length]) in {
            None,
            ErrorCode.INVALID_GRAPH,
            ErrorCode.INVALID_JSON,
            ErrorCode.UNSUPPORTED_MEDIA,
        }


@settings(deadline=None)
@given(st.sampled_from(sorted(FILES)), st.binary(max_size=300), st.integers(4, 40))
def test_bytes_of_any_kind_after_a_files_head_give_one_clear_error(name, junk, keep):
    head = _heads.setdefault(name, FILES[name][1]())[:keep]
    assert outcome(head + junk) is not ErrorCode.INTERNAL


_heads = {}


@pytest.mark.skipif(not RECORDED, reason="the recordings are not beside this checkout")
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_the_prompt_is_found_in_what_comfyui_wrote(path):
    request = json.loads((path.parents[1] / "request.json").read_text(encoding="utf-8"))
    sent = request.get("body", request)["prompt"]
    found = read_workflow_file(path.read_bytes()).prompt
    for node_id, node in sent.items():
        assert found[node_id]["class_type"] == node["class_type"]


def test_an_animated_png_keeps_its_texts_in_a_chunk_of_its_own():
    body = b"prompt\0" + json.dumps(PROMPT).encode("ascii")
    chunk = struct.pack(">I", len(body)) + b"comf" + body + struct.pack(">I", 0)
    data = picture("PNG")
    assert read_workflow_file(data[:-12] + chunk + data[-12:]).prompt == PROMPT


def test_a_comment_may_hold_both_graphs():
    both = json.dumps({"prompt": json.dumps(PROMPT), "workflow": WORKFLOW})
    info = PngInfo()
    info.add_text("Comment", both)
    found = read_workflow_file(picture("PNG", pnginfo=info))
    assert (found.prompt, found.workflow) == (PROMPT, WORKFLOW)


def test_a_text_with_nan_is_read():
    text = '{"1": {"class_type": "A", "inputs": {}, "is_changed": [NaN]}}'
    info = PngInfo()
    info.add_text("prompt", text)
    assert read_workflow_file(picture("PNG", pnginfo=info)).prompt["1"]["is_changed"] == [None]


@pytest.mark.parametrize(
    ("value", "prompt", "workflow"),
    [
        (PROMPT, PROMPT, None),
        (WORKFLOW, None, WORKFLOW),
        ({"prompt": PROMPT, "client_id": "x"}, PROMPT, None),
        ({"prompt": PROMPT, "workflow": WORKFLOW}, PROMPT, WORKFLOW),
        ({"workflow": PROMPT}, PROMPT, None),
        (
            {"prompt": PROMPT, "extra_data": {"extra_pnginfo": {"workflow": WORKFLOW}}},
            PROMPT,
            WORKFLOW,
        ),
    ],
)
def test_json_is_read_in_every_form_it_is_passed_around(value, prompt, workflow):
    data = b"\xef\xbb\xbf" + json.dumps(value).encode()
    assert read_workflow_file(data) == WorkflowFile(FileFormat.JSON, prompt, workflow)


def bomb():
    packed = zlib.compress(b"x" * (MAX_TEXT + 1), 9)
    body = b"prompt\0\0" + packed
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(body)) + b"zTXt" + body + b"\0\0\0\0"


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        (b"", ErrorCode.UNSUPPORTED_MEDIA, "png"),
        (b"GIF89a", ErrorCode.UNSUPPORTED_MEDIA, "png"),
        (b'{"1": ', ErrorCode.INVALID_JSON, "not JSON"),
        (b"{\xff}", ErrorCode.INVALID_JSON, "UTF-8"),
        (b"[" * 200_000, ErrorCode.INVALID_JSON, "too deep"),
        (b'{"1": {}, "1": {}}', ErrorCode.INVALID_JSON, "'1' appears twice"),
        (b'{"a": 1}', ErrorCode.INVALID_GRAPH, "no workflow"),
        (b"[1]", ErrorCode.INVALID_GRAPH, "list"),
        (b"{" + b" " * MAX_TEXT, ErrorCode.TOO_LARGE, "larger than"),
        (bomb(), ErrorCode.TOO_LARGE, "larger than"),
        (picture("PNG"), ErrorCode.INVALID_GRAPH, "png file has no workflow"),
    ],
    ids=lambda value: value[:12] if isinstance(value, bytes) else None,
)
def test_a_file_without_a_workflow_is_refused_with_the_reason(data, code, says):
    with pytest.raises(AppError, match=says) as caught:
        read_workflow_file(data)
    assert caught.value.code is code


def test_the_format_is_told_by_the_first_bytes():
    for kind, make in FILES.values():
        assert detect_format(make()) is kind


CLASSES = EditorClasses(
    ObjectInfo(
        {
            "EmptyImage": {
                "input": {"required": {"width": ["INT", {"default": 8}], "text": ["STRING", {}]}},
                "output": ["IMAGE"],
                "display_name": "Empty",
            }
        }
    )
)


def test_what_was_run_is_preferred_to_what_was_on_the_canvas():
    assert prompt_of(read_workflow_file(png()), CLASSES) == PROMPT
    assert workflow_of(read_workflow_file(png()), CLASSES) == WORKFLOW


def test_a_file_of_one_format_gives_the_other():
    canvas = read_workflow_file(json.dumps(WORKFLOW).encode())
    assert prompt_of(canvas, CLASSES)["1"]["inputs"] == {"width": 8, "text": ""}
    run = read_workflow_file(json.dumps(PROMPT).encode())
    assert workflow_of(run, CLASSES)["nodes"][0]["widgets_values"] == [64, "über ✓"]

"""The built-in engine does what a real ComfyUI was recorded to do.

What is not compared, and why:
- prompt ids and times: an engine has none;
- the order of independent nodes: there it changes from run to run. Every node's own words are
  compared in order, and that each node comes after those it needs;
- nodes that the recorded server had in its cache from the runs before: here they run, and only
  what they show is compared;
- random letters in temporary names, and numbers in them, which there go on from run to run;
- tracebacks: they tell of another code.
"""

import json
import re
from collections import defaultdict
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from tests.conformance.engine import Notes, files
from tests.engine.cpu.recording import ORACLE, Recording, Words, recordings, renamed, session

from greenroom.domain.run import (
    NodeFinished,
    NodeOutput,
    NodesCached,
    NodeStarted,
    NodeStepped,
    NodeText,
    Preview,
    RunEvent,
)
from greenroom.engine.base import EngineError, RunResult
from greenroom.engine.cpu.catalogue import DEFINITIONS, object_info
from greenroom.engine.cpu.engine import CpuEngine

in_one_loop = pytest.mark.asyncio(loop_scope="module")
pytestmark = pytest.mark.skipif(
    not ORACLE.is_dir(), reason="the recordings lie beside the repository"
)

RECORDED = recordings() if ORACLE.is_dir() else []
FLOATING = {
    "ImageScale", "ImageScaleBy", "ImageScaleToTotalPixels", "ImageScaleToMaxDimension",
    "ResizeAndPadImage", "ResizeImageMaskNode", "ImageBatch", "BatchImagesNode", "ImageBlur",
    "ImageSharpen", "ImageRGBToYUV", "ImageYUVToRGB",
}  # fmt: skip
"""Classes whose arithmetic may round differently by one step of 255."""
OTHER_WORDS = {
    # The same cause in the words of the array library that this engine uses.
    "image_to_mask_all": "index 3 is out of bounds for axis 3 with size 3\n",
    # There the message holds the server's path of the file.
    "rt_partial_success": "cannot identify image file 'notimage.png'\n",
}
OTHER_COUNTERS = {"rt_blur_pad_too_big"}
"""Recorded into a folder where files of the same prefix lay."""


def words(events: list[RunEvent], stepping: set[str]) -> Words:
    """Steps count only for nodes that were recorded with steps: others may add their own."""
    said: Words = defaultdict(list)
    for event in events:
        match event:
            case NodeStarted(node=node):
                said[node.node_id].append("start")
            case NodeFinished(node=node):
                said[node.node_id].append("finish")
            case NodeOutput(node=node, output=output):
                said[node.node_id].append(("show", renamed(output)))
            case NodeStepped(node=node, value=value, max=top) if node.node_id in stepping:
                said[node.node_id].append(("step", value, top))
            case NodeText(node_id=node_id, text=text):
                said[node_id].append(("text", text))
            case Preview(node=node):
                said[node.node_id].append("preview")
    return said


async def replay(engine: CpuEngine, recording: Recording) -> tuple[RunResult | EngineError, Notes]:
    notes = Notes()
    try:
        return await engine.run(recording.run(), notes), notes
    except EngineError as error:
        return error, notes


def check_words(recording: Recording, notes: Notes) -> None:
    expected = recording.words()
    stepping = {n for n, said in expected.items() for word in said if word[0] == "step"}
    said = words(notes.events, stepping)
    assert said.keys() - expected.keys() <= recording.cached
    for node_id in expected:
        ours, theirs = said[node_id], expected[node_id]
        if node_id in recording.cached:
            ours, theirs = _shown(ours), _shown(theirs)
        if recording.name in OTHER_COUNTERS:
            ours, theirs = _uncounted(ours), _uncounted(theirs)
        assert ours == theirs


def _shown(said: list) -> list:
    return [word for word in said if word[0] == "show"]


def _uncounted(said: list) -> str:
    return re.sub(r"_\d{5}_", "_#_", str(said))


def check_order(recording: Recording, notes: Notes) -> None:
    finished: set[str] = set(notes.of(NodesCached)[0].nodes)
    for event in notes.events:
        if isinstance(event, NodeFinished):
            node_id = event.node.node_id
            finished.add(node_id)
            node = recording.graph[node_id]
            needed = {
                value[0]
                for name, value in node["inputs"].items()
                if isinstance(value, list) and not DEFINITIONS[node["class_type"]].is_lazy(name)
            }
            assert needed <= finished


@in_one_loop
@pytest.mark.parametrize("recording", RECORDED, ids=lambda recording: recording.name)
async def test_a_recorded_prompt_has_the_same_course_and_end(
    shared_engine: CpuEngine, tmp_path: Path, recording: Recording
):
    await shared_engine.free(unload_models=True, free_memory=True)
    end, notes = await replay(shared_engine, recording)
    check_words(recording, notes)
    check_order(recording, notes)
    check_end(recording, end)
    for event in notes.of(NodeOutput):
        node_id = event.node.node_id
        theirs = files(recording.entry["outputs"][node_id])
        for ours, item in zip(files(event.output), theirs, strict=True):
            path = await shared_engine.fetch(recording.run(), ours, tmp_path)
            check_file(recording, path, recording.file(node_id, item))


def check_end(recording: Recording, end: RunResult | EngineError) -> None:
    if isinstance(end, EngineError):
        check_error(recording, end)
        return
    assert recording.error is None
    assert recording.entry["status"]["status_str"] == "success"
    assert end.meta == recording.entry["meta"]


def check_error(recording: Recording, error: EngineError) -> None:
    ours, theirs = error.failure.comfy, recording.error
    for key in ("node_id", "node_type", "exception_type"):
        assert ours[key] == theirs[key]
    message = OTHER_WORDS.get(recording.name, theirs["exception_message"])
    assert ours["exception_message"] == message
    assert set(ours["executed"]) - recording.cached == set(theirs["executed"])
    assert set(ours["current_outputs"]) == set(theirs["current_outputs"])
    assert ours["current_inputs"] == theirs["current_inputs"]


def check_file(recording: Recording, ours: Path, theirs: Path) -> None:
    if theirs.suffix in {".txt", ".json", ".md", ".csv"}:
        assert ours.read_bytes() == theirs.read_bytes()
    elif theirs.suffix in {".png", ".webp"}:
        check_picture(recording, ours, theirs)
    else:
        assert stream_facts(ours) == stream_facts(theirs)


def check_picture(recording: Recording, ours: Path, theirs: Path) -> None:
    classes = {node["class_type"] for node in recording.graph.values()}
    tolerance = 1 if classes & FLOATING else 0
    loads = {str(node["inputs"].get("image", "")) for node in recording.graph.values()}
    if any(name.endswith((".jpg", ".webp", ".gif")) for name in loads):
        tolerance = 2
    with Image.open(ours) as mine, Image.open(theirs) as expected:
        assert (mine.mode, mine.size) == (expected.mode, expected.size)
        assert getattr(mine, "n_frames", 1) == getattr(expected, "n_frames", 1)
        assert mine.info.keys() == expected.info.keys()
        if not recording.cached:  # else the file may be another prompt's
            assert mine.info.get("prompt") == expected.info.get("prompt")
        for frame in range(getattr(expected, "n_frames", 1)):
            mine.seek(frame)
            expected.seek(frame)
            difference = np.abs(np.array(mine).astype(int) - np.array(expected).astype(int))
            assert difference.max() <= tolerance


def stream_facts(path: Path) -> list:
    with av.open(str(path)) as container:
        facts = [container.format.name, container.duration, sorted(container.metadata)]
        for stream in container.streams:
            frames = sum(1 for packet in container.demux(stream) if packet.size)
            container.seek(0)
            facts += [stream.codec_context.name, stream.type, stream.duration, frames]
            if stream.type == "video":
                facts += [stream.width, stream.height, stream.average_rate, stream.pix_fmt]
            else:
                facts += [stream.sample_rate, stream.layout.name]
        return facts


@in_one_loop
async def test_a_repeated_prompt_is_answered_from_the_cache_as_recorded(shared_engine: CpuEngine):
    await shared_engine.free(unload_models=True, free_memory=True)
    steps = session("sc_cached_rerun")
    assert len(steps) == 3
    for recording in steps:
        end, notes = await replay(shared_engine, recording)
        assert set(notes.of(NodesCached)[0].nodes) == recording.cached
        check_words(recording, notes)
        assert end.meta == recording.entry["meta"]


def test_every_recorded_run_is_replayed_or_out_of_this_engines_reach():
    """Refused at the door (inv_), the server's own doings (sc_), or nodes it does not have."""
    replayed = {recording.name for recording in RECORDED} | {"sc_cached_rerun"}
    rest = {path.name for path in (ORACLE / "runs").iterdir()} - replayed
    others = {name for name in rest if not name.startswith(("inv_", "sc_", "sd_", "tn_"))}
    assert others == {"text_overlay"}
    assert len(replayed) > 50


def test_the_nodes_are_described_word_for_word():
    described = json.loads(json.dumps(object_info()))
    recorded = json.loads((ORACLE / "object_info.json").read_text())
    assert len(described) == 73
    for name, ours in described.items():
        theirs = recorded[name]
        if name.startswith("LoadImage"):  # the list of files is the server's to fill
            theirs["input"]["required"]["image"][0] = []
        assert ours == theirs
        for group, names in theirs["input"].items():
            assert list(ours["input"][group]) == list(names)

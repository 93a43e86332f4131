"""Sessions recorded from a real ComfyUI, through the messages to the run events."""

import json
from pathlib import Path

import pytest
from tests.fakes.comfyui_recording import Recording, frame_of

from greenroom.domain.run import (
    NodeBlocked,
    NodeFinished,
    NodeOutput,
    NodesCached,
    NodeStarted,
    NodeStepped,
    NodeText,
    Preview,
    RunStarted,
)
from greenroom.engine.base import EngineError
from greenroom.engine.comfyui import messages
from greenroom.engine.comfyui.fold import RunFold

RUNS = Path(__file__).parents[4] / "shared/oracle/runs"
SESSIONS = sorted(RUNS.glob("*/ws*.jsonl"))
RECORDINGS = sorted(
    path.parent
    for path in RUNS.glob("*/history.json")
    if (path.parent / "ws.jsonl").exists() and (path.parent / "request.json").exists()
)

pytestmark = pytest.mark.skipif(not SESSIONS, reason="the recordings are not here")


def name_of(path):
    return f"{path.parent.name}-{path.stem}" if path.suffix else path.name


def server_records(path):
    for line in path.read_text().splitlines():
        record = json.loads(line)
        if record.get("dir") == "server" and "kind" in record:
            yield record


def decode(record):
    frame = frame_of(record)
    if isinstance(frame, str):
        return messages.decode_text(frame)
    return messages.decode_binary(frame)


@pytest.mark.parametrize("path", SESSIONS, ids=name_of)
def test_every_recorded_frame_is_understood(path):
    for record in server_records(path):
        message = decode(record)
        if record["kind"] == "text" and record["msg"]["type"] == "feature_flags":
            assert message is None
        else:
            assert message is not None, record


def sessions_by_prompt(path):
    """The messages of each run of the session, by prompt id, and its fold's events."""
    folds, events, raw = {}, {}, {}
    current = None
    for record in server_records(path):
        message = decode(record)
        prompt_id = getattr(message, "prompt_id", None)
        if isinstance(message, messages.PreviewFrame) and message.metadata:
            prompt_id = message.metadata.prompt_id
        if isinstance(message, messages.ExecutionStart):
            current = prompt_id
        prompt_id = prompt_id or current
        if message is None or prompt_id is None:
            continue
        events.setdefault(prompt_id, [])
        events[prompt_id] += folds.setdefault(prompt_id, RunFold()).fold(message)
        raw.setdefault(prompt_id, []).append(message)
    return folds, events, raw


@pytest.mark.parametrize("path", SESSIONS, ids=name_of)
def test_each_change_is_told_once_and_nothing_is_left_out(path):
    folds, events, raw = sessions_by_prompt(path)

    for prompt_id, said in raw.items():
        told = events[prompt_id]
        starts = [m for m in said if isinstance(m, messages.Executing) and m.node is not None]
        assert [e.node.node_id for e in told if isinstance(e, NodeStarted)] == [
            m.node for m in starts
        ]
        assert [e.output for e in told if isinstance(e, NodeOutput)] == [
            m.output for m in said if isinstance(m, messages.Executed)
        ]
        finished = [e.node.node_id for e in told if isinstance(e, NodeFinished)]
        assert len(finished) == len(set(finished))
        assert set(finished) == {
            node_id
            for m in said
            if isinstance(m, messages.ProgressState)
            for node_id, node in m.nodes.items()
            if node.state == "finished"
        }
        steps = [(e.node.node_id, e.value, e.max) for e in told if isinstance(e, NodeStepped)]
        assert len(steps) == len(set(steps))
        assert {(m.node, m.value, m.max) for m in said if isinstance(m, messages.Progress)} <= set(
            steps
        )
        assert isinstance(told[0], RunStarted)
        assert folds[prompt_id].over == any(
            isinstance(m, messages.Executing) and m.node is None for m in said
        )


def test_previews_and_texts_of_the_recordings_reach_their_nodes():
    _, events, _ = sessions_by_prompt(RUNS / "sd_ksampler/ws.jsonl")
    _, legacy, _ = sessions_by_prompt(RUNS / "sd_ksampler_legacy_preview/ws.jsonl")
    _, texts, _ = sessions_by_prompt(RUNS / "get_image_size_links/ws.jsonl")

    for session in (events, legacy):
        (told,) = session.values()
        previews = [event for event in told if isinstance(event, Preview)]
        assert len(previews) == 6
        assert {preview.node.node_id for preview in previews} == {"5"}
        assert all(preview.data.startswith(b"\xff\xd8") for preview in previews)
    (told,) = texts.values()
    assert any(isinstance(event, NodeText) for event in told)


def test_expanded_nodes_know_their_parents():
    _, events, _ = sessions_by_prompt(RUNS / "tn_parallel_expand/ws.jsonl")
    (told,) = events.values()
    nodes = {event.node.node_id: event.node for event in told if isinstance(event, NodeStarted)}

    child = nodes["4.0.0.3"]

    assert (child.display_node_id, child.parent_node_id) == ("4", "4")


def test_a_verbose_blocker_is_told_as_such():
    _, events, _ = sessions_by_prompt(RUNS / "tn_execution_blocker_verbose/ws.jsonl")
    (told,) = events.values()

    assert [event for event in told if isinstance(event, NodeBlocked)]


@pytest.fixture
def play(fake, engine, make_run, sink):
    """Run a graph while the server plays the recording: the result, or None for a failed run."""

    async def follow(recording):
        fake.recordings.append(recording)
        wanted = recording.entry["prompt"][4]
        graph = {node_id: {"class_type": "Emit", "inputs": {}} for node_id in wanted}
        run = make_run(graph, outputs=wanted)
        messages_kept = [name for name, _ in recording.entry["status"]["messages"]]
        if "execution_error" not in messages_kept:
            return await engine.run(run, sink)
        with pytest.raises(EngineError):
            await engine.run(run, sink)
        return None

    return follow


@pytest.mark.parametrize("folder", RECORDINGS, ids=name_of)
async def test_a_recorded_run_played_by_a_server_ends_as_its_history_says(play, sink, folder):
    recording = Recording(folder)

    result = await play(recording)

    if result is not None:
        assert result.outputs == recording.entry["outputs"]
        assert result.meta == recording.entry["meta"]
    assert sink.of(NodesCached)
    shown = {event.node.node_id: event.output for event in sink.of(NodeOutput)}
    assert shown == recording.entry["outputs"]


@pytest.mark.parametrize("folder", RECORDINGS, ids=name_of)
async def test_recorded_output_files_come_over_byte_by_byte(
    fake, engine, make_run, folder, tmp_path
):
    recording = Recording(folder)
    fake.install(recording)
    for output in json.loads((recording.folder / "outputs.json").read_text()):
        saved = recording.folder / "outputs" / output.get("saved_as", "")
        if saved.is_file():
            path = await engine.fetch(make_run({}), output["item"], tmp_path)
            assert path.read_bytes() == saved.read_bytes()

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenroom.domain.clock import Millis
from greenroom.domain.estimate import Average, Sample, Timings, Work, work_of
from greenroom.domain.run import NodeFinished, NodeRef, NodesCached, NodeStarted, NodeStepped
from greenroom.domain.stopwatch import Stopwatch
from greenroom.domain.workflow.graph import parse_graph
from greenroom.engine.comfyui.fold import RunFold
from greenroom.engine.comfyui.messages import decode_text

GRAPH = parse_graph({
    "load": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "a"}},
    "text": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["load", 1]}},
    "sample": {"class_type": "KSampler", "inputs": {"steps": 20, "model": ["load", 0],
                                                    "positive": ["text", 0]}},
    "decode": {"class_type": "VAEDecode", "inputs": {"samples": ["sample", 0]}},
    "save": {"class_type": "SaveImage", "inputs": {"images": ["decode", 0]}},
    "note": {"class_type": "Note", "inputs": {}},
})  # fmt: skip


def ref(node_id, real=None):
    return NodeRef(node_id, node_id, real_node_id=real)


def stopwatch():
    return Stopwatch(GRAPH, ["save"], "sd15")


def at(seconds):
    return Millis(round(seconds * 1000))


def run_through(watch, step=0.5, load=2.0, start=0.0):
    """One run: load, text 0.1 s, 20 steps, decode 1 s, save 0.2 s. Gives when it ended."""
    watch.hear(NodesCached(()), at(start))
    now = start
    for node_id, seconds in (("load", load), ("text", 0.1)):
        watch.hear(NodeStarted(ref(node_id)), at(now))
        now += seconds
        watch.hear(NodeFinished(ref(node_id)), at(now))
    watch.hear(NodeStarted(ref("sample")), at(now))
    for number in range(20):
        now += step
        watch.hear(NodeStepped(ref("sample"), number + 1, 20), at(now))
    watch.hear(NodeFinished(ref("sample")), at(now))
    for node_id, seconds in (("decode", 1.0), ("save", 0.2)):
        watch.hear(NodeStarted(ref(node_id)), at(now))
        now += seconds
        watch.hear(NodeFinished(ref(node_id)), at(now))
    return now


@pytest.fixture
def learnt():
    timings, watch = Timings(), stopwatch()
    run_through(watch)
    timings.learn("sd15", watch.samples)
    return timings


def test_nothing_can_be_said_before_anything_was_learnt():
    watch = stopwatch()
    assert watch.left_ms(Timings(), at(0)) is None


def test_a_whole_run_is_expected_to_take_what_the_last_one_took(learnt):
    assert stopwatch().left_ms(learnt, at(0)) == pytest.approx(13_300, abs=1)


def test_what_is_left_shrinks_to_nothing_as_the_run_goes_on(learnt):
    watch = stopwatch()
    watch.hear(NodesCached(()), at(0))
    watch.hear(NodeStarted(ref("load")), at(0))
    assert watch.left_ms(learnt, at(1)) == pytest.approx(12_300, abs=1)
    ended = stopwatch()
    assert ended.left_ms(learnt, at(run_through(ended))) == 0


def test_a_sampler_is_judged_by_the_pace_of_this_run(learnt):
    watch = stopwatch()
    watch.hear(NodeStarted(ref("load")), at(0))
    watch.hear(NodeFinished(ref("load")), at(0))
    watch.hear(NodeStarted(ref("text")), at(0))
    watch.hear(NodeFinished(ref("text")), at(0))
    watch.hear(NodeStarted(ref("sample")), at(0))
    for number in range(10):
        watch.hear(NodeStepped(ref("sample"), number + 1, 20), at(2 + 2 * number))
    assert watch.left_ms(learnt, at(20)) == pytest.approx(10 * 2_000 + 1_200, abs=1)


def test_the_steps_that_a_sampler_is_asked_for_count():
    timings = Timings()
    timings.learn("x", [Sample("KSampler", 10_000, 20, 500)])
    assert timings.expected_ms("x", {Work("KSampler", 40): 1}) == 20_000


def test_nodes_with_steps_that_no_input_tells_count_as_a_whole():
    timings = Timings()
    timings.learn("x", [Sample("ImageUpscaleWithModel", 8_000, 16, 500)])
    assert timings.expected_ms("x", {Work("ImageUpscaleWithModel", 0): 1}) == 8_000


def test_cached_nodes_and_all_that_only_they_need_are_not_counted(learnt):
    watch = stopwatch()
    watch.hear(NodesCached(("sample",)), at(0))
    assert watch.left_ms(learnt, at(0)) == pytest.approx(1_200, abs=1)


def test_cached_nodes_teach_nothing():
    watch = stopwatch()
    watch.hear(NodeStarted(ref("load")), at(0))
    watch.hear(NodeFinished(ref("load"), cached=True), at(0))
    assert watch.samples == []


def test_nodes_made_while_running_count_as_part_of_their_maker(learnt):
    watch = stopwatch()
    watch.hear(NodeStarted(ref("decode")), at(0))
    watch.hear(NodeStarted(ref("decode.0.1", real="decode.0.1")), at(1))
    watch.hear(NodeFinished(ref("decode.0.1", real="decode.0.1")), at(2))
    watch.hear(NodeFinished(ref("decode")), at(3))
    assert watch.samples == [Sample("VAEDecode", 3_000)]


def test_another_kind_of_run_has_times_of_its_own(learnt):
    slow = stopwatch()
    run_through(slow, step=3.0)
    learnt.learn("flux", slow.samples)
    assert learnt.expected_ms("flux", {Work("KSampler", 20): 1}) == pytest.approx(60_000, abs=1)
    assert learnt.expected_ms("sd15", {Work("KSampler", 20): 1}) == pytest.approx(10_000, abs=1)
    unseen = learnt.expected_ms("unseen", {Work("KSampler", 20): 1})
    assert unseen is not None
    assert 10_000 < unseen < 60_000


def test_a_class_never_seen_counts_like_the_others_but_not_when_most_are_unseen(learnt):
    assert learnt.expected_ms("sd15", {Work("VAEDecode", 0): 1, Work("New", 0): 1}) == 2_000
    assert learnt.expected_ms("sd15", {Work("VAEDecode", 0): 1, Work("New", 0): 2}) is None


def test_instant_nodes_take_no_time(learnt):
    assert learnt.expected_ms("sd15", {Work("Note", 0): 50, Work("VAEDecode", 0): 1}) == 1_000


def test_one_odd_run_hardly_moves_what_is_known(learnt):
    for _ in range(10):
        learnt.learn("sd15", [Sample("VAEDecode", 1_000)])
    learnt.learn("sd15", [Sample("VAEDecode", 600_000)])
    assert learnt.expected_ms("sd15", {Work("VAEDecode", 0): 1}) < 1_500


def test_lasting_change_is_learnt(learnt):
    for _ in range(60):
        learnt.learn("sd15", [Sample("VAEDecode", 5_000)])
    assert learnt.expected_ms("sd15", {Work("VAEDecode", 0): 1}) == pytest.approx(5_000, rel=0.05)


@given(st.lists(st.floats(0, 1e7), min_size=1, max_size=50))
def test_an_average_stays_between_the_smallest_and_the_largest(measured):
    average = Average()
    for one in measured:
        average = average.with_one_more(one)
    assert min(measured) * 0.999 <= average.value <= max(max(measured) * 1.001, 0.21)


def test_what_was_learnt_is_told_once_and_the_same_when_it_is_taken_up(learnt):
    restored = Timings()
    restored.restore(learnt.take_changed())
    assert learnt.take_changed() == []
    assert stopwatch().left_ms(restored, at(0)) == stopwatch().left_ms(learnt, at(0)) > 0


def test_only_so_many_kinds_are_kept():
    timings = Timings(most=4)
    for number in range(10):
        timings.learn(f"kind-{number}", [Sample("VAEDecode", 1_000)])
    assert len(timings.take_changed()) == 4
    assert timings.node("kind-9", "VAEDecode")


def test_the_time_left_of_a_recorded_run_comes_down_to_nothing():
    recording = Path(__file__).parents[2] / ".." / "shared" / "oracle" / "runs" / "sd_ksampler"
    if not recording.exists():
        pytest.skip("the recordings are not here")
    graph = parse_graph(json.loads((recording / "request.json").read_text())["prompt"])
    outputs = [name for name, node in graph.nodes.items() if node.class_type == "SaveImage"]
    heard = list(recorded_events(recording / "ws.jsonl"))
    timings, first = Timings(), Stopwatch(graph, outputs, "sd15")
    for event, when in heard:
        first.hear(event, when)
    timings.learn("sd15", first.samples)
    assert {sample.class_type for sample in first.samples if sample.step_ms} == {"KSampler"}
    again = Stopwatch(graph, outputs, "sd15")
    ended_at = heard[-1][1]
    for event, when in heard:
        again.hear(event, when)
        assert again.left_ms(timings, when) == pytest.approx(ended_at - when, rel=0.1, abs=200)


def recorded_events(path):
    """The run events of a recorded session with ComfyUI, each with its time."""
    fold = RunFold()
    for line in path.read_text().splitlines():
        record = json.loads(line)
        message = decode_text(json.dumps(record["msg"])) if record.get("kind") == "text" else None
        for event in fold.fold(message) if message else ():
            yield event, at(record["t"])


def test_nodes_of_one_sort_are_counted_together():
    assert work_of(GRAPH, ["sample", "save", "save"]) == {
        Work("KSampler", 20): 1,
        Work("SaveImage", 0): 2,
    }

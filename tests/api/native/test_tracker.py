"""What a run's progress messages say."""

import json

from greenroom.api.native.tracker import Tracker
from greenroom.domain.ids import JobId
from greenroom.domain.run import NodeRef

JOB = JobId("6f1c1b1e-0000-4000-8000-000000000001")


def node(number):
    return NodeRef(str(number), str(number))


def shown(message):
    states = json.loads(message)["data"]["nodes"]
    return {name: (state["state"], state["value"], state["max"]) for name, state in states.items()}


def walk(tracker, count):
    for number in range(count):
        tracker.begin(node(number))
        tracker.finish(node(number), cached=False)


def test_a_small_graph_is_shown_whole():
    tracker = Tracker(JOB)
    walk(tracker, 99)
    begun, _ = tracker.begin(node(99))
    assert len(shown(begun)) == 100
    assert len(shown(tracker.finish(node(99), cached=False))) == 100


def test_of_a_large_graph_only_what_runs_or_is_new_is_shown():
    tracker = Tracker(JOB)
    tracker.begin(node("parent"))
    walk(tracker, 200)
    begun, _ = tracker.begin(node(200))
    assert shown(begun) == {"parent": ("running", 0, 1), "200": ("running", 0, 1)}
    assert shown(tracker.finish(node(200), cached=False)) == {
        "parent": ("running", 0, 1), "200": ("finished", 1, 1),
    }  # fmt: skip


def test_a_late_listener_is_shown_every_node():
    tracker = Tracker(JOB, 5)
    tracker.cache(("x",), 6)
    walk(tracker, 200)
    tracker.output(node(3), {"images": []})
    tracker.begin(node(200))
    missed = [json.loads(message) for message in tracker.missed()]
    assert [message["type"] for message in missed] == [
        "execution_start", "execution_cached", "executed", "progress_state", "executing",
    ]  # fmt: skip
    assert len(missed[3]["data"]["nodes"]) == 201
    assert missed[4]["data"]["node"] == "200"


def test_a_run_that_has_not_begun_has_been_missed_by_nobody():
    assert list(Tracker(JOB).missed()) == []


def test_a_stepped_node_ends_at_its_last_step_and_a_cached_one_in_whole_numbers():
    tracker = Tracker(JOB)
    tracker.begin(node(1))
    state, progress = tracker.step(node(1), 3.0, 6.0)
    assert '"value":3,"max":6' in state
    assert json.loads(progress)["data"] == {"value": 3, "max": 6, "prompt_id": JOB, "node": "1"}
    assert shown(tracker.finish(node(1), cached=False))["1"] == ("finished", 6, 6)
    assert '"value":1,"max":1,"state":"finished"' in tracker.finish(node(2), cached=True)


def test_a_node_that_waited_for_lazy_inputs_starts_again():
    tracker = Tracker(JOB)
    tracker.begin(node(4))
    tracker.begin(node(3))
    tracker.finish(node(3), cached=False)
    again, executing = tracker.begin(node(4))
    assert shown(again) == {"4": ("running", 0, 1), "3": ("finished", 1, 1)}
    assert json.loads(executing)["data"]["node"] == "4"

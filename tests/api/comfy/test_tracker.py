"""What a run's progress messages say."""

import json

from greenroom.api.comfy.tracker import Tracker
from greenroom.domain.ids import JobId
from greenroom.domain.run import (
    NodeFinished,
    NodeOutput,
    NodeRef,
    NodesCached,
    NodeStarted,
    NodeStepped,
)

JOB = JobId("6f1c1b1e-0000-4000-8000-000000000001")


def node(number):
    return NodeRef(str(number), str(number))


def shown(message):
    states = json.loads(message)["data"]["nodes"]
    return {name: (state["state"], state["value"], state["max"]) for name, state in states.items()}


def begun(tracker, number):
    tracker.note(NodeStarted(node(number)), 7)
    return shown(tracker.state())


def finished(tracker, number):
    tracker.note(NodeFinished(node(number)), 8)
    return shown(tracker.state())


def walk(tracker, count):
    for number in range(count):
        begun(tracker, number)
        finished(tracker, number)


def test_a_small_graph_is_shown_whole():
    tracker = Tracker(JOB)
    walk(tracker, 99)
    assert len(begun(tracker, 99)) == 100
    assert len(finished(tracker, 99)) == 100


def test_of_a_large_graph_only_what_runs_or_is_new_is_shown():
    tracker = Tracker(JOB)
    begun(tracker, "parent")
    walk(tracker, 200)
    assert begun(tracker, 200) == {"parent": ("running", 0, 1), "200": ("running", 0, 1)}
    assert finished(tracker, 200) == {
        "parent": ("running", 0, 1), "200": ("finished", 1, 1),
    }  # fmt: skip


def test_a_late_listener_is_shown_every_node():
    tracker = Tracker(JOB, 5)
    tracker.note(NodesCached(("x",)), 6)
    walk(tracker, 200)
    tracker.note(NodeOutput(node(3), {"images": []}), 9)
    begun(tracker, 200)
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
    begun(tracker, 1)
    tracker.note(NodeStepped(node(1), 3.0, 6.0), 5)
    assert '"value":3,"max":6' in tracker.state()
    assert finished(tracker, 1)["1"] == ("finished", 6, 6)
    tracker.note(NodeFinished(node(2), cached=True), 5)
    assert '"value":1,"max":1,"state":"finished"' in tracker.state()


def test_a_node_that_waited_for_lazy_inputs_starts_again():
    tracker = Tracker(JOB)
    begun(tracker, 4)
    begun(tracker, 3)
    finished(tracker, 3)
    assert begun(tracker, 4) == {"4": ("running", 0, 1), "3": ("finished", 1, 1)}

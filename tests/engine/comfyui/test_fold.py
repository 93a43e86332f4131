"""Messages folded into run events, where servers differ from each other."""

from greenroom.domain.run import NodeFinished, NodeRef, NodesCached, NodeStarted, RunStarted
from greenroom.engine.comfyui.fold import RunFold
from greenroom.engine.comfyui.messages import (
    Executed,
    Executing,
    ExecutionCached,
    ExecutionError,
    ExecutionStart,
    NodeProgress,
    Progress,
    ProgressState,
)


def told(*said):
    fold = RunFold()
    return [event for message in said for event in fold.fold(message)]


def finished(events):
    return [event.node.node_id for event in events if isinstance(event, NodeFinished)]


def test_without_progress_states_a_node_ends_where_the_next_one_begins():
    events = told(
        Executing("1", prompt_id="p"), Executing("2", prompt_id="p"), Executing(None, prompt_id="p")
    )

    assert finished(events) == ["1", "2"]


def test_a_node_that_failed_is_never_called_finished():
    error = ExecutionError("p", {"exception_type": "RuntimeError"})

    assert (
        finished(told(Executing("1", prompt_id="p"), error, Executing(None, prompt_id="p"))) == []
    )


def test_a_cached_output_is_finished_without_having_started():
    events = told(
        ExecutionCached("p", ("9",)), Executed("9", "p", {"images": []}), Executing("1", "1", "p")
    )

    assert events[2:4] == [events[2], NodeFinished(NodeRef("9", "9"), cached=True)]
    assert events[2].cached


def test_one_who_comes_late_hears_of_the_start_first():
    assert [type(event) for event in told(Executing("4"))] == [RunStarted, NodeStarted]


def test_start_and_cached_nodes_are_told_once():
    events = told(ExecutionStart("p"), ExecutionCached("p", ()), ExecutionCached("p", ("1",)))

    assert events == [RunStarted(), NodesCached(())]


def test_the_same_step_told_in_two_ways_is_one_event():
    node = NodeProgress("5", "running", 2, 6)
    events = told(
        ProgressState("p", {"5": node}), Progress(2, 6, "5", "p"), ProgressState("p", {"5": node})
    )

    assert len(events) == 2

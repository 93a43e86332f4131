"""What the fleet knows, as its workers come and go."""

from greenroom.domain.ids import WorkerId
from greenroom.service.node_info import NodeInfo

A, B = WorkerId("a"), WorkerId("b")
NODES = {"Load": {"input": {"required": {"name": [["x"]]}}}}
OTHERS = {"Load": {"input": {"required": {"name": [["y"]]}}}}


def names(nodes):
    return nodes.definitions()["Load"]["input"]["required"]["name"][0]


def test_a_worker_with_the_nodes_of_another_changes_nothing_that_was_built_of_them():
    nodes = NodeInfo()
    nodes.learn(A, NODES)
    before = (nodes.revision, nodes.view())
    nodes.learn(B, NODES)
    nodes.set_down(A)
    assert (nodes.revision, nodes.view()) == before
    assert nodes.of_live_workers() == {B: NODES}


def test_other_nodes_are_known_at_once():
    nodes = NodeInfo()
    nodes.learn(A, NODES)
    before = nodes.revision
    nodes.learn(B, OTHERS)
    assert names(nodes) == ["x", "y"]
    assert nodes.revision != before
    nodes.forget(A)
    assert names(nodes) == ["y"]


def test_the_nodes_of_those_that_are_up_come_first():
    nodes = NodeInfo()
    nodes.learn(A, NODES)
    nodes.learn(B, OTHERS)
    nodes.set_down(A)
    assert names(nodes) == ["y", "x"]
    nodes.set_live(A)
    assert names(nodes) == ["x", "y"]


def test_a_listener_hears_of_each_worker_of_which_something_changed():
    heard = []
    nodes = NodeInfo()
    nodes.listen(heard.append)
    nodes.learn(A, NODES)
    nodes.learn(A, {**NODES})
    nodes.recall(A, OTHERS)
    nodes.set_down(A)
    nodes.set_down(A)
    nodes.forget(A)
    assert heard == [A, A, A]

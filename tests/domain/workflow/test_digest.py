"""When two submitted graphs are the same."""

from greenroom.domain.workflow.digest import digest, same_graph


def test_the_digest_of_the_same_bytes_is_the_same():
    assert digest(b'{"a": 1}') == digest(b'{"a": 1}')
    assert len(digest(b"{}")) == 64


def test_the_digest_of_other_bytes_is_another():
    assert digest(b'{"a": 1}') != digest(b'{"a": 2}')


def test_spaces_and_the_order_of_names_do_not_make_another_graph():
    assert same_graph(b'{"a": 1, "b": [1, 2]}', b'{"b":[1,2],"a":1}')


def test_other_values_types_or_orders_of_items_make_another_graph():
    assert not same_graph(b'{"a": 1}', b'{"a": 2}')
    assert not same_graph(b'{"a": 1}', b'{"a": true}')
    assert not same_graph(b'{"a": 1}', b'{"a": 1.0}')
    assert not same_graph(b'{"a": [1, 2]}', b'{"a": [2, 1]}')

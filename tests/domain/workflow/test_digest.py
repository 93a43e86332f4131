"""The hash of a graph."""

from tests.fixtures.node_definitions import simple

from greenroom.domain.workflow.digest import canonical_json, digest


def test_the_order_of_keys_does_not_count():
    assert digest(simple()) == digest(dict(reversed(simple().items())))


def test_any_change_counts():
    changed = simple()
    changed["1"]["inputs"]["width"] = 9

    assert digest(changed) != digest(simple())
    assert digest([1]) != digest([1.0])
    assert digest([1]) != digest([True])


def test_canonical_json_is_sorted_ascii_without_spaces():
    assert canonical_json({"b": "é", "a": [1, None]}) == b'{"a":[1,null],"b":"\\u00e9"}'


def test_a_digest_is_64_hex_digits():
    assert len(bytes.fromhex(digest({}))) == 32

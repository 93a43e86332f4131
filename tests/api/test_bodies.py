"""Strict JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenroom.api.bodies import parse_json
from greenroom.domain.errors import AppError, ErrorCode

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
)  # fmt: skip


@given(VALUES, st.booleans())
def test_whatever_the_standard_allows_is_read_as_it_is(value, escaped):
    assert parse_json(json.dumps(value, ensure_ascii=escaped).encode()) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "Expecting value"),
        (b"{", "Expecting"),
        (b'{"a": 1} x', "Extra data"),
        (b"\xff", "UTF-8"),
        (b"\xef\xbb\xbf{}", "Expecting value"),
        (b"NaN", "NaN"),
        (b"[-Infinity]", "Infinity"),
        (b"1e999", "out of range"),
        (b"18446744073709551616", "64 bits"),
        (b"-9223372036854775809", "64 bits"),
        (b"9" * 10_000, "64 bits"),
        (b'{"a": {"b": 1, "c": 2, "b": 3}}', "'b' appears twice"),
        (b'{"a": 1, "a": 2, "b" : 3}', "'a' appears twice"),
        (b'{"a": "\\":", "b": 1, "b": 2}', "'b' appears twice"),
        (b'["\\ud800"]', "surrogate"),
        (b'{"\\udfff": 1}', "surrogate"),
        (b"[" * 100_000, "deep"),
    ],
)
def test_what_it_does_not_allow_is_refused_with_the_reason(text, reason):
    with pytest.raises(AppError) as refused:
        parse_json(text)
    assert refused.value.code is ErrorCode.INVALID_JSON
    assert reason in refused.value.message


def test_the_largest_and_smallest_whole_numbers_are_kept_exactly():
    text = b"[18446744073709551615, -9223372036854775808, 9223372036854775807]"
    assert parse_json(text) == [2**64 - 1, -(2**63), 2**63 - 1]

"""Reading JSON strictly."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.workflow.prompt_json import decode_json, parse_prompt


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "Expecting value"),
        (b"{bad", "line 1"),
        (b'{"a": NaN}', "NaN"),
        (b"[Infinity]", "Infinity"),
        (b"[-Infinity]", "Infinity"),
        (b"[1e999]", "too large"),
        (b"[1" + b"0" * 400 + b"]", "64 bits"),
        (b"[18446744073709551616]", "64 bits"),
        (b"[1" + b"0" * 5000 + b"]", "64 bits"),
        (b'{"a": 1, "b": 2, "a": 3}', "'a' stands twice"),
        (b'{"a": {"x": 1, "x": 1}}', "'x' stands twice"),
        (b'"\xff"', "UTF-8"),
        (b'"\\ud800"', "surrogate"),
        (b'"\\uD800"', "surrogate"),
        (b"[" * 100_000 + b"]" * 100_000, "too deeply"),
        (b'{"a":' * 100_000, "too deeply"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b"{} {}", "Extra data"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_is_not_strict_json_is_refused_with_its_reason(data, reason):
    with pytest.raises(AppError, match=reason) as caught:
        decode_json(data)

    assert caught.value.code is ErrorCode.INVALID_JSON


def test_whole_surrogate_pairs_are_read():
    assert decode_json(b'"\\ud83d\\ude00"') == "\N{GRINNING FACE}"


def test_the_largest_seed_is_read():
    assert decode_json(b"[18446744073709551615]") == [2**64 - 1]


def test_too_many_bytes_are_refused_before_they_are_read():
    with pytest.raises(AppError) as caught:
        decode_json(b"{" * 11, most_bytes=10)

    assert caught.value.code is ErrorCode.TOO_LARGE


def test_a_prompt_keeps_its_bytes():
    data = b'{ "1": {"class_type": "Empty", "inputs": {}} }'

    prompt = parse_prompt(data)

    assert prompt.text is data
    assert list(prompt.graph.nodes) == ["1"]


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data):
    assert code_of(data) in {None, ErrorCode.INVALID_JSON}


def code_of(data):
    try:
        decode_json(data)
    except AppError as error:
        return error.code
    return None

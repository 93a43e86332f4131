"""Text and numbers."""

import json

import numpy as np
import pytest

from greenroom.engine.cpu.formula import evaluate

FLAGS = {"case_insensitive": False, "multiline": False, "dotall": False}


@pytest.mark.parametrize(
    ("mode", "pattern", "group", "expected"),
    [
        ("First Match", r"\d+", 1, "12"),
        ("First Match", "x", 1, ""),
        ("All Matches", r"\d+", 1, "12\n34"),
        ("All Matches", r"(\d)(\d)", 1, "1\n3"),
        ("First Group", r"(\d)(\d)", 2, "2"),
        ("First Group", r"(\d)", 2, ""),
        ("All Groups", r"(\d)(\d)", 2, "2\n4"),
        ("All Groups", r"\d", 1, ""),
        ("First Match", "(", 1, ""),
    ],
)
def test_patterns_are_searched(call, mode: str, pattern: str, group: int, expected: str):
    how = {"mode": mode, "regex_pattern": pattern, "group_index": group}
    assert call("RegexExtract", string="a12 b34", **how, **FLAGS) == expected


def test_patterns_heed_their_flags(call):
    how = {"regex_pattern": "B.^C", "mode": "First Match", "group_index": 1}
    flags = dict.fromkeys(FLAGS, True)
    assert call("RegexExtract", string="ab\nc", **how, **flags) == "b\nc"


@pytest.mark.parametrize(
    ("text", "expected"),
    [('{"a": 1}', "1"), ('{"a": null}', ""), ("[1]", ""), ("{", ""), ('{"a": "x"}', "x")],
)
def test_a_key_is_read_from_json(call, text: str, expected: str):
    assert call("JsonExtractString", json_string=text, key="a") == expected


def test_texts_are_joined_measured_and_changed(call):
    assert call("StringConcatenate", string_a="a", string_b="b", delimiter=", ") == "a, b"
    assert call("StringLength", string="wörld") == 5
    assert call("StringReplace", string="aXbX", find="X", replace="-") == "a-b-"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "None"), ("x", "x"), (1, "1"), (True, "True"), ([1], "[\n    1\n]"), ({1}, "{1}")],
)
def test_anything_is_shown_as_text(call, value: object, expected: str):
    assert call("PreviewAny", source=value).ui == {"text": [expected]}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 1, 12], "tensor([ 0.,  1., 12.])"),
        ([0, 0.5], "tensor([0.0000, 0.5000])"),
        ([[0.25, -1], [2, 3]], "tensor([[ 0.2500, -1.0000],\n        [ 2.0000,  3.0000]])"),
        ([0.00001, 1], "tensor([1.0000e-05, 1.0000e+00])"),
        (np.zeros(1001), "tensor([0., 0., 0., 0., 0., 0., ..., 0., 0., 0., 0., 0., 0.])"),
        (np.zeros((0, 2)), "tensor([], size=(0, 2))"),
    ],
)
def test_arrays_are_shown_in_short(call, values: list, expected: str):
    array = np.asarray(values, np.float32)
    assert call("PreviewAny", source=array).ui["text"] == [expected]


@pytest.mark.parametrize(
    ("kind", "text", "written"),
    [("txt", "ä", "ä"), ("json", '{"a":1}', '{\n  "a": 1\n}'), ("json", "{", "{")],
)
def test_text_is_saved(call, kind: str, text: str, written: str):
    result = call("SaveText", text=text, filename_prefix="n", format=kind)
    (path,) = call.files(result, "files")
    assert path.name == f"n_00001.{kind}"
    assert path.read_text(encoding="utf-8") == written
    assert result.outputs == (text,)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, (1, 1)), (2.9, (2.9, 2)), (" 7 ", (7, 7)), ("1e3", (1000, 1000)), (3, (3, 3))],
)
def test_numbers_are_converted(call, value: object, expected: tuple):
    assert call("ComfyNumberConvert", value=value) == expected


@pytest.mark.parametrize("value", ["", "x", "nan", "inf", float("inf"), [1]])
def test_what_is_no_number_is_refused(call, value: object):
    with pytest.raises((ValueError, TypeError)):
        call("ComfyNumberConvert", value=value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b * 2", 8), ("-a ** 2", -4), ("a / b", 2 / 3), ("b // a", 1), ("b % a", 1),
        ("a < b and b < 9", True), ("1 if a > b else 0", 0), ("not a", False), ("a or b", 2),
        ("max(a, b)", 3), ("sum(values)", 5), ("sum(a, b, 1)", 6), ("values[1]", 3),
        ("pow(a, 10)", 1024), ("round(2.6)", 3), ("int(2.9)", 2), ("a << 3", 16),
        ("sqrt(16)", 4), ("1 < a < 3", True), ("a | 1", 3), ("~a", -3), ("\n a\n", 2),
    ],
)  # fmt: skip
def test_formulas_are_evaluated(text: str, expected: float):
    assert evaluate(text, {"a": 2, "b": 3, "values": [2, 3]}) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "a +", "c", "__import__('os')", "a.real", "(lambda: 1)()", "[x for x in values]",
        "'x' * 9", "9 ** 9 ** 9", "pow(10, 5000)", "1 << 10 ** 9", "open('x')", "a; b",
        "(10 ** 4000) ** 4000", "f'{a}'", "sum(values, key=a)",
    ],
)  # fmt: skip
def test_what_is_no_formula_is_refused(text: str):
    with pytest.raises((ValueError, TypeError)):
        evaluate(text, {"a": 2, "b": 3, "values": [2, 3]})


def test_a_formula_gives_a_float_an_integer_and_a_truth(call):
    assert call("ComfyMathExpression", expression="a * 1.5", values={"a": 3}) == (4.5, 4, True)
    with pytest.raises(ValueError, match="too large"):
        call("ComfyMathExpression", expression="a ** 4000", values={"a": 3})
    with pytest.raises(TypeError, match="must result in a number"):
        call("ComfyMathExpression", expression="values", values={"a": 3})


def test_shown_json_can_be_read_back(call):
    text = call("PreviewAny", source={"a": [1, "ö"]}).ui["text"][0]
    assert json.loads(text) == {"a": [1, "ö"]}
    assert "ö" in text

"""Sweeps: which values are meant, and which jobs come of them."""

import pytest

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.workflow.sweep import (
    MAX_JOBS,
    Axis,
    SweepMode,
    parse_axis,
    sweep_jobs,
    sweep_of,
)

PROMPT = {
    "3": {"class_type": "KSampler", "inputs": {"seed": 1}, "_meta": {"title": "Sampler"}},
    "6": {"class_type": "Text", "inputs": {"text": "x"}},
}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a,b", ("a", "b")),
        ("1..4", (1, 2, 3, 4)),
        ("4..1", (4, 3, 2, 1)),
        ("0..10:5", (0, 5, 10)),
        ("0..1:0.25", (0, 0.25, 0.5, 0.75, 1)),
        ("1,5..7,x", (1, 5, 6, 7, "x")),
        ('"a, b",c', ("a, b", "c")),
        ('["a, b", 1, null]', ("a, b", 1, None)),
        ('{"a": [1, 2]},3', ({"a": [1, 2]}, 3)),
        ("true", (True,)),
        ("7.5", (7.5,)),
        ("a cat, a dog", ("a cat", " a dog")),
        ("a,", ("a", "")),
        ("1e999", ("1e999",)),
        ("[a", ("[a",)),
    ],
)
def test_values_are_read_as_they_are_meant(text, values):
    assert parse_axis(f"6.text={text}", PROMPT) == Axis("6", "text", values)


def test_a_node_may_be_called_by_its_title_or_class():
    assert parse_axis("Sampler.seed=1..2", PROMPT).node_id == "3"
    assert parse_axis("Text.text=a", PROMPT).node_id == "6"


def test_a_grid_has_every_combination_the_last_axis_fastest():
    jobs = list(sweep_jobs([Axis("6", "text", ("a", "b")), Axis("3", "seed", (1, 2))]))
    assert [job.overrides for job in jobs] == [
        {"6": {"text": "a"}, "3": {"seed": 1}},
        {"6": {"text": "a"}, "3": {"seed": 2}},
        {"6": {"text": "b"}, "3": {"seed": 1}},
        {"6": {"text": "b"}, "3": {"seed": 2}},
    ]
    assert jobs[3].index == 3
    assert jobs[3].label == "6.text=b, 3.seed=2"


def test_lists_may_go_together_instead():
    axes = [Axis("6", "text", ("a", "b")), Axis("3", "seed", (1, 2))]
    jobs = list(sweep_jobs(axes, SweepMode.ZIP))
    assert [job.label for job in jobs] == ["6.text=a, 3.seed=1", "6.text=b, 3.seed=2"]


def test_a_sweep_may_be_said_in_json():
    assert sweep_of({"3": {"inputs": {"seed": [1, 2]}}}) == [Axis("3", "seed", (1, 2))]


@pytest.mark.parametrize(
    ("make", "code", "says"),
    [
        (lambda: parse_axis("6.text", PROMPT), ErrorCode.BAD_REQUEST, "NODE.INPUT=VALUES"),
        (lambda: parse_axis("6.text=", PROMPT), ErrorCode.BAD_REQUEST, "no values"),
        (lambda: parse_axis("6.text=[]", PROMPT), ErrorCode.BAD_REQUEST, "no values"),
        (lambda: parse_axis("9.text=a", PROMPT), ErrorCode.BAD_REQUEST, "no node '9'"),
        (lambda: parse_axis("3.seed=1..2:0", PROMPT), ErrorCode.BAD_REQUEST, "no range"),
        (lambda: parse_axis("3.seed=1..1e9", PROMPT), ErrorCode.TOO_LARGE, "values"),
        (lambda: sweep_of({"3": {"inputs": {"seed": 1}}}), ErrorCode.BAD_REQUEST, "list"),
        (lambda: sweep_of([]), ErrorCode.BAD_REQUEST, "a sweep is"),
        (
            lambda: sweep_jobs([Axis("3", "seed", (1,)), Axis("3", "seed", (2,))]),
            ErrorCode.BAD_REQUEST,
            "twice",
        ),
        (
            lambda: sweep_jobs([Axis("3", "a", (1,)), Axis("3", "b", (1, 2))], SweepMode.ZIP),
            ErrorCode.BAD_REQUEST,
            "same length",
        ),
        (
            lambda: sweep_jobs([Axis("3", str(i), (1, 2)) for i in range(200)]),
            ErrorCode.TOO_LARGE,
            str(MAX_JOBS),
        ),
    ],
)
def test_a_sweep_that_cannot_be_is_refused(make, code, says):
    with pytest.raises(AppError, match=says) as caught:
        make()
    assert caught.value.code is code

import pytest

from greenroom.cli.workflow_file import InputPlace, label, set_values, split_assignment
from greenroom.domain.errors import AppError


def graph():
    return {
        "3": {"class_type": "KSampler", "inputs": {"steps": 20, "name": "7", "model": ["1", 0]}},
        "3.0": {"class_type": "Inner", "inputs": {}, "_meta": {"title": "In the middle"}},
    }


@pytest.mark.parametrize(
    ("assignment", "place"),
    [
        ("3.steps=30", InputPlace("3", "steps")),
        ("3.images.image0=x", InputPlace("3", "images.image0")),
        ("3.0.steps=1", InputPlace("3.0", "steps")),
        ("3.text=a=b.c", InputPlace("3", "text")),
    ],
)
def test_the_longest_id_of_a_node_wins(assignment, place):
    assert split_assignment(graph(), assignment)[0] == place


@pytest.mark.parametrize("assignment", ["3.steps", "steps=3", "4.steps=3", "=3"])
def test_what_names_no_input_is_refused(assignment):
    with pytest.raises(AppError):
        split_assignment(graph(), assignment)


def test_values_are_json_but_texts_stay_texts():
    changed = graph()
    set_values(changed, ["3.steps=30", "3.name=8", "3.cfg=6.5", "3.on=true", "3.text=a cat"])
    assert changed["3"]["inputs"] == {
        "steps": 30, "name": "8", "cfg": 6.5, "on": True, "text": "a cat", "model": ["1", 0],
    }  # fmt: skip


def test_a_node_is_called_by_its_title_or_its_class():
    assert label(graph(), "3.0") == "In the middle"
    assert label(graph(), "3") == "KSampler"
    assert label(graph(), "9") == "9"

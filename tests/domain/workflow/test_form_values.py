"""What clients send for a form."""

import pytest

from greenroom.domain.workflow.form_values import read_form_values
from greenroom.domain.workflow.manifest import InputType, Manifest, ManifestInput, WorkflowKind


def _manifest(*inputs):
    made = tuple(ManifestInput(name, name, kind) for name, kind in inputs)
    return Manifest("x", "X", 1, "", WorkflowKind.STATIC, made, ())


TWO = _manifest(("sound", InputType.AUDIO), ("first", InputType.IMAGE), ("second", InputType.IMAGE))


def test_the_input_image_is_the_first_picture_whatever_its_id():
    values = read_form_values(TWO, {}, {"input_image": "a.png", "second": "b.png"})
    assert values.files == {"first": "a.png", "second": "b.png"}
    assert values.first_file == "a.png"


def test_an_input_that_is_called_so_is_meant_itself():
    manifest = _manifest(("first", InputType.IMAGE), ("input_image", InputType.IMAGE))
    assert read_form_values(manifest, {}, {"input_image": "a.png"}).files == {
        "input_image": "a.png"
    }


def test_files_that_are_here_already_are_named_in_the_parameters():
    params = {"_existing_input_image": "a.png", "_existing_second": "b.png", "_note": 1, "x": 2}
    values = read_form_values(TWO, params, {})
    assert values.files == {"first": "a.png", "second": "b.png"}
    assert values.params == {"x": 2}


def test_an_upload_wins_over_a_file_that_is_here_already():
    values = read_form_values(TWO, {"_existing_first": "old.png"}, {"input_image": "new.png"})
    assert values.files["first"] == "new.png"


@pytest.mark.parametrize("name", ["scenes", "loras", "loras_high", "loras_low"])
def test_lists_may_come_as_a_text(name):
    assert read_form_values(TWO, {name: '[{"prompt": "x"}]'}, {}).params[name] == [{"prompt": "x"}]
    assert read_form_values(TWO, {name: "no json"}, {}).params[name] == "no json"

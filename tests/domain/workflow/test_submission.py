"""The body of POST /prompt beside its graph."""

import json
from pathlib import Path

import pytest
from tests.fixtures.node_definitions import simple

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.workflow.submission import parse_submission, runnable_extra_data

UUID = "6f1c1b1e-0000-4000-8000-000000000001"


def parse(**fields):
    return parse_submission({"prompt": simple(), **fields})


def refusal(body):
    with pytest.raises(AppError) as caught:
        parse_submission(body)
    assert caught.value.code is ErrorCode.BAD_REQUEST
    assert caught.value.details["node_errors"] == {}
    error = caught.value.details["error"]
    assert set(error) == {"type", "message", "details", "extra_info"}
    return error["type"]


def test_a_bare_prompt_has_defaults():
    submission = parse()

    assert submission.prompt == simple()
    assert submission.prompt_id is None
    assert submission.client_id is None
    assert submission.number is None
    assert submission.front is False
    assert submission.targets is None
    assert submission.extra_data == {}


@pytest.mark.parametrize("body", [None, [], {}, "prompt", 5, ["prompt"]])
def test_a_body_without_a_prompt_is_refused(body):
    assert refusal(body) == "no_prompt"


@pytest.mark.parametrize("value", ["", "abc", 5, UUID.upper(), UUID.replace("-", ""), [UUID]])
def test_an_id_that_is_no_canonical_uuid_is_refused(value):
    assert refusal({"prompt": {}, "prompt_id": value}) == "invalid_prompt_id"


def test_a_canonical_id_is_taken_and_null_is_none():
    assert parse(prompt_id=UUID).prompt_id == UUID
    assert parse(prompt_id=None).prompt_id is None


@pytest.mark.parametrize("value", [[], ["a"], {}, {"a": 1}])
def test_a_client_id_that_would_end_a_comfyui_is_refused(value):
    assert refusal({"prompt": {}, "client_id": value}) == "invalid_client_id"
    assert refusal({"prompt": {}, "extra_data": {"client_id": value}}) == "invalid_client_id"


def test_a_client_id_stands_in_extra_data_too_and_the_outer_one_wins():
    submission = parse(client_id="outer", extra_data={"client_id": "inner"})

    assert submission.client_id == "outer"
    assert submission.extra_data == {"client_id": "outer"}
    assert parse(extra_data={"client_id": "inner"}).client_id == "inner"


def test_a_number_as_client_id_is_kept_as_sent_and_read_as_text():
    submission = parse(client_id=5)

    assert submission.client_id == "5"
    assert submission.extra_data == {"client_id": 5}


@pytest.mark.parametrize(("value", "number"), [(3, 3.0), ("7.5", 7.5), (-1.5, -1.5), (True, 1.0)])
def test_a_number_places_the_job(value, number):
    assert parse(number=value).number == number


@pytest.mark.parametrize(
    "value", [None, "zz", "nan", "inf", float("nan"), float("inf"), 10**400, [], {}]
)
def test_a_number_that_is_none_is_refused(value):
    assert refusal({"prompt": {}, "number": value}) == "invalid_number"


@pytest.mark.parametrize("value", [None, [], "x", 5])
def test_extra_data_must_be_an_object(value):
    assert refusal({"prompt": {}, "extra_data": value}) == "invalid_extra_data"


@pytest.mark.parametrize("value", [[], "x", 5])
def test_extra_pnginfo_must_be_an_object(value):
    body = {"prompt": {}, "extra_data": {"extra_pnginfo": value}}

    assert refusal(body) == "invalid_extra_data"


def test_secrets_are_kept_apart_and_never_shown():
    extra_data = {"auth_token_comfy_org": "T0KEN", "api_key_comfy_org": "K3Y", "zzz": 1}

    submission = parse(extra_data=extra_data)

    assert submission.secrets == {"auth_token_comfy_org": "T0KEN", "api_key_comfy_org": "K3Y"}
    assert submission.extra_data == {"zzz": 1}
    assert "T0KEN" not in repr(submission)
    assert "K3Y" not in repr(submission)
    assert len(extra_data) == 3


def test_targets_are_a_list_of_ids_or_a_text_that_holds_them():
    assert parse(partial_execution_targets=["3", 3, None]).targets == ("3",)
    assert parse(partial_execution_targets=[]).targets == ()
    assert parse(partial_execution_targets="23").targets == ("2", "3")


@pytest.mark.parametrize("value", [5, {}, True])
def test_targets_of_another_kind_are_refused(value):
    body = {"prompt": {}, "partial_execution_targets": value}

    assert refusal(body) == "invalid_partial_execution_targets"


def test_the_workflow_id_is_read_from_the_editors_workflow():
    assert parse(extra_data={"extra_pnginfo": {"workflow": {"id": "wf-1"}}}).workflow_id == "wf-1"


@pytest.mark.parametrize("workflow", [None, "x", [], {}, {"id": 5}])
def test_an_odd_workflow_has_no_id(workflow):
    assert parse(extra_data={"extra_pnginfo": {"workflow": workflow}}).workflow_id is None


@pytest.mark.parametrize("workflow", [None, "x", []])
def test_a_workflow_that_would_break_a_comfyui_is_not_passed_on(workflow):
    extra_data = {"a": 1, "extra_pnginfo": {"workflow": workflow, "b": 2}}

    assert runnable_extra_data(extra_data) == {"a": 1, "extra_pnginfo": {"b": 2}}
    assert runnable_extra_data({"a": 1, "extra_pnginfo": None}) == {"a": 1}


def test_a_good_workflow_is_passed_on_untouched():
    extra_data = {"extra_pnginfo": {"workflow": {"id": "x"}}}

    assert runnable_extra_data(extra_data) is extra_data


def test_unknown_fields_are_passed_over():
    assert parse(foo=1).extra_data == {}


def test_every_fatal_client_id_and_extra_data_of_the_recordings_is_covered_here():
    poison = Path(__file__).parents[4] / "shared" / "oracle" / "poison.json"
    if not poison.exists():
        pytest.skip("the recordings are kept beside the checkout, and are not here")
    fatal = {
        name
        for name, seen in json.loads(poison.read_text()).items()
        if not seen["process_alive"] or seen["GET /api/jobs status"] == 500
    }

    assert fatal == {
        "client_id is a list",
        "client_id is an object",
        "extra_data.extra_pnginfo is a string",
        "extra_data.extra_pnginfo.workflow null",
    }

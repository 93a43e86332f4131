"""The words for every state and every error, and what is shown of jobs that were cut off."""

import json

import msgspec
import pytest

from greenroom.api.comfy import endings
from greenroom.api.native import errors, shapes
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DEFAULT_TENANT, JobId
from greenroom.domain.job import TERMINAL_STATES, Job, JobState
from greenroom.domain.record import JobDetail, Payload, Result

ID = JobId("6f1c1b1e-0000-4000-8000-000000000001")


def job(state, **fields):
    return Job(ID, DEFAULT_TENANT, 1, state, 7.0, 100, **fields)


def detail(state, result=None, extra=b"{}", **fields):
    payload = Payload(b'{"1": {}}', None, extra, ("1",), "digest")
    return JobDetail(job(state, **fields), payload, result)


def plain(value):
    return json.loads(msgspec.json.encode(value))


@pytest.mark.parametrize("state", JobState)
def test_every_state_has_one_word_and_its_filter_finds_it(state):
    word = shapes.status_word(state)
    assert [name for name, states in shapes.STATUSES.items() if state in states] == [word]


@pytest.mark.parametrize("code", ErrorCode)
def test_every_error_has_a_status_and_a_body_that_tells_it(code):
    error = AppError(code, "what went wrong", {"more": 1})
    for answer in (errors.prompt_error, errors.jobs_error, errors.bare_error, errors.text_error,
                   errors.user_file_error):  # fmt: skip
        response = answer(error)
        assert 400 <= response.status < 600
    if code is not ErrorCode.FORBIDDEN:
        assert b"what went wrong" in errors.prompt_error(error).body
        assert b"what went wrong" in errors.jobs_error(error).body


@pytest.mark.parametrize("state", sorted(TERMINAL_STATES))
def test_every_ended_job_has_a_history_entry_that_says_how(state):
    entry = plain(shapes.history_entry(detail(state, finished_at=200)))
    status = entry["status"]
    assert status["completed"] is (state is JobState.SUCCEEDED)
    assert status["status_str"] == ("success" if state is JobState.SUCCEEDED else "error")
    kinds = [kind for kind, _ in status["messages"]]
    wanted = {JobState.SUCCEEDED: [], JobState.CANCELED: ["execution_interrupted"]}
    assert kinds == wanted.get(state, ["execution_error"])
    assert entry["prompt"] == [7, ID, {"1": {}}, {"create_time": 100}, ["1"]]


def test_what_the_run_told_is_kept_as_it_was_told():
    told = b'[["execution_start",{"timestamp":1}],["execution_error",{"node_id":"5"}]]'
    result = Result(messages=told)
    shown = detail(JobState.FAILED, result, finished_at=200)
    assert endings.history_messages(shown.job, result) == told


def test_a_run_that_was_cut_off_gets_the_end_it_had():
    result = Result(messages=b'[["execution_start",{"timestamp":1}]]')
    error = {"kind": "worker_lost", "message": "The worker stopped answering.", "comfy": {}}
    lost = detail(JobState.LOST, result, finished_at=200, error=error)
    messages = json.loads(endings.history_messages(lost.job, result))
    assert [kind for kind, _ in messages] == ["execution_start", "execution_error"]
    assert messages[1][1]["exception_type"] == "greenroom.worker_lost"


def test_extra_data_keeps_what_was_sent_and_gets_the_true_time_and_client():
    sent = b'{"create_time": 1, "client_id": "x", "extra_pnginfo": {"a": [1, 2.50]}}'
    shown = plain(shapes.extra_data(detail(JobState.QUEUED, extra=sent, client_id="me")))
    assert shown == {"create_time": 100, "client_id": "me", "extra_pnginfo": {"a": [1, 2.5]}}


def test_waiting_and_running_jobs_show_no_times_of_an_earlier_attempt():
    entry = shapes.job_entry(
        job(JobState.QUEUED, started_at=150, error={"message": "the first try failed"})
    )
    assert set(entry) == {"id", "status", "priority", "create_time", "outputs_count",
                          "previewable_outputs_count"}  # fmt: skip

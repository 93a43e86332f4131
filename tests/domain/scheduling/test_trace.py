import json

import pytest

from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.model_files import ModelFile
from greenroom.domain.needs import Needs
from greenroom.domain.scheduling import trace
from greenroom.domain.scheduling.fleet import LoadTimes
from greenroom.domain.scheduling.recorded import Ended, as_trace
from greenroom.domain.scheduling.synthetic import TRACES
from greenroom.domain.scheduling.trace import TraceJob

MODEL = ModelFile("checkpoints", "sub/a.safetensors")


@pytest.mark.parametrize("name", TRACES)
def test_a_trace_is_the_same_after_writing_and_reading(name):
    made = TRACES[name]()
    assert trace.read(trace.write(made)) == made


def test_only_the_times_must_be_said():
    (job,) = trace.read(['{"at_ms": 5, "run_ms": 7}'])
    assert job == TraceJob(5, 7, {})


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "{}",
        '{"at_ms": -1, "run_ms": 1}',
        '{"at_ms": 1, "run_ms": true}',
        '{"at_ms": 1, "run_ms": NaN}',
        '{"at_ms": 1, "run_ms": 1, "priority": "urgent"}',
        '{"at_ms": 1, "run_ms": 1, "models": ["a"]}',
        '{"at_ms": 1, "run_ms": 1, "models": {"a": "b"}}',
        '{"at_ms": 1, "run_ms": 1, "tenant": 3}',
    ],
)
def test_a_bad_line_is_named(line):
    with pytest.raises(AppError, match="line 2 of the trace") as caught:
        trace.read(['{"at_ms": 5, "run_ms": 7}', line])
    assert caught.value.code is ErrorCode.BAD_REQUEST


def ended(start: int, took: int, models=frozenset({MODEL})):
    return Ended(
        Millis(start), Millis(start + 1_000), Millis(start + 1_000 + took), Needs(models=models)
    )


def test_the_jobs_of_a_server_become_a_trace_without_their_loading_time():
    jobs = [ended(5_000, 25_000), ended(40_000, 5_000), ended(50_000, 5_000)]
    found = as_trace(jobs)
    assert [(job.at_ms, job.run_ms) for job in found] == [(0, 5_000), (35_000, 5_000),
                                                         (45_000, 5_000)]  # fmt: skip
    assert json.loads(next(trace.write(found)))["models"] == {
        "checkpoints/sub/a.safetensors": 20_000
    }


def test_loading_that_cannot_be_measured_is_guessed():
    (job,) = as_trace([ended(0, 25_000)], LoadTimes(heavy_ms=10_000))
    assert (job.run_ms, dict(job.models)) == (15_000, {MODEL: 10_000})


def test_jobs_without_models_load_nothing():
    (job,) = as_trace([ended(0, 25_000, frozenset())])
    assert (job.run_ms, dict(job.models)) == (25_000, {})


def test_no_jobs_are_an_empty_trace():
    assert as_trace([]) == []

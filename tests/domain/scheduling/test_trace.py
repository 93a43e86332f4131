import json

import pytest

from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.job import Job, JobState
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


def test_the_jobs_of_a_server_become_a_trace_without_their_loading_time():
    def ran(seq: int, created: int, started: int, finished: int, state=JobState.SUCCEEDED):
        return Job(
            JobId(str(seq)),
            TenantId("alice"),
            seq,
            state,
            0,
            Millis(created),
            started_at=Millis(started),
            finished_at=Millis(finished),
        )

    needs = Needs(frozenset({"KSampler"}), frozenset({MODEL}))
    ended = [
        Ended(ran(2, 9_000, 40_000, 45_000), needs),
        Ended(ran(1, 5_000, 6_000, 31_000), needs, loaded=True),
        Ended(ran(3, 1_000, 2_000, 3_000, JobState.FAILED), needs),
    ]
    first, second = as_trace(ended, LoadTimes({MODEL: 20_000}))
    assert (first.at_ms, first.run_ms) == (0, 5_000)
    assert (second.at_ms, second.run_ms) == (4_000, 5_000)
    assert json.loads(next(trace.write([first])))["models"] == {
        "checkpoints/sub/a.safetensors": 20_000
    }

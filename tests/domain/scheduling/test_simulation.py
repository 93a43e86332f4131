from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from greenroom.domain.ids import TenantId
from greenroom.domain.model_files import ModelFile
from greenroom.domain.scheduling.fairness import served
from greenroom.domain.scheduling.fifo import FifoPool
from greenroom.domain.scheduling.limits import Limits
from greenroom.domain.scheduling.metrics import measure
from greenroom.domain.scheduling.pool import Pool
from greenroom.domain.scheduling.simulator import load_times, simulate
from greenroom.domain.scheduling.synthetic import TRACES, backlog, mix, tenants, trickle
from greenroom.domain.scheduling.trace import TraceJob
from greenroom.domain.scheduling.waiting import Priority

MODELS = [{ModelFile("checkpoints", name): 20_000} for name in ("a", "b", "c", "d")]
SOME = st.sampled_from
TRACE_JOBS = st.builds(
    TraceJob,
    at_ms=st.integers(0, 600_000),
    run_ms=st.integers(0, 20_000),
    models=SOME([{}, *MODELS]),
    tenant=SOME([TenantId("alice"), TenantId("bob"), TenantId("carol")]),
    priority=SOME(Priority),
)


def greenroom(trace, limits=None, workers=4, memory=1):
    return simulate(trace, Pool(limits, loads=load_times(trace)), workers, memory)


def test_eight_sets_of_models_on_four_workers_give_two_and_a_half_times_the_jobs_of_fifo():
    trace = mix(jobs=2_000, per_hour=2_400)
    fifo, ours = measure(simulate(trace, FifoPool())), measure(greenroom(trace))
    assert ours.jobs == fifo.jobs == 2_000
    assert ours.jobs_per_hour >= 3.4 * fifo.jobs_per_hour
    assert ours.wait_max_s * 1000 <= Limits().group_wait_ms


def test_a_full_backlog_runs_off_three_times_as_fast_as_with_fifo():
    trace = backlog()
    fifo, ours = measure(simulate(trace, FifoPool())), measure(greenroom(trace))
    assert ours.jobs_per_hour >= 3 * fifo.jobs_per_hour


def test_overload_does_not_turn_into_loading_models_all_the_time():
    trace = mix(jobs=3_000, per_hour=6_000)
    assert measure(greenroom(trace)).loading_share < 0.3


def test_jobs_wait_no_longer_than_with_fifo_when_there_is_little_to_do():
    trace = trickle()
    fifo, ours = measure(simulate(trace, FifoPool())), measure(greenroom(trace))
    assert ours.wait_max_s <= fifo.wait_max_s + 1
    assert ours.loads < fifo.loads / 10


def test_one_tenant_that_floods_the_queue_does_not_hold_up_the_others():
    trace = tenants()
    runs = greenroom(trace)
    waits = [run.waited_ms for run in runs if run.job.tenant != "flood"]
    assert max(waits) <= Limits().lane_wait_ms
    assert measure(runs).fairness > 10 * measure(simulate(trace, FifoPool())).fairness


@pytest.mark.parametrize("name", TRACES)
def test_a_simulation_gives_the_same_answer_every_time(name):
    trace = TRACES[name]()
    assert trace == TRACES[name]()
    assert greenroom(trace) == greenroom(trace)


@given(trace=st.lists(TRACE_JOBS, max_size=60), workers=st.integers(1, 4), memory=st.integers(1, 2))
@settings(max_examples=100, deadline=None)
def test_every_job_runs_once_and_no_worker_runs_two_at_a_time(trace, workers, memory):
    for runs in (greenroom(trace, None, workers, memory), simulate(trace, FifoPool(), workers)):
        assert sorted(map(repr, (run.job for run in runs))) == sorted(map(repr, trace))
        assert all(run.waited_ms >= 0 for run in runs)
        ends: dict[str, int] = {}
        for run in runs:
            assert run.started_ms >= ends.get(run.worker, 0)
            ends[run.worker] = run.ended_ms


@given(
    odd=TRACE_JOBS,
    priority=SOME(Priority),
    tenant=SOME(["alice", "bob"]),
    run_ms=SOME([1_000, 4_000, 15_000]),
)
@settings(max_examples=40, deadline=None, phases=[Phase.generate])
def test_a_lone_job_is_not_starved_by_an_endless_stream(odd, priority, tenant, run_ms):
    """The stream alone keeps both workers busy, whichever models and class it has."""
    stream = [
        TraceJob(number * run_ms // 2, run_ms, MODELS[0], TenantId(tenant), priority)
        for number in range(2 * 1_200_000 // run_ms)
    ]
    runs = greenroom([*stream, odd], workers=2)
    waited = next(run.waited_ms for run in runs if run.job is odd)
    limits = Limits()
    longest = max(limits.lane_wait_ms, limits.group_wait_ms + limits.turn_ms)
    assert waited <= longest + run_ms + 20_000


@given(trace=st.lists(TRACE_JOBS, min_size=1, max_size=20))
@settings(max_examples=100, deadline=None)
def test_no_job_waits_longer_than_its_bound_when_there_are_enough_workers(trace):
    spaced = [replace(job, at_ms=number * 11_000) for number, job in enumerate(trace)]
    for run in greenroom(spaced, workers=4):
        assert run.waited_ms <= Limits().group_wait_ms


@pytest.mark.parametrize("weights", [{}, {TenantId("alice"): 3.0}])
def test_shares_converge_to_the_weights(weights):
    """Two tenants that always have jobs, for other models each; Alice's run twice as long."""
    alice, bob = TenantId("alice"), TenantId("bob")
    trace = [TraceJob(0, 8_000, MODELS[0], alice) for _ in range(4_000)]
    trace += [TraceJob(0, 4_000, MODELS[1], bob) for _ in range(8_000)]
    runs = [run for run in greenroom(trace, Limits(weights=weights)) if run.ended_ms < 5_400_000]
    got = {alice: 0, bob: 0}
    for run in runs:
        got[run.job.tenant] += run.loaded_ms + run.job.run_ms
    wanted = weights.get(alice, 1.0)
    assert got[alice] / got[bob] == pytest.approx(wanted, rel=0.2)


def test_what_is_due_counts_only_while_a_tenant_has_jobs():
    alice, bob = TenantId("alice"), TenantId("bob")
    trace = [TraceJob(0, 10_000, {}, alice), TraceJob(0, 10_000, {}, bob)]
    assert served(simulate(trace, FifoPool(), workers=2)) == {alice: 1.0, bob: 1.0}
    alone = served(simulate(trace, FifoPool(), workers=1))
    assert alone == {alice: 1.0, bob: pytest.approx(2 / 3)}

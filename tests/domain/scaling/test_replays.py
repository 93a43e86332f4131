"""Loads replayed in simulated time: what the policy makes of them stays within bounds."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenroom.domain.scaling.decision import Act, Reason
from greenroom.domain.scaling.figures import measure
from greenroom.domain.scaling.rule import Rule
from greenroom.domain.scaling.simulator import ScalingSimulator
from greenroom.domain.scaling.situation import Pace
from greenroom.domain.scaling.synthetic import LOADS, burst, flapping, trickle
from greenroom.domain.scheduling.trace import TraceJob

RULE = Rule(min_instances=0, max_instances=10, queue_size=1, keep_warm_ms=60_000)
COLD = 60_000
STEP = 1_000
WITHOUT_MEMORY = Pace(patience_ms=0, calm_starts=-1)
"""No patience, and nothing is learnt from load that came back too soon."""

JOBS = st.builds(
    TraceJob, at_ms=st.integers(0, 900_000), run_ms=st.integers(0, 90_000), models=st.just({})
)
RULES = st.builds(
    Rule,
    min_instances=st.integers(0, 2),
    max_instances=st.integers(2, 6),
    queue_size=st.integers(0, 5),
    keep_warm_ms=st.sampled_from([0, 5_000, 60_000]),
)


def replay(trace, rule=RULE, pace=None, start_ms=COLD):
    return ScalingSimulator(rule, start_ms, pace).run(trace)


def test_a_burst_is_met_with_all_that_is_allowed_and_no_instance_is_started_twice():
    figures = measure(replay(burst()))
    assert figures.jobs == 200
    assert figures.most_instances == figures.cold_starts == 10
    assert figures.thrash == 0
    # Ten at a time, after one cold start, and not a whole round more.
    assert figures.wait_max_s <= (COLD + 20 * 10_000 + STEP) / 1000


def test_after_a_burst_all_are_gone_when_their_keep_warm_time_is_over():
    done = replay(burst())
    last_run_ends = 300_000 + COLD + 20 * 10_000
    assert all(life.ended_ms <= last_run_ends + RULE.keep_warm_ms + 3 * STEP for life in done.lives)


def test_a_trickle_never_has_a_second_instance_and_pays_for_no_more_than_it_must():
    figures = measure(replay(trickle()))
    assert figures.most_instances == 1
    assert figures.wait_max_s <= (COLD + STEP) / 1000
    each_hours = (COLD + 10_000 + RULE.keep_warm_ms + 3 * STEP) / 3_600_000
    assert figures.instance_hours <= figures.cold_starts * each_hours + 0.2
    assert figures.thrash <= 2


def test_a_trickle_with_one_instance_at_all_times_waits_for_one_cold_start_only():
    figures = measure(replay(trickle(), replace(RULE, min_instances=1)))
    assert figures.cold_starts == 1
    assert figures.wait_p95_s == 0


def test_flapping_load_costs_a_few_cold_starts_where_it_would_cost_one_at_every_turn():
    ours = measure(replay(flapping(), start_ms=90_000))
    naive = measure(replay(flapping(), pace=WITHOUT_MEMORY, start_ms=90_000))
    assert naive.cold_starts >= 50
    assert ours.cold_starts <= 8
    assert ours.thrash <= 4
    assert ours.wait_p95_s < naive.wait_p95_s
    # What is spent for that: less than one start's time more for each turn of the load.
    assert ours.instance_hours <= naive.instance_hours + 103 * 2 * 90 / 3600


@pytest.mark.parametrize("gap_s", [30, 59, 61, 90, 150])
@pytest.mark.parametrize("start_s", [20, 90])
def test_whatever_the_period_of_flapping_load_needless_starts_are_rare(gap_s, start_s):
    """At most one episode of at most `max_instances` starts in ten times a start's length."""
    turns, period_ms = 30, 10_000 + gap_s * 1000
    trace = [TraceJob(turn * period_ms, 10_000, {}) for turn in range(turns) for _ in range(2)]
    rule = replace(RULE, max_instances=2)
    figures = measure(replay(trace, rule, start_ms=start_s * 1000))
    episodes = 1 + turns * period_ms / (Pace().calm_starts * start_s * 1000)
    assert figures.thrash <= rule.max_instances * episodes


@pytest.mark.parametrize("name", LOADS)
def test_a_replay_gives_the_same_answer_every_time(name):
    assert measure(replay(LOADS[name]())) == measure(replay(LOADS[name]()))


@given(trace=st.lists(JOBS, min_size=1, max_size=40), rule=RULES, start=st.sampled_from([0, 9_500]))
@settings(max_examples=60, deadline=None)
def test_whatever_comes_all_jobs_run_and_the_rule_is_kept(trace, rule, start):
    done = replay(trace, rule, start_ms=start)
    assert len(done.waits_ms) == len(trace)
    assert done.most <= rule.max_instances
    left = [life for life in done.lives if life.ended_ms is None]
    assert len(left) == rule.min_instances
    for step in done.steps:
        drains, starts = step.decision.those(Act.DRAIN), step.decision.those(Act.START)
        assert not (drains and starts)
        assert all(move.reason is Reason.IDLE for move in drains)
        assert step.there - len(drains) >= rule.min_instances or not drains

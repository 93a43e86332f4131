from dataclasses import replace

import pytest
from tests.domain.scheduling.factory import (
    LOADS,
    PARTNER,
    SETS,
    START,
    batch,
    job,
    later,
    network_worker,
    warm,
    worker,
)

from greenroom.domain.ids import JobId, TenantId, WorkerId
from greenroom.domain.job import Job, JobState
from greenroom.domain.model_files import ModelFile
from greenroom.domain.needs import Capabilities, Needs
from greenroom.domain.scheduling.choose import choose
from greenroom.domain.scheduling.filters import Bar, bar, waiting_for
from greenroom.domain.scheduling.limits import Limits
from greenroom.domain.scheduling.rank import Reason
from greenroom.domain.scheduling.situation import Situation, Starts
from greenroom.domain.scheduling.usage import Usage
from greenroom.domain.scheduling.waiting import Priority, Waiting

A, B, C, *_ = SETS
ALICE, BOB = TenantId("alice"), TenantId("bob")


def situation(*workers, now=START, usage=None, starts=None, limits=None):
    fleet = {one.id: one for one in workers}
    return Situation(now, fleet, usage or Usage(), starts or Starts(), limits or Limits(), LOADS)


def chosen(jobs, one, *others, **fields):
    return choose(jobs, one, situation(one, *others, **fields)).job_id


def used(tenant, gpu_seconds, now=START):
    usage = Usage()
    usage.started(JobId("earlier"), tenant, 0, now)
    usage.ended(JobId("earlier"), gpu_seconds * 1000, now)
    return usage


def test_jobs_alike_go_in_the_order_of_their_numbers_and_then_as_they_came():
    jobs = [job(1, number=2), job(2, number=1), job(3, number=1)]
    assert chosen(jobs, worker()) == "job-2"


def test_an_interactive_job_goes_before_a_batch_job_that_came_first():
    assert chosen([batch(1), job(2)], worker()) == "job-2"


def test_an_interactive_job_goes_before_a_batch_job_whose_models_are_loaded():
    assert chosen([batch(1, needs=A), job(2, needs=B)], warm("w1", A)) == "job-2"


def test_a_lane_that_was_passed_over_for_as_long_as_allowed_goes_first():
    limits = Limits()
    now = later(limits.lane_wait_ms / 1000)
    jobs = [batch(1), job(2, ready_at=now)]
    decision = choose(jobs, worker(), situation(worker(), now=now))
    assert decision.job_id == "job-1"
    assert decision.reason is Reason.STARVED


def test_a_full_lane_is_not_starved_just_because_it_is_long():
    now = later(3600)
    starts = Starts()
    starts.note(batch(0), later(3595))
    jobs = [batch(1), job(2, ready_at=now)]
    assert chosen(jobs, worker(), now=now, starts=starts) == "job-2"


def test_the_tenant_that_used_less_goes_first():
    jobs = [job(1, tenant="alice"), job(2, tenant="bob")]
    assert chosen(jobs, worker(), usage=used(ALICE, 600)) == "job-2"


def test_a_heavier_tenant_may_use_more():
    jobs = [job(1, tenant="alice"), job(2, tenant="bob")]
    usage = used(ALICE, 190)
    usage.started(JobId("other"), BOB, 130_000, START)
    assert chosen(jobs, worker(), usage=usage) == "job-2"
    assert chosen(jobs, worker(), usage=usage, limits=Limits(weights={ALICE: 2.0})) == "job-1"


def test_small_differences_in_use_do_not_cost_a_change_of_models():
    jobs = [job(1, tenant="alice", needs=A), job(2, tenant="bob", needs=B)]
    assert chosen(jobs, warm("w1", A), usage=used(ALICE, 10)) == "job-1"


def test_a_warm_job_goes_before_an_older_cold_one():
    decision = choose([job(1, needs=A), job(2, needs=B)], warm("w1", B), situation(warm("w1", B)))
    assert decision.job_id == "job-2"
    assert decision.reason is Reason.WARM


def test_warm_models_do_not_pass_over_others_for_longer_than_allowed():
    limits = Limits()
    now = later(limits.group_wait_ms / 1000)
    jobs = [job(1, needs=A), job(2, needs=B, ready_at=now)]
    starts = Starts()
    starts.note(job(0, needs=B), now)
    one = warm("w1", B)
    decision = choose(jobs, one, situation(one, now=now, starts=starts))
    assert decision.job_id == "job-1"
    assert decision.reason is Reason.OVERDUE


def test_a_worker_makes_use_of_what_it_has_just_loaded():
    now = later(1000)
    one = warm("w1", B, since=later(990))
    starts = Starts()
    starts.note(job(0), now)
    jobs = [job(1, needs=A), job(2, needs=B)]
    assert chosen(jobs, one, now=now, starts=starts) == "job-2"


def test_a_job_asked_to_the_front_goes_before_warm_ones():
    assert chosen([job(1, needs=B), job(2, needs=A, number=-1)], warm("w1", B)) == "job-2"


def test_a_lora_on_a_loaded_checkpoint_counts_as_warm():
    lora = Needs(B.classes, B.models | {ModelFile("loras", "style.safetensors")})
    able = Capabilities(B.classes, lora.models | A.models)
    one = replace(warm("w1", B), capabilities=able)
    assert chosen([job(1, needs=A), job(2, needs=lora)], one) == "job-2"


def test_a_job_waits_a_little_for_the_worker_that_has_its_models():
    free, busy = worker("w1"), warm("w2", A, free_at=later(4))
    decision = choose([job(1, needs=A)], free, situation(free, busy))
    assert decision.job_id is None
    assert decision.reason is Reason.HELD
    assert decision.again_at == later(5)


def test_a_held_job_is_asked_for_again_when_its_wait_is_over():
    now = later(Limits().group_wait_ms / 1000 - 1)
    free, busy = worker("w1"), warm("w2", A, free_at=now)
    decision = choose([job(1, needs=A)], free, situation(free, busy, now=now))
    assert decision.again_at == later(1, now)


def test_a_job_does_not_wait_for_a_run_that_takes_much_longer_than_thought():
    jobs = [job(1, needs=A)]
    free, stuck = worker("w1"), warm("w2", A, free_at=START)
    assert chosen(jobs, free, stuck, now=later(15)) is None
    assert chosen(jobs, free, stuck, now=later(25)) == "job-1"


def test_a_job_does_not_wait_for_a_warm_worker_that_is_busy_for_longer_than_loading_takes():
    assert chosen([job(1, needs=A)], worker("w1"), warm("w2", A, free_at=later(60))) == "job-1"


def test_a_second_worker_loads_the_models_when_there_is_more_than_the_first_can_do():
    jobs = [job(number, needs=A, run_ms=4_000) for number in range(1, 11)]
    assert chosen(jobs, worker("w1"), warm("w2", A)) == "job-1"
    assert chosen(jobs[:3], worker("w1"), warm("w2", A)) is None


def test_models_that_nobody_has_are_loaded_before_those_that_another_worker_has():
    jobs = [job(number, needs=A) for number in range(1, 20)] + [job(20, needs=B)]
    assert chosen(jobs, warm("w1", C), warm("w2", A)) == "job-20"


def test_a_worker_without_the_model_never_gets_the_job():
    poor = worker("w1", capabilities=Capabilities(A.classes, A.models))
    the_job = job(1, needs=B)
    assert chosen([the_job], poor, now=later(10_000)) is None
    assert bar(the_job, poor, situation(poor)) is Bar.CAPABILITIES


def test_a_job_with_labels_runs_only_where_a_worker_has_them():
    wanted = frozenset({("hardware", "AMPERE_48")})
    the_job = job(1, labels=wanted)
    assert chosen([the_job], worker()) is None
    assert bar(the_job, worker(), situation(worker())) is Bar.LABELS
    assert chosen([the_job], worker(labels=wanted | {("zone", "eu")})) == "job-1"


def test_a_worker_that_is_kept_for_a_deployment_takes_no_other_job():
    kept = worker(labels=frozenset({("deployment", "video")}))
    jobs = [job(1), job(2, deployment="other"), job(3, deployment="video")]
    assert chosen(jobs, kept) == "job-3"
    assert chosen(jobs[:2], kept) is None
    assert waiting_for(jobs[0], [kept]) == "a worker that is free for all"
    assert chosen(jobs[2:], worker()) == "job-3"


def test_a_job_that_failed_on_a_worker_is_left_to_another_one():
    the_job = job(1, excluded=frozenset({WorkerId("w1")}))
    assert chosen([the_job], worker("w1"), worker("w2")) is None
    assert chosen([the_job], worker("w2"), worker("w1")) == "job-1"


def test_a_job_that_failed_on_the_only_worker_may_try_it_again():
    assert chosen([job(1, excluded=frozenset({WorkerId("w1")}))], worker("w1")) == "job-1"


def test_a_job_waits_out_its_pause():
    decision = choose([job(1, ready_at=later(5))], worker(), situation(worker()))
    assert decision.job_id is None
    assert decision.again_at == later(5)
    assert chosen([job(1, ready_at=later(5))], worker(), now=later(5)) == "job-1"


@pytest.mark.parametrize("limits", [Limits(running_per_tenant=1), Limits(running_of={ALICE: 1})])
def test_a_tenant_runs_no_more_jobs_at_once_than_it_may(limits):
    usage = Usage()
    usage.started(JobId("running"), ALICE, 1_000, START)
    jobs = [job(1, tenant="alice"), job(2, tenant="bob")]
    assert chosen(jobs, worker(), usage=usage, limits=limits) == "job-2"
    usage.ended(JobId("running"), 1_000, START)
    assert chosen(jobs, worker(), usage=usage, limits=limits) == "job-1"


def test_partner_graphs_run_beside_gpu_work_and_not_behind_it():
    jobs = [job(1, needs=A), job(2, needs=PARTNER)]
    beside = network_worker("net")
    assert chosen(jobs, beside, worker("w1")) == "job-2"
    assert chosen(jobs, worker("w1"), beside) == "job-1"
    assert chosen([job(1, needs=A)], beside) is None


def test_partner_graphs_run_on_a_gpu_worker_when_there_is_no_other():
    assert chosen([job(1, needs=PARTNER)], worker("w1")) == "job-1"


def test_partner_graphs_do_not_wait_for_ever_for_their_own_workers():
    now = later(Limits().group_wait_ms / 1000)
    jobs = [job(1, needs=PARTNER)]
    assert chosen(jobs, worker("w1"), network_worker("net"), now=now) == "job-1"


def test_a_job_that_no_worker_can_run_says_what_it_waits_for():
    able = worker("w1", capabilities=Capabilities(A.classes, A.models))
    assert waiting_for(job(1, needs=A), [able]) is None
    assert waiting_for(job(1, needs=B), [able]) == "model b.safetensors"
    assert waiting_for(job(1, needs=B), []) == "a worker"
    labels = frozenset({("zone", "eu")})
    assert waiting_for(job(1, labels=labels), [able]) == "a worker with the label zone=eu"
    apart = frozenset({("deployment", "one")})
    assert waiting_for(job(1, labels=apart), [able]) == "an instance of its deployment"


def test_a_queued_job_becomes_one_that_waits():
    def row(not_before=None):
        return Job(JobId("1"), ALICE, 7, JobState.QUEUED, 3.0, START, not_before=not_before)

    one = Waiting.of(row(), A, priority=Priority.BATCH, run_ms=9_000)
    assert (one.id, one.tenant, one.place, one.ready_at) == ("1", "alice", (3.0, 7), START)
    assert (one.needs, one.priority, one.run_ms) == (A, Priority.BATCH, 9_000)
    assert Waiting.of(row(not_before=later(5))).ready_at == later(5)


def test_priorities_compare_with_the_first_to_go_being_smaller():
    assert Priority.INTERACTIVE < Priority.BATCH

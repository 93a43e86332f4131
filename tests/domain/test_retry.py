import pytest

from greenroom.domain.clock import Millis
from greenroom.domain.failure import RULES, Failure, FailureClass, WorkerRemedy
from greenroom.domain.ids import JobId, WorkerId
from greenroom.domain.job import Attempt, JobEvent
from greenroom.domain.retry import avoided, delay_ms, verdict

OTHERS = sorted(set(FailureClass) - {FailureClass.WORKER_LOST})


def attempt(number, worker, kind=None):
    error = Failure(kind, "it broke").as_json() if kind else None
    return Attempt(JobId("job"), number, WorkerId(worker), Millis(0), error=error)


@pytest.mark.parametrize("kind", OTHERS)
def test_a_job_is_tried_again_as_often_as_the_table_says(kind):
    budget = RULES[kind].retries
    for number in range(1, budget + 1):
        assert verdict(kind, number, 0) is JobEvent.RETRY
    assert verdict(kind, budget + 1, 0) is JobEvent.FAIL


def test_a_job_that_loses_three_workers_is_lost():
    kind = FailureClass.WORKER_LOST
    assert [verdict(kind, lost, lost) for lost in (1, 2, 3)] == [
        JobEvent.RETRY, JobEvent.RETRY, JobEvent.LOSE,
    ]  # fmt: skip


def test_lost_workers_do_not_use_up_the_tries_of_other_failures():
    assert verdict(FailureClass.OUT_OF_MEMORY, 3, lost_workers=2) is JobEvent.RETRY
    assert verdict(FailureClass.OUT_OF_MEMORY, 4, lost_workers=2) is JobEvent.FAIL


def test_the_pause_doubles_up_to_a_minute_but_a_lost_worker_costs_none():
    kind = FailureClass.GPU_FAULT
    assert [delay_ms(kind, number) for number in (1, 2, 3, 20)] == [1_000, 2_000, 4_000, 60_000]
    assert delay_ms(FailureClass.WORKER_LOST, 2) == 0


def test_workers_are_avoided_after_failures_that_another_worker_may_not_have():
    attempts = [
        attempt(1, "lost", FailureClass.WORKER_LOST),
        attempt(2, "full", FailureClass.OUT_OF_MEMORY),
        attempt(3, "broken", FailureClass.GPU_FAULT),
        attempt(4, "stuck", FailureClass.STALLED),
        attempt(5, "released"),
    ]
    assert avoided(attempts) == {"lost", "broken", "stuck"}


def test_every_class_has_a_rule_with_advice():
    assert set(RULES) == set(FailureClass)
    assert all(rule.advice.endswith(".") for rule in RULES.values())


def test_a_worker_that_may_hurt_other_jobs_takes_none_before_it_was_seen_to():
    harmful = {kind for kind, rule in RULES.items() if rule.remedy is not WorkerRemedy.NOTHING}
    assert harmful == {FailureClass.OUT_OF_MEMORY, FailureClass.GPU_FAULT, FailureClass.STALLED}


def test_an_error_names_the_node_the_message_and_what_to_do():
    failure = Failure(FailureClass.OUT_OF_MEMORY, "no memory", node_id="3", node_type="KSampler")
    told = failure.as_json()
    assert (told["node_id"], told["node_type"], told["message"]) == ("3", "KSampler", "no memory")
    assert told["advice"] == RULES[FailureClass.OUT_OF_MEMORY].advice

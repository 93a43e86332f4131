from tests.domain.scheduling.factory import LOADS, SETS, START, batch, job, later, warm, worker

from greenroom.domain.needs import Capabilities
from greenroom.domain.scheduling.queue_eta import Eta, likely_order, queue_eta

A, B, *_ = SETS


def test_jobs_follow_each_other_on_the_only_worker():
    jobs = [job(1, run_ms=4_000), job(2, run_ms=6_000)]
    busy = worker(free_at=later(10))
    assert queue_eta(jobs, [busy], LOADS, START) == {
        "job-1": Eta(later(10), later(14)),
        "job-2": Eta(later(14), later(20)),
    }


def test_jobs_go_where_they_end_first():
    jobs = [job(1, needs=A, run_ms=4_000), job(2, needs=A, run_ms=4_000)]
    found = queue_eta(jobs, [worker("w1"), warm("w2", A, free_at=later(10))], LOADS, START)
    assert found == {"job-1": Eta(later(10), later(14)), "job-2": Eta(later(14), later(18))}


def test_loading_is_counted_once():
    jobs = [job(1, needs=A, run_ms=4_000), job(2, needs=A, run_ms=4_000)]
    found = queue_eta(jobs, [worker()], LOADS, START)
    assert found == {"job-1": Eta(START, later(24)), "job-2": Eta(later(24), later(28))}


def test_a_job_that_nobody_can_run_has_no_time():
    able = worker(capabilities=Capabilities(A.classes, A.models))
    assert set(queue_eta([job(1, needs=B), job(2, needs=A)], [able], LOADS, START)) == {"job-2"}
    assert queue_eta([job(1)], [], LOADS, START) == {}


def test_a_pause_before_a_retry_is_kept():
    found = queue_eta([job(1, ready_at=later(30), run_ms=1_000)], [worker()], LOADS, START)
    assert found["job-1"] == Eta(later(30), later(31))


def test_only_the_first_jobs_are_looked_at():
    jobs = [job(number) for number in range(10)]
    assert len(queue_eta(jobs, [worker()], LOADS, START, most=3)) == 3


def test_the_likely_order_is_by_class_then_number_then_coming():
    jobs = [batch(1), job(3, number=1), job(2, number=1), job(4, number=-1)]
    assert [one.id for one in likely_order(jobs)] == ["job-4", "job-2", "job-3", "job-1"]

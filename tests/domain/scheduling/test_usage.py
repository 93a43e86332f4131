import pytest
from tests.domain.scheduling.factory import START, later

from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.scheduling.usage import Stretch, Usage

ALICE = TenantId("alice")


def test_a_job_is_charged_when_it_starts_and_put_right_when_it_ends():
    usage = Usage()
    usage.started(JobId("1"), ALICE, 10_000, START)
    assert usage.used_ms(ALICE, START) == 10_000
    assert usage.running(ALICE) == 1
    usage.ended(JobId("1"), 4_000, START)
    assert usage.used_ms(ALICE, START) == 4_000
    assert usage.running(ALICE) == 0


def test_use_halves_with_every_half_life():
    usage = Usage(half_life_ms=60_000)
    usage.started(JobId("1"), ALICE, 8_000, START)
    assert usage.used_ms(ALICE, later(60)) == pytest.approx(4_000)
    assert usage.used_ms(ALICE, later(180)) == pytest.approx(1_000)


def test_a_job_that_ends_twice_counts_once():
    usage = Usage()
    usage.started(JobId("1"), ALICE, 1_000, START)
    usage.ended(JobId("1"), 1_000, START)
    usage.ended(JobId("1"), 1_000, START)
    assert usage.running(ALICE) == 0
    assert usage.used_ms(ALICE, START) == 1_000


def test_use_before_a_restart_has_faded_as_if_there_had_been_none():
    going_on, restored = Usage(half_life_ms=60_000), Usage(half_life_ms=60_000)
    for second in range(120):
        going_on.started(JobId(str(second)), ALICE, 500, later(second))
    restored.restore([Stretch(ALICE, START, later(120), 60_000)], later(180))
    expected = pytest.approx(going_on.used_ms(ALICE, later(180)), rel=0.01)
    assert restored.used_ms(ALICE, later(180)) == expected
    assert restored.running(ALICE) == 0


def test_what_was_used_in_an_instant_counts_whole():
    usage = Usage()
    usage.restore([Stretch(ALICE, START, START, 5_000)], START)
    assert usage.used_ms(ALICE, START) == pytest.approx(5_000)


def test_tenants_without_use_are_forgotten():
    usage = Usage(half_life_ms=1_000)
    usage.started(JobId("1"), ALICE, 1_000, START)
    usage.ended(JobId("1"), 1_000, START)
    usage.forget_idle(later(1))
    assert usage.used_ms(ALICE, START)
    usage.forget_idle(later(60))
    assert not usage.used_ms(ALICE, START)

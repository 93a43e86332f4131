import pytest
from tests.domain.scheduling.factory import START, later

from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.scheduling.usage import Usage

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


def test_use_survives_a_restart():
    usage, restored = Usage(), Usage()
    usage.started(JobId("1"), ALICE, 8_000, START)
    restored.restore(usage.as_json())
    assert restored.used_ms(ALICE, later(600)) == usage.used_ms(ALICE, later(600)) == 4_000
    assert restored.running(ALICE) == 0


def test_stored_use_that_makes_no_sense_is_passed_over():
    usage = Usage()
    usage.restore({"alice": ["much", None], "bob": 3})
    assert usage.used_ms(ALICE, START) == 0


def test_tenants_without_use_are_forgotten():
    usage = Usage(half_life_ms=1_000)
    usage.started(JobId("1"), ALICE, 1_000, START)
    usage.ended(JobId("1"), 1_000, START)
    usage.forget_idle(later(1))
    assert usage.as_json()
    usage.forget_idle(later(60))
    assert not usage.as_json()

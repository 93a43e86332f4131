"""What the instances of a deployment came to."""

from dataclasses import replace

from greenroom.domain.clock import Millis
from greenroom.domain.ids import DEFAULT_TENANT, DeploymentId, WorkerId
from greenroom.domain.scaling.account import Account, account
from greenroom.domain.scaling.instance import Instance, Phase

ONE = Instance(
    WorkerId("i1"), DEFAULT_TENANT, DeploymentId("d1"), "", Phase.READY, Millis(90_000), Millis(0),
    ready_at=Millis(90_000),
)  # fmt: skip


def test_time_is_told_of_instances_that_ended_and_starts_of_all():
    ended = replace(ONE, ended_at=Millis(490_000), jobs=3, busy_ms=300_000)
    needless = replace(ONE, ready_at=Millis(60_000), ended_at=Millis(120_000))
    failed = replace(ONE, ready_at=None, ended_at=Millis(5_000))
    found = account([ended, needless, failed, ONE], Millis(500_000))
    assert found == Account(
        starts=4, failed=1, needless=1, cold_start_ms=90_000, busy_ms=300_000, warm_ms=160_000
    )


def test_without_instances_there_is_nothing_to_tell():
    assert account([], Millis(0)) == Account(0, 0, 0, None, 0, 0)

"""The statements of webhooks stay on their indexes when many deliveries wait and many ended."""

import re

import pytest
from sqlalchemy import text
from tests.store.test_query_plans import SCANS, SORTS, core_plans

from greenroom.domain.delivery import ClaimedDelivery, DeliveryStatus, DeliveryTry, TriedDelivery
from greenroom.domain.ids import DEFAULT_TENANT, JobId
from greenroom.store import webhook_log, webhook_queue
from greenroom.store.dialect import Dialect

pytestmark = pytest.mark.slow

COUNT, WAITING, FAILED = 60_000, 20_000, 500
NOW = 1_800_000_000_000
TENANT = DEFAULT_TENANT
TARGETS = 20
TARGET = "https://app7.example"
INDEXES = re.compile(r"ix_webhook_deliveries_\w+")

_JOBS = f"""
    INSERT INTO jobs (id, tenant, state, number, created_at, finished_at, webhook)
    SELECT 'job-' || n, '{TENANT}', 'succeeded', n, {NOW}, {NOW}, 'all'
"""
_DELIVERIES = f"""
    INSERT INTO webhook_deliveries (id, job_id, tenant, job_state, change_id, at, url, form, base,
                                    target, status, tries, next_at, give_up_at, ended_at)
    SELECT 'msg-' || n, 'job-' || n,
           CASE WHEN n % 10 = 7 THEN '{TENANT}' ELSE 'other-' || n % 10 END, 'succeeded', n, {NOW},
           'https://app' || (n % {TARGETS}) || '.example/done', 'job', '',
           'https://app' || (n % {TARGETS}) || '.example',
           CASE WHEN n <= {WAITING} THEN 'pending' WHEN n <= {WAITING + FAILED} THEN 'failed'
                ELSE 'delivered' END,
           0, CASE WHEN n <= {WAITING} THEN {NOW} - n END, {NOW} + 86400000,
           CASE WHEN n > {WAITING} THEN {NOW} + n END
"""
_NUMBERS = {
    Dialect.SQLITE: (
        f"FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {COUNT}) "
        "SELECT n FROM c)"
    ),
    Dialect.POSTGRESQL: f"FROM generate_series(1, {COUNT}) AS n",
}


def fill(tx):
    for rows in (_JOBS, _DELIVERIES):
        tx.execute(text(rows + _NUMBERS[Dialect(tx.dialect.name)]))


def scans(plans):
    return [plan for plan in plans for a, b in SCANS.findall(plan) if (a or b) != "webhook_targets"]


@pytest.fixture
async def filled(database):
    """Never analyzed on SQLite, as where it serves."""
    await database.write(fill)
    if database.dialect is Dialect.POSTGRESQL:
        await database.write(lambda tx: tx.execute(text("ANALYZE")))
    return database


def claim(tx):
    return webhook_queue.claim(tx, NOW, 4, ("https://app3.example",))


async def test_a_claim_looks_at_the_oldest_due_ones_only(filled):
    found = await core_plans(filled, claim)
    assert scans(found) == [], found
    (oldest,) = (plan for plan in found if "ix_webhook_deliveries_due" in plan)
    assert not SORTS.search(oldest), oldest
    assert "ix_webhook_deliveries_job" in oldest


@pytest.mark.parametrize("status", [204, 410, 500])
async def test_what_came_of_a_try_is_noted_without_looking_at_others(filled, status):
    (claimed, *_) = await filled.write(claim)

    def finish(tx):
        report = DeliveryTry(1, NOW, status, 5, "", None)
        wait = DeliveryStatus.PENDING if status == 500 else DeliveryStatus.DELIVERED
        tried = TriedDelivery(report, b"{}", wait, NOW + 5, gone=status == 410)
        assert webhook_queue.finish(tx, claimed, tried)

    assert isinstance(claimed, ClaimedDelivery)
    assert scans(await core_plans(filled, finish)) == []


async def test_pages_of_the_log_are_read_in_index_order(filled):
    for which, index in (
        ({}, None),
        ({"status": DeliveryStatus.FAILED}, "undelivered"),
        ({"target": TARGET}, "to"),
        ({"job_id": JobId("job-7")}, "job"),
        ({"target": TARGET, "before": 30_000}, "to"),
    ):
        (page,) = await core_plans(
            filled, lambda tx, w=which: webhook_log.page(tx, TENANT, 50, **w)
        )
        if index is not None:  # else PostgreSQL may take any order of seq
            assert INDEXES.findall(page) == [f"ix_webhook_deliveries_{index}"], page
        assert scans([page]) == []
        if filled.dialect is Dialect.SQLITE:  # PostgreSQL sorts the few rows that it expects
            assert not SORTS.search(page), page


async def test_old_deliveries_are_forgotten_by_their_index(filled):
    plans = await core_plans(filled, lambda tx: webhook_queue.forget_before(tx, NOW + WAITING + 9))
    assert "ix_webhook_deliveries_ended" in plans[0]

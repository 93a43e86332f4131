"""Which deliveries are due, who makes them now, and what came of it."""

from collections.abc import Collection, Sequence
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    func,
    insert,
    select,
    update,
)

from greenroom.domain import ids
from greenroom.domain.clock import Millis
from greenroom.domain.delivery import (
    PAUSE_AFTER,
    ClaimedDelivery,
    Delivery,
    DeliveryStatus,
    DeliveryTry,
    TriedDelivery,
    is_alive,
    pause_ms,
)
from greenroom.store import webhook_log
from greenroom.store.dialect import insert as upsert
from greenroom.store.dialect import of, one_at_a_time
from greenroom.store.tables import (
    webhook_deliveries,
    webhook_targets,
    webhook_tries,
)
from greenroom.store.webhooks import PENDING

LEASE_MS = 60_000
"""Longer than any try takes; after it, another server tries again."""
_LOCK = 0x47524E5745
"""Who puts off what he saw waiting must not overtake who has just woken it."""
_LOOKED_AT = 32
"""At once; more than are ever claimed together."""
_NOT_ANSWERED = "Its target answered nothing for too long."
_GONE = "Its target said that it is gone for good."

_d, _t = webhook_deliveries, webhook_targets
_older = webhook_deliveries.alias("older")


def any_due(tx: Connection, now: Millis) -> bool:
    query = select(_d.c.seq).where(_due(now)).limit(1)
    return tx.execute(query).first() is not None


def claim(
    tx: Connection, now: Millis, limit: int, busy: Collection[str] = ()
) -> list[ClaimedDelivery]:
    """Up to `limit` due deliveries, the oldest first: of each job one, to no `busy` target.

    Of a target that has rested, one; the others wait for what becomes of it. However many are due,
    only the oldest are looked at; those that cannot be made now are put off, and the next ones are.
    """
    one_at_a_time(tx, _LOCK)
    taken: list[ClaimedDelivery] = []
    moved = True
    while moved and not taken:
        moved = False
        resting: set[tuple[str, str]] = set()
        for row in _oldest(tx, now, busy):
            if (row.tenant, row.target) in resting:
                continue
            delivery = webhook_log.delivery(row)
            if (row.paused_until or now) > now:
                moved = True
                resting.add((row.tenant, row.target))
                _let_rest(tx, delivery, now, row.paused_until)
            elif row.ahead is not None:
                moved = True
                later = row.ahead if row.ahead > now else now + LEASE_MS
                _update(tx, delivery, next_at=later)
            elif len(taken) < limit:
                if (row.failures or 0) >= PAUSE_AFTER:
                    moved = True
                    resting.add((row.tenant, row.target))
                    if not _probe(tx, delivery, now):
                        continue
                lease = ids.new_lease_token()
                _update(tx, delivery, lease=lease, next_at=now + LEASE_MS)
                taken.append(ClaimedDelivery(delivery, lease, row.give_up_at))
    return taken


def finish(tx: Connection, claimed: ClaimedDelivery, tried: TriedDelivery) -> bool:
    """Write down what came of a try; False, and nothing written, when it was somebody else's."""
    one_at_a_time(tx, _LOCK)
    delivery, report = claimed.delivery, tried.report
    ended = tried.status is not DeliveryStatus.PENDING
    written = tx.execute(
        update(_d)
        .where(_d.c.seq == delivery.seq, _d.c.lease == claimed.lease)
        .values(
            status=tried.status.value,
            tries=report.number,
            next_at=tried.next_at,
            lease=None,
            ended_at=report.at if ended else None,
            last_status=report.status,
            last_error=report.error,
            body=tried.body,
        )
    )
    if not written.rowcount:
        return False
    tx.execute(
        insert(webhook_tries).values(
            delivery_seq=delivery.seq,
            number=report.number,
            tenant=delivery.tenant,
            at=report.at,
            status=report.status,
            latency_ms=report.latency_ms,
            answer=report.answer,
            error=report.error,
        )
    )
    if is_alive(report.status):
        _wake(tx, delivery, report.at)
    else:
        _rest(tx, delivery, report.at)
    if tried.gone:
        _drop_all(tx, delivery, report)
    if ended and delivery.job_id is not None:
        _bring_forward(tx, _d.c.job_id == delivery.job_id, report.at)
    return True


def send_again(tx: Connection, delivery: Delivery, now: Millis, give_up_at: Millis) -> None:
    """Whatever became of it; its target is tried at once."""
    one_at_a_time(tx, _LOCK)
    _update(
        tx, delivery, status=DeliveryStatus.PENDING.value, next_at=now, give_up_at=give_up_at,
        lease=None, ended_at=None,
    )  # fmt: skip
    tx.execute(
        update(_t)
        .where(_t.c.tenant == delivery.tenant, _t.c.target == delivery.target)
        .values(paused_until=now)
    )


def forget_before(tx: Connection, before: Millis) -> int:
    """Drop the deliveries that ended before then; says how many."""
    return tx.execute(delete(_d).where(_d.c.ended_at < before)).rowcount


def _due(now: Millis) -> ColumnElement[bool]:
    return and_(_d.c.status == PENDING, _d.c.next_at <= now)


def _oldest(tx: Connection, now: Millis, busy: Collection[str]) -> Sequence[Any]:
    """Due deliveries, each with its target's rest and the next time of those before it, if any."""
    ahead = (
        select(func.min(_older.c.next_at))
        .where(_waiting_of_job(), _older.c.seq < _d.c.seq)
        .scalar_subquery()
    )
    query = (
        select(
            *webhook_log.COLUMNS, _d.c.give_up_at, _t.c.failures, _t.c.paused_until,
            ahead.label("ahead"),
        )
        .outerjoin(_t, and_(_t.c.tenant == _d.c.tenant, _t.c.target == _d.c.target))
        .where(_due(now), _d.c.target.not_in(busy))
        .order_by(_d.c.next_at)
        .limit(_LOOKED_AT)
    )  # fmt: skip
    return tx.execute(query).all()


def _waiting_of_job() -> ColumnElement[bool]:
    """Not by the status: without statistics a planner would look at all that wait, each time."""
    return and_(_older.c.job_id == _d.c.job_id, _older.c.next_at.is_not(None))


def _let_rest(tx: Connection, delivery: Delivery, now: Millis, until: Millis) -> None:
    """What is due to the target waits until it has rested; what is beyond its time is given up."""
    due = and_(_due(now), _d.c.tenant == delivery.tenant, _d.c.target == delivery.target)
    tx.execute(
        update(_d)
        .where(due, _d.c.give_up_at <= now)
        .values(
            status=DeliveryStatus.FAILED.value,
            next_at=None,
            ended_at=now,
            last_error=func.coalesce(_d.c.last_error, _NOT_ANSWERED),
        )
    )
    tx.execute(update(_d).where(due).values(next_at=until))


def _probe(tx: Connection, delivery: Delivery, now: Millis) -> bool:
    """Whether this is the one delivery that finds out if its target works again."""
    won = (
        update(_t)
        .where(_t.c.tenant == delivery.tenant, _t.c.target == delivery.target)
        .where(_t.c.paused_until <= now)
        .values(paused_until=now + LEASE_MS)
    )
    return tx.execute(won).rowcount == 1


def _wake(tx: Connection, delivery: Delivery, now: Millis) -> None:
    """The target works; after a rest, all that waited for it goes on."""
    known = (
        delete(_t)
        .where(_t.c.tenant == delivery.tenant, _t.c.target == delivery.target)
        .returning(_t.c.failures)
    )
    failures: int | None = tx.execute(known).scalar()
    if (failures or 0) >= PAUSE_AFTER:
        of_target = and_(_d.c.tenant == delivery.tenant, _d.c.target == delivery.target)
        _bring_forward(tx, and_(of_target, _d.c.seq != delivery.seq), now)


def _rest(tx: Connection, delivery: Delivery, now: Millis) -> None:
    given = upsert(of(tx), _t).values(
        tenant=delivery.tenant, target=delivery.target, failures=1, paused_until=now
    )
    counted = given.on_conflict_do_update(
        index_elements=["tenant", "target"], set_={"failures": _t.c.failures + 1}
    ).returning(_t.c.failures)
    pause = pause_ms(cast("int", tx.execute(counted).scalar_one()))
    if pause:
        tx.execute(
            update(_t)
            .where(_t.c.tenant == delivery.tenant, _t.c.target == delivery.target)
            .values(paused_until=now + pause)
        )


def _drop_all(tx: Connection, delivery: Delivery, report: DeliveryTry) -> None:
    tx.execute(
        update(_d)
        .where(_d.c.status == PENDING, _d.c.target == delivery.target)
        .where(_d.c.tenant == delivery.tenant, _d.c.url == delivery.url)
        .values(
            status=DeliveryStatus.FAILED.value,
            next_at=None,
            lease=None,
            ended_at=report.at,
            last_error=_GONE,
        )
    )


def _bring_forward(tx: Connection, which: ColumnElement[bool], now: Millis) -> None:
    free = and_(_d.c.status == PENDING, _d.c.lease.is_(None))
    tx.execute(update(_d).where(which, free, _d.c.next_at > now).values(next_at=now))


def _update(tx: Connection, delivery: Delivery, **values: object) -> None:
    tx.execute(update(_d).where(_d.c.seq == delivery.seq).values(**values))

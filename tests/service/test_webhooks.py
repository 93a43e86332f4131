"""Webhooks against real targets that work, refuse, hang and go away, on both databases."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import event
from standardwebhooks import Webhook as Verifier
from tests.factories import insert_job
from tests.fakes.webhook_receiver import Receiver, receiver
from tests.service.webhook_desk import CALLER, Desk, desk, outbound, target

from greenroom.domain.address import AddressRule
from greenroom.domain.delivery import GIVE_UP_MS, DeliveryStatus
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import TenantId
from greenroom.domain.job import JobEvent, JobState
from greenroom.domain.principal import Principal
from greenroom.domain.webhook import Webhook, WebhookEvents
from greenroom.outbound.client import Outbound
from greenroom.service.vault import Vault
from greenroom.service.webhook_secrets import WebhookSecrets
from greenroom.store import jobs as job_rows
from greenroom.store import statement, webhook_queue

__all__ = ["desk", "outbound", "target"]

SECOND, HOUR = 1000, 3_600_000


def statuses(target):
    return [one.told["status"] for one in target.received]


async def test_every_change_is_told_in_order_and_signed(desk, target):
    job = await desk.job(target.url(), JobEvent.CLAIM, JobEvent.RETRY, JobEvent.CLAIM)
    await desk.sender.tick()
    await desk.move(job, JobEvent.SUCCEED)
    await desk.sender.tick()
    assert statuses(target) == ["queued", "running", "queued", "running", "succeeded"]
    (secret,) = await desk.secrets.all(CALLER)
    at = desk.clock.now() // SECOND
    for one in target.received:
        assert one.headers["content-type"] == "application/json"
        assert int(one.headers["webhook-timestamp"]) == at
        signature = one.headers["webhook-signature"]
        moment = datetime.fromtimestamp(at, UTC)
        assert signature == Verifier(secret.text).sign(one.id, moment, one.body.decode())
    assert {one.status for one in await desk.log()} == {DeliveryStatus.DELIVERED}


async def test_only_the_end_is_told_unless_more_is_asked_for(desk, target):
    await desk.job(
        target.url(), JobEvent.CLAIM, JobEvent.CANCEL, JobEvent.STOPPED, told=WebhookEvents.FINAL
    )
    await desk.sender.tick()
    assert statuses(target) == [JobState.CANCELED]


async def test_a_job_without_a_webhook_costs_no_statement_more(desk):
    sent = []

    class Noting:
        def __init__(self, raw):
            self._raw = raw

        def execute(self, sql, values=()):
            sent.append(sql)
            return self._raw.execute(sql, values)

    def write(tx):
        raw = statement.driver(tx)
        event.listen(tx, "before_cursor_execute", lambda _c, _r, sql, *_: sent.append(sql))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(statement, "driver", lambda _tx: Noting(raw))
            insert_job(tx, desk.clock.now(), JobState.SUCCEEDED)

    await desk.database.write(write)
    assert len(sent) > 6
    assert not [sql for sql in sent if "webhook_" in sql or "job_webhooks" in sql]


async def test_a_target_that_is_away_for_an_hour_misses_nothing(desk):
    away = Receiver()
    jobs = [await desk.job(away.url(), JobEvent.CLAIM, JobEvent.SUCCEED) for _ in range(30)]
    await desk.pass_time(HOUR)
    tries = sum(one.tries for one in await desk.log())
    assert tries <= 20, "a target that does not answer is left alone"
    (resting,) = await desk.webhooks.resting(CALLER)
    assert (resting.target, resting.waiting) == (away.url(""), 90)
    await away.come()
    await desk.pass_time(10 * 60 * SECOND)
    for job in jobs:
        of_job = [one for one in away.received if one.told["id"] == job.id]
        assert [one.told["status"] for one in of_job] == ["queued", "running", "succeeded"]
    assert await desk.webhooks.resting(CALLER) == []
    await away.go()


async def test_a_target_that_fails_is_tried_again_ever_more_seldom_for_a_day(desk, target):
    target.status, target.text = 500, "out of order"
    job = await desk.job(target.url(), JobEvent.CLAIM, JobEvent.SUCCEED)
    await desk.pass_time(2 * GIVE_UP_MS + HOUR)
    queued, running, succeeded = await desk.log()
    assert {one.status for one in (queued, running, succeeded)} == {DeliveryStatus.FAILED}
    detail = await desk.webhooks.one(CALLER, queued.id)
    waits = [b.at - a.at for a, b in zip(detail.tries, detail.tries[1:], strict=False)]
    assert waits[:4] == [5 * SECOND, 10 * SECOND, 20 * SECOND, 40 * SECOND]
    assert all(one.status == 500 and one.answer == "out of order" for one in detail.tries)
    assert {one.id for one in target.received} >= {queued.id}
    assert detail.tries[-1].at - queued.at <= GIVE_UP_MS + 2 * HOUR
    target.status = 204
    again = await desk.webhooks.send_again(CALLER, succeeded.id)
    await desk.sender.tick()
    assert target.received[-1].id == again.id
    assert target.received[-1].told == {"id": job.id, "status": "succeeded"}


async def test_a_target_may_ask_for_more_patience(desk, target):
    target.status, target.headers = 503, {"Retry-After": "120"}
    await desk.job(target.url())
    await desk.sender.tick()
    (one,) = await desk.log()
    assert one.next_at == desk.clock.now() + 120 * SECOND


async def test_a_target_that_hangs_is_cut_and_keeps_nobody_waiting(database, outbound, target):
    desk = Desk(database, outbound, seconds=0.2)
    async with receiver() as slow:
        slow.status = None
        for _ in range(20):
            await desk.job(slow.url())
        await desk.job(target.url())
        await desk.sender.tick()
        assert len(target.received) == 1
        assert len(slow.received) < 20, "it rests after a few failures"
        pending = await desk.log(status=DeliveryStatus.PENDING)
        assert len(pending) == 20
        assert "took more than 0.2 seconds" in str([one.last_error for one in pending])


async def test_a_target_that_is_gone_gets_nothing_more(desk, target):
    target.status = 410
    for _ in range(3):
        await desk.job(target.url("/gone"), JobEvent.CLAIM)
    await desk.job(target.url("/other"))
    (claimed,) = await desk.sending.claim(1, ())
    await desk.sending.send(claimed)
    target.status = 204
    await desk.sender.tick()
    assert [one.path for one in target.received] == ["/gone", "/other"]
    gone = await desk.log(status=DeliveryStatus.FAILED)
    assert len(gone) == 6


async def test_a_restart_sends_again_what_was_under_way_and_nothing_twice(desk, target):
    await desk.job(target.url(), JobEvent.CLAIM)
    (died,) = await desk.sending.claim(5, ())
    await desk.sender.tick()
    assert target.received == [], "another server holds the first one"
    await desk.pass_time(61 * SECOND)
    assert [one.id for one in target.received][:1] == [died.delivery.id]
    assert statuses(target) == ["queued", "running"]
    await desk.sending.send(died)
    (queued, _running) = await desk.log()
    assert queued.tries == 1, "what comes late changes nothing"


async def test_two_servers_share_the_work(database, outbound, target):
    desks = [Desk(database, outbound), Desk(database, outbound)]
    for _ in range(12):
        await desks[0].job(target.url(), JobEvent.CLAIM)
    await asyncio.gather(*(desk.sender.tick() for desk in desks))
    await desks[0].pass_time(10 * SECOND)
    seen = [one.id for one in target.received]
    assert len(seen) == len(set(seen)) == 24


REFUSED = (
    "http://127.0.0.2/x", "https://10.0.0.1/", "https://169.254.169.254/", "ftp://a/", "no",
    "x" * 3000, "https://a\0b/",
)  # fmt: skip


async def test_an_address_that_must_not_be_reached_is_refused_at_once(desk):
    for url in REFUSED:
        with pytest.raises(AppError) as caught:
            await desk.webhooks.checked(Webhook(url))
        assert caught.value.code is ErrorCode.BAD_REQUEST, url
        assert "webhook" in caught.value.message


async def test_the_address_is_looked_at_again_with_every_delivery(database, target):
    strict = Outbound(AddressRule())
    desk = Desk(database, strict)
    await desk.job(target.url())
    await desk.sender.tick()
    await strict.close()
    (one,) = await desk.log()
    assert (one.status, target.received) == (DeliveryStatus.PENDING, [])
    assert "private, local or reserved" in one.last_error or "https" in one.last_error


async def test_both_secrets_sign_until_the_old_one_ends(desk, target):
    (old,) = await desk.secrets.all(CALLER)
    new = await desk.secrets.rotate(CALLER)
    await desk.job(target.url())
    await desk.sender.tick()
    desk.clock.advance(24 * HOUR)
    await desk.job(target.url())
    await desk.sender.tick()
    both, one = (len(got.headers["webhook-signature"].split()) for got in target.received)
    assert (both, one) == (2, 1)
    assert [secret.text for secret in await desk.secrets.all(CALLER)] == [new.text]
    assert old.text != new.text


async def test_secrets_are_sealed_and_each_tenant_has_its_own(desk, database):
    (mine,) = await desk.secrets.all(CALLER)
    (theirs,) = await desk.secrets.all(Principal(TenantId("other")))
    assert mine.text != theirs.text
    stranger = WebhookSecrets(database, Vault(b"t" * 32))
    assert (await stranger.all(CALLER))[0].text != mine.text


async def test_nobody_sees_or_sends_the_deliveries_of_another_tenant(desk, target):
    await desk.job(target.url())
    (one,) = await desk.log()
    other = Principal(TenantId("other"))
    assert await desk.webhooks.page(other, 10) == []
    for asked in (desk.webhooks.one, desk.webhooks.send_again):
        with pytest.raises(AppError) as caught:
            await asked(other, one.id)
        assert caught.value.code is ErrorCode.NOT_FOUND


async def test_deliveries_go_with_their_job_and_after_their_time(desk, target):
    kept = await desk.job(target.url())
    gone = await desk.job(target.url(), JobEvent.CANCEL)
    await desk.sender.tick()
    await desk.database.write(lambda tx: job_rows.delete(tx, gone.tenant, [gone.id]))
    assert [one.job_id for one in await desk.log()] == [kept.id]
    later = desk.clock.advance(1)
    assert await desk.database.write(lambda tx: webhook_queue.forget_before(tx, later)) == 1
    assert await desk.log() == []

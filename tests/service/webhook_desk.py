"""One server's side of webhooks, on any database; several may share one."""

import json

import pytest
from sqlalchemy import func, select
from tests.factories import WORKER, insert_job
from tests.fakes.webhook_receiver import receiver

from greenroom.background.webhooks import WebhookSender
from greenroom.domain.address import AddressRule
from greenroom.domain.job import JobEvent
from greenroom.domain.principal import Principal
from greenroom.domain.webhook import Webhook, WebhookEvents, WebhookForm
from greenroom.outbound.client import Outbound
from greenroom.service.vault import Vault
from greenroom.service.webhook_secrets import WebhookSecrets
from greenroom.service.webhook_sending import Bodies, WebhookSending
from greenroom.service.webhooks import Webhooks
from greenroom.store import transitions
from greenroom.store.tables import webhook_deliveries

CALLER = Principal()


async def body_of(told):
    return json.dumps({"id": told.job.id, "status": told.job.state}).encode()


def body_of_batch(_delivery, batch):
    counts = {state.value: count for state, count in batch.counts.items() if count}
    return json.dumps({"id": batch.id, "total": batch.total, "counts": counts}).encode()


class Desk:
    def __init__(self, database, outbound, seconds=10.0):
        self.database, self.clock = database, database.clock
        self.secrets = WebhookSecrets(database, Vault(b"s" * 32))
        self.webhooks = Webhooks(database, outbound, self.secrets)
        bodies = Bodies({WebhookForm.JOB: body_of}, body_of_batch)
        self.sending = WebhookSending(database, outbound, self.secrets, bodies, seconds)
        self.sender = WebhookSender(self.sending)

    async def job(self, url, *events, **given):
        """A job with a webhook that is told of everything, and goes through `events`."""
        webhook = Webhook(url, given.pop("told", WebhookEvents.ALL))

        def write(tx):
            return insert_job(tx, self.clock.now(), webhook=webhook, **given)

        job = await self.database.write(write)
        for name in events:
            job = await self.move(job, name)
        return job

    async def move(self, job, name):
        now = self.clock.now()

        def write(tx):
            if name is JobEvent.CLAIM:
                (claimed,) = transitions.claim(tx, WORKER, 1, 10**9, now, [job.id])
                return claimed.change.job
            return transitions.move(tx, job.id, name, now, token=job.lease).job

        return await self.database.write(write)

    async def pass_time(self, milliseconds):
        """Let the clock go on, and tick whenever something is due on the way."""
        end = self.clock.now() + milliseconds
        due = select(func.min(webhook_deliveries.c.next_at)).where(
            webhook_deliveries.c.status == "pending"
        )
        await self.sender.tick()
        while True:
            at = await self.database.read(lambda tx: tx.execute(due).scalar())
            if at is None or at > end:
                break
            self.clock.advance(max(at - self.clock.now(), 0))
            await self.sender.tick()
        self.clock.advance(max(end - self.clock.now(), 0))

    async def log(self, **which):
        """Oldest first."""
        return list(await self.webhooks.page(CALLER, 1000, **which))[::-1]


@pytest.fixture
async def outbound():
    made = Outbound(AddressRule.parse(["127.0.0.1"]))
    yield made
    await made.close()


@pytest.fixture
async def desk(database, outbound):
    made = Desk(database, outbound)
    yield made
    await made.sender.stop()


@pytest.fixture
async def target():
    async with receiver() as made:
        yield made

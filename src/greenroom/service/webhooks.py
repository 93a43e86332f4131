"""Webhooks as clients use them: name one for a job, look at its deliveries, send one again."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from greenroom.domain.clock import Millis
from greenroom.domain.delivery import (
    GIVE_UP_MS,
    Delivery,
    DeliveryStatus,
    DeliveryTry,
    RestingTarget,
)
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DeliveryId, JobId
from greenroom.domain.principal import Principal
from greenroom.domain.webhook import Webhook
from greenroom.outbound.client import Outbound
from greenroom.service.webhook_secrets import WebhookSecrets
from greenroom.store import webhook_log, webhook_queue
from greenroom.store import webhooks as webhook_rows
from greenroom.store.database import Database

_LONGEST_URL = 2_048


@dataclass(frozen=True, slots=True)
class DeliveryDetail:
    delivery: Delivery
    tries: Sequence[DeliveryTry]
    """The first one first."""
    body: bytes | None
    """As it was sent last; None before the first try."""


class Webhooks:
    def __init__(self, database: Database, outbound: Outbound, secrets: WebhookSecrets) -> None:
        self._db = database
        self._outbound = outbound
        self.secrets = secrets

    async def checked(self, webhook: Webhook) -> Webhook:
        """The webhook, when this server would send to its URL. BAD_REQUEST says why it would not.

        The address is looked at again with every delivery.
        """
        if len(webhook.url) > _LONGEST_URL:
            raise _refused(f"it has more than {_LONGEST_URL} characters.")
        if not webhook.url.isprintable():
            raise _refused("it has characters that no URL has.")
        try:
            await self._outbound.check(webhook.url)
        except AppError as error:
            if error.code is ErrorCode.BAD_REQUEST:
                raise _refused("write it as https://app.example/jobs-done.") from None
            raise _refused(error.message) from None
        return webhook

    async def of_job(self, principal: Principal, job_id: JobId) -> Webhook | None:
        """Where the job's changes are told; that of a batch does not count."""
        return await self._db.read(lambda tx: webhook_rows.of_job(tx, principal.tenant, job_id))

    async def page(
        self,
        principal: Principal,
        limit: int,
        *,
        status: DeliveryStatus | None = None,
        job_id: JobId | None = None,
        target: str | None = None,
        before: int | None = None,
    ) -> Sequence[Delivery]:
        """The newest first; `before` is the seq of the last one of the page before."""
        return await self._db.read(
            lambda tx: webhook_log.page(
                tx, principal.tenant, limit,
                status=status, job_id=job_id, target=target, before=before,
            )
        )  # fmt: skip

    async def one(self, principal: Principal, delivery_id: DeliveryId) -> DeliveryDetail:
        """NOT_FOUND."""

        def read(tx: Connection) -> DeliveryDetail:
            delivery = _found(tx, principal, delivery_id)
            tries, body = webhook_log.tries(tx, delivery.seq), webhook_log.body(tx, delivery.seq)
            return DeliveryDetail(delivery, tries, body)

        return await self._db.read(read)

    async def send_again(self, principal: Principal, delivery_id: DeliveryId) -> Delivery:
        """Make it due now, whatever became of it, with the same id. NOT_FOUND."""
        now = self._db.clock.now()

        def write(tx: Connection) -> Delivery:
            delivery = _found(tx, principal, delivery_id)
            webhook_queue.send_again(tx, delivery, now, Millis(now + GIVE_UP_MS))
            return _found(tx, principal, delivery_id)

        return await self._db.write(write)

    async def resting(self, principal: Principal) -> Sequence[RestingTarget]:
        """The targets that failed so often that they are left alone for a while."""
        now = self._db.clock.now()
        return await self._db.read(lambda tx: webhook_log.resting(tx, principal.tenant, now))


def _found(tx: Connection, principal: Principal, delivery_id: DeliveryId) -> Delivery:
    delivery = webhook_log.one(tx, principal.tenant, delivery_id)
    if delivery is None:
        raise AppError(ErrorCode.NOT_FOUND, f"There is no delivery {delivery_id!r}.")
    return delivery


def _refused(why: str) -> AppError:
    return AppError(ErrorCode.BAD_REQUEST, f"The webhook's URL cannot be used: {why}")

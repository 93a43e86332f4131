"""Make the deliveries that are due: write the body, sign it, post it, note what came of it."""

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from greenroom.domain.clock import Millis
from greenroom.domain.delivery import (
    ClaimedDelivery,
    Delivery,
    DeliveryStatus,
    DeliveryTry,
    TriedDelivery,
    is_received,
    wait_ms,
)
from greenroom.domain.errors import AppError
from greenroom.domain.job import Job
from greenroom.domain.principal import Principal
from greenroom.domain.webhook import WebhookForm
from greenroom.outbound.client import Answer, Outbound
from greenroom.service.webhook_secrets import WebhookSecrets
from greenroom.store import jobs as job_rows
from greenroom.store import outbox, webhook_queue
from greenroom.store.database import Database

_log = logging.getLogger(__name__)
_GONE = 410
_LONGEST_RETRY_AFTER_S = 3_600
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Told:
    """What a body is about: a change, and the job right after it."""

    delivery: Delivery
    job: Job

    @property
    def owner(self) -> Principal:
        return Principal(self.delivery.tenant)


BodyOf: TypeAlias = Callable[[Told], Awaitable[bytes]]
"""JSON in UTF-8. It is asked again for every try, so that links in it are fresh."""


class WebhookSending:
    """`seconds` is how long a target may take to answer."""

    def __init__(
        self,
        database: Database,
        outbound: Outbound,
        secrets: WebhookSecrets,
        bodies: Mapping[WebhookForm, BodyOf],
        seconds: float = 10.0,
    ) -> None:
        self._db = database
        self._outbound = outbound
        self._secrets = secrets
        self._bodies = bodies
        self._seconds = seconds

    async def claim(self, limit: int, busy: Collection[str]) -> list[ClaimedDelivery]:
        """Up to `limit` deliveries that are ours to make now, none to a `busy` target."""
        now = self._db.clock.now()
        if not await self._db.read(lambda tx: webhook_queue.any_due(tx, now)):
            return []
        return await self._db.write(lambda tx: webhook_queue.claim(tx, now, limit, busy))

    async def send(self, claimed: ClaimedDelivery) -> None:
        """One try. Whatever happens is noted; only the database can make this fail."""
        delivery, at = claimed.delivery, self._db.clock.now()
        body, outcome = b"", "The body could not be written."
        answer: Answer | None = None
        try:
            body = await self._body(delivery)
            headers = await self._secrets.sign(delivery.tenant, delivery.id, at, body)
            answer = await self._outbound.post(
                delivery.url, {**_JSON, **headers}, body, self._seconds
            )
        except AppError as error:
            outcome = error.message
        except Exception:  # noqa: BLE001 - the next try may go better
            _log.exception("the webhook %s of job %s", delivery.id, delivery.job_id)
        tried = self._tried(claimed, body, answer, outcome)
        await self._db.write(lambda tx: webhook_queue.finish(tx, claimed, tried))
        if tried.status is DeliveryStatus.FAILED:
            _log.warning(
                "the webhook %s of job %s is given up: %s",
                delivery.id, delivery.job_id, tried.report.error,
            )  # fmt: skip

    async def _body(self, delivery: Delivery) -> bytes:
        job = await self._db.read(
            lambda tx: (
                outbox.job_at(tx, delivery.change_id)
                or job_rows.get(tx, delivery.tenant, delivery.job_id)
            )
        )
        if job is None:
            raise RuntimeError("a delivery without its job")
        return await self._bodies[delivery.form](Told(delivery, job))

    def _tried(
        self, claimed: ClaimedDelivery, body: bytes, answer: Answer | None, outcome: str
    ) -> TriedDelivery:
        delivery, now = claimed.delivery, self._db.clock.now()
        number = delivery.tries + 1
        if answer is None:
            report = DeliveryTry(number, now, None, None, "", outcome)
        else:
            error = None if is_received(answer.status) else f"It answered {answer.status}."
            said = answer.excerpt.replace("\0", "")
            report = DeliveryTry(number, now, answer.status, answer.latency_ms, said, error)
        gone = report.status == _GONE
        if report.error is None:
            return TriedDelivery(report, body, DeliveryStatus.DELIVERED, None)
        if gone or now >= claimed.give_up_at:
            return TriedDelivery(report, body, DeliveryStatus.FAILED, None, gone=gone)
        wait = max(wait_ms(number), _asked_for(answer) * 1000)
        return TriedDelivery(report, body, DeliveryStatus.PENDING, Millis(now + wait))


def _asked_for(answer: Answer | None) -> int:
    """Seconds that the target wants to be left alone."""
    text = "" if answer is None else answer.headers.get("Retry-After", "")
    return min(int(text), _LONGEST_RETRY_AFTER_S) if text.isascii() and text.isdigit() else 0

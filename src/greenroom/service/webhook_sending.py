"""Make the deliveries that are due: write the body, sign it, post it, note what came of it."""

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from greenroom.domain.batch import EndedBatch
from greenroom.domain.clock import Millis
from greenroom.domain.delivery import (
    BatchNews,
    ClaimedDelivery,
    Delivery,
    DeliveryStatus,
    DeliveryTry,
    JobNews,
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
from greenroom.store import batch_webhooks, outbox, webhook_queue
from greenroom.store import jobs as job_rows
from greenroom.store.database import Database

_log = logging.getLogger(__name__)
_GONE = 410
_LONGEST_RETRY_AFTER_S = 3_600
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Told:
    """What a body is about: a change, and the job right after it."""

    delivery: Delivery
    news: JobNews
    job: Job

    @property
    def owner(self) -> Principal:
        return Principal(self.delivery.tenant)


BodyOf: TypeAlias = Callable[[Told], Awaitable[bytes]]
"""JSON in UTF-8. It is asked again for every try, so that links in it are fresh."""
BatchBodyOf: TypeAlias = Callable[[Delivery, EndedBatch], bytes]
"""JSON in UTF-8."""


@dataclass(frozen=True, slots=True)
class Bodies:
    of_jobs: Mapping[WebhookForm, BodyOf]
    of_batches: BatchBodyOf


class WebhookSending:
    """`seconds` is how long a target may take to answer."""

    def __init__(
        self,
        database: Database,
        outbound: Outbound,
        secrets: WebhookSecrets,
        bodies: Bodies,
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
            _log.exception("the webhook %s of %s", delivery.id, delivery.news)
        tried = self._tried(claimed, body, answer, outcome)
        await self._db.write(lambda tx: webhook_queue.finish(tx, claimed, tried))
        if tried.status is DeliveryStatus.FAILED:
            _log.warning(
                "the webhook %s of %s is given up: %s",
                delivery.id, delivery.news, tried.report.error,
            )  # fmt: skip

    async def _body(self, delivery: Delivery) -> bytes:
        match delivery.news:
            case JobNews() as news:
                return await self._body_of_job(delivery, news)
            case BatchNews(batch_id):
                return await self._body_of_batch(delivery, batch_id)
            case _:
                assert_never(delivery.news)

    async def _body_of_job(self, delivery: Delivery, news: JobNews) -> bytes:
        job = await self._db.read(
            lambda tx: (
                outbox.job_at(tx, news.change_id) or job_rows.get(tx, delivery.tenant, news.job_id)
            )
        )
        if job is None:
            raise RuntimeError("a delivery without its job")
        return await self._bodies.of_jobs[delivery.form](Told(delivery, news, job))

    async def _body_of_batch(self, delivery: Delivery, batch_id: str) -> bytes:
        ended = await self._db.read(lambda tx: batch_webhooks.ended(tx, delivery.tenant, batch_id))
        if ended is None:
            raise RuntimeError("a delivery without its batch")
        return self._bodies.of_batches(delivery, ended)

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

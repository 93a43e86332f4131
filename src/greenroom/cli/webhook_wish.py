"""The webhook that `greenroom run` names for its job or its sweep."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from greenroom.cli.client import Client
from greenroom.domain.errors import AppError, ErrorCode

_PENDING = "/api/admin/webhooks/deliveries?status=pending&limit=500"
_LOOK_SECONDS = 0.2
_LONGEST_WAIT_SECONDS = 15.0


class ToldEvents(StrEnum):
    FINAL = "final"
    ALL = "all"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class WebhookWish:
    url: str | None = None
    events: ToldEvents | None = None

    def check(self, *, sweeps: bool) -> None:
        """BAD_REQUEST for what cannot be."""
        if self.url is None and self.events is not None:
            raise AppError(ErrorCode.BAD_REQUEST, "--webhook-events goes with --webhook URL.")
        if self.events is ToldEvents.BATCH and not sweeps:
            raise AppError(ErrorCode.BAD_REQUEST, "Only a --sweep has a batch that can be told.")

    @property
    def fields(self) -> dict[str, object]:
        """What goes into the body of the order."""
        told = {"webhook_url": self.url, "webhook_events": self.events}
        return {name: value for name, value in told.items() if value is not None}


class _Waiting(msgspec.Struct, frozen=True):
    attempts: int


class _Page(msgspec.Struct, frozen=True):
    deliveries: list[_Waiting]


async def until_tried(client: Client) -> bool:
    """Whether every webhook was tried, once at least, before patience ran out."""
    try:
        async with asyncio.timeout(_LONGEST_WAIT_SECONDS):
            while True:
                if all(one.attempts for one in await _pending(client)):
                    return True
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        return False


async def _pending(client: Client) -> list[_Waiting]:
    return (await client.ask("GET", _PENDING, _Page)).deliveries

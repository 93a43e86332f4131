"""Due webhooks: send them, several at a time, and never many to one target."""

import asyncio
import logging
from collections import Counter

from greenroom.domain.delivery import ClaimedDelivery
from greenroom.service.webhook_sending import WebhookSending

_log = logging.getLogger(__name__)
_AT_ONCE = 16
_TO_ONE_TARGET = 4
_LOOK_AGAIN_S = 1.0
"""How long a slow target may keep us from what has become due meanwhile."""


class WebhookSender:
    def __init__(self, sending: WebhookSending) -> None:
        self._sending = sending
        self._tries: dict[asyncio.Task[None], str] = {}
        """With the target of each."""

    async def tick(self) -> None:
        """Send what is due, until nothing is and every try has ended."""
        while True:
            # What ends while we look may make due what was not yet.
            under_way = bool(self._tries)
            found = await self._claim()
            for claimed in found:
                task = asyncio.create_task(self._send(claimed))
                self._tries[task] = claimed.delivery.target
                task.add_done_callback(self._tries.pop)
            if not found and not under_way:
                return
            if self._tries and (not found or len(self._tries) >= _AT_ONCE):
                await asyncio.wait(
                    self._tries, timeout=_LOOK_AGAIN_S, return_when=asyncio.FIRST_COMPLETED
                )

    async def stop(self) -> None:
        """What is under way is sent again by the next server, with the same id."""
        tries = list(self._tries)
        for task in tries:
            task.cancel()
        await asyncio.gather(*tries, return_exceptions=True)

    async def _claim(self) -> list[ClaimedDelivery]:
        counts = Counter(self._tries.values())
        busy = {target for target, count in counts.items() if count >= _TO_ONE_TARGET}
        most = max((count for target, count in counts.items() if target not in busy), default=0)
        room = min(_AT_ONCE - len(self._tries), _TO_ONE_TARGET - most)
        return await self._sending.claim(room, busy) if room > 0 else []

    async def _send(self, claimed: ClaimedDelivery) -> None:
        try:
            await self._sending.send(claimed)
        except Exception:  # noqa: BLE001 - it is due again when its lease has run out
            _log.exception("what came of the webhook %s is not known", claimed.delivery.id)

"""Old assets, used keys and orphaned bytes: forget them."""

import logging

from greenroom.service.retention import Retention

_log = logging.getLogger(__name__)
_SWEEP_EVERY = 60
"""Ticks between two looks at every stored blob."""


class Keeper:
    def __init__(self, retention: Retention) -> None:
        self._retention = retention
        self._ticks = 0

    async def tick(self) -> None:
        forgotten = await self._retention.forget_assets()
        if forgotten:
            _log.info("%s assets were over their time or the limits", forgotten)
        if self._ticks % _SWEEP_EVERY == 0:
            await self._retention.forget_records()
            swept = await self._retention.sweep_bytes()
            if swept:
                _log.info("the bytes of %s files that nobody has any more were removed", swept)
        self._ticks += 1

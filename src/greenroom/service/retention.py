"""Forget what nobody is meant to keep: old assets, then the bytes that no record points to."""

import asyncio
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from greenroom.assets.sweep import Sweep
from greenroom.assets.tree import NamedTree
from greenroom.domain.asset import Asset, Root
from greenroom.domain.clock import Millis
from greenroom.domain.ids import BlobHash
from greenroom.service.idempotency import IdempotencyKeys
from greenroom.store import asset_records as rows
from greenroom.store import batch_webhooks, outbox, webhook_queue
from greenroom.store.database import Database

_TEMP_MS = 24 * 3_600_000
_EVENTS_MS = 30 * 24 * 3_600_000
_GRACE_MS = 3_600_000
"""Longer than any upload takes from its last byte to its record."""
_BROKEN_OFF_MS = 24 * 3_600_000
_BATCH = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """What is kept of outputs; None keeps everything."""

    age_ms: int | None = None
    total_bytes: int | None = None


class Retention:
    """Every method may run twice, and beside uploads. What an unfinished job needs stays."""

    def __init__(
        self,
        database: Database,
        tree: NamedTree,
        sweep: Sweep,
        keys: IdempotencyKeys,
        limits: Limits,
    ) -> None:
        self._db = database
        self._tree = tree
        self._sweep = sweep
        self._keys = keys
        self._limits = limits

    async def forget_assets(self) -> int:
        """Drop expired assets, temporary ones of yesterday, and outputs over the limits."""
        now = self._db.clock.now()
        count = await self._forget(lambda tx: rows.expired(tx, now, _BATCH))
        count += await self._forget_older(Root.TEMP, Millis(now - _TEMP_MS))
        if self._limits.age_ms is not None:
            count += await self._forget_older(Root.OUTPUT, Millis(now - self._limits.age_ms))
        if self._limits.total_bytes is not None:
            count += await self._forget_over(self._limits.total_bytes)
        return count

    async def forget_records(self) -> None:
        """Drop used keys that may be used again, and events and deliveries that are long over."""
        await self._keys.forget_old()
        before = Millis(self._db.clock.now() - _EVENTS_MS)
        await self._db.write(lambda tx: outbox.trim_before(tx, before))
        await self._db.write(lambda tx: webhook_queue.forget_before(tx, before))
        await self._db.write(lambda tx: batch_webhooks.forget_before(tx, before))

    async def sweep_bytes(self) -> int:
        """Delete the bytes that no record points to; says how many blobs."""
        now = self._db.clock.now()
        await asyncio.to_thread(self._sweep.drop_unfinished, Millis(now - _BROKEN_OFF_MS))
        left = await asyncio.to_thread(self._sweep.left_aside)
        count = await self._decide(left)
        before = Millis(now - _GRACE_MS)
        aged = await asyncio.to_thread(lambda: list(self._sweep.aged(before)))
        for batch in _batches(aged):
            used = await self._used(batch)
            aside = await asyncio.to_thread(self._set_aside, set(batch) - used, before)
            count += await self._decide(aside)
        return count

    async def _decide(self, aside: list[BlobHash]) -> int:
        """Now that no upload can find them: back with those that one has found before."""
        used = await self._used(aside)
        for blob in used:
            await asyncio.to_thread(self._sweep.put_back, blob)
        for blob in set(aside) - used:
            await asyncio.to_thread(self._sweep.remove, blob)
        return len(aside) - len(used)

    def _set_aside(self, blobs: Iterable[BlobHash], before: Millis) -> list[BlobHash]:
        return [blob for blob in blobs if self._sweep.set_aside(blob, before)]

    async def _used(self, blobs: list[BlobHash]) -> set[BlobHash]:
        return await self._db.read(lambda tx: rows.used_blobs(tx, blobs))

    async def _forget_older(self, root: Root, before: Millis) -> int:
        return await self._forget(lambda tx: rows.older(tx, root, before, _BATCH))

    async def _forget_over(self, limit: int) -> int:
        def oldest(tx: Connection) -> list[Asset]:
            excess = rows.stored_bytes(tx, Root.OUTPUT) - limit
            now = self._db.clock.now()
            found = rows.older(tx, Root.OUTPUT, now, _BATCH) if excess > 0 else []
            before = itertools.accumulate((asset.size for asset in found), initial=0)
            return [asset for asset, gone in zip(found, before, strict=False) if gone < excess]

        return await self._forget(oldest)

    async def _forget(self, choose: Callable[[Connection], list[Asset]]) -> int:
        def write(tx: Connection) -> list[Asset]:
            return rows.forget(tx, choose(tx))

        count = 0
        while gone := await self._db.write(write):
            for asset in gone:
                await self._tree.unlink(asset)
            count += len(gone)
        return count


def _batches(blobs: list[BlobHash]) -> Iterable[list[BlobHash]]:
    for start in range(0, len(blobs), _BATCH):
        yield blobs[start : start + _BATCH]

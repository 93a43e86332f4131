"""The log of what happened: read it, go on where one stopped, add a notice."""

from collections.abc import Callable, Sequence

from greenroom.domain.json import JsonObject
from greenroom.domain.notice import LogEntry, Notice, NoticeKind
from greenroom.domain.principal import Principal
from greenroom.store import event_log as rows
from greenroom.store import outbox
from greenroom.store.database import Database


class EventLog:
    def __init__(self, database: Database) -> None:
        self._db = database
        self._listeners: list[Callable[[], None]] = []

    async def note(self, principal: Principal, kind: NoticeKind, data: JsonObject) -> None:
        """Add a notice of the caller's tenant."""
        notice = Notice(kind, self._db.clock.now(), data)
        await self._db.write(lambda tx: rows.note(tx, principal.tenant, notice))
        self.wake()

    async def newest(self, principal: Principal, limit: int) -> Sequence[LogEntry]:
        """The last entries of the caller's tenant, oldest first."""
        return await self._db.read(lambda tx: rows.newest(tx, principal.tenant, limit))

    async def after(self, principal: Principal, cursor: int, limit: int) -> Sequence[LogEntry]:
        """What follows the entry with the id `cursor`, oldest first; 0 starts at the first."""
        return await self._db.read(lambda tx: rows.after(tx, cursor, limit, principal.tenant))

    async def of_everybody(self, cursor: int, limit: int) -> Sequence[LogEntry]:
        """The same for every tenant: for those who pass it on."""
        return await self._db.read(lambda tx: rows.after(tx, cursor, limit))

    async def last_id(self) -> int:
        """A cursor behind everything that is there now."""
        return await self._db.read(outbox.last_id)

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` when this process added a notice; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def wake(self) -> None:
        """Say that a notice was added by other means."""
        for listener in tuple(self._listeners):
            listener()

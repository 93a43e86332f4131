"""Wait until the outbox shows every change that was committed.

On PostgreSQL it holds back what an open transaction might overtake, and a transaction of any other
database of the same server counts too.
"""

from sqlalchemy import Connection, not_, select

from greenroom.store import outbox
from greenroom.store.database import Database
from greenroom.store.dialect import Settled
from greenroom.store.tables import events


def held_back(tx: Connection) -> bool:
    query = select(events.c.id).where(not_(Settled(events.c.xid))).limit(1)
    return tx.execute(query).first() is not None


async def settle(database: Database) -> None:
    while await database.read(held_back):
        pass


async def all_events(database: Database):
    await settle(database)
    return await database.read(lambda tx: outbox.after(tx, 0, 10_000))

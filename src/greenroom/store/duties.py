"""Which of several servers on one database sees to what only one of them may do."""

from sqlalchemy import Connection, delete, or_

from greenroom.domain.clock import Millis
from greenroom.domain.ids import DEFAULT_TENANT
from greenroom.store.dialect import insert, of
from greenroom.store.tables import duties


def hold(tx: Connection, name: str, holder: str, now: Millis, until: Millis) -> bool:
    """Take or keep the duty until then; False while it is another's."""
    new = insert(of(tx), duties)
    free = or_(duties.c.holder == holder, duties.c.until <= now)
    held = new.on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": new.excluded.holder, "until": new.excluded.until},
        where=free,
    ).returning(duties.c.holder)
    values = {"name": name, "tenant": DEFAULT_TENANT, "holder": holder, "until": until}
    return tx.execute(held, values).first() is not None


def give_up(tx: Connection, name: str, holder: str) -> None:
    """Let the next one have it at once."""
    tx.execute(delete(duties).where(duties.c.name == name, duties.c.holder == holder))

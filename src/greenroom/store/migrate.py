"""Bring a database to the newest schema, one process at a time."""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.store.dialect import Dialect, of

NEWEST = "0022"
"""The revision this code was written for; a test compares it with the scripts."""

_FOLDER = Path(__file__).parent / "migrations"
NEWEST_SCHEMA = _FOLDER / "newest_schema.sql"
"""What the migrations make of an empty SQLite database; scripts/newest_schema.py writes it."""

_LOCK = 0x47524E524D


def upgrade(engine: Engine) -> None:
    """Apply what is pending, without loading Alembic for a database that is current or new."""
    with engine.connect() as tx:
        if revision(tx) == NEWEST:
            return
    with engine.begin() as tx:
        if of(tx) is Dialect.POSTGRESQL:  # SQLite's write transaction is such a lock by itself
            tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        found = revision(tx)
        # PostgreSQL starts anew too seldom for a second way to its schema.
        if found is None and of(tx) is Dialect.SQLITE:
            _create(tx)
        elif found != NEWEST:
            apply(tx)


def revision(tx: Connection) -> str | None:
    """The database's revision; None before the first."""
    if not inspect(tx).has_table("alembic_version"):
        return None
    found: str | None = tx.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _create(tx: Connection) -> None:
    if inspect(tx).get_table_names():
        raise AppError(
            ErrorCode.STORAGE_UNAVAILABLE,
            "The database file holds tables that are not Greenroom's: move it, or name another.",
        )
    for statement in NEWEST_SCHEMA.read_text().split("\n\n"):
        tx.exec_driver_sql(statement)


def apply(tx: Connection, upto: str = NEWEST) -> None:
    """Run the migrations that are pending, one after the other."""
    from alembic.config import Config  # noqa: PLC0415 - slow to load and seldom needed
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415 - likewise
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - likewise

    scripts = ScriptDirectory(str(_FOLDER))
    current = revision(tx)
    if current is not None and current not in {s.revision for s in scripts.walk_revisions()}:
        raise AppError(
            ErrorCode.STORAGE_UNAVAILABLE,
            "The database was made by a newer Greenroom: start that version, or restore a backup.",
        )
    context = EnvironmentContext(
        Config(),
        scripts,
        fn=lambda at, _context: scripts._upgrade_revs(upto, at),  # noqa: SLF001 - Alembic's documented way to run without its command line
    )
    with context:
        context.configure(connection=tx)
        context.run_migrations()

"""Write the file that a new SQLite database is made from: what all migrations come to.

python scripts/newest_schema.py
"""

import sqlite3
from typing import cast

from sqlalchemy import create_engine

from greenroom.store import migrate

_HEADER = "-- Generated from the migrations: run `make docs` after a new one."


def schema() -> str:
    """What stands in the file: the migrations' outcome, one blank line between statements."""
    engine = create_engine("sqlite://")
    with engine.begin() as tx:
        migrate.apply(tx)
        raw = cast("sqlite3.Connection", tx.connection.dbapi_connection)
        statements = dump(raw)
    engine.dispose()
    return "\n".join([_HEADER, "\n\n".join(statements), ""])


def dump(connection: sqlite3.Connection) -> list[str]:
    """The statements that make an equal database, without spaces at the ends of lines."""
    around = {"BEGIN TRANSACTION;", "COMMIT;", 'DELETE FROM "sqlite_sequence";'}
    return [
        "\n".join(line.rstrip() for line in statement.splitlines())
        for statement in connection.iterdump()
        if statement not in around
    ]


if __name__ == "__main__":
    migrate.NEWEST_SCHEMA.write_text(schema())

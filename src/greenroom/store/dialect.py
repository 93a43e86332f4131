"""The short list of places where SQLite and PostgreSQL differ, each named."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import BigInteger, Boolean, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class Dialect(StrEnum):
    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


Insert: TypeAlias = sqlite.Insert | postgresql.Insert


def of(tx: Connection) -> Dialect:
    return Dialect(tx.dialect.name)


def insert(dialect: Dialect, table: Table) -> Insert:
    """An INSERT that knows ON CONFLICT."""
    if dialect is Dialect.SQLITE:
        return sqlite.insert(table)
    return postgresql.insert(table)


class NextSeq(FunctionElement[int]):
    """The seq that the next job gets, known before its row is written.

    SQLite has one writer, so nobody else can take the number meanwhile.
    """

    type = BigInteger()
    inherit_cache = True


@compiles(NextSeq, "sqlite")
def _next_seq_sqlite(_element: NextSeq, _compiler: SQLCompiler, **_kw: Any) -> str:
    return "(COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'jobs'), 0) + 1)"


@compiles(NextSeq, "postgresql")
def _next_seq_postgresql(_element: NextSeq, _compiler: SQLCompiler, **_kw: Any) -> str:
    return "nextval(pg_get_serial_sequence('jobs', 'seq'))"


class TransactionId(FunctionElement[int]):
    """A number that tells this transaction from every other one that may commit out of order."""

    type = BigInteger()
    inherit_cache = True


@compiles(TransactionId, "sqlite")
def _transaction_sqlite(_element: TransactionId, _compiler: SQLCompiler, **_kw: Any) -> str:
    return "0"


@compiles(TransactionId, "postgresql")
def _transaction_postgresql(_element: TransactionId, _compiler: SQLCompiler, **_kw: Any) -> str:
    return "pg_current_xact_id()::text::bigint"


class Settled(FunctionElement[bool]):
    """Whether every transaction numbered like the argument or below it has ended.

    A sequence hands out ids before the commit, so on PostgreSQL a row may appear below rows that
    were read already; rows that are settled cannot be overtaken.
    """

    type = Boolean()
    inherit_cache = True


@compiles(Settled, "sqlite")
def _settled_sqlite(_element: Settled, _compiler: SQLCompiler, **_kw: Any) -> str:
    return "(1 = 1)"


@compiles(Settled, "postgresql")
def _settled_postgresql(element: Settled, compiler: SQLCompiler, **kw: Any) -> str:
    column = compiler.process(element.clauses, **kw)
    return f"({column} < pg_snapshot_xmin(pg_current_snapshot())::text::bigint)"


def guard_state(dialect: Dialect, moves: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The statements that make the database refuse every change of jobs.state not in `moves`."""
    legal = " OR ".join(
        f"(OLD.state = '{source}' AND NEW.state = '{target}')" for source, target in sorted(moves)
    )
    when = "BEFORE UPDATE OF state ON jobs"
    if dialect is Dialect.SQLITE:
        refuse = "BEGIN SELECT RAISE(ABORT, 'illegal transition'); END"
        return (f"CREATE TRIGGER jobs_state_guard {when} WHEN NOT ({legal}) {refuse}",)
    refuse = "RAISE EXCEPTION 'illegal transition' USING ERRCODE = 'check_violation'"
    body = f"BEGIN IF NOT ({legal}) THEN {refuse}; END IF; RETURN NEW; END"
    call = "FOR EACH ROW EXECUTE FUNCTION jobs_state_guard()"
    return (
        f"CREATE FUNCTION jobs_state_guard() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
        f"CREATE TRIGGER jobs_state_guard {when} {call}",
    )


def count_states(dialect: Dialect) -> tuple[str, ...]:
    """The statements that keep job_counts in step with jobs, whoever writes them.

    PostgreSQL spreads each number over shards, so that writers do not wait for one row.
    """
    if dialect is Dialect.SQLITE:
        return (
            _counting_trigger("insert", "AFTER INSERT ON jobs", _counted("NEW", 1)),
            _counting_trigger("delete", "AFTER DELETE ON jobs", _counted("OLD", -1)),
            _counting_trigger(
                "update",
                "AFTER UPDATE OF state ON jobs WHEN OLD.state <> NEW.state",
                _counted("OLD", -1) + _counted("NEW", 1),
            ),
        )
    shard = f"pg_backend_pid() % {_COUNT_SHARDS}"
    body = (
        "BEGIN "
        f"IF TG_OP <> 'INSERT' THEN {_counted('OLD', -1, shard)} END IF; "
        f"IF TG_OP <> 'DELETE' THEN {_counted('NEW', 1, shard)} END IF; "
        "RETURN NULL; END"
    )
    call = "FOR EACH ROW EXECUTE FUNCTION jobs_counted()"
    return (
        f"CREATE FUNCTION jobs_counted() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
        f"CREATE TRIGGER jobs_counted_rows AFTER INSERT OR DELETE ON jobs {call}",
        (
            "CREATE TRIGGER jobs_counted_moves AFTER UPDATE OF state ON jobs "
            "FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION jobs_counted()"
        ),
    )


_COUNT_SHARDS = 64


def _counted(row: str, step: int, shard: str = "0") -> str:
    return (
        "INSERT INTO job_counts (tenant, job_state, shard, jobs) "  # noqa: S608 - own words only
        f"VALUES ({row}.tenant, {row}.state, {shard}, {step}) "
        "ON CONFLICT (tenant, job_state, shard) "
        "DO UPDATE SET jobs = job_counts.jobs + excluded.jobs; "
    )


def _counting_trigger(name: str, when: str, body: str) -> str:
    return f"CREATE TRIGGER jobs_counted_{name} {when} BEGIN {body}END"

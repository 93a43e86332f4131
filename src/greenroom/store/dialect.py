"""The short list of places where SQLite and PostgreSQL differ, each named."""

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import BigInteger, Boolean, Connection, Table, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql


class Dialect(StrEnum):
    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


Insert: TypeAlias = "sqlite.Insert | postgresql.Insert"


def of(tx: Connection) -> Dialect:
    return Dialect(tx.dialect.name)


def insert(dialect: Dialect, table: Table) -> Insert:
    """An INSERT that knows ON CONFLICT."""
    if dialect is Dialect.SQLITE:
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - 2 MB that SQLite does not need

    return postgresql.insert(table)


def one_at_a_time(tx: Connection, key: int) -> None:
    """Wait until no other transaction holds the key; SQLite has one writer anyway."""
    if of(tx) is Dialect.POSTGRESQL:
        tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


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

    PostgreSQL spreads each number over shards, so that writers do not wait for one row, and counts
    once a statement: a row that one transaction updates often is slow there.
    """
    if dialect is Dialect.SQLITE:
        return (
            _counting_row("insert", "AFTER INSERT ON jobs", _step("NEW", 1)),
            _counting_row("delete", "AFTER DELETE ON jobs", _step("OLD", -1)),
            _counting_row(
                "update",
                "AFTER UPDATE OF state ON jobs WHEN OLD.state <> NEW.state",
                _step("OLD", -1) + _step("NEW", 1),
            ),
        )
    gone, come = "SELECT tenant, state, -1 AS n FROM gone", "SELECT tenant, state, 1 AS n FROM come"
    return (
        *_counting_statement("insert", "NEW TABLE AS come", come),
        *_counting_statement("delete", "OLD TABLE AS gone", gone),
        *_counting_statement(
            "update", "OLD TABLE AS gone NEW TABLE AS come", f"{gone} UNION ALL {come}"
        ),
    )


_COUNT_SHARDS = 64
_COUNT = "INSERT INTO job_counts (tenant, job_state, shard, jobs) "
_ADD = (
    "ON CONFLICT (tenant, job_state, shard) DO UPDATE SET jobs = job_counts.jobs + excluded.jobs; "
)


def _step(row: str, step: int) -> str:
    return f"{_COUNT}VALUES ({row}.tenant, {row}.state, 0, {step}) {_ADD}"


def _counting_row(name: str, when: str, body: str) -> str:
    return f"CREATE TRIGGER jobs_counted_{name} {when} BEGIN {body}END"


def _counting_statement(name: str, tables: str, changes: str) -> tuple[str, str]:
    totals = (
        f"SELECT tenant, state, pg_backend_pid() % {_COUNT_SHARDS}, sum(n) "  # noqa: S608 - own words only
        f"FROM ({changes}) AS changes GROUP BY tenant, state HAVING sum(n) <> 0 ORDER BY state"
    )
    body = f"BEGIN {_COUNT}{totals} {_ADD} RETURN NULL; END"
    return (
        f"CREATE FUNCTION jobs_counted_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
        (
            f"CREATE TRIGGER jobs_counted_{name} AFTER {name.upper()} ON jobs REFERENCING {tables} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION jobs_counted_{name}()"
        ),
    )

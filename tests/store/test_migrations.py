import asyncio

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from scripts import newest_schema
from sqlalchemy import inspect, text

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.job import LEASED_STATES, TRANSITIONS, JobState
from greenroom.store import connect, migrate, webhook_log
from greenroom.store.columns import words_sql
from greenroom.store.database import Database
from greenroom.store.dialect import guard_state, of
from greenroom.store.tables import metadata

of_columns_only = pytest.mark.filterwarnings("ignore:.*expression-based index")
"""Nobody reflects SQLite's indexes on expressions; test_query_plans uses the one there is."""


@of_columns_only
async def test_the_migrated_schema_is_that_of_the_tables(database):
    def differences(tx):
        context = MigrationContext.configure(
            tx, opts={"compare_type": True, "compare_server_default": True}
        )
        return compare_metadata(context, metadata)

    assert await database.read(differences) == []


async def test_the_checks_and_the_guard_say_what_the_job_machine_says(database):
    def rules(tx):
        checks = {c["name"]: c["sqltext"] for c in inspect(tx).get_check_constraints("jobs")}
        if of(tx) == "sqlite":
            guard = tx.execute(
                text("SELECT sql FROM sqlite_master WHERE name = 'jobs_state_guard'")
            ).scalar_one()
        else:
            guard = tx.execute(
                text("SELECT prosrc FROM pg_proc WHERE proname = 'jobs_state_guard'")
            ).scalar_one()
        return checks, guard, of(tx)

    checks, guard, dialect = await database.read(rules)

    for state in JobState:
        assert f"'{state}'" in checks["ck_jobs_state"]
        assert (f"'{state}'" in checks["ck_jobs_leased"]) == (state in LEASED_STATES)
    moves = {(arc.source.value, arc.target.value) for arc in TRANSITIONS if arc.source}
    assert guard in guard_state(dialect, moves)[0]


@of_columns_only
async def test_partial_indexes_have_the_conditions_of_the_tables(database):
    def conditions(tx):
        found = inspect(tx).get_indexes("jobs")
        key = f"{of(tx)}_where"
        return {i["name"]: str(i.get("dialect_options", {}).get(key, "")) for i in found}

    found = await database.read(conditions)
    for index in metadata.tables["jobs"].indexes:
        declared = index.dialect_options["sqlite"]["where"]
        assert bool(found.get(index.name)) == (declared is not None)
    assert "queued" in found["ix_jobs_claim"]
    for state in words_sql(LEASED_STATES).split(", "):
        assert state in found["ix_jobs_lease_until"]


def test_the_code_knows_its_newest_migration():
    scripts = ScriptDirectory(str(migrate._FOLDER))
    assert scripts.get_heads() == [migrate.NEWEST]


def test_a_new_sqlite_database_is_what_the_migrations_make(sqlite):
    new, migrated = sqlite("new"), sqlite("migrated")
    migrate.upgrade(new)
    with migrated.begin() as tx:
        migrate.apply(tx)

    assert _dump(new) == _dump(migrated), "run: make docs"


def test_an_older_sqlite_database_is_brought_up_to_date(sqlite):
    new, old = sqlite("new"), sqlite("old")
    migrate.upgrade(new)
    _make(old.url, "0018")
    assert _dump(old) != _dump(new)

    migrate.upgrade(old)

    assert _dump(old) == _dump(new)


def test_a_file_of_another_program_is_refused_and_left_as_it_is(sqlite):
    other = sqlite("other")
    with other.begin() as tx:
        tx.execute(text("CREATE TABLE jobs (title TEXT)"))
    before = _dump(other)

    with pytest.raises(AppError, match="not Greenroom's") as refused:
        migrate.upgrade(other)

    assert refused.value.code is ErrorCode.STORAGE_UNAVAILABLE
    assert _dump(other) == before


async def test_two_processes_may_migrate_at_once(request, tmp_path, clock):
    url = f"sqlite:///{tmp_path}/new.db"
    both = await asyncio.gather(Database.open(url, clock), Database.open(url, clock))
    for database in both:
        assert await database.read(migrate.revision) == migrate.NEWEST
        await database.close()


_KEPT = (
    (
        "INSERT INTO jobs (id, tenant, state, number, created_at, webhook) "
        "VALUES ('j', 't', 'queued', 1, 1, 'all')"
    ),
    (
        "INSERT INTO job_webhooks (job_id, tenant, url, form, base, target) "
        "VALUES ('j', 't', 'https://a/b', 'job', 'http://me', 'https://a')"
    ),
    (
        "INSERT INTO webhook_deliveries (seq, id, job_id, tenant, job_state, change_id, at, "
        "target, status, tries, next_at, give_up_at) "
        "VALUES (7, 'msg_7', 'j', 't', 'queued', 3, 1, 'https://a', 'pending', 1, 5, 9)"
    ),
    (
        "INSERT INTO webhook_tries (delivery_seq, number, tenant, at, answer) "
        "VALUES (7, 1, 't', 2, 'no')"
    ),
)


async def test_deliveries_that_wait_outlive_the_migration_to_webhooks_of_batches(
    database_url, clock, tmp_path
):
    if database_url.startswith("sqlite"):
        database_url = f"sqlite:///{tmp_path}/old.db"
    else:
        with psycopg.connect(database_url, autocommit=True) as raw:
            raw.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await asyncio.to_thread(_make, database_url, "0019", _KEPT)
    database = await Database.open(database_url, clock)

    def read(tx):
        (found,) = webhook_log.page(tx, "t", 10)
        return found, webhook_log.tries(tx, 7)

    found, tries = await database.read(read)
    assert (found.id, found.job_id, found.url, found.base) == (
        "msg_7", "j", "https://a/b", "http://me",
    )  # fmt: skip
    assert [one.answer for one in tries] == ["no"]
    await database.write(lambda tx: tx.execute(text("DELETE FROM jobs")))
    assert await database.read(lambda tx: webhook_log.page(tx, "t", 10)) == []
    assert await database.read(lambda tx: webhook_log.tries(tx, 7)) == []
    await database.close()


async def test_a_database_of_a_newer_version_is_left_alone(database_url, clock):
    database = await Database.open(database_url, clock)
    await database.write(
        lambda tx: tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    )
    await database.close()
    with pytest.raises(AppError, match="newer") as refused:
        await Database.open(database_url, clock)
    assert refused.value.code is ErrorCode.STORAGE_UNAVAILABLE


def _make(url, revision, statements=()):
    """A database as it was at that revision."""
    engine = connect.writing(*connect.parse(url))
    with engine.begin() as tx:
        migrate.apply(tx, upto=revision)
        for sql in statements:
            tx.execute(text(sql))


@pytest.fixture
def sqlite(tmp_path):
    """Makes an engine of an SQLite file of that name."""
    return lambda name: connect.writing(*connect.parse(f"sqlite:///{tmp_path}/{name}.db"))


def _dump(engine):
    with engine.connect() as tx:
        return newest_schema.dump(tx.connection.dbapi_connection)

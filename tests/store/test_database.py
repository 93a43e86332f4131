import asyncio
import shutil

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.factories import new_job

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DEFAULT_TENANT
from greenroom.store import jobs, settings, transitions
from greenroom.store.clock import ServerClock
from greenroom.store.database import Database
from greenroom.store.statement import driver

NOW = 1_800_000_000_000


def put(key):
    return lambda tx: settings.put(tx, DEFAULT_TENANT, "me", {key: 1})


def put_then_raise(key):
    def work(tx):
        put(key)(tx)
        raise KeyError(key)

    return work


async def keys(database):
    return set(await database.read(lambda tx: settings.get_all(tx, DEFAULT_TENANT, "me")))


@pytest.fixture
async def sqlite(sqlite_template, tmp_path, clock):
    shutil.copyfile(sqlite_template, tmp_path / "greenroom.db")
    database = await Database.open(f"sqlite:///{tmp_path}/greenroom.db", clock)
    yield database
    await database.close()


async def test_one_bad_caller_does_not_hurt_the_others(database):
    works = [put_then_raise(str(n)) if n % 3 == 0 else put(str(n)) for n in range(30)]
    answers = await asyncio.gather(*map(database.write, works), return_exceptions=True)

    for number, answer in enumerate(answers):
        assert isinstance(answer, KeyError) == (number % 3 == 0)
    assert await keys(database) == {str(n) for n in range(30) if n % 3}


async def test_a_group_in_which_all_goes_well_needs_no_savepoints(sqlite):
    said = []
    await sqlite.write(lambda tx: driver(tx).set_trace_callback(said.append))
    await asyncio.gather(*(sqlite.write(put(str(n))) for n in range(20)))
    assert said.count("COMMIT") < 20
    assert not [statement for statement in said if "SAVEPOINT" in statement]


def waits_for_disk(tx):
    """Whether the commit of this transaction does."""
    if tx.dialect.name == "sqlite":
        return tx.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    return tx.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"


async def test_only_a_write_that_may_be_undone_does_not_wait_for_the_disk(database):
    for _ in range(2):
        assert not await database.write_soon(waits_for_disk)
        assert await database.write(waits_for_disk)


async def test_a_write_beside_one_that_may_be_undone_waits_for_the_disk(database):
    writes = [f(waits_for_disk) for f in (database.write_soon, database.write) for _ in range(20)]
    assert all((await asyncio.gather(*writes))[20:])


async def test_a_write_waits_for_the_disk_after_one_that_failed(database):
    with pytest.raises(KeyError):
        await database.write_soon(put_then_raise("a"))
    assert await database.write(waits_for_disk)


async def test_a_statement_that_the_database_refuses_hurts_its_caller_only(database):
    works = [put("a"), lambda tx: tx.execute(text("SELECT nonsense FROM nowhere")), put("b")]
    one, two, three = await asyncio.gather(*map(database.write, works), return_exceptions=True)
    assert (one, three) == (None, None)
    assert isinstance(two, DBAPIError)
    assert await keys(database) == {"a", "b"}


async def test_a_caller_that_gave_up_does_not_break_the_group(database):
    writes = [asyncio.ensure_future(database.write(put(str(n)))) for n in range(20)]
    await asyncio.sleep(0)
    writes[3].cancel()
    answers = await asyncio.gather(*writes, return_exceptions=True)
    assert isinstance(answers[3], asyncio.CancelledError)
    assert {str(n) for n in range(20) if n != 3} <= await keys(database)


async def test_what_was_written_is_read_at_once(database):
    for number in range(20):
        await database.write(put(str(number)))
        assert str(number) in await keys(database)


async def test_a_reader_cannot_write(database):
    with pytest.raises((AppError, DBAPIError)):
        await database.read(put("x"))
    assert await keys(database) == set()


async def test_a_failing_read_does_not_hurt_the_reads_beside_it(database):
    await database.write(put("a"))
    broken = text("SELECT nonsense FROM nowhere")
    reads = [
        database.read(lambda tx: settings.get_all(tx, DEFAULT_TENANT, "me")),
        database.read(lambda tx: tx.execute(broken)),
        database.read(lambda tx: settings.get_all(tx, DEFAULT_TENANT, "me")),
    ]
    one, two, three = await asyncio.gather(*reads, return_exceptions=True)
    assert one == three == {"a": 1}
    assert isinstance(two, DBAPIError)


async def test_a_full_disk_is_told_to_everyone_in_the_group_and_leaves_nothing_half_written(sqlite):
    def limit(tx):
        pages = tx.execute(text("PRAGMA page_count")).scalar_one()
        tx.execute(text(f"PRAGMA max_page_count = {pages + 4}"))

    await sqlite.write(limit)
    news = [new_job(prompt=b"x" * 5000) for _ in range(20)]
    writes = [sqlite.write(lambda tx, n=new: transitions.enqueue(tx, n, NOW)) for new in news]
    answers = await asyncio.gather(*writes, return_exceptions=True)

    assert any(isinstance(answer, AppError) for answer in answers)
    for new, answer in zip(news, answers, strict=True):
        found = await sqlite.read(lambda tx, n=new: jobs.details(tx, n.tenant, n.id))
        if isinstance(answer, AppError):
            assert answer.code is ErrorCode.STORAGE_FULL
            assert found is None
        else:
            assert found.job == answer.change.job


async def test_there_is_room_again_after_a_full_disk(sqlite):
    def limit(tx):
        pages = tx.execute(text("PRAGMA page_count")).scalar_one()
        tx.execute(text(f"PRAGMA max_page_count = {pages}"))

    await sqlite.write(limit)
    big = new_job(prompt=b"x" * 500_000)
    with pytest.raises(AppError, match="disk is full"):
        await sqlite.write(lambda tx: transitions.enqueue(tx, big, NOW))
    # The limit belongs to the connection, which is replaced after such an error.
    assert (await sqlite.write(lambda tx: transitions.enqueue(tx, big, NOW))).created


async def test_a_folder_that_is_not_there_is_storage_that_is_unavailable(tmp_path):
    with pytest.raises(AppError) as refused:
        await Database.open(f"sqlite:///{tmp_path}/nowhere/x.db")
    assert refused.value.code is ErrorCode.STORAGE_UNAVAILABLE


async def test_a_file_that_is_no_database_is_storage_that_is_unavailable(tmp_path):
    path = tmp_path / "x.db"
    path.write_bytes(b"certainly not a database" * 100)
    with pytest.raises(AppError) as refused:
        await Database.open(f"sqlite:///{path}")
    assert refused.value.code is ErrorCode.STORAGE_UNAVAILABLE


async def test_a_server_that_does_not_answer_is_storage_that_is_unavailable():
    with pytest.raises(AppError) as refused:
        await Database.open("postgresql://postgres@127.0.0.1:1/postgres")
    assert refused.value.code is ErrorCode.STORAGE_UNAVAILABLE


@pytest.mark.parametrize("url", ["mysql://localhost/x", "not a url"])
async def test_another_kind_of_database_is_refused(url):
    with pytest.raises(AppError) as refused:
        await Database.open(url)
    assert refused.value.code is ErrorCode.BAD_REQUEST


async def test_connections_that_the_server_closed_are_replaced(postgresql_clones, clock):
    database = await Database.open(postgresql_clones(), clock)
    await asyncio.gather(*(database.write(put(str(n))) for n in range(20)))
    await asyncio.gather(*(keys(database) for _ in range(20)))
    kill = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await database.write(lambda tx: tx.execute(kill).all())

    await asyncio.gather(*(database.write(put(f"after-{n}")) for n in range(20)))
    assert len(await keys(database)) == 40
    await database.close()


async def test_the_servers_clock_corrects_the_local_one(postgresql_clones, clock):
    database = await Database.open(postgresql_clones(), clock)
    corrected = ServerClock(clock)
    await database.read(corrected.measure)
    asked = text("SELECT extract(epoch FROM clock_timestamp()) * 1000")
    server = int(await database.read(lambda tx: tx.execute(asked).scalar_one()))
    assert abs(server - corrected.now()) < 60_000 < abs(server - clock.now())
    await database.close()


async def test_a_second_opening_finds_everything(database_url, clock):
    first = await Database.open(database_url, clock)
    await first.write(put("a"))
    await first.close()
    second = await Database.open(database_url, clock)
    assert await keys(second) == {"a"}
    await second.close()


async def test_closing_serves_those_who_wait(database_url, clock):
    database = await Database.open(database_url, clock)
    writes = [asyncio.ensure_future(database.write(put(str(n)))) for n in range(10)]
    await asyncio.sleep(0)
    await database.close()
    assert await asyncio.gather(*writes) == [None] * 10

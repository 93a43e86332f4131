"""The log of changes and notices in one order, on both databases."""

from tests.factories import job_in
from tests.settling import settle

from greenroom.domain.event import JobChanged
from greenroom.domain.ids import DEFAULT_TENANT, TenantId
from greenroom.domain.job import JobState
from greenroom.domain.notice import Notice, NoticeKind
from greenroom.domain.recipe import Recipe
from greenroom.store import event_log, jobs, outbox, recipes


async def _note(database, tenant=DEFAULT_TENANT):
    notice = Notice(NoticeKind.ASSETS_UPLOADED, database.clock.now(), {"files": ["ä.png"]})
    await database.write(lambda tx: event_log.note(tx, tenant, notice))
    return notice


async def test_changes_and_notices_stand_in_the_order_in_which_they_came(database):
    await job_in(database)
    notice = await _note(database)
    await job_in(database, JobState.RUNNING)
    await settle(database)
    entries = await database.read(lambda tx: event_log.after(tx, 0, 100))
    kinds = [type(entry.happening) for entry in entries]
    assert kinds == [JobChanged, Notice, JobChanged, JobChanged]
    assert entries[1].happening == notice
    rest = await database.read(lambda tx: event_log.after(tx, entries[1].id, 100))
    assert rest == entries[2:]
    newest = await database.read(lambda tx: event_log.newest(tx, DEFAULT_TENANT, 2))
    assert newest == entries[2:]
    assert await database.read(outbox.last_id) == entries[-1].id


async def test_a_tenant_reads_its_own_entries_only(database):
    other = TenantId("other")
    await _note(database)
    await _note(database, other)
    await settle(database)
    (mine,) = await database.read(lambda tx: event_log.after(tx, 0, 100, DEFAULT_TENANT))
    assert mine.tenant == DEFAULT_TENANT
    assert len(await database.read(lambda tx: event_log.after(tx, 0, 100))) == 2
    assert len(await database.read(lambda tx: event_log.newest(tx, other, 100))) == 1


async def test_notices_are_no_changes_of_jobs(database):
    await _note(database)
    await settle(database)
    assert await database.read(lambda tx: outbox.after(tx, 0, 100)) == []


async def test_a_recipe_lives_and_dies_with_its_job(database):
    job = await job_in(database, JobState.SUCCEEDED)
    recipe = Recipe(
        "film", "Ein Film", 2, {"prompt": "schön"}, {"seed": 2**53}, "20260324_143052_a1b2c3",
        {"image": "a.png"}, "a.png", job.id,
    )  # fmt: skip
    await database.write(lambda tx: recipes.add(tx, job.tenant, job.id, recipe))
    assert await database.read(lambda tx: recipes.get(tx, job.tenant, job.id)) == recipe
    other = TenantId("other")
    assert await database.read(lambda tx: recipes.get(tx, other, job.id)) is None
    await database.write(lambda tx: jobs.delete(tx, job.tenant, [job.id]))
    assert await database.read(lambda tx: recipes.get(tx, job.tenant, job.id)) is None

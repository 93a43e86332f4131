import pytest
from tests.factories import insert_job, job_in, new_asset

from greenroom.domain.browse import Place
from greenroom.domain.ids import DEFAULT_TENANT, JobId, TenantId
from greenroom.domain.job import JobEvent, JobState
from greenroom.domain.output_kind import OutputKind
from greenroom.domain.record import JobFilter, JobSort
from greenroom.store import assets, job_counts, jobs, outputs, transitions
from greenroom.store.transitions import Outcome

OTHER = TenantId("other")


async def read(database, work, *given):
    return await database.read(lambda tx: work(tx, DEFAULT_TENANT, *given))


@pytest.fixture
async def five(database, clock):
    """Five jobs, a second apart; the second one ended first."""
    made = []
    for number in range(5):
        clock.advance(1000)
        made.append(await job_in(database, workflow_id=f"w{number % 2}", client_id=f"c{number}"))
    for position, state in ((1, JobEvent.CANCEL), (0, JobEvent.EXPIRE)):
        now = clock.advance(10)
        job_id = made[position].id
        await database.write(lambda tx, j=job_id, e=state, n=now: transitions.move(tx, j, e, n))
    return [await read(database, jobs.get, job.id) for job in made]


async def page(database, chosen=jobs.EVERY_JOB, *given):
    found, total = await read(database, jobs.list_page, chosen, *given)
    return [job.id for job in found], total


async def test_a_page_is_newest_first_and_tells_the_total(database, five):
    ids = [job.id for job in five]
    assert await page(database) == (ids[::-1], 5)
    assert await page(database, jobs.EVERY_JOB, JobSort.CREATED, False, 2, 1) == (ids[1:3], 5)
    assert await page(database, jobs.EVERY_JOB, JobSort.CREATED, True, None, 3) == (
        [ids[1], ids[0]],
        5,
    )
    assert await page(database, jobs.EVERY_JOB, JobSort.CREATED, True, 0, 0) == ([], 5)


@pytest.mark.parametrize("descending", [True, False])
async def test_a_page_of_several_states_is_in_one_order(database, five, descending):
    mixed = JobFilter(states=frozenset({JobState.QUEUED, JobState.CANCELED, JobState.EXPIRED}))
    ids = [job.id for job in five]
    ids = ids[::-1] if descending else ids
    pages = [
        await page(database, mixed, JobSort.CREATED, descending, 2, offset) for offset in (0, 2, 4)
    ]
    assert pages == [(ids[:2], 5), (ids[2:4], 5), (ids[4:], 5)]


async def test_every_filter_narrows_the_page(database, five):
    for chosen, wanted in (
        (JobFilter(states=frozenset({JobState.CANCELED, JobState.EXPIRED})), [1, 0]),
        (JobFilter(states=frozenset()), []),
        (JobFilter(workflow_id="w1"), [3, 1]),
        (JobFilter(client_id="c4"), [4]),
        (JobFilter(ids=(five[2].id, JobId("unknown"))), [2]),
        (JobFilter(created_after=five[2].created_at), [4, 3]),
        (JobFilter(created_before=five[2].created_at), [1, 0]),
        (JobFilter(workflow_id="w0", created_after=five[0].created_at), [4, 2]),
    ):
        assert await page(database, chosen) == ([five[n].id for n in wanted], len(wanted))


async def test_duration_counts_as_nothing_where_it_is_unknown(database, clock):
    quick = await job_in(database, JobState.RUNNING)
    slow = await job_in(database, JobState.RUNNING)
    waiting = await job_in(database)
    for job in (quick, slow):
        now = clock.advance(100)
        await database.write(
            lambda tx, j=job, n=now: transitions.move(tx, j.id, JobEvent.SUCCEED, n, token=j.lease)
        )
    by_duration = await page(database, jobs.EVERY_JOB, JobSort.DURATION, True)
    assert by_duration == ([slow.id, quick.id, waiting.id], 3)


async def test_pages_of_several_states_follow_each_other_in_one_order(database, clock):
    made = []
    for number in range(9):
        job = await job_in(database, JobState.RUNNING)
        now = clock.advance(100 * (number % 3))
        event = (JobEvent.SUCCEED, JobEvent.FAIL, JobEvent.LOSE)[number // 3]
        await database.write(
            lambda tx, j=job, n=now, e=event: transitions.move(tx, j.id, e, n, token=j.lease)
        )
        made.append(await read(database, jobs.get, job.id))
    bad = JobFilter(states=frozenset({JobState.FAILED, JobState.LOST}))
    slowest = sorted(made, key=lambda job: (job.finished_at - job.started_at, job.seq))
    for chosen, wanted in ((jobs.EVERY_JOB, slowest), (bad, [j for j in slowest if j in made[3:]])):
        ids = [job.id for job in wanted]
        assert await page(database, chosen, JobSort.DURATION, False) == (ids, len(ids))
        for start in (0, 2, 4):
            found, total = await page(database, chosen, JobSort.DURATION, True, 2, start)
            assert (found, total) == (ids[::-1][start : start + 2], len(ids))
    for descending in (False, True):
        wanted = made[:2:-1] if descending else made[3:]
        for count, job in enumerate(wanted):
            after = Place(job.created_at, str(job.seq))
            found = await database.read(
                lambda tx, a=after, d=descending: jobs.list_after(
                    tx, DEFAULT_TENANT, bad, a, descending=d, limit=2
                )
            )
            assert found == wanted[count + 1 : count + 3]


async def test_a_place_far_from_both_ends_of_the_queue_is_counted(database):
    now = database.clock.now()
    made = await database.write(
        lambda tx: [insert_job(tx, now, number=float(n)) for n in range(201)]
    )
    await job_in(database, tenant=OTHER, number=50.0)
    for n in (0, 1, 99, 100, 101, 102, 200):
        assert await read(database, jobs.position, made[n].id) == n


async def test_the_queue_is_in_run_order_with_graphs(database):
    last = await job_in(database, number=50.0)
    running = await job_in(database, JobState.RUNNING)
    canceling = await job_in(database, JobState.CANCELING)
    front = await job_in(database, front=True, graph=b"{}")
    await job_in(database, JobState.SUCCEEDED)

    on, waiting = await read(database, jobs.queue)

    assert [one.job.id for one in on] == [running.id, canceling.id]
    assert [one.job.id for one in waiting] == [front.id, last.id]
    assert waiting[0].payload.to_run == b"{}"
    assert waiting[1].payload.to_run == waiting[1].payload.prompt
    assert await database.read(job_counts.active) == {DEFAULT_TENANT: 4}
    assert await read(database, jobs.position, last.id) == 1
    assert await read(database, jobs.position, front.id) == 0
    assert await read(database, jobs.position, running.id) is None


async def test_history_is_in_the_order_of_finishing(database, clock, five):
    first, second = five[1].id, five[0].id
    third = (await job_in(database, JobState.FAILED)).id

    async def ids(*given):
        return [detail.job.id for detail in await read(database, jobs.history, *given)]

    assert await ids() == [first, second, third]
    assert await ids(2) == [second, third]
    assert await ids(2, 0) == [first, second]
    assert await ids(None, 1) == [second, third]
    assert await ids(1, 1) == [second]
    assert await ids(0) == []
    assert await read(database, jobs.finished_ids, 2) == [first, second]


async def test_details_hold_job_payload_and_result(database):
    job = await job_in(
        database, JobState.SUCCEEDED, prompt=b'{"a": 1}', outcome=Outcome(outputs=b'{"9":1}')
    )
    detail = await read(database, jobs.details, job.id)
    assert detail.job == job
    assert detail.payload.prompt == b'{"a": 1}'
    assert detail.result.outputs == b'{"9":1}'
    assert detail.payload == await read(database, jobs.payload, job.id)


async def test_a_running_job_shows_the_outputs_made_so_far(database):
    job = await job_in(database, JobState.RUNNING)
    assert (await read(database, jobs.details, job.id)).result is None
    await database.write(lambda tx: outputs.append(tx, DEFAULT_TENANT, job.id, "9", b"{}"))
    assert (await read(database, jobs.details, job.id)).result.outputs == b'{"9":{}}'


async def test_only_ended_jobs_are_deleted_and_their_assets_stay(database):
    ended = await job_in(database, JobState.SUCCEEDED, outcome=Outcome(outputs=b"{}"))
    waiting = await job_in(database)
    asset = new_asset("a.png", job_id=ended.id)
    await database.write(lambda tx: assets.add(tx, asset))

    ids = [ended.id, waiting.id, JobId("unknown")]
    gone = await database.write(lambda tx: jobs.delete(tx, DEFAULT_TENANT, ids))

    assert gone == [ended.id]
    assert await read(database, jobs.details, ended.id) is None
    assert await read(database, jobs.attempts, ended.id) == []
    assert await read(database, assets.of_job, ended.id) == [asset]
    assert await read(database, jobs.get, waiting.id) == waiting


async def test_another_tenants_jobs_do_not_exist(database, clock):
    now = clock.now()
    job = await database.write(lambda tx: insert_job(tx, now, JobState.SUCCEEDED, tenant=OTHER))
    for look in (jobs.get, jobs.payload, jobs.result, jobs.details, jobs.position):
        assert await read(database, look, job.id) is None
    assert await read(database, jobs.get_many, [job.id]) == []
    assert await read(database, jobs.history) == []
    assert await page(database) == ([], 0)
    assert await database.write(lambda tx: jobs.delete(tx, DEFAULT_TENANT, [job.id])) == []


async def test_many_are_given_in_the_order_asked_for(database, five):
    ids = [five[3].id, JobId("unknown"), five[0].id]
    assert await read(database, jobs.get_many, ids) == [five[3], five[0]]


async def ended_with(database, clock, preview, files=()):
    """A job that succeeded, with a preview and files of its own."""
    clock.advance(1)
    outcome = Outcome(preview_output=preview)

    def write(tx):
        job = insert_job(tx, clock.now(), JobState.SUCCEEDED, outcome=outcome)
        for name, mime in files:
            assets.add(tx, new_asset(name, job_id=job.id, mime=mime))
        return job.id

    return await database.write(write)


async def test_jobs_are_found_by_the_kind_of_their_files(database, clock):
    film = await ended_with(
        database, clock, {"filename": "p.png"}, [("a.mp4", "video/mp4"), ("p.png", "image/png")]
    )
    cached = await ended_with(database, clock, {"filename": "Old.WEBP", "mediaType": "images"})
    await ended_with(database, clock, None)
    await database.write(lambda tx: insert_job(tx, clock.now()))

    async def found(kind):
        chosen = JobFilter(output_kind=kind)
        page, total = await database.read(
            lambda tx: jobs.list_page(tx, DEFAULT_TENANT, chosen, descending=False)
        )
        assert total == len(page)
        return [job.id for job in page]

    assert await found(OutputKind.VIDEO) == [film]
    assert await found(OutputKind.IMAGE) == [film, cached]
    assert await found(OutputKind.AUDIO) == []


@pytest.mark.parametrize("descending", [True, False])
async def test_jobs_go_on_from_a_place(database, clock, descending):
    made = [await database.write(lambda tx: insert_job(tx, clock.now())) for _ in range(5)]
    wanted = [job.id for job in (made[::-1] if descending else made)]
    place, found = None, []
    for _ in range(3):
        page = await database.read(
            lambda tx, place=place: jobs.list_after(
                tx, DEFAULT_TENANT, JobFilter(), place, descending=descending, limit=2
            )
        )
        found += [job.id for job in page]
        place = Place(page[-1].created_at, str(page[-1].seq))
    assert found == wanted


async def test_finished_jobs_are_listed_the_newest_first(database, clock):
    made = [await ended_with(database, clock, None) for _ in range(3)]
    await database.write(lambda tx: insert_job(tx, clock.now()))
    page = await database.read(lambda tx: jobs.recent(tx, DEFAULT_TENANT, 2, 1))
    assert [detail.job.id for detail in page] == [made[1], made[0]]

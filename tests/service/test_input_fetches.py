"""Files that accepted jobs wait for, from a real source, on both databases."""

import asyncio
import json

import pytest
import pytest_asyncio
from sqlalchemy import select
from tests.factories import LEASE_MS, WORKER, new_job
from tests.fakes.slow_source import picture, slow_source
from tests.settling import all_events

from greenroom.assets.blobs import BlobStore
from greenroom.assets.tree import NamedTree
from greenroom.bus.local import LocalBus
from greenroom.domain.address import AddressRule
from greenroom.domain.event import JobChanged, JobReady
from greenroom.domain.ids import DEFAULT_TENANT, TenantId
from greenroom.domain.input_fetch import AwaitedFile
from greenroom.domain.job import UNTIL_INPUTS, JobEvent, JobState
from greenroom.domain.principal import Principal
from greenroom.domain.webhook import Webhook, WebhookEvents
from greenroom.domain.workflow.file_inputs import FileKind
from greenroom.domain.workflow.refs import Place
from greenroom.outbound.client import Outbound
from greenroom.service.asset_records import AssetRecords
from greenroom.service.idempotency import IdempotencyKeys
from greenroom.service.input_fetches import InputFetches
from greenroom.service.jobs import Jobs
from greenroom.service.media_fetch import MediaFetch, MediaLimits
from greenroom.service.policy import Policy
from greenroom.service.queue import Queue
from greenroom.service.watch import Watch
from greenroom.store import input_fetches, jobs, transitions, waiting
from greenroom.store.tables import input_fetches as table
from greenroom.store.tables import job_inputs, job_payloads, webhook_deliveries

CALLER = Principal()
LOADER, SECOND = Place("1", "image"), Place("2", "image")


class Desk:
    """One server's side; several may share a database."""

    def __init__(self, database, folder, blobs):
        self.database, self.clock, self.bus = database, database.clock, LocalBus()
        records = AssetRecords(database, blobs, NamedTree(folder, blobs), IdempotencyKeys(database))
        self.outbound = Outbound(AddressRule.parse(["127.0.0.1"]))
        limits = MediaLimits(image=1024 * 1024, other=1024, seconds=60)
        self.fetches = InputFetches(database, self.bus, MediaFetch(records, self.outbound, limits))
        self.watch = Watch(self.bus)
        self.queue = Queue(database, self.bus, self.watch, Policy())
        self.jobs = Jobs(database, self.bus, self.watch)
        self.news = asyncio.Queue()
        self.bus.listen(self.news.put_nowait)

    async def job(self, *urls, **given):
        """A job whose first loaders read these."""
        places = [Place(str(number + 1), "image") for number in range(len(urls))]
        graph = {place.node_id: {"class_type": "LoadImage", "inputs": {"image": url}}
                 for place, url in zip(places, urls, strict=True)}  # fmt: skip
        files = [AwaitedFile(url, FileKind.IMAGE, (place,))
                 for url, place in zip(urls, places, strict=True)]  # fmt: skip
        new = new_job(prompt=json.dumps(graph).encode(), not_before=UNTIL_INPUTS, **given)
        now = self.clock.now()

        def write(tx):
            job = transitions.enqueue(tx, new, now).change.job
            input_fetches.add(tx, job, files)
            return job

        return await self.database.write(write)

    async def until(self, kind):
        while not isinstance(event := await self.news.get(), kind):
            pass
        return event

    async def until_settled(self):
        """Nothing is being fetched any more."""
        while running := [one.task for one in self.fetches._running.values()]:
            await asyncio.wait(running)

    async def claimed(self):
        now = self.clock.now()
        found = await self.database.write(
            lambda tx: transitions.claim(tx, WORKER, 99, LEASE_MS, now)
        )
        return [one.change.job.id for one in found]

    async def get(self, job):
        return await self.database.read(lambda tx: jobs.get(tx, job.tenant, job.id))

    async def rows(self, of=table):
        return await self.database.read(lambda tx: tx.execute(select(of)).mappings().all())

    async def close(self):
        await self.fetches.stop()
        await self.outbound.close()


@pytest_asyncio.fixture
async def source():
    async with slow_source() as made:
        yield made


@pytest.fixture
def blobs(tmp_path):
    return BlobStore(tmp_path / "blobs")


@pytest_asyncio.fixture
async def desks(database, tmp_path, blobs):
    made = []

    def more():
        made.append(Desk(database, tmp_path, blobs))
        return made[-1]

    yield more
    for desk in made:
        await desk.close()


@pytest.fixture
def desk(desks):
    return desks()


async def test_a_job_may_be_claimed_when_its_input_is_there_and_runs_with_the_file(desk, source):
    job, plain = await desk.job(f"{source.url}/film.png?sig=1"), new_job()
    await desk.database.write(lambda tx: transitions.enqueue(tx, plain, desk.clock.now()))
    await desk.fetches.tick()
    await source.until_asked(1)
    assert await desk.claimed() == [plain.id]
    source.let_go()
    ready = await desk.until(JobReady)
    assert (ready.job_id, ready.tenant) == (job.id, DEFAULT_TENANT)
    assert await desk.claimed() == [job.id]
    (stored,) = [row for row in await desk.rows(job_payloads) if row["job_id"] == job.id]
    (kept,) = await desk.rows(job_inputs)
    assert json.loads(stored["prompt"])["1"]["inputs"]["image"].endswith("film.png?sig=1")
    assert json.loads(stored["graph"])["1"]["inputs"]["image"].startswith("fetched/")
    assert kept["job_id"] == job.id
    assert await desk.rows() == []


async def test_a_scheduler_sees_no_job_whose_input_is_on_its_way(desk, source):
    job = await desk.job(f"{source.url}/film.png")

    async def seen():
        return await desk.database.read(
            lambda tx: (
                [one for one, _ in waiting.page(tx, None, 9)],
                [one.job.id for one in waiting.of_jobs(tx, [job.id])],
            )
        )

    assert await seen() == ([], [])
    assert (await desk.get(job)).awaits_inputs
    source.let_go()
    await desk.fetches.tick()
    await desk.until(JobReady)
    assert await seen() == ([job.id], [job.id])
    assert not (await desk.get(job)).awaits_inputs


async def test_a_job_waits_for_all_of_its_inputs_and_equal_ones_are_kept_once(desk, source):
    job = await desk.job(f"{source.url}/a.png", f"{source.url}/b.png")
    await desk.fetches.tick()
    await source.until_asked(2)
    source.let_go()
    await desk.until(JobReady)
    await desk.until_settled()
    assert desk.news.empty()
    (stored,) = await desk.rows(job_payloads)
    graph = json.loads(stored["graph"])
    assert graph["1"]["inputs"] == graph["2"]["inputs"]
    assert len(await desk.rows(job_inputs)) == 1
    assert await desk.claimed() == [job.id]


async def test_a_source_that_breaks_off_is_asked_again_and_may_work_then(desk, source):
    job = await desk.job(f"{source.url}/film.png")
    source.break_off()
    await desk.fetches.tick()
    await desk.until_settled()
    (row,) = await desk.rows()
    assert (row["tries"], "broke off" in row["last_error"]) == (1, True)
    await desk.fetches.tick()
    assert len(source.asked) == 1
    desk.clock.advance(2_000)
    source.let_go()
    await desk.fetches.tick()
    await desk.until(JobReady)
    assert await desk.claimed() == [job.id]


async def test_a_source_that_goes_on_breaking_off_fails_the_job(desk, source):
    job = await desk.job(f"{source.url}/film.png?sig=secret")
    source.break_off()
    for _ in range(4):
        await desk.fetches.tick()
        await desk.until_settled()
        desk.clock.advance(60_000)
    change = await desk.until(JobChanged)
    assert (change.event, change.job.state) == (JobEvent.LACK, JobState.FAILED)
    error = change.job.error
    assert (error["kind"], error["node_id"], error["node_type"]) == (
        "input_unavailable", "1", "LoadImage",
    )  # fmt: skip
    where = source.url.removeprefix("http://")
    assert error["message"].startswith(f"node 1, input 'image': {where}/film.png could not be")
    assert "tried 4 times" in error["message"]
    assert "secret" not in json.dumps(error)
    assert [one.event for one in await all_events(desk.database) if one.job.id == job.id] == [
        JobEvent.SUBMIT, JobEvent.LACK,
    ]  # fmt: skip
    assert await desk.rows() == []


@pytest.mark.parametrize(("path", "told"), [("/status/404", "404"), ("/status/410", "410")])
async def test_what_is_not_there_is_not_asked_for_again(desk, source, path, told):
    await desk.job(source.url + path)
    await desk.fetches.tick()
    change = await desk.until(JobChanged)
    assert change.job.state is JobState.FAILED
    assert told in change.job.error["message"]
    assert source.asked == [path]


async def test_a_busy_source_and_a_page_that_is_no_picture(desk, source):
    busy = await desk.job(f"{source.url}/status/503")
    source.body = b"<html>" * 20
    source.let_go()
    page = await desk.job(f"{source.url}/page.png")
    await desk.fetches.tick()
    await desk.until_settled()
    assert (await desk.get(busy)).state is JobState.QUEUED
    failed = await desk.get(page)
    assert failed.state is JobState.FAILED
    assert "takes a file of kind image" in failed.error["message"]


async def test_a_cancel_stops_the_fetch_and_wins_over_what_arrives_later(desk, source):
    job = await desk.job(f"{source.url}/film.png", f"{source.url}/other.png")
    await desk.fetches.tick()
    await source.until_asked(2)
    await desk.jobs.cancel(CALLER, job.id)
    await source.until_left(2)
    await desk.until_settled()
    assert (await desk.get(job)).state is JobState.CANCELED
    assert await desk.rows() == []
    assert await desk.rows(job_inputs) == []


async def test_of_a_cancel_and_an_arrival_one_wins(desk, desks, source):
    """The cancel is another server's, so that the fetch goes on to its end."""
    job, other = await desk.job(f"{source.url}/film.png"), desks()
    await desk.fetches.tick()
    await source.until_asked(1)
    await other.jobs.cancel(CALLER, job.id)
    source.let_go()
    await desk.until_settled()
    assert (await desk.get(job)).state is JobState.CANCELED
    assert desk.news.empty()
    assert await desk.claimed() == []

    late = await desk.job(f"{source.url}/film.png")
    await desk.fetches.tick()
    await desk.until(JobReady)
    assert (await desk.jobs.cancel(CALLER, late.id)).state is JobState.CANCELED
    assert await desk.claimed() == []


async def test_a_job_that_is_not_begun_in_time_expires_and_its_fetch_ends(desk, source):
    job = await desk.job(f"{source.url}/film.png", start_before=desk.clock.now() + 1_000)
    await desk.fetches.tick()
    await source.until_asked(1)
    desk.clock.advance(1_000)
    await desk.queue.give_up_late()
    await source.until_left(1)
    assert (await desk.get(job)).state is JobState.EXPIRED
    assert await desk.rows() == []


async def test_of_two_servers_one_fetches_as_long_as_it_lives(desk, desks, source):
    job, other = await desk.job(f"{source.url}/film.png"), desks()
    await desk.fetches.tick()
    await source.until_asked(1)
    for _ in range(5):
        desk.clock.advance(input_fetches.LEASE_MS // 2)
        await desk.fetches.tick()
        await other.fetches.tick()
    assert len(source.asked) == 1
    source.let_go()
    await desk.until(JobReady)
    assert await other.claimed() == [job.id]


async def test_two_servers_that_look_at_the_same_time_fetch_nothing_twice(desk, desks, source):
    names = [f"/{number}.png" for number in range(12)]
    for name in names:
        await desk.job(source.url + name)
    other = desks()
    await asyncio.gather(desk.fetches.tick(), other.fetches.tick())
    await source.until_asked(12)
    await asyncio.gather(desk.fetches.tick(), other.fetches.tick())
    assert sorted(source.asked) == sorted(names)


async def test_a_webhook_is_owed_when_a_file_never_comes(desk, source):
    webhook = Webhook("https://app.example/done", WebhookEvents.FINAL)
    job = await desk.job(f"{source.url}/status/404", webhook=webhook)
    await desk.fetches.tick()
    await desk.until(JobChanged)
    (owed,) = await desk.rows(webhook_deliveries)
    assert (owed["job_id"], owed["job_state"]) == (job.id, "failed")


async def test_when_the_one_that_fetches_is_silent_the_other_begins_anew(desk, desks, source):
    job, other = await desk.job(f"{source.url}/film.png"), desks()
    await desk.fetches.tick()
    await source.until_asked(1)
    desk.clock.advance(input_fetches.LEASE_MS)
    await other.fetches.tick()
    await source.until_asked(2)
    source.let_go()
    await other.until(JobReady)
    await desk.until_settled()
    assert desk.news.empty()
    assert await desk.claimed() == [job.id]


async def test_who_comes_back_after_its_time_lets_go(desk, desks, source):
    _, other = await desk.job(f"{source.url}/film.png"), desks()
    await desk.fetches.tick()
    await source.until_asked(1)
    desk.clock.advance(input_fetches.LEASE_MS)
    await other.fetches.tick()
    await source.until_asked(2)
    await desk.fetches.tick()
    await source.until_left(1)
    source.let_go()
    await other.until(JobReady)


async def test_a_server_that_stops_lets_the_next_one_begin_at_once(desk, desks, source):
    job = await desk.job(f"{source.url}/film.png")
    await desk.fetches.tick()
    await source.until_asked(1)
    await desk.fetches.stop()
    await source.until_left(1)
    (row,) = await desk.rows()
    assert (row["tries"], row["lease"]) == (0, None)
    source.let_go()
    other = desks()
    await other.fetches.tick()
    await other.until(JobReady)
    assert await other.claimed() == [job.id]


async def test_what_a_killed_server_fetched_is_due_when_it_was_the_only_one(desk, desks, source):
    await desk.job(f"{source.url}/film.png")
    await desk.fetches.tick()
    await source.until_asked(1)
    other = desks()
    await other.fetches.tick()
    assert len(source.asked) == 1
    await other.fetches.recover()
    await other.fetches.tick()
    await source.until_asked(2)


async def test_a_tenant_with_many_films_does_not_keep_others_from_fetching(desk, source):
    many = [await desk.job(f"{source.url}/{n}.png") for n in range(12)]
    few = await desk.job(f"{source.url}/few.png", tenant=TenantId("few"))
    await desk.fetches.tick()
    await source.until_asked(9)
    assert len(source.asked) == 9
    assert "/few.png" in source.asked
    source.let_go()
    ready = {(await desk.until(JobReady)).job_id for _ in range(13)}
    assert ready == {job.id for job in (*many, few)}
    assert source.most_open <= 9


async def test_a_fetch_that_ends_its_server_again_and_again_is_given_up(desk, desks, source):
    job = await desk.job(f"{source.url}/film.png")
    for _ in range(10):
        dying = desks()
        await dying.fetches.recover()
        await dying.fetches.tick()
    last = desks()
    await last.fetches.recover()
    await last.fetches.tick()
    change = await last.until(JobChanged)
    assert change.job.id == job.id
    assert "begun 10 times" in change.job.error["message"]


async def test_pictures_of_another_color_stay_apart(desk, source):
    source.let_go()
    red = await desk.job(f"{source.url}/a.png")
    await desk.fetches.tick()
    await desk.until(JobReady)
    source.body = picture("blue")
    blue = await desk.job(f"{source.url}/a.png")
    await desk.fetches.tick()
    await desk.until(JobReady)
    graphs = {row["job_id"]: json.loads(row["graph"]) for row in await desk.rows(job_payloads)}
    assert graphs[red.id] != graphs[blue.id]

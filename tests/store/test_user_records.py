"""Settings, user files, worker registrations and progress snapshots."""

from tests.factories import job_in

from greenroom.domain.ids import DEFAULT_TENANT, WorkerId
from greenroom.domain.worker import Worker, WorkerStatus
from greenroom.store import progress, settings, userdata, workers

ME = (DEFAULT_TENANT, "me")


async def test_settings_are_kept_per_user(database):
    await database.write(lambda tx: settings.put(tx, *ME, {"a": [1, None], "b": "x"}))
    await database.write(lambda tx: settings.put(tx, *ME, {"b": {"y": True}}))
    await database.write(lambda tx: settings.put(tx, DEFAULT_TENANT, "you", {"a": 2}))
    await database.write(lambda tx: settings.put(tx, *ME, {}))

    assert await database.read(lambda tx: settings.get_all(tx, *ME)) == {
        "a": [1, None],
        "b": {"y": True},
    }
    assert await database.write(lambda tx: settings.delete(tx, *ME, "a"))
    assert not await database.write(lambda tx: settings.delete(tx, *ME, "a"))


async def test_user_files_are_written_moved_and_deleted(database, clock):
    begun = clock.now()
    await database.write(lambda tx: userdata.write(tx, *ME, "w/a.json", b"\x00one", begun))
    later = clock.advance(5)
    info = await database.write(lambda tx: userdata.write(tx, *ME, "w/a.json", b"two", later))
    assert (info.size, info.created_at, info.modified_at) == (3, begun, later)
    assert await database.read(lambda tx: userdata.info(tx, *ME, "w/a.json")) == info
    await database.write(lambda tx: userdata.write(tx, *ME, "b", b"b", later))

    assert await database.write(lambda tx: userdata.move(tx, *ME, "w/a.json", "b", later))
    assert await database.read(lambda tx: userdata.read(tx, *ME, "b")) == b"two"
    assert [f.path for f in await database.read(lambda tx: userdata.files(tx, *ME))] == ["b"]
    assert not await database.write(lambda tx: userdata.move(tx, *ME, "gone", "b", later))
    assert await database.write(lambda tx: userdata.move(tx, *ME, "b", "b", later))
    assert await database.write(lambda tx: userdata.delete(tx, *ME, "b"))
    assert await database.read(lambda tx: userdata.read(tx, *ME, "b")) is None


async def test_a_worker_is_registered_once_and_brought_up_to_date(database, clock):
    first = Worker(WorkerId("cpu-1"), "cpu", None, WorkerStatus.STARTING, None, clock.now())
    second = Worker(
        WorkerId("cpu-1"), "cpu", "http://x", WorkerStatus.DOWN, "gone", clock.advance(1),
        labels={"gpu": "none"},
    )  # fmt: skip
    for worker in (first, second):
        await database.write(lambda tx, w=worker: workers.save(tx, DEFAULT_TENANT, w))
    assert await database.read(lambda tx: workers.all_of(tx, DEFAULT_TENANT)) == [second]
    assert await database.write(lambda tx: workers.delete(tx, DEFAULT_TENANT, second.id))
    assert await database.read(lambda tx: workers.all_of(tx, DEFAULT_TENANT)) == []


async def test_the_nodes_of_a_worker_go_with_the_worker(database, clock):
    worker = Worker(WorkerId("w"), "comfyui", "http://x", WorkerStatus.UP, None, clock.now())
    await database.write(lambda tx: workers.save(tx, DEFAULT_TENANT, worker))
    for told in (b"old", b"new"):
        await database.write(
            lambda tx, told=told: workers.save_nodes(tx, DEFAULT_TENANT, worker.id, told)
        )

    def kept(tx):
        return workers.nodes(tx, DEFAULT_TENANT, worker.id)

    assert await database.read(kept) == b"new"
    await database.write(lambda tx: workers.delete(tx, DEFAULT_TENANT, worker.id))
    assert await database.read(kept) is None


async def test_workers_belong_to_one_server(database, clock):
    here = Worker(WorkerId("a"), "comfyui", "http://x", WorkerStatus.UP, None, clock.now())
    there = Worker(
        WorkerId("b"), "comfyui", "http://x", WorkerStatus.UP, None, clock.now(), added=True
    )
    await database.write(lambda tx: workers.save(tx, DEFAULT_TENANT, here))
    await database.write(lambda tx: workers.save(tx, DEFAULT_TENANT, there, "box"))
    assert await database.read(lambda tx: workers.all_of(tx, DEFAULT_TENANT)) == [here]
    assert await database.read(lambda tx: workers.all_of(tx, DEFAULT_TENANT, "box")) == [there]


async def test_the_latest_progress_replaces_the_one_before(database, clock):
    job = await job_in(database)
    for snapshot in (b'{"a":1}', b'{"a":2}'):
        await database.write(
            lambda tx, s=snapshot: progress.save(tx, DEFAULT_TENANT, job.id, s, clock.now())
        )
    found = await database.read(lambda tx: progress.get(tx, DEFAULT_TENANT, job.id))
    assert found == b'{"a":2}'

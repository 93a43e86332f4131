"""Which worker gets a job: fleets of unlike workers on a real database."""

import asyncio
import contextlib
import copy
import json
from dataclasses import replace

import pytest
from tests.fakes import scripted_engine
from tests.fakes.scripted_engine import GRAPH, NODE_CLASSES, ScriptedEngine
from tests.store.test_deployments import deployment
from tests.worker.conftest import CALLER, Installation

from greenroom.assets.blobs import BlobStore
from greenroom.assets.tree import NamedTree
from greenroom.bus.local import LocalBus
from greenroom.domain import ids
from greenroom.domain.clock import Millis
from greenroom.domain.failure import Failure, FailureClass
from greenroom.domain.ids import TenantId
from greenroom.domain.job import JobState
from greenroom.domain.principal import Principal
from greenroom.domain.run import NodeFinished, NodeRef, NodeStarted
from greenroom.domain.worker import WorkerStatus
from greenroom.domain.workflow.submission import parse_submission
from greenroom.domain.workflow.sweep import parse_axis, sweep_jobs
from greenroom.engine.base import EngineError, RunResult
from greenroom.engine.health import HealthStatus
from greenroom.service.assets import Assets
from greenroom.service.deployments import Deployments
from greenroom.service.jobs import Jobs
from greenroom.service.node_info import NodeInfo
from greenroom.service.policy import Policy
from greenroom.service.queue import Queue
from greenroom.service.scheduler import Scheduler
from greenroom.service.submit import Submit
from greenroom.service.sweeps import Sweeps
from greenroom.service.watch import Watch
from greenroom.service.workers import Workers
from greenroom.store import deployments


def with_class(name):
    """The usual node classes, and `name`, which is like Paint."""
    return {**NODE_CLASSES, name: {**NODE_CLASSES["Paint"], "name": name}}


def with_models(*names):
    """The usual node classes, where Paint must be told one of these checkpoints."""
    classes = copy.deepcopy(NODE_CLASSES)
    classes["Paint"]["input"]["required"]["ckpt_name"] = [list(names)]
    classes["Paint"]["input_order"]["required"].append("ckpt_name")
    return classes


def graph_with(class_type="Paint", **inputs):
    graph = copy.deepcopy(GRAPH)
    graph["1"]["class_type"] = class_type
    graph["1"]["inputs"].update(inputs)
    return graph


class UnlikeEngine(ScriptedEngine):
    def __init__(self, folder, classes, script=None):
        super().__init__(folder, script)
        self.classes = classes

    async def object_info(self):
        return self.classes


@pytest.fixture
async def stage(database, tmp_path):
    bus = LocalBus()
    watch = Watch(bus)
    nodes = NodeInfo()
    blobs = await asyncio.to_thread(BlobStore, tmp_path / "blobs")
    assets = Assets(database, blobs, NamedTree(tmp_path, blobs))
    workers = Workers(database, nodes)
    scheduler = Scheduler(database, bus, workers, nodes)
    made = Installation(
        database, tmp_path, bus, watch, nodes, assets,
        Queue(database, bus, watch, Policy(), scheduler=scheduler),
        Jobs(database, bus, watch, scheduler),
        Submit(database, bus, assets, nodes, scheduler=scheduler), workers,
    )  # fmt: skip
    made.scheduler = scheduler
    yield made
    watch.close()


@contextlib.asynccontextmanager
async def up(stage, engine, slots=1, **labels):
    """A worker that takes jobs."""
    async with stage.worker(engine, slots, **labels) as loop:
        while stage.workers.get(loop.id).status is not WorkerStatus.UP:
            await stage.workers.changed()
        yield loop


async def test_a_graph_of_partner_nodes_does_not_wait_behind_gpu_work(stage, tmp_path):
    partner = {**NODE_CLASSES["Paint"], "api_node": True, "python_module": "comfy_api_nodes.x"}
    classes = {**NODE_CLASSES, "Ask": {**partner, "name": "Ask"}}
    classes["Keep"] = {**NODE_CLASSES["Keep"], "python_module": "nodes"}
    gpu = UnlikeEngine(tmp_path / "gpu", classes, scripted_engine.wait_for_signal)
    network = UnlikeEngine(tmp_path / "network", classes)
    async with up(stage, gpu) as busy, up(stage, network, slot="network") as beside:
        first, second = await stage.submit(), await stage.submit()
        await gpu.began.get()
        asked = [await stage.submit(graph_with("Ask")) for _ in range(2)]
        assert [await worker_of(stage, job) for job in asked] == [beside.id] * 2
        assert (await stage.jobs.get(CALLER, second.id)).state is JobState.QUEUED
        gpu.go_on.set()
        assert [await worker_of(stage, job) for job in (first, second)] == [busy.id] * 2


async def until(stage, worker, status):
    while stage.workers.get(worker).status is not status:
        await stage.workers.changed()


async def worker_of(stage, job):
    return (await stage.ended(job.id)).worker


async def test_a_job_runs_on_the_one_worker_that_has_its_node_class(stage, tmp_path):
    plain = UnlikeEngine(tmp_path / "plain", NODE_CLASSES)
    special = UnlikeEngine(tmp_path / "special", with_class("Sculpt"))
    async with up(stage, plain), up(stage, special) as able:
        jobs = [await stage.submit(graph_with("Sculpt")) for _ in range(4)]
        assert {await worker_of(stage, job) for job in jobs} == {able.id}
    assert plain.runs == []


async def test_a_job_waits_with_its_reason_while_its_worker_is_down_and_runs_when_it_is_back(
    stage, tmp_path
):
    plain = UnlikeEngine(tmp_path / "plain", NODE_CLASSES)
    special = UnlikeEngine(tmp_path / "special", with_class("Sculpt"))
    async with up(stage, plain) as unable, up(stage, special) as able:
        special.become(HealthStatus.DOWN, "it was switched off")
        await until(stage, able.id, WorkerStatus.DOWN)
        special_job = await stage.submit(graph_with("Sculpt"))
        usual_job = await stage.submit()
        assert await worker_of(stage, usual_job) == unable.id
        waiting = await stage.jobs.get(CALLER, special_job.id)
        assert waiting.state is JobState.QUEUED
        assert (await stage.scheduler.outlook(waiting)).waiting_for == "node class Sculpt"
        special.become(HealthStatus.UP)
        assert await worker_of(stage, special_job) == able.id


async def test_a_job_for_a_model_waits_for_the_worker_that_has_the_file(stage, tmp_path):
    one = UnlikeEngine(tmp_path / "one", with_models("a.safetensors"))
    two = UnlikeEngine(tmp_path / "two", with_models("b.safetensors"))
    async with up(stage, one), up(stage, two) as able:
        two.become(HealthStatus.DOWN)
        await until(stage, able.id, WorkerStatus.DOWN)
        job = await stage.submit(graph_with(ckpt_name="b.safetensors"))
        assert (await stage.scheduler.outlook(job)).waiting_for == "model b.safetensors"
        two.become(HealthStatus.UP)
        assert await worker_of(stage, job) == able.id
    assert one.runs == []


async def test_jobs_go_where_their_model_is_loaded(stage, tmp_path):
    async def paint(engine, run, sink):
        await engine.go_on.wait()
        return RunResult({}, {})

    names = ("a.safetensors", "b.safetensors")
    engines = [UnlikeEngine(tmp_path / str(n), with_models(*names), paint) for n in range(2)]
    graphs = [graph_with(ckpt_name=name) for name in names]
    async with up(stage, engines[0]), up(stage, engines[1]):
        jobs = [await stage.submit(graphs[n % 2]) for n in range(2)]
        await asyncio.gather(*(engine.began.get() for engine in engines))
        jobs += [await stage.submit(graphs[n]) for n in (0, 0, 1, 0, 1, 1)]
        for engine in engines:
            engine.go_on.set()
        for job in jobs:
            await stage.ended(job.id)
    for engine in engines:
        assert len({run.graph["1"]["inputs"]["ckpt_name"] for run in engine.runs}) == 1


async def test_jobs_that_waited_before_the_server_started_are_read_and_given_out(stage, tmp_path):
    stage.nodes.recall(ids.new_worker_id("old"), with_class("Sculpt"))
    jobs = [await stage.submit(graph_with(name)) for name in ("Sculpt", "Paint") * 3]
    stage.queue = Queue(
        stage.database, stage.bus, stage.watch, Policy(),
        scheduler=Scheduler(stage.database, stage.bus, stage.workers, stage.nodes, window=2),
    )  # fmt: skip
    plain = UnlikeEngine(tmp_path / "plain", NODE_CLASSES)
    special = UnlikeEngine(tmp_path / "special", with_class("Sculpt"))
    async with up(stage, plain):
        for job in jobs[1::2]:
            await stage.ended(job.id)
        async with up(stage, special) as able:
            assert {await worker_of(stage, job) for job in jobs[::2]} == {able.id}


async def test_a_job_whose_worker_was_lost_is_tried_on_the_other_worker(stage, tmp_path):
    async def fail(engine, run, sink):
        await engine.go_on.wait()
        raise EngineError(Failure(FailureClass.WORKER_LOST, "It is gone."))

    frail = UnlikeEngine(tmp_path / "frail", NODE_CLASSES, fail)
    steady = UnlikeEngine(tmp_path / "steady", NODE_CLASSES)
    async with up(stage, frail) as first:
        job = await stage.submit()
        await frail.began.get()
        async with up(stage, steady) as second:
            frail.go_on.set()
            assert (await stage.ended(job.id)).worker == second.id
    tried = [attempt.worker for attempt in await stage.attempts(job.id)]
    assert tried == [first.id, second.id]


async def test_a_job_that_was_taken_by_another_server_is_passed_over(stage, tmp_path):
    engine = UnlikeEngine(tmp_path / "engine", NODE_CLASSES)
    stage.nodes.recall(ids.new_worker_id("old"), NODE_CLASSES)
    taken, left = [await stage.submit() for _ in range(2)]
    other = LocalBus()
    theirs = Queue(stage.database, other, Watch(other), Policy())
    (assignment,) = await theirs.claim(ids.new_worker_id("theirs"))
    assert assignment.job.id == taken.id
    async with up(stage, engine) as here:
        assert await worker_of(stage, left) == here.id
    assert [run.job_id for run in engine.runs] == [left.id]


async def test_jobs_follow_a_hardware_that_another_server_has_changed(stage, tmp_path):
    before = deployment(hardware="AMPERE_48")
    await stage.database.write(lambda tx: deployments.add(tx, before))
    here = Deployments(stage.database, None, stage.jobs, stage.scheduler)
    await here.refresh()
    async with up(stage, ScriptedEngine(tmp_path), hardware="ADA_80_PLUS"):
        wish = replace(parse_submission({"prompt": GRAPH}), deployment_id=before.id)
        text = json.dumps(GRAPH).encode()
        job = (await stage.submit_service.submit(CALLER, wish, text)).job
        # The worker has looked at both when the later one has ended.
        await stage.ended((await stage.submit()).id)
        assert (await stage.jobs.get(CALLER, job.id)).state is JobState.QUEUED
        changed = asyncio.create_task(here.changed())
        after = replace(before, hardware="ADA_80_PLUS", updated_at=Millis(before.updated_at + 1))
        await stage.database.write(lambda tx: deployments.replace(tx, after))
        await here.refresh()
        await changed
        assert (await stage.ended(job.id)).state is JobState.SUCCEEDED


async def test_the_time_at_which_a_job_will_run_is_told_where_a_worker_can_run_it(stage, tmp_path):
    engine = UnlikeEngine(tmp_path / "engine", NODE_CLASSES, lambda *_: asyncio.Event().wait())
    stage.nodes.recall(ids.new_worker_id("old"), with_class("Sculpt"))
    async with up(stage, engine):
        await stage.submit()
        await engine.began.get()
        jobs = [await stage.submit(graph_with(name)) for name in ("Paint", "Paint", "Sculpt")]
        outlooks = await stage.scheduler.outlooks(jobs)
    first, second, never = (outlooks[job.id] for job in jobs)
    assert first.eta.ends_at <= second.eta.starts_at
    assert (never.eta, never.waiting_for) == (None, "node class Sculpt")


async def test_what_runs_took_is_known_after_a_restart_and_tells_when_others_start(
    stage, tmp_path, clock
):
    async def paint(engine, run, sink):
        node = NodeRef("1", "1")
        await sink(NodeStarted(node))
        clock.advance(60_000)
        await sink(NodeFinished(node))
        if len(engine.runs) > 1:
            await asyncio.Event().wait()
        return RunResult({}, {})

    engine = UnlikeEngine(tmp_path / "engine", NODE_CLASSES, paint)
    async with up(stage, engine):
        assert (await stage.ended((await stage.submit()).id)).state is JobState.SUCCEEDED
    await stage.scheduler.save()
    successor = Scheduler(stage.database, LocalBus(), stage.workers, stage.nodes)
    await successor.remember()
    idle = UnlikeEngine(tmp_path / "idle", NODE_CLASSES, lambda *_: asyncio.Event().wait())
    async with up(stage, idle):
        await stage.submit()
        await idle.began.get()
        waiting = await stage.submit()
        await successor.fill()
        eta = (await successor.outlook(waiting)).eta
    assert eta.ends_at - eta.starts_at == pytest.approx(60_000, rel=0.01)


async def test_a_job_that_is_moved_to_the_front_runs_next(stage, tmp_path):
    async def paint(engine, run, sink):
        await engine.go_on.wait()
        return RunResult({}, {})

    engine = UnlikeEngine(tmp_path / "engine", NODE_CLASSES, paint)
    async with up(stage, engine):
        running, second, third = [await stage.submit() for _ in range(3)]
        await engine.began.get()
        await stage.scheduler.fill()
        await stage.jobs.place(CALLER, [third.id], None)
        engine.go_on.set()
        for job in (second, third):
            await stage.ended(job.id)
    assert [run.job_id for run in engine.runs] == [running.id, third.id, second.id]


async def test_a_tenant_with_few_jobs_need_not_wait_for_one_with_many(stage, tmp_path):
    async def paint(engine, run, sink):
        await engine.go_on.wait()
        stage.database.clock.advance(90_000)
        return RunResult({}, {})

    engine = UnlikeEngine(tmp_path / "engine", NODE_CLASSES, paint)
    async with up(stage, engine):
        many = [await stage.submit() for _ in range(4)]
        await engine.began.get()
        body = parse_submission({"prompt": GRAPH})
        other = await stage.submit_service.submit(
            Principal(TenantId("other")), body, json.dumps(GRAPH).encode()
        )
        engine.go_on.set()
        for job in many:
            await stage.ended(job.id)
    assert [run.job_id for run in engine.runs][:2] == [many[0].id, other.job.id]


@pytest.mark.parametrize("read_anew", [False, True])
async def test_a_job_that_somebody_waits_for_goes_before_those_of_a_sweep(
    stage, tmp_path, read_anew
):
    stage.nodes.recall(ids.new_worker_id("old"), NODE_CLASSES)
    sweeps = Sweeps(
        stage.database, stage.bus, stage.submit_service, stage.jobs,
        watch=stage.watch, nodes=stage.nodes,
    )  # fmt: skip
    points = sweep_jobs([parse_axis("1.color=1..3", GRAPH)])
    swept = await sweeps.submit(CALLER, parse_submission({"prompt": GRAPH}), points)
    job = await stage.submit()
    if read_anew:
        scheduler = Scheduler(stage.database, stage.bus, stage.workers, stage.nodes)
        await scheduler.fill()
        stage.queue = Queue(stage.database, stage.bus, stage.watch, Policy(), scheduler=scheduler)
    engine = UnlikeEngine(tmp_path / "engine", NODE_CLASSES)
    async with up(stage, engine):
        for member in swept.jobs:
            await stage.ended(member.job_id)
    assert engine.runs[0].job_id == job.id

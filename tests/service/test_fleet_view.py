"""The workers as the scheduler sees them, while they come, change and go."""

import pytest
from tests.fixtures import node_definitions

from greenroom.domain.clock import Millis
from greenroom.domain.ids import WorkerId
from greenroom.domain.model_files import ModelFile
from greenroom.domain.scheduling.pool import Pool
from greenroom.domain.worker import WorkerStatus
from greenroom.service.fleet_view import FleetView
from greenroom.service.node_info import NodeInfo
from greenroom.service.workers import Workers

A, B = WorkerId("a"), WorkerId("b")
NODES = node_definitions.DEFINITIONS
MODEL = ModelFile("checkpoints", "x.safetensors")


class Stage:
    def __init__(self, database):
        self.nodes = NodeInfo()
        self.workers = Workers(database, self.nodes)
        self.pool = Pool()
        self.view = FleetView(self.workers, self.nodes, self.pool)

    def up(self, worker, definitions=NODES):
        self.workers.register(worker, "cpu", None, controls=None)
        self.nodes.learn(worker, definitions)
        self.workers.set_status(worker, WorkerStatus.UP, None)

    async def shown(self):
        await self.view.refresh()
        return set(self.pool.situation(Millis(0)).fleet)


@pytest.fixture
def stage(database):
    return Stage(database)


async def test_a_worker_is_seen_while_it_takes_jobs(stage):
    assert await stage.shown() == set()
    stage.up(A)
    stage.up(B)
    assert await stage.shown() == {A, B}
    stage.workers.set_status(A, WorkerStatus.PAUSED, None)
    stage.workers.set_status(B, WorkerStatus.DOWN, "no answer")
    assert await stage.shown() == set()
    stage.workers.set_status(A, WorkerStatus.UP, None)
    assert await stage.shown() == {A}
    stage.workers.forget(A, for_good=True)
    assert await stage.shown() == set()


async def test_workers_that_were_there_before_are_seen(stage):
    stage.up(A)
    late = Pool()
    await FleetView(stage.workers, stage.nodes, late).refresh()
    assert set(late.situation(Millis(0)).fleet) == {A}


async def test_models_stay_warm_over_a_pause_but_not_over_an_end(stage):
    stage.up(A)
    await stage.shown()
    stage.view.starts(A, frozenset({MODEL}), Millis(1), Millis(2))
    stage.workers.set_status(A, WorkerStatus.PAUSED, None)
    await stage.shown()
    stage.workers.set_status(A, WorkerStatus.UP, None)
    await stage.shown()
    assert stage.view.get(A).warm == {MODEL}
    stage.workers.set_status(A, WorkerStatus.DOWN, "no answer")
    await stage.shown()
    stage.workers.set_status(A, WorkerStatus.UP, None)
    await stage.shown()
    assert stage.view.get(A).warm == frozenset()


async def test_what_a_worker_can_run_changes_with_its_nodes(stage):
    stage.up(A)
    stage.up(B)
    await stage.shown()
    able = stage.view.get(A).capabilities
    assert able.classes == NODES.keys()
    assert stage.view.get(B).capabilities is able
    stage.nodes.learn(A, {"Only": {}})
    await stage.shown()
    assert stage.view.get(A).capabilities.classes == {"Only"}
    assert stage.view.get(B).capabilities is able

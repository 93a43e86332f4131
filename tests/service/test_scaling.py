"""Instances come and go with the jobs of their deployment: in simulated time, on real databases."""

import asyncio
import functools
import json
import zlib
from dataclasses import replace

import pytest
from tests.factories import job_in
from tests.store.test_deployments import ONE, OTHER, deployment

from greenroom.bus.local import LocalBus
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DEFAULT_TENANT, WorkerId
from greenroom.domain.job import JobEvent
from greenroom.domain.machine import Machine
from greenroom.domain.scaling.decision import Reason
from greenroom.domain.scaling.instance import Instance, Phase
from greenroom.domain.scaling.rule import Rule
from greenroom.domain.worker import WorkerOrder, WorkerStatus
from greenroom.engine.provider import Provided
from greenroom.service.deployment_nodes import DeploymentNodes
from greenroom.service.instance_tokens import InstanceTokens
from greenroom.service.instances import Instances
from greenroom.service.node_info import NodeInfo
from greenroom.service.scaling import Scaling
from greenroom.service.workers import Controls, Workers
from greenroom.store import deployments, transitions
from greenroom.store import instances as rows

WARM = Rule(min_instances=0, max_instances=3, queue_size=1, keep_warm_ms=60_000)
NODES = {"Paint": {"input": {}}}


class ScriptedProvider:
    """Starts what it is asked for at once, unless told otherwise."""

    outlives = True

    def __init__(self, limit=None):
        self.limit = limit
        self.there = {}
        self.started = []
        self.refuses = None

    async def open(self):
        pass

    async def start(self, order):
        self.started.append(order)
        if self.refuses is not None:
            raise AppError(ErrorCode.UNAVAILABLE, self.refuses)
        self.there[order.instance] = order.instance
        return Provided(f"http://{order.instance}", f"vm of {order.instance}")

    async def stop(self, instance, handle):
        self.there.pop(instance, None)

    async def listed(self):
        return dict.fromkeys(self.there)


class ScriptedFleet:
    """Its workers are as the test says; they obey orders."""

    def __init__(self, workers):
        self.workers = workers

    def open_instance(self, instance, provided, labels, order):
        order_is = functools.partial(self.obey, instance)
        controls = Controls(
            pause=None, free=None, machine=Machine, ask=None, page_file=None, relay=None,
            refresh=None, restarts=None, resume=functools.partial(order_is, WorkerOrder.WORK),
            drain=functools.partial(order_is, WorkerOrder.DRAIN),
        )  # fmt: skip
        self.workers.register(instance, "comfyui", provided.url, controls, labels)

    async def close_instance(self, instance, *, for_good):
        self.workers.forget(instance, for_good=for_good)

    def obey(self, instance, order):
        drains = order is WorkerOrder.DRAIN
        status = WorkerStatus.DRAINING if drains else WorkerStatus.UP
        self.workers.set_status(instance, status, None)


class Server:
    """One server's scaling, on a database that others may share."""

    def __init__(self, database, provider, home="here"):
        self.database = database
        self.nodes = NodeInfo()
        self.workers = Workers(database, self.nodes)
        self.provider = provider
        self.bus = LocalBus()
        self.instances = Instances(
            database, self.workers, provider, home, InstanceTokens(bytes(32))
        )
        self.scaling = Scaling(database, self.bus, self.instances, self.nodes, home)
        self.scaling.serve_with(ScriptedFleet(self.workers), "http://here")

    async def tick(self, seconds=1, times=1):
        for _ in range(times):
            self.database.clock.advance(seconds * 1000)
            await self.scaling.tick()
            while tasks := [
                *self.instances._tasks.values(),
                *filter(None, [self.instances._looking]),
            ]:
                await asyncio.gather(*tasks)

    async def become_ready(self):
        """Every worker that starts is up now, and the scaling has seen it."""
        for worker in self.workers.all():
            if worker.status is WorkerStatus.STARTING:
                await self.workers.learn(worker.id, NODES)
                self.workers.set_status(worker.id, WorkerStatus.UP, None)
        await self.tick()

    def phases(self, deployment_id=ONE):
        return [one.phase for one in self.instances.all() if one.deployment == deployment_id]

    async def claims(self, job):
        (worker, *_) = [one.id for one in self.workers.all()]
        now = self.database.clock.now()
        (got,) = await self.database.write(
            lambda tx: transitions.claim(tx, worker, 1, 30_000, now, only=[job.id])
        )
        return got.change.job

    async def ends(self, job):
        now = self.database.clock.now()
        token = job.lease
        change = await self.database.write(
            lambda tx: transitions.move(tx, job.id, JobEvent.SUCCEED, now, token=token)
        )
        self.bus.publish(change)


async def deploy(database, deployment_id=ONE, **given):
    made = deployment(deployment_id, **{"rule": WARM, **given})
    await database.write(lambda tx: deployments.add(tx, made))
    await database.write(lambda tx: rows.save_nodes(tx, made.tenant, deployment_id, _packed(NODES)))
    return made


def _packed(nodes):
    return zlib.compress(json.dumps(nodes).encode())


@pytest.fixture
async def server(database):
    made = Server(database, ScriptedProvider())
    await deploy(database)
    await made.scaling.open()
    return made


async def kept(database, deployment_id=ONE):
    return await database.read(lambda tx: rows.latest(tx, deployment_id, 20))


async def test_a_job_starts_an_instance_that_ends_when_it_was_idle_for_long_enough(server):
    await server.tick()
    assert server.phases() == []
    job = await job_in(server.database, deployment_id=ONE)
    await server.tick()
    assert server.phases() == [Phase.STARTING]
    (worker,) = server.workers.all()
    assert worker.labels == {"deployment": ONE}
    await server.tick(30)
    await server.become_ready()
    running = await server.claims(job)
    await server.tick(times=3)
    await server.ends(running)
    await server.tick(times=2)
    await server.tick(50)
    assert server.phases() == [Phase.READY]
    await server.tick(5, times=4)
    assert server.phases() == []
    assert server.provider.there == {}
    (one,) = await kept(server.database)
    assert (one.jobs, one.start_ms) == (1, 31_000)
    assert one.busy_ms == 3_000
    assert one.ended_at is not None


async def test_a_burst_starts_as_many_as_may_be_and_no_more(server):
    for _ in range(20):
        await job_in(server.database, deployment_id=ONE)
    await server.tick(times=6)
    assert server.phases() == [Phase.STARTING] * 3


async def test_an_instance_that_drains_ends_its_job_first_and_can_be_called_back(server):
    job = await job_in(server.database, deployment_id=ONE)
    await server.tick()
    await server.become_ready()
    running = await server.claims(job)
    off = await change(server.database, enabled=False)
    await server.tick(times=3)
    assert server.phases() == [Phase.DRAINING]
    assert server.workers.all()[0].status is WorkerStatus.DRAINING
    await job_in(server.database, deployment_id=ONE)
    await change(server.database, off, enabled=True)
    await server.tick()
    assert server.phases() == [Phase.READY]
    assert server.workers.all()[0].status is WorkerStatus.UP
    await change(server.database, enabled=False)
    await server.tick()
    await server.ends(running)
    await server.tick(times=3)
    assert server.phases() == []
    assert len(server.provider.started) == 1


async def test_the_minimum_is_always_there_and_what_is_deleted_ends(server):
    await change(server.database, rule=replace(WARM, min_instances=2))
    await server.tick()
    await server.become_ready()
    await server.tick(600)
    assert server.phases() == [Phase.READY] * 2
    await change(server.database, deleted_at=server.database.clock.now())
    await server.tick(times=2)
    assert server.phases() == []
    assert server.provider.there == {}


async def test_starts_that_fail_are_tried_again_after_longer_and_longer_pauses(server):
    server.provider.refuses = "no quota"
    await job_in(server.database, deployment_id=ONE)
    await server.tick(5, times=12)
    assert len(server.provider.started) == 4
    assert {one.reason for one in await kept(server.database)} == {"no quota"}
    server.provider.refuses = None
    await server.tick(60)
    assert server.phases() == [Phase.STARTING]


async def test_one_that_does_not_answer_is_given_up_and_the_next_is_started(server):
    await job_in(server.database, deployment_id=ONE)
    await server.tick()
    (silent,) = server.provider.there
    await server.tick(901)
    await server.tick(6)
    assert silent not in server.provider.there
    assert server.phases() == [Phase.STARTING]


async def test_a_machine_that_its_provider_has_no_more_makes_room_for_the_next(server):
    await job_in(server.database, deployment_id=ONE)
    await server.tick()
    await server.become_ready()
    (gone,) = server.provider.there
    server.workers.set_status(WorkerId(gone), WorkerStatus.DOWN, "cannot connect")
    await server.tick(5, times=2)
    assert server.phases() == [Phase.STARTING]
    await server.tick(30)
    assert list(server.provider.there) == [gone]
    del server.provider.there[gone]
    await server.tick(30, times=2)
    assert gone not in server.provider.there
    assert len(server.provider.there) == 1
    (_, lost) = await kept(server.database)
    assert (lost.id, lost.reason) == (gone, "its provider has it no more")


async def test_the_next_server_goes_on_with_the_instances_of_a_killed_one(server):
    await job_in(server.database, deployment_id=ONE)
    await server.tick()
    await server.become_ready()
    (instance,) = server.provider.there
    server.provider.there["orphan"] = None
    following = Server(server.database, server.provider)
    assert await following.scaling.open() == {instance}
    assert following.nodes.definitions() == NODES
    await following.tick()
    await following.become_ready()
    assert following.phases() == [Phase.READY]
    assert list(server.provider.there) == [instance]
    assert len(server.provider.started) == 1


async def test_what_a_killed_server_was_about_to_start_or_to_end_is_seen_through(server):
    now = server.database.clock.now()
    begun = Instance(WorkerId("begun"), DEFAULT_TENANT, ONE, "here", Phase.STARTING, now, now)
    ending = replace(begun, id=WorkerId("ending"), phase=Phase.ENDING, handle="vm")
    server.provider.there["ending"] = None
    for one in (begun, ending):
        await server.database.write(lambda tx, one=one: rows.save(tx, one))
    await job_in(server.database, deployment_id=ONE)
    await server.tick()
    assert [order.instance for order in server.provider.started] == ["begun"]
    assert server.phases() == [Phase.STARTING]
    assert list(server.provider.there) == ["begun"]


async def test_of_two_servers_one_acts_until_it_is_silent_for_too_long(server):
    other = Server(server.database, server.provider, "there")
    await server.tick()
    await other.tick()
    await job_in(server.database, deployment_id=ONE)
    await other.tick()
    assert server.provider.started == []
    await server.tick()
    await server.become_ready()
    await other.tick(16)
    await other.become_ready()
    assert other.phases() == [Phase.READY]
    await server.tick()
    assert server.phases() == []
    assert server.workers.all() == []
    assert len(server.provider.there) == 1
    await other.scaling.close()
    await server.tick()
    await server.become_ready()
    assert server.phases() == [Phase.READY]


async def test_a_new_deployment_shows_its_nodes_once(database):
    server = Server(database, ScriptedProvider())
    made = deployment(rule=WARM)
    await database.write(lambda tx: deployments.add(tx, made))
    await server.scaling.open()
    await server.tick()
    assert server.phases() == [Phase.STARTING]
    await server.become_ready()
    await server.tick(20, times=4)
    assert server.phases() == []
    assert server.nodes.definitions() == NODES
    await server.tick(times=3)
    assert len(server.provider.started) == 1


async def test_servers_without_the_duty_learn_the_nodes_that_instances_have(database):
    server = Server(database, ScriptedProvider())
    other = Server(database, server.provider, "there")
    for one in (server, other):
        await one.scaling.open()
    await database.write(lambda tx: deployments.add(tx, deployment(rule=WARM)))
    await server.tick()
    await other.tick()
    assert not other.nodes.definitions()
    await server.become_ready()
    await other.tick(5, times=2)
    assert other.nodes.definitions() == NODES


async def test_a_new_deployment_that_cannot_start_is_tried_again_once_it_was_changed(database):
    server = Server(database, ScriptedProvider())
    server.provider.refuses = "no such image"
    made = deployment(rule=WARM)
    await database.write(lambda tx: deployments.add(tx, made))
    await server.scaling.open()
    await server.tick()
    assert server.scaling.last(ONE).moves[0].reason is Reason.LOOK
    await server.tick(400, times=5)
    assert len(server.provider.started) == 3
    assert server.scaling.last(ONE).reason is Reason.UNKNOWN
    await change(database, updated_at=database.clock.now())
    await server.tick(400)
    assert len(server.provider.started) == 4


async def test_whoever_asks_for_unknown_nodes_has_one_more_start_tried(database):
    server = Server(database, ScriptedProvider())
    server.provider.refuses = "no such image"
    made = deployment(rule=WARM)
    await database.write(lambda tx: deployments.add(tx, made))
    await server.scaling.open()
    await server.tick(400, times=6)
    nodes = DeploymentNodes(server.nodes, server.workers, server.scaling)
    with pytest.raises(AppError, match="No instance of 'Portraits' was ever up") as told:
        nodes.view(made)
    assert told.value.code is ErrorCode.UNAVAILABLE
    await server.tick(400, times=3)
    assert len(server.provider.started) == 4
    server.provider.refuses = None
    with pytest.raises(AppError):
        nodes.of(made)
    await server.tick(400)
    await server.become_ready()
    assert nodes.of(made).view.raw == NODES


async def test_an_idle_instance_makes_way_where_there_is_no_room_for_another_deployment(database):
    server = Server(database, ScriptedProvider(limit=1))
    for name in (ONE, OTHER):
        await deploy(database, name)
    await server.scaling.open()
    running = await job_in(database, deployment_id=ONE)
    await server.tick()
    await server.become_ready()
    await server.ends(await server.claims(running))
    await job_in(database, deployment_id=OTHER)
    await server.tick(times=4)
    assert (server.phases(ONE), server.phases(OTHER)) == ([], [Phase.STARTING])


async def test_an_instance_that_an_operator_removes_is_ended(server):
    await change(server.database, rule=replace(WARM, min_instances=1))
    await server.tick()
    await server.become_ready()
    (instance,) = server.provider.there
    server.workers.forget(WorkerId(instance), for_good=True)
    await server.tick()
    assert instance not in server.provider.there


async def change(database, old=None, **fields):
    tenant = (old or deployment()).tenant
    known = old or await database.read(lambda tx: deployments.get(tx, tenant, ONE))
    new = replace(known, **fields)
    await database.write(lambda tx: deployments.replace(tx, new))
    return new

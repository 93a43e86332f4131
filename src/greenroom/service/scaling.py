"""Keep as many instances of each deployment as its jobs and its numbers ask for."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from statistics import median

from greenroom.bus.base import Bus
from greenroom.domain.clock import Millis
from greenroom.domain.deployment import Deployment, DeploymentLoad
from greenroom.domain.event import Event, JobChanged
from greenroom.domain.ids import DeploymentId, WorkerId
from greenroom.domain.scaling.decision import Act, Decision, Reason
from greenroom.domain.scaling.instance import Instance, Phase
from greenroom.domain.scaling.memory import Memory
from greenroom.domain.scaling.policy import decide
from greenroom.domain.scaling.situation import Failures, Pace, Situation
from greenroom.domain.workflow.node_list import pack, unpack
from greenroom.service.instances import InstanceFleet, Instances
from greenroom.service.node_info import NodeInfo
from greenroom.store import deployments, duties
from greenroom.store import instances as rows
from greenroom.store.database import Database

_DUTY = "scaling"
_HOLD_MS = 15_000
"""How long a silent server keeps the duty."""
_LEARN_MS = 5_000
"""How often a server without the duty looks which nodes instances have shown."""
_LATEST = 20
_FIRST_LOOKS = 3
"""So often a start may fail that shall only show which nodes a new deployment has."""
_KEPT_MS = 30 * 86_400_000


class Scaling:
    """Does nothing on a server while another one on the same database has the duty."""

    def __init__(
        self, database: Database, bus: Bus, instances: Instances, nodes: NodeInfo, home: str,
        *, pace: Pace | None = None,
    ) -> None:  # fmt: skip
        self._db = database
        self._instances = instances
        self._nodes = nodes
        self._home = home
        self._pace = pace or Pace()
        self._began = database.clock.now()
        self._on_duty = False
        self._held_until = 0
        self._memories: dict[DeploymentId, Memory] = {}
        self._decisions: dict[DeploymentId, Decision] = {}
        self._recent: dict[DeploymentId, tuple[int, Sequence[Instance]]] = {}
        self._known_nodes: set[DeploymentId] = set()
        self._stirred: set[WorkerId] = set()
        self._wished: set[DeploymentId] = set()
        self._looked_at = 0
        self._shown: dict[DeploymentId, Millis] = {}
        self._fresh: set[DeploymentId] = set()
        bus.listen(self._hear)

    def serve_with(self, fleet: InstanceFleet, server: str) -> None:
        """Let jobs run on the instances. `server`: the URL of this one, for their workers."""
        self._instances.serve_with(fleet, server)

    async def open(self) -> frozenset[WorkerId]:
        """Recall what the deployments can run, and find their instances; gives whose jobs go on."""
        for deployment, packed in (await self._db.read(rows.all_nodes)).items():
            await self._note_nodes(deployment, packed)
        return await self._instances.open()

    async def tick(self) -> None:
        """Look, decide and act, unless another server does."""
        if not await self._hold():
            if self._on_duty:
                self._on_duty = False
                await self._instances.let_go()
            await self._learn_from_others()
            return
        loads = await self._db.read(deployments.loads)
        known = {load.deployment.id: load.deployment for load in loads}
        if not self._on_duty:
            await self._instances.take_over(known)
            self._on_duty = True
        busy = await self._busy()
        for one in await self._instances.follow(busy):
            await self._learn(one)
        self._instances.look_for_lost()
        for load in sorted(self._all(loads), key=lambda load: -load.waiting):
            await self._scale(load, busy)

    async def close(self) -> None:
        """Let another server take over, now."""
        await self._instances.close()
        if self._on_duty:
            self._on_duty = False
            await self._db.write(lambda tx: duties.give_up(tx, _DUTY, self._home))

    async def trim(self) -> None:
        """Forget the instances of long ago."""
        before = Millis(self._db.clock.now() - _KEPT_MS)
        await self._db.write(lambda tx: rows.trim(tx, before))

    def look(self, deployment: DeploymentId) -> None:
        """Somebody wants to know which nodes it has: try once more to show them."""
        self._wished.add(deployment)

    def last(self, deployment: DeploymentId) -> Decision | None:
        """What was decided last; None where another server decides."""
        return self._decisions.get(deployment)

    async def _hold(self) -> bool:
        now = self._db.clock.now()
        if self._on_duty and now < self._held_until - _HOLD_MS // 2:
            return True
        until = Millis(now + _HOLD_MS)
        held = await self._db.write(lambda tx: duties.hold(tx, _DUTY, self._home, now, until))
        self._held_until = until if held else 0
        return held

    async def _busy(self) -> frozenset[WorkerId]:
        """Who runs a job, or did since the last look."""
        stirred, self._stirred = self._stirred, set()
        return await self._db.read(rows.busy) | stirred

    def _all(self, loads: Sequence[DeploymentLoad]) -> list[DeploymentLoad]:
        """With the deployments that are gone, but not all of their instances."""
        known = {load.deployment.id for load in loads}
        left = {one.deployment: one for one in self._instances.all() if one.deployment not in known}
        return [*loads, *(DeploymentLoad(_gone(one), 0, 0) for one in left.values())]

    async def _scale(self, load: DeploymentLoad, busy: frozenset[WorkerId]) -> None:
        deployment = load.deployment
        situation = await self._situation(load, busy)
        memory = self._memories.get(deployment.id, Memory())
        decision, self._memories[deployment.id] = decide(situation, memory)
        if deployment.id not in self._known_nodes and not load.waiting:
            decision = _first_looking(decision)
        self._decisions[deployment.id] = decision
        for move in decision.moves:
            match move.act:
                case Act.START:
                    self._wished.discard(deployment.id)
                    await self._instances.start(deployment, move.reason)
                case Act.RECALL if move.instance is not None:
                    await self._instances.recall(move.instance, move.reason)
                case Act.DRAIN if move.instance is not None:
                    await self._instances.drain(move.instance, move.reason)
                case Act.GIVE_UP if move.instance is not None:
                    await self._instances.give_up(move.instance, move.reason)
                case _:
                    raise AssertionError(move)

    async def _situation(self, load: DeploymentLoad, busy: frozenset[WorkerId]) -> Situation:
        deployment = load.deployment
        latest = await self._latest(deployment.id)
        failures = _failures(latest)
        starts = [one.start_ms for one in latest if one.start_ms is not None]
        # Whoever changed the deployment, or began this server anew, may have seen to the reason.
        fresh = max(self._began, deployment.updated_at) > (failures.at or 0)
        wished = fresh or deployment.id in self._wished
        promising = wished or failures.count < _FIRST_LOOKS
        unseen = deployment.id not in self._known_nodes and promising
        mine = [one for one in self._instances.all() if one.deployment == deployment.id]
        starting = any(one.phase is Phase.STARTING for one in mine)
        first_look = unseen and deployment.scaling.max_instances and not starting
        return Situation(
            self._db.clock.now(),
            deployment.scaling,
            max(load.waiting, 1) if first_look else load.waiting,
            tuple(one.view(busy=one.id in busy) for one in mine),
            start_ms=round(median(starts)) if starts else None,
            room=self._instances.room,
            pressed=self._is_pressed(deployment.id),
            failures=failures,
            pace=self._pace,
        )

    async def _latest(self, deployment: DeploymentId) -> Sequence[Instance]:
        revision, known = self._recent.get(deployment, (-1, ()))
        if revision == self._instances.revision:
            return known
        revision = self._instances.revision
        found = await self._db.read(lambda tx: rows.latest(tx, deployment, _LATEST))
        self._recent[deployment] = (revision, found)
        return found

    def _is_pressed(self, deployment: DeploymentId) -> bool:
        """Whether another deployment waits for room."""
        return any(
            decision.reason is Reason.NO_ROOM and other != deployment
            for other, decision in self._decisions.items()
        )

    async def _learn(self, one: Instance) -> None:
        """Its nodes stay known when it ends, so that jobs are accepted while none is there."""
        definitions = self._nodes.last_known(one.id)
        if definitions is None:
            return
        self._nodes.keep(nodes_of(one.deployment), definitions)
        self._known_nodes.add(one.deployment)
        packed = await asyncio.to_thread(pack, definitions)
        await self._db.write(lambda tx: rows.save_nodes(tx, one.tenant, one.deployment, packed))

    async def _learn_from_others(self) -> None:
        """The nodes that instances have shown to the server that sees to them."""
        now = self._db.clock.now()
        if now - self._looked_at < _LEARN_MS:
            return
        self._looked_at = now
        shown = await self._db.read(lambda tx: rows.last_ready(tx, Millis(now - _HOLD_MS)))
        fresh = {one for one, at in shown.items() if self._shown.get(one) != at}
        # That it is ready is written before its nodes are: those are looked at twice.
        for one in fresh | self._fresh:
            packed = await self._db.read(partial(rows.nodes, deployment=one))
            if packed is not None:
                await self._note_nodes(one, packed)
        self._shown.update(shown)
        self._fresh = fresh

    async def _note_nodes(self, deployment: DeploymentId, packed: bytes) -> None:
        self._nodes.keep(nodes_of(deployment), await asyncio.to_thread(unpack, packed))
        self._known_nodes.add(deployment)

    def _hear(self, event: Event) -> None:
        if isinstance(event, JobChanged) and event.job.worker is not None:
            self._stirred.add(event.job.worker)


def _first_looking(decision: Decision) -> Decision:
    """The same, in the words for a deployment of which no instance was ever ready."""
    moves = tuple(
        replace(move, reason=Reason.LOOK) if move.reason is Reason.QUEUE else move
        for move in decision.moves
    )
    words = {Reason.QUEUE: Reason.LOOK}
    if not decision.desired:
        words[Reason.STEADY] = Reason.UNKNOWN
    return replace(decision, reason=words.get(decision.reason, decision.reason), moves=moves)


def _failures(latest: Sequence[Instance]) -> Failures:
    """The starts that failed since the last that came out well; the newest instance is first."""
    failed: list[Millis] = []
    for one in latest:
        if one.ready_at is not None:
            break
        if one.ended_at is not None:
            failed.append(one.ended_at)
    return Failures(len(failed), max(failed, default=None))


def _gone(left: Instance) -> Deployment:
    """In place of a deployment of which only instances are left."""
    at = left.started_at
    return Deployment(left.deployment, left.tenant, "", "", 0, at, at, enabled=False)


def nodes_of(deployment: DeploymentId) -> WorkerId:
    """The name under which the nodes of a deployment's instances are known, also without any."""
    return WorkerId(f"deployment {deployment}")

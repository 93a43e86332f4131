"""The workers of one server: which there are, how each is built, added and removed."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from greenroom.data_folder import DataFolder
from greenroom.domain import ids
from greenroom.domain.ids import WorkerId
from greenroom.domain.scheduling.fleet import SLOT, Slot
from greenroom.domain.worker import ELSEWHERE, Worker, WorkerOrder, lasting_id, worker_url
from greenroom.engine.base import Engine
from greenroom.engine.comfyui import discovery
from greenroom.engine.comfyui.discovery import USUAL_URL
from greenroom.engine.comfyui.engine import ComfyEngine
from greenroom.engine.comfyui.owned.launch import Launch, launches
from greenroom.engine.comfyui.owned.process import ComfyProcess
from greenroom.engine.comfyui.timing import Timing
from greenroom.engine.cpu.engine import CpuEngine
from greenroom.engine.provider import Provided
from greenroom.guests import Guests
from greenroom.service.services import Services
from greenroom.service.workers import Workers, order_of
from greenroom.worker.attempt import Bench
from greenroom.worker.loop import Identity, WorkerLoop


class EngineChoice(StrEnum):
    AUTO = "auto"
    """ComfyUI where there is one, else the built-in engine."""
    CPU = "cpu"
    COMFYUI = "comfyui"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the settings ask for."""

    engine: EngineChoice = EngineChoice.AUTO
    urls: tuple[str, ...] = ()
    network_urls: tuple[str, ...] = ()
    """Of ComfyUIs that get nothing but graphs whose work partners' APIs do."""
    launch: str | None = None
    """The command of a ComfyUI that is ours to start and to end; one for each GPU."""
    gpus: str | None = None
    """Which GPUs, as in `0,1`; all, when nothing is said."""
    builtin: int = 1
    """How many jobs the built-in engine runs at once."""


@dataclass(frozen=True, slots=True)
class Member:
    """One ComfyUI worker that is there from the start."""

    id: WorkerId
    url: str
    """Empty until its process was started."""
    order: WorkerOrder = WorkerOrder.WORK
    added: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    """Its own, beside those of all workers of the server."""
    launch: Launch | None = None
    slot: Slot = Slot.GPU

    @property
    def where(self) -> str:
        if self.launch is not None:
            return f"{self.launch.name} (started here)"
        return f"{self.url} (partner nodes)" if self.slot is Slot.NETWORK else self.url


@dataclass(frozen=True, slots=True)
class Plan:
    """The workers that a server starts with."""

    members: tuple[Member, ...] = ()
    builtin: int = 0
    found: bool = False
    """Whether nobody named the ComfyUI: it was found."""
    elsewhere: tuple[Worker, ...] = ()
    """Those on other machines that connected in earlier times."""

    def ids(self) -> frozenset[WorkerId]:
        mine = (member.id for member in self.members)
        return frozenset((*mine, *(guest.id for guest in self.elsewhere)))

    def __str__(self) -> str:
        parts = []
        if self.members:
            where = ", ".join(member.where for member in self.members)
            parts.append(f"ComfyUI at {where}" + (" (found there)" if self.found else ""))
        if self.builtin:
            parts.append(f"built in, {self.builtin} at once")
        if self.elsewhere:
            parts.append(f"{len(self.elsewhere)} on other machines")
        return " and ".join(parts) or "none"


async def plan(wish: Wish, workers: Workers, home: str) -> Plan:
    """Decide what to start: what is named, what was added earlier, else what is found."""
    remembered = {known.id: known for known in await workers.remembered()}
    elsewhere = tuple(known for known in remembered.values() if known.kind == ELSEWHERE)
    if wish.engine is EngineChoice.CPU:
        return Plan(builtin=wish.builtin, elsewhere=elsewhere)
    members: dict[WorkerId, Member] = {}
    for launch in await launches(wish.launch, wish.gpus) if wish.launch is not None else ():
        worker = lasting_id(f"launch {launch.name}", home)
        members[worker] = Member(worker, "", launch=launch)
    for slot, urls in ((Slot.GPU, wish.urls), (Slot.NETWORK, wish.network_urls)):
        for url in map(worker_url, urls):
            worker = lasting_id(url, home)
            members[worker] = Member(worker, url, slot=slot)
    for known in remembered.values():
        if known.added and known.url is not None and known.kind != ELSEWHERE:
            named = members.get(known.id) or Member(known.id, known.url)
            members[known.id] = replace(named, added=True, labels=known.labels)
    found = False
    usual = lasting_id(USUAL_URL, home)
    if not _runs_anything(members.values()) and usual not in members:
        found = await discovery.found(USUAL_URL)
        if found or wish.engine is EngineChoice.COMFYUI:
            members[usual] = Member(usual, USUAL_URL)
    builtin = 0 if _runs_anything(members.values()) else wish.builtin
    ordered = (
        replace(member, order=order_of(remembered[member.id]))
        if member.id in remembered
        else member
        for member in members.values()
    )
    return Plan(tuple(ordered), builtin, found=found, elsewhere=elsewhere)


def _runs_anything(members: Iterable[Member]) -> bool:
    return any(member.slot is not Slot.NETWORK for member in members)


@dataclass(slots=True)
class LocalFleet:
    """Runs the workers of this process. `drain`, `cancel_grace` and `patience` are seconds."""

    folder: DataFolder
    services: Services
    home: str
    drain: float
    cancel_grace: float
    labels: Mapping[str, str]
    """Of every worker that is here from the start or added."""
    patience: float
    """How long a worker elsewhere may be out of reach."""
    loops: dict[WorkerId, WorkerLoop] = field(default_factory=dict)
    owned: dict[WorkerId, ComfyProcess] = field(default_factory=dict)
    guests: Guests = field(init=False)

    def __post_init__(self) -> None:
        self.guests = Guests(self.services, self._bench, self.patience, self.loops)

    async def build(self, plan: Plan) -> None:
        """Make the workers of the plan; their nodes are known when this returns."""
        services = self.services
        for _ in range(plan.builtin):
            identity = Identity(ids.new_worker_id("cpu"), "cpu", labels=self.labels)
            engine = CpuEngine(self.folder.scratch / "cpu" / identity.id)
            services.nodes.learn(identity.id, await engine.object_info())
            self.loops[identity.id] = WorkerLoop(identity, self._bench(engine), services.workers)
        loops = await asyncio.gather(*(self._on_comfyui(member) for member in plan.members))
        self.loops.update(zip((member.id for member in plan.members), loops, strict=True))
        for worker in plan.elsewhere:
            await self.guests.expect(worker)

    async def start(self) -> None:
        """Let the workers begin, and take others from now on."""
        for process in self.owned.values():
            process.start()
        for loop in self.loops.values():
            loop.start()
        self.services.workers.serve_with(self)
        self.services.stations.serve_with(self.guests)

    async def open(self, url: str, labels: Mapping[str, str]) -> WorkerId:
        member = Member(lasting_id(url, self.home), url, added=True, labels=labels)
        loop = await self._on_comfyui(member)
        self.loops[member.id] = loop
        loop.start()
        return member.id

    async def close(self, worker: WorkerId) -> None:
        loop = self.loops.pop(worker)
        self.guests.dismiss(worker)
        await loop.stop(grace=0, for_good=True)
        self.guests.forget(worker)
        process = self.owned.pop(worker, None)
        if process is not None:
            await process.stop()

    def open_instance(
        self, instance: WorkerId, provided: Provided, labels: Mapping[str, str], order: WorkerOrder
    ) -> None:
        url = provided.url
        if url is None:
            self.guests.host(instance, labels, order).start()
            return
        identity = Identity(instance, "comfyui", url, lasting=True, labels=labels)
        bench = self._bench(ComfyEngine(url, timing=Timing(stop_limit=self.cancel_grace)))
        self.loops[instance] = WorkerLoop(
            identity, bench, self.services.workers, order=order, owner=provided.owner
        )
        self.loops[instance].start()

    async def close_instance(self, instance: WorkerId, *, for_good: bool) -> None:
        loop = self.loops.pop(instance, None)
        if for_good:
            self.guests.dismiss(instance)
        if loop is not None:
            await loop.stop(grace=0, for_good=for_good)
        self.guests.forget(instance)

    async def stop(self) -> None:
        """Let what runs end, as far as there is time; all workers at once."""
        self.guests.closed = True
        loops = list(self.loops.values())
        self.loops.clear()
        await asyncio.gather(*(loop.stop(self.drain) for loop in loops))
        owned, self.owned = self.owned, {}
        await asyncio.gather(*(process.stop() for process in owned.values()))

    async def _on_comfyui(self, member: Member) -> WorkerLoop:
        process = None if member.launch is None else await self._own(member.id, member.launch)
        url = member.url if process is None else process.url
        workers = self.services.workers
        await workers.keep(member.id, "comfyui", url, added=member.added, labels=member.labels)
        engine = ComfyEngine(url, timing=Timing(stop_limit=self.cancel_grace))
        labels = {**self.labels, **member.labels}
        if member.slot is Slot.NETWORK:
            labels[SLOT] = member.slot.value
        identity = Identity(
            member.id, "comfyui", url, lasting=True, outlives=process is None, labels=labels
        )
        bench = self._bench(engine)
        return WorkerLoop(identity, bench, workers, order=member.order, owner=process)

    async def _own(self, worker: WorkerId, what: Launch) -> ComfyProcess:
        """Nothing is started yet, but what an earlier server started is found."""
        process = ComfyProcess(what, self.folder.owned)
        await process.prepare()
        self.owned[worker] = process
        return process

    def _bench(self, engine: Engine) -> Bench:
        services = self.services
        return Bench(
            engine=engine,
            queue=services.queue,
            watch=services.watch,
            assets=services.assets,
            nodes=services.nodes,
            clock=services.clock,
            lease_ms=services.policy.lease_ms,
            scratch=self.folder.scratch / "collect",
        )

"""The index gives the answers of the plain function, whatever happened before."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.domain.scheduling import factory

from greenroom.domain.clock import Millis
from greenroom.domain.ids import TenantId, WorkerId
from greenroom.domain.needs import Capabilities
from greenroom.domain.scheduling.choose import choose
from greenroom.domain.scheduling.filters import bar
from greenroom.domain.scheduling.fleet import Slot
from greenroom.domain.scheduling.limits import Limits
from greenroom.domain.scheduling.pool import Pool
from greenroom.domain.scheduling.waiting import Priority

WORKERS = ("w1", "w2", "w3")
SOME = st.sampled_from
POOR = Capabilities(factory.CLASSES, factory.SETS[0].models)
LIMITS = Limits(
    running_per_tenant=4,
    running_of={TenantId("bob"): 1},
    weights={TenantId("alice"): 2.0},
    share_ms=10_000,
)
DRAFTS = st.fixed_dictionaries({
    "tenant": SOME(["alice", "alice", "bob", "carol"]),
    "needs": SOME([*factory.SETS[:3], factory.PARTNER]),
    "priority": SOME(Priority),
    "delay": SOME([-200_000, -70_000, 0, 0, 5_000]),
    "number": SOME([0, 0, 0, -1, 2]),
    "labels": SOME([frozenset()] * 4 + [frozenset({("zone", "eu")})]),
    "deployment": SOME([None, None, "d1", "d2"]),
    "excluded": SOME([frozenset()] * 4 + [frozenset({WorkerId("w1")})]),
})  # fmt: skip


class Comparison(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.pool = Pool(LIMITS, loads=factory.LOADS)
        self.now = factory.START
        self.count = 0
        self.running: list[tuple[str, str]] = []

    @initialize()
    def start(self) -> None:
        self.pool.see(factory.worker("w1"))

    @rule(drafts=st.lists(DRAFTS, min_size=1, max_size=8))
    def submit(self, drafts) -> None:
        for draft in drafts:
            self.count += 1
            ready_at = Millis(max(self.now + draft.pop("delay"), 0))
            run_ms = 1_000 * (self.count % 9 + 1)
            self.pool.add(factory.job(self.count, ready_at=ready_at, run_ms=run_ms, **draft))

    @rule(
        name=SOME(WORKERS),
        warm=SOME([None, *factory.SETS[:3]]),
        rested=SOME([None, 0, 10_000, 100_000]),
        busy=SOME([None, 2_000, 60_000]),
        capabilities=SOME([factory.EVERYTHING, factory.EVERYTHING, POOR]),
        slot=SOME([Slot.GPU, Slot.GPU, Slot.NETWORK]),
        labels=SOME([frozenset(), frozenset({("zone", "eu")}), frozenset({("deployment", "d1")})]),
    )
    def change_worker(  # noqa: PLR0917 - the values that hypothesis draws
        self, name, warm, rested, busy, capabilities, slot, labels
    ) -> None:
        self.pool.see(
            factory.worker(
                name,
                warm=warm.models if warm else frozenset(),
                warm_since=None if rested is None else Millis(self.now - rested),
                free_at=None if busy is None else Millis(self.now + busy),
                capabilities=capabilities,
                slot=slot,
                labels=labels,
            )
        )

    @rule(name=SOME(WORKERS[1:]))
    def lose_worker(self, name) -> None:
        self.pool.forget(WorkerId(name))

    @rule(name=SOME(WORKERS))
    def take(self, name) -> None:
        chosen = self.pool.choose(WorkerId(name), self.now).job_id
        if chosen is None:
            return
        job = next(one for one in self.pool if one.id == chosen)
        situation = self.pool.situation(self.now)
        assert bar(job, situation.fleet[WorkerId(name)], situation) is None
        assert self.pool.take(chosen, WorkerId(name), self.now) == job
        self.running.append((chosen, job.tenant))

    @rule()
    def finish(self) -> None:
        if self.running:
            self.pool.ended(self.running.pop()[0], 25_000, self.now)

    @rule(which=st.integers(0, 30))
    def withdraw(self, which) -> None:
        job = factory.job(which)
        self.pool.remove(job.id)

    @rule(which=st.integers(0, 30))
    def move_to_front(self, which) -> None:
        found = self.pool.remove(factory.job(which).id)
        if found is not None:
            self.pool.add(replace(found, number=found.number - 1))

    @rule(seconds=SOME([1, 7, 45, 90]))
    def wait(self, seconds) -> None:
        self.now = factory.later(seconds, self.now)

    @invariant()
    def answers_are_the_same(self) -> None:
        situation = self.pool.situation(self.now)
        for name in situation.fleet:
            quick = self.pool.choose(name, self.now)
            assert quick == choose(self.pool, situation.fleet[name], situation)


Comparison.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestThePoolAgreesWithThePlainFunction = Comparison.TestCase

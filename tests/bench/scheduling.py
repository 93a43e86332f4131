"""How long it takes to find a job for a free worker, and what the order of jobs is worth."""

import random
import time

from tests.bench.figure import Figure

from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId, TenantId, WorkerId
from greenroom.domain.model_files import ModelFile
from greenroom.domain.needs import Capabilities, Needs
from greenroom.domain.scheduling import metrics, simulator, synthetic
from greenroom.domain.scheduling.fifo import FifoPool
from greenroom.domain.scheduling.fleet import WorkerView
from greenroom.domain.scheduling.pool import Pool
from greenroom.domain.scheduling.waiting import Priority, Waiting

_WORKERS = 50
_JOBS = 10_000
_CLAIMS = 3_000
_RUN_MS = 4_000
_CLASSES = frozenset({"CheckpointLoaderSimple", "KSampler", "SaveImage"})


def choosing() -> list[Figure]:
    """Fifty workers ask in turn while ten thousand jobs of many tenants wait."""
    figures = []
    for sets, tenants in ((8, 20), (40, 20), (40, 200)):
        took = sorted(_claims(sets, tenants))
        name = f"claim decision, 10,000 jobs, 50 workers, {sets} model sets, {tenants} tenants"
        figures += [
            Figure(f"{name}, median", took[len(took) // 2] * 1000, "ms"),
            Figure(f"{name}, p99", took[int(len(took) * 0.99)] * 1000, "ms", 10, False),
        ]
    return figures


def simulated() -> list[Figure]:
    """Eight model sets on four workers, 20 s loads, 4 s runs."""
    figures = []
    for name in ("mix", "backlog"):
        trace = synthetic.TRACES[name]()
        fifo = metrics.measure(simulator.simulate(trace, FifoPool()))
        pool = Pool(loads=simulator.load_times(trace))
        ours = metrics.measure(simulator.simulate(trace, pool))
        gain = ours.jobs_per_hour / fifo.jobs_per_hour
        figures.append(Figure(f"jobs per hour against FIFO, {name}", gain, "times", 2.5))
    return figures


def _claims(sets: int, tenants: int) -> list[float]:
    """Seconds of each claim: choose a job, take it, and note what the worker loads."""
    chance = random.Random(sets * tenants)
    needs = [
        Needs(_CLASSES, frozenset({ModelFile("checkpoints", f"{number}.safetensors")}))
        for number in range(sets)
    ]
    able = Capabilities(_CLASSES, frozenset(model for one in needs for model in one.models))
    pool = Pool()
    workers = [WorkerView(WorkerId(f"worker-{number}"), able) for number in range(_WORKERS)]
    for worker in workers:
        pool.see(worker)

    def add(seq: int, now: Millis) -> None:
        tenant = TenantId(f"tenant-{chance.randrange(tenants)}")
        priority = chance.choice(tuple(Priority))
        job = Waiting(
            JobId(f"job-{seq}"), tenant, seq, now, needs=chance.choice(needs), priority=priority
        )
        pool.add(job)

    now = Millis(1_000_000)
    for seq in range(_JOBS):
        add(seq, now)
    took = []
    for claim in range(_CLAIMS):
        now = Millis(now + _RUN_MS // _WORKERS)
        worker = workers[claim % _WORKERS]
        began = time.perf_counter()
        chosen = pool.choose(worker.id, now).job_id
        job = pool.take(chosen, worker.id, now) if chosen else None
        if job is not None:
            since = worker.warm_since if job.needs.models <= worker.warm else now
            free_at = Millis(now + _RUN_MS)
            worker = WorkerView(
                worker.id, able, warm=job.needs.models, warm_since=since, free_at=free_at
            )
            pool.see(worker)
        took.append(time.perf_counter() - began)
        workers[claim % _WORKERS] = worker
        if job is not None:
            pool.ended(job.id, _RUN_MS, now)
            add(_JOBS + claim, now)
    return took


ALL = (choosing, simulated)

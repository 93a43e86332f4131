"""Jobs and workers for scheduling tests."""

from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId, TenantId, WorkerId
from greenroom.domain.needs import Capabilities, ModelFile, Needs
from greenroom.domain.scheduling.fleet import LoadTimes, Slot, WorkerView
from greenroom.domain.scheduling.waiting import Priority, Waiting

START = Millis(1_000_000)
CLASSES = frozenset({"CheckpointLoaderSimple", "KSampler", "SaveImage"})
SETS = tuple(
    Needs(CLASSES, frozenset({ModelFile("checkpoints", f"{letter}.safetensors")}))
    for letter in "abcdefgh"
)
EVERYTHING = Capabilities(CLASSES, frozenset(model for needs in SETS for model in needs.models))
LOADS = LoadTimes({model: 20_000 for needs in SETS for model in needs.models})
PARTNER = Needs(frozenset({"SaveImage"}), partner_only=True)


def job(seq: int, **fields) -> Waiting:
    """The `seq`th job. `tenant` and `excluded` may be given as plain text."""
    fields.setdefault("ready_at", START)
    fields["tenant"] = TenantId(fields.get("tenant", "alice"))
    return Waiting(JobId(f"job-{seq}"), seq=seq, **fields)


def batch(seq: int, **fields) -> Waiting:
    return job(seq, priority=Priority.BATCH, **fields)


def worker(name: str = "w1", **fields) -> WorkerView:
    fields.setdefault("capabilities", EVERYTHING)
    return WorkerView(WorkerId(name), **fields)


def network_worker(name: str) -> WorkerView:
    return worker(name, slot=Slot.NETWORK)


def warm(name: str, needs: Needs, since: Millis | None = None, **fields) -> WorkerView:
    """A worker that has loaded the models of `needs`, long ago if nothing is said."""
    return worker(name, warm=needs.models, warm_since=since or Millis(0), **fields)


def later(seconds: float, start: Millis = START) -> Millis:
    return Millis(start + round(seconds * 1000))

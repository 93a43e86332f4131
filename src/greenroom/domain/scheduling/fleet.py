"""Workers as the scheduler sees them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from greenroom.domain.clock import Millis
from greenroom.domain.deployment import KEPT_FOR
from greenroom.domain.ids import WorkerId
from greenroom.domain.model_files import ModelFile
from greenroom.domain.needs import Capabilities
from greenroom.domain.scheduling.waiting import Group, Labels

_LIGHT_FOLDERS = frozenset({"embeddings", "loras", "upscale_models", "vae", "vae_approx"})


SLOT = "slot"
"""The label that says what a worker offers."""


class Slot(StrEnum):
    """What a worker offers to a job."""

    GPU = "gpu"
    NETWORK = "network"
    """For graphs whose work is done by partner APIs, and for nothing else."""


@dataclass(frozen=True, slots=True)
class WorkerView:
    """A worker that takes jobs. One that is down, paused or draining is not shown at all."""

    id: WorkerId
    capabilities: Capabilities = field(default_factory=Capabilities)
    labels: Labels = frozenset()
    slot: Slot = Slot.GPU
    warm: frozenset[ModelFile] = frozenset()
    """The models that its latest runs left loaded, with those that its present run loads."""
    warm_since: Millis | None = None
    """When it last began to load a model."""
    free_at: Millis | None = None
    """When its present run is thought to end; None when it is idle."""

    @property
    def kept_for(self) -> str | None:
        """The deployment whose jobs are the only ones that it takes; None when it takes any."""
        return next((value for name, value in self.labels if name == KEPT_FOR), None)

    def admits(self, group: Group) -> bool:
        """Whether its labels let it have such jobs."""
        return group.labels <= self.labels and self.kept_for in {None, group.deployment}

    def wait_ms(self, now: Millis) -> int:
        """How long until it is free. A run that took longer than thought may take as long again."""
        return 0 if self.free_at is None else abs(self.free_at - now)


@dataclass(frozen=True, slots=True)
class LoadTimes:
    """How long models take to load, in milliseconds: as measured, else by the kind of file."""

    measured: Mapping[ModelFile, int] = field(default_factory=lambda: MappingProxyType({}))
    heavy_ms: int = 15_000
    light_ms: int = 1_000

    def of(self, models: frozenset[ModelFile]) -> int:
        return sum(self._one(model) for model in models)

    def _one(self, model: ModelFile) -> int:
        known = self.measured.get(model)
        if known is not None:
            return known
        return self.light_ms if model.folder in _LIGHT_FOLDERS else self.heavy_ms

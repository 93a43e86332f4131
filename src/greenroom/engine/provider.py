"""The Provider protocol: whoever can start instances of a deployment somewhere, and stop them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from greenroom.domain.ids import WorkerId
from greenroom.engine.owner import Owner


@dataclass(frozen=True, slots=True)
class InstanceOrder:
    """An instance to be."""

    instance: WorkerId
    deployment: str
    name: str = ""
    """The deployment's, for people."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What its worker will carry, such as hardware=AMPERE_48."""
    server: str = ""
    """Where this server answers, for a worker that connects to it."""
    token: str = field(default="", repr=False)
    """With which that worker may connect as this instance."""

    def variables(self) -> dict[str, str]:
        """The same for the environment of a command."""
        labels = ",".join(f"{name}={value}" for name, value in sorted(self.labels.items()))
        return {
            "GREENROOM_INSTANCE": self.instance,
            "GREENROOM_DEPLOYMENT": self.deployment,
            "GREENROOM_DEPLOYMENT_NAME": self.name,
            "GREENROOM_HARDWARE": self.labels.get("hardware", ""),
            "GREENROOM_LABELS": labels,
        }

    def way_in(self) -> dict[str, str]:
        """How a worker connects as this instance: what `greenroom worker` reads."""
        return {"GREENROOM_SERVER": self.server, "GREENROOM_TOKEN": self.token}


@dataclass(frozen=True, slots=True)
class Provided:
    """An instance that exists; it need not answer yet."""

    url: str | None
    """Where its ComfyUI will answer; None when its own worker connects to the server."""
    handle: str | None = None
    """What the provider calls it."""
    owner: Owner | None = None
    """Of its process, where that is ours."""


class Provider(Protocol):
    """Each call may be repeated: a server may end in the midst of any."""

    @property
    def outlives(self) -> bool:
        """Whether instances go on without this server."""

    async def open(self) -> None:
        """Find what an earlier server started."""

    @property
    def limit(self) -> int | None:
        """How many there can be at once; None when nothing limits it."""

    async def start(self, order: InstanceOrder) -> Provided:
        """Start the instance, or find it when it was started before. AppError UNAVAILABLE."""

    async def stop(self, instance: WorkerId, handle: str | None) -> None:
        """End it; nothing happens when it is gone. UNAVAILABLE when it may still be there."""

    async def listed(self) -> dict[WorkerId, str | None] | None:
        """The instances that exist, each with its handle; None when it keeps no list.

        AppError UNAVAILABLE.
        """

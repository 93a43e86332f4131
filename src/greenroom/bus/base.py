"""The Bus protocol: publish an event, listen to all."""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from greenroom.domain.event import Event

Listener: TypeAlias = Callable[[Event], None]
"""Called in the event loop for every event, own ones included; must not wait."""


class Bus(Protocol):
    """Carries events to every process of the installation. It may lose or repeat any of them."""

    def publish(self, event: Event) -> None: ...

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` from now on; the result ends that."""

"""A bus inside one process."""

from collections.abc import Callable

from greenroom.bus.base import Listener
from greenroom.domain.event import Event


class LocalBus:
    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def publish(self, event: Event) -> None:
        for listener in tuple(self._listeners):
            listener(event)

    def listen(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

"""What a node may ask of the run it belongs to: progress, files, metadata."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.run import NodeRef, NodeStepped, NodeText, Preview, PreviewFormat, RunEvent
from greenroom.engine.cpu.naming import Naming
from greenroom.engine.cpu.sources import Sources

T = TypeVar("T")

_QUIET_S = 0.1
"""A node that is done sooner than this shows no steps."""
_INTERVAL_S = 0.05


class StopRequested(BaseException):
    """The run shall end now. Not an Exception: no node may swallow it."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """What all nodes of one run share."""

    prompt: Mapping[str, JsonValue]
    extra_pnginfo: JsonValue
    sources: Sources
    naming: Naming
    pixel_limit: int
    emit: Callable[[RunEvent], None]
    stop_requested: Callable[[], bool]

    def check(self) -> None:
        if self.stop_requested():
            raise StopRequested


class Context:
    """The run as one node sees it."""

    def __init__(self, run: RunContext, node_id: str) -> None:
        self.run = run
        self.node = NodeRef(node_id, node_id)
        self._next_step = time.monotonic() + _QUIET_S

    def step(self, done: float, total: float) -> None:
        """Say how far the node is, now and then; the run may end here."""
        self.run.check()
        now = time.monotonic()
        if now >= self._next_step:
            self._next_step = now + _INTERVAL_S
            self.run.emit(NodeStepped(self.node, done, total))

    def steps(self, items: Iterable[T], total: int) -> Iterator[T]:
        """The items, with a step after each."""
        for done, item in enumerate(items, start=1):
            yield item
            self.step(done, total)

    def preview(self, image: bytes, kind: PreviewFormat, done: float, total: float) -> None:
        """Send a picture and the step it belongs to."""
        self.run.check()
        self.run.emit(Preview(self.node, kind, image))
        self.run.emit(NodeStepped(self.node, done, total))

    def say(self, text: str) -> None:
        self.run.emit(NodeText(self.node.node_id, text))

    def metadata(self) -> JsonObject:
        """What saved files carry: the prompt, and each part of `extra_pnginfo`."""
        extra = self.run.extra_pnginfo
        return {"prompt": self.run.prompt, **(extra if isinstance(extra, Mapping) else {})}

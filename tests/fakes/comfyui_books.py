"""The fake ComfyUI's books: the queue and the history, both lost at a restart."""

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(order=True)
class Item:
    number: float
    prompt_id: str
    prompt: dict = field(compare=False)
    extra_data: dict = field(compare=False)
    outputs: list = field(compare=False)

    def as_json(self):
        return [self.number, self.prompt_id, self.prompt, self.extra_data, self.outputs]


class Books:
    def __init__(self, on_change: Callable[[], None]):
        self._on_change = on_change
        self._arrived = asyncio.Event()
        self.pending: list[Item] = []
        self.running: Item | None = None
        self.history: dict[str, dict] = {}
        self.accepted: list[str] = []
        self.on_finish: Callable[[], None] = lambda: None

    @property
    def remaining(self):
        return len(self.pending) + (self.running is not None)

    def put(self, item):
        heapq.heappush(self.pending, item)
        self.accepted.append(item.prompt_id)
        self._arrived.set()
        self._on_change()

    async def take(self):
        while not self.pending:
            self._arrived.clear()
            await self._arrived.wait()
        self.running = heapq.heappop(self.pending)
        self._on_change()
        return self.running

    def finish(self, entry):
        self.history[self.running.prompt_id] = entry
        self.running = None
        self.on_finish()
        self._on_change()

    def delete_pending(self, prompt_id):
        for item in self.pending:
            if item.prompt_id == prompt_id:
                self.pending.remove(item)
                heapq.heapify(self.pending)
                self._on_change()
                return True
        return False

    def is_running(self, prompt_id):
        return self.running is not None and self.running.prompt_id == prompt_id

    def forget_everything(self):
        self.pending.clear()
        self.running = None
        self.history.clear()
        self._on_change()

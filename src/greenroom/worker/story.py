"""The status messages of one run, as ComfyUI keeps them in its history."""

from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId
from greenroom.domain.json import JsonObject


class Story:
    def __init__(self, job_id: JobId) -> None:
        self._job_id = job_id
        self.messages: list[tuple[str, JsonObject]] = []

    def started(self, at: Millis) -> None:
        self._add("execution_start", {}, at)

    def cached(self, nodes: tuple[str, ...], at: Millis) -> None:
        self._add("execution_cached", {"nodes": list(nodes)}, at)

    def succeeded(self, at: Millis) -> None:
        self._add("execution_success", {}, at)

    def failed(self, comfy: JsonObject, at: Millis) -> None:
        self._add("execution_error", comfy, at)

    def interrupted(self, comfy: JsonObject, at: Millis) -> None:
        self._add("execution_interrupted", comfy, at)

    def _add(self, event: str, data: JsonObject, at: Millis) -> None:
        self.messages.append((event, {**data, "prompt_id": self._job_id, "timestamp": at}))

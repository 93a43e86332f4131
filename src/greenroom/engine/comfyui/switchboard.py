"""Passes each message to the run it belongs to."""

from greenroom.engine.comfyui import messages
from greenroom.engine.comfyui.follow import Follow
from greenroom.engine.comfyui.messages import Message


class Switchboard:
    """The runs that are followed, by prompt id."""

    def __init__(self) -> None:
        self._follows: dict[str, Follow] = {}
        self._current: str | None = None

    def __contains__(self, prompt_id: str) -> bool:
        return prompt_id in self._follows

    def add(self, follow: Follow) -> None:
        self._follows[follow.prompt_id] = follow

    def remove(self, follow: Follow) -> None:
        if self._follows.get(follow.prompt_id) is follow:
            del self._follows[follow.prompt_id]

    def has_any(self, prompt_ids: frozenset[str]) -> bool:
        return not prompt_ids.isdisjoint(self._follows)

    def has_all(self, prompt_ids: frozenset[str]) -> bool:
        return prompt_ids <= self._follows.keys()

    def __len__(self) -> int:
        return len(self._follows)

    def of_job(self, job_id: str) -> list[Follow]:
        return [follow for follow in self._follows.values() if follow.run.job_id == job_id]

    def nudge(self) -> None:
        for follow in self._follows.values():
            follow.nudge()

    def hear(self, message: Message) -> None:
        if isinstance(message, messages.Status):
            return
        prompt_id = self._addressee(message)
        if isinstance(message, messages.Executing) and message.node is None:
            self._current = None
        elif isinstance(message, messages.ExecutionStart | messages.Executing):
            self._current = prompt_id
        if prompt_id is not None and (follow := self._follows.get(prompt_id)):
            follow.hear(message)

    def _addressee(self, message: Message) -> str | None:
        """ComfyUI runs one prompt at a time: what carries no id belongs to the one that runs."""
        if isinstance(message, messages.PreviewFrame):
            named = message.metadata.prompt_id if message.metadata else None
            return named or self._current
        if isinstance(message, messages.Status | messages.TextFrame):
            return self._current
        if isinstance(message, messages.Executing) and message.prompt_id is None:
            return self._greeted()
        return message.prompt_id or self._current

    def _greeted(self) -> str | None:
        """A socket that connects during one of our runs is told its node, but not which run."""
        running = [follow.prompt_id for follow in self._follows.values() if follow.running]
        candidates = running or list(self._follows)
        return candidates[0] if len(candidates) == 1 else None

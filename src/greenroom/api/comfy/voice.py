"""In what the live messages of a dialect differ from ComfyUI's."""

from collections.abc import Callable
from dataclasses import dataclass

from greenroom.domain.event import JobChanged
from greenroom.domain.json import JsonObject


def _only_itself(client_id: str | None) -> str | None:
    return client_id


def _as_told(failure: JsonObject) -> JsonObject:
    return failure


def _nothing(_change: JobChanged) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Voice:
    audience: Callable[[str | None], str | None] = _only_itself
    """Client id -> the name under which sockets hear of its jobs; None when nobody does."""
    failure: Callable[[JsonObject], JsonObject] = _as_told
    """The data of an `execution_error` in the dialect's words."""
    notice: Callable[[JobChanged], str | None] = _nothing
    """What a `notification` tells people of a change; None when there is none."""


COMFYUI = Voice()
"""A run is told to the sockets whose client submitted it."""

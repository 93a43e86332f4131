"""What the machine under a worker has, in ComfyUI's words."""

from dataclasses import dataclass

from greenroom.domain.json import JsonObject


@dataclass(frozen=True, slots=True)
class Machine:
    devices: tuple[JsonObject, ...] = ()
    """As in /system_stats: name, type, index and memory in bytes."""
    embeddings: tuple[str, ...] = ()
    """Names without their endings."""

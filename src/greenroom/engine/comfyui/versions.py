"""What a ComfyUI of a given version can do."""

import re
from dataclasses import dataclass

_NUMBER = re.compile(r"\d+")

_INTERRUPT_BY_ID = (0, 3, 56)
_JOB_CANCEL = (0, 26, 0)


@dataclass(frozen=True, slots=True)
class Abilities:
    """An unknown version gets the most careful treatment: neither."""

    interrupts_by_id: bool = False
    """POST /interrupt heeds `prompt_id`; before, it stopped whatever ran."""
    cancels_jobs: bool = False
    """POST /api/jobs/{id}/cancel exists: it checks and stops in one step."""


def abilities(version: str) -> Abilities:
    parts = tuple(int(number) for number in _NUMBER.findall(version)[:3])
    return Abilities(interrupts_by_id=parts >= _INTERRUPT_BY_ID, cancels_jobs=parts >= _JOB_CANCEL)

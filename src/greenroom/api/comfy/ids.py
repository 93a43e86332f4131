"""Ids as clients write them: those that no job can have name none."""

from collections.abc import Iterable
from typing import Any

from greenroom.api.context import Call
from greenroom.domain.ids import JobId
from greenroom.domain.json import JsonValue

_LENGTH = 36


def job_id(text: object) -> JobId | None:
    """None for what is no id at a glance; whether there is such a job, only the database knows."""
    if not isinstance(text, str) or len(text) != _LENGTH or "\0" in text:
        return None
    return JobId(text)


def job_id_in_path(call: Call, name: str) -> JobId | None:
    return job_id(call.part(name))


def job_ids(value: JsonValue) -> list[JobId]:
    """The ids in a list; anything else names no job."""
    items: Iterable[Any] = value if isinstance(value, list) else ()
    return [known for item in items if (known := job_id(item)) is not None]

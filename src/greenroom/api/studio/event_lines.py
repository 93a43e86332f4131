"""The log in Studio's words: each line has an id, a type, a severity, a message and data."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import assert_never

from greenroom.api.studio.times import iso
from greenroom.domain.event import JobChanged
from greenroom.domain.job import Job, JobEvent, JobState
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.notice import LogEntry, Notice, NoticeKind

_MESSAGES = {
    NoticeKind.JOB_DELETED: "Job deleted",
    NoticeKind.JOB_RETRIED: "Job retried",
    NoticeKind.ASSETS_UPLOADED: "Files uploaded",
    NoticeKind.ASSETS_DELETED: "Files deleted",
    NoticeKind.ASSETS_SYNCED: "Files compared with the database",
    NoticeKind.BACKEND_STARTED: "Server started",
}


@dataclass(frozen=True, slots=True)
class _Line:
    type: str
    severity: str
    message: str
    data: JsonObject


def line_id(entry_id: int) -> str:
    return f"evt_{entry_id:08x}"


def entry_id_of(text: str) -> int | None:
    """The inverse; None when it is no such id."""
    digits = text.removeprefix("evt_")
    try:
        return int(digits, 16) if digits != text and len(digits) <= 15 else None
    except ValueError:
        return None


def lines(entries: Iterable[LogEntry]) -> Iterator[dict[str, JsonValue]]:
    """Those of the entries that are worth a line."""
    for entry in entries:
        line = _line(entry.happening)
        if line is not None:
            yield {
                "id": line_id(entry.id),
                "type": line.type,
                "timestamp": iso(entry.happening.at),
                "severity": line.severity,
                "message": line.message,
                "data": line.data,
            }


def _line(happening: JobChanged | Notice) -> _Line | None:
    if isinstance(happening, Notice):
        return _Line(happening.kind.value, "info", _MESSAGES[happening.kind], happening.data)
    return _of_job(happening.event, happening.job)


def _of_job(event: JobEvent, job: Job) -> _Line | None:  # noqa: PLR0911 - one table over a closed set
    named: JsonObject = {"prompt_id": job.id, "workflow_id": job.workflow_id}
    match job.state:
        case JobState.QUEUED if event is JobEvent.SUBMIT:
            return _Line("job.queued", "info", "Job queued", named)
        case JobState.QUEUED:
            told = {**named, "attempt": job.attempt, **_error(job)}
            return _Line("job.requeued", "warning", "Job queued again", told)
        case JobState.RUNNING:
            return _Line("job.started", "info", "Job started", {**named, "attempt": job.attempt})
        case JobState.CANCELING:
            return None
        case JobState.SUCCEEDED:
            told = {**named, "duration": _seconds(job)}
            return _Line("job.completed", "success", "Job completed", told)
        case JobState.CANCELED:
            return _Line("job.cancelled", "warning", "Job cancelled", named)
        case JobState.FAILED | JobState.LOST | JobState.EXPIRED:
            return _Line("job.failed", "error", "Job failed", {**named, **_error(job)})
        case _:
            assert_never(job.state)


def _error(job: Job) -> JsonObject:
    message = job.error.get("message") if job.error is not None else None
    return {"error": message.strip()} if isinstance(message, str) else {}


def _seconds(job: Job) -> int | None:
    if job.started_at is None or job.finished_at is None:
        return None
    return round((job.finished_at - job.started_at) / 1000)

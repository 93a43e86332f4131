"""What the server tells of a job beyond ComfyUI's own words: its attempts, and what to do."""

from collections.abc import Iterator

import msgspec

from greenroom.cli.client import Client
from greenroom.domain.errors import AppError, ErrorCode


class Try(msgspec.Struct, frozen=True):
    """One attempt; times are milliseconds since the Unix epoch."""

    number: int
    worker: str
    started_at: int
    ended_at: int | None = None
    outcome: str | None = None
    error: str | None = None


class Trouble(msgspec.Struct, frozen=True):
    """Why the job failed, or why it is tried again."""

    kind: str
    message: str
    node_id: str | None = None
    node_type: str | None = None
    advice: str = ""


class JobStory(msgspec.Struct, frozen=True):
    attempts: list[Try] = []
    error: Trouble | None = None
    waiting_for: str | None = None
    """What keeps every worker from running the waiting job."""
    starts_in_seconds: int | None = None

    def lines(self) -> Iterator[str]:
        """For people; nothing about a job that went well at once."""
        if self.waiting_for is not None:
            yield f"waiting for: {self.waiting_for}"
        elif self.starts_in_seconds is not None:
            yield f"starts in about {self.starts_in_seconds} s"
        if self.error is not None:
            node = f"node {self.error.node_id} ({self.error.node_type}): "
            where = node if self.error.node_id is not None else ""
            yield f"{where}{self.error.message}"
            yield f"advice: {self.error.advice}"
        if len(self.attempts) > 1:
            for one in self.attempts:
                why = f": {one.error}" if one.error else ""
                yield f"attempt {one.number} on {one.worker}: {one.outcome or 'runs'}{why}"


async def story_of(client: Client, job_id: str) -> JobStory:
    """Empty when what answers has the job, but is no Greenroom."""
    try:
        return await client.ask("GET", f"/api/console/jobs/{job_id}", JobStory)
    except AppError as error:
        if error.code is not ErrorCode.NOT_FOUND:
            raise
        return JobStory()

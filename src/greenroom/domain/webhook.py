"""A webhook: where the changes of a job are told, which, and in whose words."""

from dataclasses import dataclass
from enum import Enum, StrEnum
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


class WebhookEvents(StrEnum):
    """What of a job is told. With a batch it counts, too, when the last of its jobs has ended."""

    FINAL = "final"
    """How the job ended."""
    ALL = "all"
    """That it waits and that it runs, too."""
    BATCH = "batch"
    """Nothing of the job itself, only how its batch ended."""
    FINAL_AND_BATCH = "final+batch"
    ALL_AND_BATCH = "all+batch"

    @property
    def of_job(self) -> "WebhookEvents | None":
        """What is told of the job alone; None for nothing."""
        return _OF_JOB[self]

    @property
    def with_batch(self) -> "WebhookEvents":
        """The same of the job, and how its batch ended."""
        return _WITH_BATCH[self.of_job]

    @property
    def tells_batch(self) -> bool:
        return self is self.with_batch


_OF_JOB = {
    WebhookEvents.FINAL: WebhookEvents.FINAL,
    WebhookEvents.ALL: WebhookEvents.ALL,
    WebhookEvents.BATCH: None,
    WebhookEvents.FINAL_AND_BATCH: WebhookEvents.FINAL,
    WebhookEvents.ALL_AND_BATCH: WebhookEvents.ALL,
}
_WITH_BATCH = {
    None: WebhookEvents.BATCH,
    WebhookEvents.FINAL: WebhookEvents.FINAL_AND_BATCH,
    WebhookEvents.ALL: WebhookEvents.ALL_AND_BATCH,
}


class SameWebhook(Enum):
    """That a job which runs again tells what the first run told."""

    SAME = "same"


SAME_WEBHOOK = SameWebhook.SAME


class WebhookForm(StrEnum):
    """Whose words the body is in."""

    JOB = "job"
    SERVERLESS = "serverless"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a job's changes are told. The URL was checked."""

    url: str
    events: WebhookEvents = WebhookEvents.FINAL
    form: WebhookForm = WebhookForm.JOB
    base: str = ""
    """How the one who submitted reaches this server: links in the body begin with it."""

    @property
    def target(self) -> str:
        return target_of(self.url)


def target_of(url: str) -> str:
    """Scheme, host and port: what fails together."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    port = parts.port
    return f"{parts.scheme}://{shown}" + (
        "" if port in {None, _PORTS.get(parts.scheme)} else f":{port}"
    )

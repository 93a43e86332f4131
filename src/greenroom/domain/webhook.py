"""A webhook: where the changes of a job are told, which, and in whose words."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


class WebhookEvents(StrEnum):
    FINAL = "final"
    """How the job ended."""
    ALL = "all"
    """That it waits and that it runs, too."""


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

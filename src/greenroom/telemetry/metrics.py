"""Every metric in one table: its name, its labels and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Gauge:
    name: str
    help: str
    labels: tuple[str, ...] = ()


_OF = ("deployment", "name")

JOBS = Gauge("greenroom_jobs", "Jobs that have not ended.", ("state",))
WORKERS = Gauge("greenroom_workers", "Workers.", ("status",))
REQUESTS = Gauge("greenroom_deployment_requests", "Requests that have not ended.", (*_OF, "state"))
INSTANCES = Gauge("greenroom_deployment_instances", "Instances that are there.", (*_OF, "phase"))
WANTED = Gauge("greenroom_deployment_wanted_instances", "Instances that there shall be.", _OF)
COLD_START = Gauge(
    "greenroom_deployment_cold_start_seconds", "How long a start took, the middle of the last day.",
    _OF,
)  # fmt: skip
BUSY = Gauge(
    "greenroom_deployment_busy_seconds_day", "What instances ran that ended in the last day.", _OF
)
WARM = Gauge(
    "greenroom_deployment_warm_seconds_day", "What these had stood ready without a request.", _OF
)
STARTS = Gauge(
    "greenroom_deployment_starts_day", "Starts of the last day; needless ones ran nothing.",
    (*_OF, "outcome"),
)  # fmt: skip
WEBHOOKS = Gauge(
    "greenroom_webhook_deliveries_day", "Deliveries that wait, or that ended in the last day.",
    ("status",),
)  # fmt: skip
RESTING = Gauge("greenroom_webhook_resting_targets", "Targets that failed several times in a row.")

GAUGES = (
    JOBS, WORKERS, REQUESTS, INSTANCES, WANTED, COLD_START, BUSY, WARM, STARTS, WEBHOOKS, RESTING,
)  # fmt: skip


class Reading:
    """What all metrics say at one moment."""

    def __init__(self) -> None:
        self._values: dict[str, dict[tuple[str, ...], float]] = {}

    def note(self, gauge: Gauge, value: float, labels: Mapping[str, str] | None = None) -> None:
        texts = tuple((labels or {})[name] for name in gauge.labels)
        self._values.setdefault(gauge.name, {})[texts] = value

    def values(self, gauge: Gauge) -> Mapping[tuple[str, ...], float]:
        """What the gauge says, by the values of its labels."""
        return self._values.get(gauge.name, {})

    def text(self) -> bytes:
        """As Prometheus reads it."""
        from greenroom.telemetry import exposition  # noqa: PLC0415 - most servers are not asked

        return exposition.text(self)

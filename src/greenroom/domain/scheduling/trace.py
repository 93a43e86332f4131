"""A trace: which jobs came when, and what they took; kept as JSON lines."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DEFAULT_TENANT, JobId, TenantId
from greenroom.domain.json import JsonValue
from greenroom.domain.model_files import ModelFile
from greenroom.domain.needs import Needs
from greenroom.domain.scheduling.waiting import Priority, Waiting

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class TraceJob:
    at_ms: int
    """When it was accepted, from the start of the trace."""
    run_ms: int
    """How long it ran once its models were loaded."""
    models: Mapping[ModelFile, int]
    """The models it used, each with the milliseconds that loading it takes."""
    tenant: TenantId = DEFAULT_TENANT
    priority: Priority = Priority.INTERACTIVE
    partner_only: bool = False

    def as_waiting(self, seq: int, start: Millis) -> Waiting:
        """The job as the policy sees it; `seq` is its place in the trace."""
        return Waiting(
            JobId(f"job-{seq}"),
            self.tenant,
            seq,
            Millis(start + self.at_ms),
            needs=Needs(models=frozenset(self.models), partner_only=self.partner_only),
            priority=self.priority,
            run_ms=self.run_ms,
        )

    def as_json(self) -> dict[str, JsonValue]:
        return {
            "at_ms": self.at_ms,
            "run_ms": self.run_ms,
            "models": {f"{model.folder}/{model.name}": ms for model, ms in self.models.items()},
            "tenant": self.tenant,
            "priority": self.priority.name.lower(),
            "partner_only": self.partner_only,
        }


def write(jobs: Iterable[TraceJob]) -> Iterator[str]:
    """One line of JSON for each job, without line ends."""
    for job in jobs:
        yield json.dumps(job.as_json(), separators=(",", ":"))


def read(lines: Iterable[str]) -> list[TraceJob]:
    """The jobs of a trace, in the order in which they came; BAD_REQUEST names a line that is bad.

    Only `at_ms` and `run_ms` must be there.
    """
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(_job(json.loads(line)))
        except (ValueError, TypeError) as error:
            message = f"line {number} of the trace: {error}"
            raise AppError(ErrorCode.BAD_REQUEST, message) from error
    return sorted(found, key=lambda job: job.at_ms)


def _job(value: JsonValue) -> TraceJob:
    if not isinstance(value, Mapping):
        raise TypeError("it is not an object")
    models = _want(value.get("models", {}), dict, "models")
    priority = _want(value.get("priority", "interactive"), str, "priority").upper()
    if priority not in Priority.__members__:
        raise ValueError("`priority` is neither interactive nor batch")
    return TraceJob(
        at_ms=_milliseconds(value.get("at_ms"), "at_ms"),
        run_ms=_milliseconds(value.get("run_ms"), "run_ms"),
        models={_model(name): _milliseconds(ms, "models") for name, ms in models.items()},
        tenant=TenantId(_want(value.get("tenant", DEFAULT_TENANT), str, "tenant")),
        priority=Priority[priority],
        partner_only=value.get("partner_only") is True,
    )


def _model(name: str) -> ModelFile:
    folder, slash, file = name.partition("/")
    return ModelFile(folder, file) if slash else ModelFile("checkpoints", folder)


def _milliseconds(value: JsonValue, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e15:
        raise ValueError(f"`{name}` holds no number of milliseconds")
    return round(value)


def _want(value: JsonValue, kind: type[_T], name: str) -> _T:
    if not isinstance(value, kind):
        raise TypeError(f"`{name}` is missing or of the wrong kind")
    return value

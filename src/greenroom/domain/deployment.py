"""A deployment: one version of a workflow that programs run by an id, with its own scaling."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DeploymentId, TenantId
from greenroom.domain.scaling.rule import NOTHING, Rule

HARDWARE = "hardware"
"""The label of a worker that says what it runs on."""
KEPT_FOR = "deployment"
"""The label of a worker that runs the jobs of one deployment and no others."""

_HARDWARE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_LONGEST_NAME = 200
_LONGEST_README = 100_000

Labels: TypeAlias = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Deployment:
    id: DeploymentId
    tenant: TenantId
    name: str
    workflow_id: str
    version: int
    """Of the workflow; it stays when newer ones are published."""
    created_at: Millis
    updated_at: Millis
    rule: Rule = field(default_factory=Rule)
    hardware: str | None = None
    """What a worker must carry as its label `hardware`, such as AMPERE_48; None takes any."""
    readme: str = ""
    """Markdown."""
    enabled: bool = True
    deleted_at: Millis | None = None

    @property
    def scaling(self) -> Rule:
        """What it asks of its scaling now."""
        return self.rule if self.enabled and self.deleted_at is None else NOTHING

    def require_there(self) -> None:
        """GONE."""
        if self.deleted_at is not None:
            raise AppError(ErrorCode.GONE, f"The deployment {self.name!r} was deleted.")

    def require_open(self) -> None:
        """GONE, DISABLED: it takes no requests."""
        self.require_there()
        if not self.enabled:
            told = f"The deployment {self.name!r} is switched off; set is_enabled to switch it on."
            raise AppError(ErrorCode.DISABLED, told)


@dataclass(frozen=True, slots=True)
class DeploymentChange:
    """What an owner says of a deployment; None leaves it as it is."""

    name: str | None = None
    workflow_id: str | None = None
    version: int | None = None
    hardware: tuple[str, ...] | None = None
    """One name, or none for any worker."""
    min_instances: int | None = None
    max_instances: int | None = None
    queue_size: int | None = None
    keep_warm_s: int | None = None
    readme: str | None = None
    enabled: bool | None = None

    def applied(self, old: Deployment, now: Millis) -> Deployment:
        """BAD_REQUEST names the field that cannot be."""
        new = replace(
            old,
            name=old.name if self.name is None else _name(self.name),
            workflow_id=old.workflow_id if self.workflow_id is None else self.workflow_id,
            version=old.version if self.version is None else self.version,
            hardware=old.hardware if self.hardware is None else _hardware(self.hardware),
            rule=self._rule(old.rule),
            readme=old.readme if self.readme is None else _readme(self.readme),
            enabled=old.enabled if self.enabled is None else self.enabled,
            updated_at=now,
        )
        new.rule.check()
        return new

    def _rule(self, old: Rule) -> Rule:
        warm = old.keep_warm_ms if self.keep_warm_s is None else self.keep_warm_s * 1000
        return Rule(
            old.min_instances if self.min_instances is None else self.min_instances,
            old.max_instances if self.max_instances is None else self.max_instances,
            old.queue_size if self.queue_size is None else self.queue_size,
            warm,
        )


@dataclass(frozen=True, slots=True)
class DeploymentLoad:
    """How much a deployment has to do."""

    deployment: Deployment
    waiting: int
    running: int


def asked_labels(
    deployment: DeploymentId, hardware: str | None, *, scaled: bool
) -> Mapping[str, str]:
    """What workers must carry to run its jobs. `scaled`: only its own instances do."""
    if scaled:
        return {KEPT_FOR: deployment}
    return {} if hardware is None else {HARDWARE: hardware}


def hardware_labels(hardware: str | None) -> Labels:
    """What workers must carry to run on this hardware."""
    return frozenset() if hardware is None else frozenset({(HARDWARE, hardware)})


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise _bad("name", f"name has 1 to {_LONGEST_NAME} characters")
    return name


def _hardware(names: tuple[str, ...]) -> str | None:
    if len(names) > 1:
        raise _bad(HARDWARE, f"hardware has {len(names)} entries, and takes exactly one")
    if names and _HARDWARE.fullmatch(names[0]) is None:
        raise _bad(HARDWARE, "hardware is a name such as AMPERE_48: letters, digits, - . and _")
    return names[0] if names else None


def _readme(text: str) -> str:
    if len(text) > _LONGEST_README:
        raise _bad("readme", f"readme has at most {_LONGEST_README} characters")
    if "\0" in text:
        raise _bad("readme", "readme holds a character that no text has")
    return text


def _bad(field: str, message: str) -> AppError:
    return AppError(ErrorCode.BAD_REQUEST, message, {"field": field})

"""What the console API says of deployments and their instances, as types. Times: ms since 1970."""

import msgspec


class InstanceView(msgspec.Struct):
    id: str
    phase: str
    """starting, ready, draining or ending."""
    since: int
    """When the phase began; of a ready one, when it last became idle."""
    started_at: int
    ready_at: int | None
    """None of one that has not answered, or never did."""
    ended_at: int | None
    reason: str | None
    jobs: list[str]
    """What it runs now."""
    ended_jobs: int
    """How many it had brought to an end, once it has ended."""


class DayView(msgspec.Struct):
    """What the instances of the last 24 hours came to."""

    starts: int
    failed: int
    needless: int
    """Instances that ended without having brought a job to its end."""
    cold_start_seconds: float | None
    busy_seconds: float
    warm_seconds: float
    """How long those that ended had stood ready without a job."""


class DeploymentView(msgspec.Struct):
    id: str
    name: str
    workflow_id: str
    version: int
    hardware: str | None
    is_enabled: bool
    min_instances: int
    max_instances: int
    queue_size: int
    keep_warm_seconds: int
    waiting: int
    running: int
    wanted: int | None
    """How many instances there shall be; None where this server does not decide."""
    why: str | None
    instances: list[InstanceView]
    ended: list[InstanceView]
    """The latest that are gone, the newest first."""
    last_day: DayView
    created_at: int
    updated_at: int


class DeploymentList(msgspec.Struct):
    deployments: list[DeploymentView]
    scaled: bool
    """Whether this server starts instances."""


class DeploymentEdit(msgspec.Struct):
    """What is named changes; the rest stays."""

    name: str | None = None
    hardware: str | None = None
    """Empty for any."""
    is_enabled: bool | None = None
    min_instances: int | None = None
    max_instances: int | None = None
    queue_size: int | None = None
    keep_warm_seconds: int | None = None


class DeploymentOrder(msgspec.Struct):
    """A deployment to be, of the newest version of a workflow of the library."""

    name: str
    workflow_id: str

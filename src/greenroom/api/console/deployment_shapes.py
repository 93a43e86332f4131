"""What the console API says of deployments, as types. Instants are ms since 1970."""

import msgspec


class DeploymentInstance(msgspec.Struct):
    """An instance of the deployment, or another worker that is kept for it."""

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
    dials_in: bool
    """Whether its own worker connects to this server, which does not call it."""
    where: str | None
    """Where it answers, or where its worker connects from; None while that is not known."""
    jobs: list[str]
    """What it runs now."""
    ended_jobs: int
    """How many it had brought to an end, once it has ended."""


class DeploymentDay(msgspec.Struct):
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
    """Of the workflow; it stays when newer ones are published."""
    newest_version: int
    hardware: str | None
    """What a worker's label `hardware` must say; None takes any worker."""
    min_instances: int
    max_instances: int
    queue_size: int
    """Requests that wait for each instance before another is started."""
    keep_warm: int
    readme: str
    enabled: bool
    waiting: int
    running: int
    wanted: int | None
    """How many instances there shall be; None where this server does not decide."""
    why: str | None
    instances: list[DeploymentInstance]
    ended: list[DeploymentInstance]
    """The latest that are gone, the newest first."""
    last_day: DeploymentDay
    created_at: int
    updated_at: int


class Deployments(msgspec.Struct):
    deployments: list[DeploymentView]
    """The oldest first."""
    hardware: list[str]
    """What the workers' labels say now, to choose from."""
    scaled: bool
    """Whether this server starts instances."""


class DeploymentOrder(msgspec.Struct):
    """A new deployment or, with an id, a change of one; what is left out stays as it is."""

    id: str | None = None
    name: str | None = None
    workflow_id: str | None = None
    version: int | None = None
    hardware: str | None = None
    """An empty text takes any worker."""
    min_instances: int | None = None
    max_instances: int | None = None
    queue_size: int | None = None
    keep_warm: int | None = None
    readme: str | None = None
    enabled: bool | None = None

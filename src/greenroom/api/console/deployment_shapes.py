"""What the console API says of deployments, as types. Lengths of time are seconds."""

import msgspec


class DeploymentInstance(msgspec.Struct):
    """A worker that is kept for the deployment."""

    id: str
    status: str
    jobs: int
    """How many it runs now."""


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
    instances: list[DeploymentInstance]
    created_at: int
    updated_at: int


class Deployments(msgspec.Struct):
    deployments: list[DeploymentView]
    """The oldest first."""
    hardware: list[str]
    """What the workers' labels say now, to choose from."""


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

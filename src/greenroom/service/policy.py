"""Limits and lengths as plain data, set once from the configuration."""

from dataclasses import dataclass, field
from pathlib import Path

from greenroom.domain.relay import RelayRule


@dataclass(frozen=True, slots=True)
class Policy:
    lease_ms: int = 30_000
    """How long a silent worker keeps its job."""
    body_limit: int = 100 * 1024 * 1024
    """Largest JSON body, in bytes."""
    upload_limit: int = 2 * 1024 * 1024 * 1024
    """Largest uploaded file, in bytes."""
    queue_limit: int = 0
    """How many jobs of a tenant may wait; 0 sets no limit."""
    retain_outputs_ms: int | None = None
    """How long outputs are kept; None keeps them until somebody deletes them."""
    node_limit: int = 20_000
    """Most nodes in one graph."""
    workflows_dir: Path | None = None
    """The folder that the library follows."""
    relays: RelayRule = field(default_factory=RelayRule.parse)
    """What is passed on to instances of deployments."""

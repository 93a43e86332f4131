"""Who is calling: a tenant and, inside it, a user."""

from dataclasses import dataclass

from greenroom.domain.ids import DEFAULT_TENANT, KeyId, TenantId, WorkerId


@dataclass(frozen=True, slots=True)
class Principal:
    tenant: TenantId = DEFAULT_TENANT
    user: str = "default"
    key: KeyId | None = None
    """The API key that was shown, if any."""
    worker: WorkerId | None = None
    """The instance whose token was shown: it may work as that one, and do nothing else."""

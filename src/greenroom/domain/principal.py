"""Who is calling: a tenant and, inside it, a user."""

from dataclasses import dataclass

from greenroom.domain.ids import DEFAULT_TENANT, TenantId


@dataclass(frozen=True, slots=True)
class Principal:
    tenant: TenantId = DEFAULT_TENANT
    user: str = "default"

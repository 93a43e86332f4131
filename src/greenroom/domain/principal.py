"""Who is calling: a tenant and, inside it, a user."""

import re
from dataclasses import dataclass

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DEFAULT_TENANT, KeyId, TenantId, WorkerId

_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Principal:
    tenant: TenantId = DEFAULT_TENANT
    user: str = "default"
    key: KeyId | None = None
    """The API key that was shown, if any."""
    worker: WorkerId | None = None
    """The instance whose token was shown: it may work as that one, and do nothing else."""

    @property
    def is_operator(self) -> bool:
        """Whether it runs the installation: it sees and steers every tenant."""
        return self.tenant == DEFAULT_TENANT and self.worker is None

    def acting_for(self, tenant: TenantId | None) -> TenantId:
        """The tenant that is meant, its own when none is named; FORBIDDEN for another's."""
        if tenant is None or tenant == self.tenant:
            return self.tenant
        if not self.is_operator:
            raise AppError(ErrorCode.FORBIDDEN, "This key steers its own tenant only.")
        return tenant

    def require_operator(self) -> None:
        """FORBIDDEN for every other tenant than the default one, which runs the installation."""
        if not self.is_operator:
            raise AppError(
                ErrorCode.FORBIDDEN,
                "This is for the operator: a key of the tenant 'default' may do it.",
            )


def clean_tenant(text: str) -> TenantId:
    """BAD_REQUEST for what is no tenant's id."""
    if not _TENANT.fullmatch(text):
        raise AppError(
            ErrorCode.BAD_REQUEST,
            "A tenant's id has 1 to 64 letters, digits, dots, dashes and underscores, and begins "
            "with a letter or a digit.",
        )
    return TenantId(text)

"""Links to assets that work without a key, for a short while."""

import hmac
from dataclasses import dataclass
from urllib.parse import urlencode

from blake3 import blake3

from greenroom.domain.clock import Clock, Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import AssetId, TenantId
from greenroom.domain.principal import Principal

_CONTEXT = "greenroom 2026 signed links"
_LIFETIME_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Signed:
    """The query parameters that open one asset."""

    tenant: TenantId
    expires_at: Millis
    signature: str

    @property
    def query(self) -> str:
        return urlencode(
            {"tenant": self.tenant, "expires": self.expires_at, "signature": self.signature}
        )


class SignedLinks:
    def __init__(self, server_secret: bytes, clock: Clock) -> None:
        self._key = blake3(server_secret, derive_key_context=_CONTEXT).digest()
        self._clock = clock

    def sign(
        self, principal: Principal, asset_id: AssetId, lifetime_ms: int = _LIFETIME_MS
    ) -> Signed:
        """Opens the asset for an hour, or as long as is said."""
        until = Millis(self._clock.now() + lifetime_ms)
        return Signed(principal.tenant, until, self._signature(principal.tenant, asset_id, until))

    def check(self, asset_id: AssetId, shown: Signed) -> Principal:
        """On whose behalf the link was made. FORBIDDEN when it is forged or too old."""
        right = self._signature(shown.tenant, asset_id, shown.expires_at)
        genuine = hmac.compare_digest(right.encode(), shown.signature.encode(errors="replace"))
        if not genuine or shown.expires_at < self._clock.now():
            raise AppError(ErrorCode.FORBIDDEN, "This link is not valid, or no longer.")
        return Principal(shown.tenant)

    def _signature(self, tenant: TenantId, asset_id: AssetId, until: Millis) -> str:
        text = f"{len(tenant)}:{tenant}:{asset_id}:{until}".encode()
        return blake3(text, key=self._key).hexdigest()

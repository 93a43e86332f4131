"""The secrets with which webhooks are signed: a newest one, and those that it replaced lately."""

import base64
import os
from dataclasses import dataclass
from datetime import UTC, datetime

from standardwebhooks import Webhook as Signer

from greenroom.domain import ids
from greenroom.domain.clock import Millis
from greenroom.domain.ids import TenantId
from greenroom.domain.principal import Principal
from greenroom.service.vault import Vault
from greenroom.store import webhook_secrets as rows
from greenroom.store.database import Database
from greenroom.store.sealed import owner_of_webhooks

KEEP_OLD_MS = 24 * 3_600_000
_BYTES = 32


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    text: str
    """`whsec_` and base64, as libraries for Standard Webhooks take it."""
    created_at: Millis
    ends_at: Millis | None
    """When it stops being valid; None for the newest."""


class WebhookSecrets:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._db = database
        self._vault = vault

    async def all(self, principal: Principal) -> list[WebhookSecret]:
        """The valid ones, the newest first; the first one is made when it is asked for."""
        found = await self._valid(principal.tenant)
        return found or [await self.rotate(principal)]

    async def rotate(self, principal: Principal, keep_ms: int = KEEP_OLD_MS) -> WebhookSecret:
        """A new secret. The one before stays valid so long, and both sign meanwhile."""
        now = self._db.clock.now()
        text = f"whsec_{base64.b64encode(os.urandom(_BYTES)).decode()}"
        sealed = self._vault.seal(text.encode(), owner_of_webhooks(principal.tenant))
        new = rows.SealedSecret(ids.new_session_id(), sealed, now, None)
        until = Millis(now + keep_ms)
        await self._db.write(lambda tx: rows.replace(tx, principal.tenant, new, until))
        return WebhookSecret(text, now, None)

    async def sign(self, tenant: TenantId, message: str, at: Millis, body: bytes) -> dict[str, str]:
        """The headers of Standard Webhooks, with a signature by each valid secret."""
        seconds = at // 1000
        moment = datetime.fromtimestamp(seconds, UTC)
        secrets = await self.all(Principal(tenant))
        signatures = [Signer(one.text).sign(message, moment, body.decode()) for one in secrets]
        return {
            "webhook-id": message,
            "webhook-timestamp": str(seconds),
            "webhook-signature": " ".join(signatures),
        }

    async def _valid(self, tenant: TenantId) -> list[WebhookSecret]:
        now = self._db.clock.now()
        found = await self._db.read(lambda tx: rows.valid(tx, tenant, now))
        opened = ((one, self._vault.opened(one.sealed, owner_of_webhooks(tenant))) for one in found)
        return [
            WebhookSecret(text.decode(), one.created_at, one.ends_at)
            for one, text in opened
            if text is not None
        ]

"""Who calls: the key that a request shows, or the login cookie of a page.

Keys are asked for as soon as one is configured or stored, and always where others can reach the
server and nobody insisted that it be open.
"""

import hmac
from dataclasses import dataclass

from aiohttp import web

from greenroom.api.csrf import is_upgrade, require_own_page
from greenroom.api.login_cookie import COOKIE
from greenroom.api.settings import EdgeSettings
from greenroom.domain import session
from greenroom.domain.api_key import CONFIGURED, ApiKey, KeyRole, digest_of
from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DEFAULT_TENANT, KeyId
from greenroom.domain.principal import Principal
from greenroom.service.services import Services

_BEARER = "bearer "
_INSTANCE = KeyId("instance")
"""Stands for the token of an instance, which is good for as long as that is there."""
_MAKE_ONE = "`greenroom keys create NAME --role worker` makes one"
_WRONG_ROLE = {
    KeyRole.CLIENT: "This is the key of a worker: it opens nothing else.",
    KeyRole.WORKER: f"This is the key of a client, and a worker needs its own: {_MAKE_ONE}.",
}


@dataclass(frozen=True, slots=True)
class Caller:
    principal: Principal
    key: KeyId | None
    """None when keys are not asked for."""
    renewal: str | None = None
    """The login cookie to send back, when the old one has some age."""


ANYBODY = Caller(Principal(), None)


class Credentials:
    def __init__(self, services: Services, settings: EdgeSettings) -> None:
        self._keys = services.keys
        self._stations = services.stations
        self._clock = services.clock
        self._required = settings.key_required
        self._origins = settings.allowed_origins
        self._configured = None if settings.api_key is None else _configured(settings.api_key)

    @property
    def asked(self) -> bool:
        """Whether requests must show a key now."""
        return self._configured is not None or self._required or self._keys.exist

    def identify(self, request: web.Request) -> Caller:
        """UNAUTHORIZED without a valid key or login.

        FORBIDDEN for the key of a worker, and for a change by a foreign page.
        """
        if not self.asked:
            return ANYBODY
        shown = shown_key(request)
        if shown is not None:
            return self._with_key(shown, KeyRole.CLIENT)
        cookie = request.cookies.get(COOKIE)
        if cookie is None:
            raise AppError(ErrorCode.UNAUTHORIZED, "An API key is required.")
        caller = self._logged_in(cookie)
        require_own_page(request, self._origins)
        return caller

    def identify_worker(self, request: web.Request) -> Caller:
        """UNAUTHORIZED without a valid key, as soon as any exists; FORBIDDEN for a client's."""
        shown = shown_key(request)
        if shown is not None:
            instance = self._stations.instance_of(shown)
            if instance is not None:
                return Caller(Principal(worker=instance), _INSTANCE)
            return self._with_key(shown, KeyRole.WORKER)
        if self.asked or self._keys.workers_have_keys:
            raise AppError(ErrorCode.UNAUTHORIZED, f"A worker's key is required: {_MAKE_ONE}.")
        return ANYBODY

    def log_in(self, shown: str) -> str | None:
        """The cookie for who shows this key; None when it is not valid."""
        key = self._find(digest_of(shown))
        if key is None or key.role is not KeyRole.CLIENT:
            return None
        self._keys.note_use(key)
        return session.issue(key.id, key.digest, self._clock.now())

    def stands(self, key_id: KeyId | None) -> bool:
        """Whether who came with this key, or with none, may still be here."""
        if key_id is None:
            return not self.asked
        if key_id == _INSTANCE:
            return True
        return self._with_id(key_id) is not None

    def _with_key(self, shown: str, role: KeyRole) -> Caller:
        key = self._find(digest_of(shown))
        if key is None:
            raise AppError(ErrorCode.UNAUTHORIZED, "The API key is not valid.")
        if key.role is not role:
            raise AppError(ErrorCode.FORBIDDEN, _WRONG_ROLE[role])
        self._keys.note_use(key)
        return Caller(Principal(key.tenant, key=key.id), key.id)

    def _logged_in(self, cookie: str) -> Caller:
        claim = session.read(cookie)
        key = None if claim is None else self._with_id(claim.key_id)
        now = self._clock.now()
        if claim is None or key is None or not claim.holds(key.digest, now):
            raise AppError(ErrorCode.UNAUTHORIZED, "The login has ended; log in again.")
        self._keys.note_use(key)
        renewal = session.issue(key.id, key.digest, now) if claim.wants_renewal(now) else None
        return Caller(Principal(key.tenant, key=key.id), key.id, renewal)

    def _find(self, digest: str) -> ApiKey | None:
        """A stored key, or the configured one. A revoked key stays so, wherever it is set."""
        stored = self._keys.find(digest)
        if stored is not None or self._configured is None or self._keys.was_revoked(digest):
            return stored
        same = hmac.compare_digest(digest, self._configured.digest)
        return self._configured if same else None

    def _with_id(self, key_id: KeyId) -> ApiKey | None:
        if self._configured is not None and key_id == CONFIGURED:
            return self._find(self._configured.digest)
        return self._keys.with_id(key_id)


def shown_key(request: web.Request) -> str | None:
    """The key in a header or, for what a browser opens without headers, in the address."""
    headers = request.headers
    key = headers.get("X-API-Key")
    if key is not None:
        return key
    authorization = headers.get("Authorization", "")
    if authorization[: len(_BEARER)].lower() == _BEARER:
        return authorization[len(_BEARER) :].strip()
    if is_upgrade(request) or "text/event-stream" in headers.get("Accept", ""):
        return request.query.get("token")
    return None


def _configured(key: str) -> ApiKey:
    # Its age is nobody's business, and nothing depends on it.
    return ApiKey(CONFIGURED, DEFAULT_TENANT, "configured", digest_of(key), Millis(0))

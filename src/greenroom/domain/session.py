"""The value of a login cookie: which key it stands for, since when, and a proof.

The proof is made with the digest of the key itself. So a session ends with its key, every server
of an installation accepts it, and there is no other secret to keep.
"""

import hashlib
import hmac
from dataclasses import dataclass

from greenroom.domain.clock import Millis
from greenroom.domain.ids import KeyId

LIFETIME_S = 24 * 60 * 60
_RENEW_AFTER_S = 5 * 60
_CLOCKS_DIFFER_S = 60
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Session:
    """What a cookie claims; nothing until `holds`."""

    key_id: KeyId
    issued_s: int
    """Seconds since the Unix epoch."""
    proof: str

    def holds(self, digest: str, now: Millis) -> bool:
        """Whether the holder of that key was given this cookie, not too long ago."""
        age = now // 1000 - self.issued_s
        fresh = -_CLOCKS_DIFFER_S <= age <= LIFETIME_S
        return hmac.compare_digest(self.proof, _prove(self.key_id, digest, self.issued_s)) and fresh

    def wants_renewal(self, now: Millis) -> bool:
        return now // 1000 - self.issued_s > _RENEW_AFTER_S


def issue(key_id: KeyId, digest: str, now: Millis) -> str:
    """The cookie of a login."""
    issued_s = now // 1000
    return f"{key_id}.{issued_s}.{_prove(key_id, digest, issued_s)}"


def read(cookie: str) -> Session | None:
    """None when the text is no such cookie."""
    if len(cookie) > _LONGEST or not cookie.isascii():
        return None
    parts = cookie.split(".")
    if len(parts) != 3 or not parts[1].isdigit():
        return None
    return Session(KeyId(parts[0]), int(parts[1]), parts[2])


def _prove(key_id: KeyId, digest: str, issued_s: int) -> str:
    told = f"greenroom session {key_id} {issued_s}"
    return hmac.new(digest.encode(), told.encode(), hashlib.sha256).hexdigest()

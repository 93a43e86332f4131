"""Tokens with which the worker of one instance connects, and does nothing else."""

import hmac

from blake3 import blake3

from greenroom.domain.ids import WorkerId

_CONTEXT = "greenroom 2026 instance tokens"
_PREFIX = "gri_"
_DIGITS = 32


class InstanceTokens:
    """A token is the same whenever it is asked for: a start may be repeated."""

    def __init__(self, server_secret: bytes) -> None:
        self._key = blake3(server_secret, derive_key_context=_CONTEXT).digest()

    def of(self, instance: WorkerId) -> str:
        return f"{_PREFIX}{instance}_{self._signature(instance)}"

    def read(self, token: str) -> WorkerId | None:
        """Whose token it is; None when it is none, or forged. The instance may have ended."""
        instance, _, signature = token.removeprefix(_PREFIX).rpartition("_")
        right = self._signature(instance)
        genuine = hmac.compare_digest(right.encode(), signature.encode(errors="replace"))
        return WorkerId(instance) if genuine and token.startswith(_PREFIX) else None

    def _signature(self, instance: str) -> str:
        text = instance.encode(errors="surrogatepass")
        return blake3(text, key=self._key).hexdigest()[:_DIGITS]

"""GPU time that tenants have used, fading with age."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import log
from typing import NamedTuple

from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId, TenantId

_FORGOTTEN_MS = 1.0
_REMEMBERED = 10
"""Half-lives after which a thousandth is left."""


class Stretch(NamedTuple):
    """What a tenant used in some time that is over."""

    tenant: TenantId
    since: Millis
    until: Millis
    used_ms: int


@dataclass(slots=True)
class _Account:
    used_ms: float
    at: Millis
    running: int = 0


@dataclass(frozen=True, slots=True)
class _Charge:
    tenant: TenantId
    expected_ms: int


class Usage:
    """What each tenant has used. It halves every `half_life_ms`.

    A job is charged when it starts, by what it is thought to take, and put right when it ends;
    otherwise a tenant with many free workers before it would look idle and take them all.
    """

    def __init__(self, half_life_ms: int = 600_000) -> None:
        self._half_life_ms = half_life_ms
        self._accounts: dict[TenantId, _Account] = {}
        self._charges: dict[JobId, _Charge] = {}

    def started(self, job_id: JobId, tenant: TenantId, expected_ms: int, now: Millis) -> None:
        account = self._account(tenant, now)
        account.used_ms += expected_ms
        account.running += 1
        self._charges[job_id] = _Charge(tenant, expected_ms)

    def ended(self, job_id: JobId, used_ms: int, now: Millis) -> None:
        """The job gave its worker back after `used_ms`; nothing happens when it is not known."""
        charge = self._charges.pop(job_id, None)
        if charge is None:
            return
        account = self._account(charge.tenant, now)
        account.used_ms = max(account.used_ms + used_ms - charge.expected_ms, 0)
        account.running -= 1

    def used_ms(self, tenant: TenantId, now: Millis) -> float:
        account = self._accounts.get(tenant)
        return 0.0 if account is None else self._faded(account, now)

    def running(self, tenant: TenantId) -> int:
        account = self._accounts.get(tenant)
        return 0 if account is None else account.running

    def forget_idle(self, now: Millis) -> None:
        """Drop the tenants whose use has faded to nothing."""
        idle = [
            tenant
            for tenant, account in self._accounts.items()
            if not account.running and self._faded(account, now) < _FORGOTTEN_MS
        ]
        for tenant in idle:
            del self._accounts[tenant]

    @property
    def remembered_ms(self) -> int:
        """How far back use makes a difference worth a restart's trouble."""
        return _REMEMBERED * self._half_life_ms

    def restore(self, stretches: Iterable[Stretch], now: Millis) -> None:
        """Take up what was used before a restart, taken to be spread evenly over each stretch."""
        for one in stretches:
            length = max(one.until - one.since, 1) / self._half_life_ms
            left = (1 - 0.5**length) / (length * log(2))
            spread = _Account(one.used_ms * left, one.until)
            self._account(one.tenant, now).used_ms += self._faded(spread, now)

    def _account(self, tenant: TenantId, now: Millis) -> _Account:
        """The tenant's account, faded to now."""
        account = self._accounts.get(tenant)
        if account is None:
            account = self._accounts[tenant] = _Account(0.0, now)
        account.used_ms, account.at = self._faded(account, now), now
        return account

    def _faded(self, account: _Account, now: Millis) -> float:
        fading: float = 0.5 ** (max(now - account.at, 0) / self._half_life_ms)
        return account.used_ms * fading

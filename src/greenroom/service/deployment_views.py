"""Deployments as their owner looks at them: their jobs, their instances, what scaling came to."""

from collections.abc import Sequence
from dataclasses import dataclass

from greenroom.domain.clock import Millis
from greenroom.domain.deployment import Deployment, DeploymentLoad
from greenroom.domain.ids import DeploymentId
from greenroom.domain.principal import Principal
from greenroom.domain.scaling.account import Account, account
from greenroom.domain.scaling.decision import Decision
from greenroom.domain.scaling.instance import Instance
from greenroom.service.deployments import Deployments
from greenroom.service.scaling import Scaling
from greenroom.store import instances
from greenroom.store.database import Database

DAY_MS = 86_400_000
_ENDED = 5
"""So many of those that ended are shown."""


@dataclass(frozen=True, slots=True)
class DeploymentView:
    deployment: Deployment
    waiting: int
    running: int
    instances: Sequence[Instance]
    """Those that are there, the oldest first."""
    ended: Sequence[Instance]
    """The latest of the others, the newest first."""
    decision: Decision | None
    """What was decided last; None where another server decides, or nobody."""
    account: Account
    """Of the last day."""


class DeploymentViews:
    def __init__(
        self, database: Database, deployments: Deployments, scaling: Scaling | None
    ) -> None:
        self._db = database
        self._deployments = deployments
        self._scaling = scaling

    @property
    def scaled(self) -> bool:
        """Whether instances are started and stopped here."""
        return self._scaling is not None

    async def all(self, principal: Principal) -> list[DeploymentView]:
        """Those that are there, the oldest first."""
        since = Millis(self._db.clock.now() - DAY_MS)
        found = await self._db.read(lambda tx: instances.since(tx, principal.tenant, since))
        mine: dict[DeploymentId, list[Instance]] = {}
        for one in found:
            mine.setdefault(one.deployment, []).append(one)
        loads = await self._deployments.own_loads(principal)
        return [self._view(load, mine.get(load.deployment.id, [])) for load in loads]

    def _view(self, load: DeploymentLoad, mine: Sequence[Instance]) -> DeploymentView:
        known = load.deployment.id
        return DeploymentView(
            load.deployment, load.waiting, load.running,
            [one for one in mine if one.ended_at is None],
            [one for one in reversed(mine) if one.ended_at is not None][:_ENDED],
            None if self._scaling is None else self._scaling.last(known),
            account(mine, self._db.clock.now()),
        )  # fmt: skip

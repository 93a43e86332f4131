"""What is done again and again while a server runs, and how often."""

from greenroom.background.periodic import Periodic
from greenroom.background.reaper import Reaper
from greenroom.background.retention import Keeper
from greenroom.background.webhooks import WebhookSender
from greenroom.service.services import Services

_REAP_SECONDS = 2.0
_KEEP_SECONDS = 60.0
_READ_SECONDS = 1.0
_LIMITS_SECONDS = 5.0
_DEPLOYMENTS_SECONDS = 2.0
"""How long jobs may go where a deployment ran before another server changed its hardware."""
_SAVE_SECONDS = 30.0
_WEBHOOKS_SECONDS = 1.0
_INPUTS_SECONDS = 1.0
_SCALE_SECONDS = 1.0
_KEYS_SECONDS = 2.0
"""How long a key that another process revoked may still be valid here."""


def duties(services: Services, keeper: Keeper, sender: WebhookSender) -> list[Periodic]:
    found = [
        Periodic("reaper", _REAP_SECONDS, Reaper(services.queue).tick),
        Periodic("keys", _KEYS_SECONDS, services.keys.refresh),
        Periodic("scheduler", _READ_SECONDS, services.scheduler.fill),
        Periodic("run times", _SAVE_SECONDS, services.scheduler.save),
        Periodic("limits", _LIMITS_SECONDS, services.running_limits.refresh),
        Periodic("running jobs", _READ_SECONDS, services.running_limits.look_again),
        Periodic("tenants", _LIMITS_SECONDS, services.tenants.refresh),
        Periodic("deployments", _DEPLOYMENTS_SECONDS, services.deployments.refresh),
        Periodic("retention", _KEEP_SECONDS, keeper.tick),
        Periodic("inputs", _INPUTS_SECONDS, services.input_fetches.tick),
        Periodic("webhooks", _WEBHOOKS_SECONDS, sender.tick),
    ]
    if services.scaling is not None:
        found.append(Periodic("scaling", _SCALE_SECONDS, services.scaling.tick))
        found.append(Periodic("old instances", _KEEP_SECONDS, services.scaling.trim))
    return found

"""What this server is: its version, its settings, what it knows."""

from collections.abc import Iterable

from aiohttp import web

import greenroom
from greenroom.api import editor
from greenroom.api.console.shapes import Info, Setting
from greenroom.api.context import Call
from greenroom.api.credentials import Credentials
from greenroom.api.settings import EdgeSettings
from greenroom.api.wire import json_response

_MIB = 1024 * 1024


class InfoApi:
    def __init__(self, settings: EdgeSettings) -> None:
        self._settings = settings

    async def show(self, call: Call) -> web.StreamResponse:
        """Nothing secret: only whether a key is asked for."""
        return json_response(
            Info(
                version=greenroom.__version__,
                settings=list(self._shown(call)),
                key_required=self._asks(call),
                node_classes=len(call.services.nodes.definitions()),
                remaining=call.services.jobs.remaining(call.principal),
                editor=editor.is_installed(),
            )
        )

    def _asks(self, call: Call) -> bool:
        return Credentials(call.services, self._settings).asked

    def _shown(self, call: Call) -> Iterable[Setting]:
        policy = call.services.policy
        reach = "this machine only" if self._settings.loopback else "other machines too"
        yield Setting("Reach", reach, "who can open this server")
        key = "asked for" if self._asks(call) else "not asked for"
        yield Setting("API key", key, "greenroom keys create makes one")
        yield Setting(
            "Lease", f"{policy.lease_ms / 1000:g} s", "how long a silent worker keeps a job"
        )
        yield Setting("Largest body", f"{policy.body_limit // _MIB} MiB", "of one JSON request")
        yield Setting("Largest upload", f"{policy.upload_limit // _MIB} MiB", "of one file")
        yield Setting("Most nodes", f"{policy.node_limit:,}", "in one workflow")

"""An engine on another machine passes the suite of all engines, over a real server."""

from collections.abc import AsyncIterator

import pytest
from tests.conformance.engine import Bench, EngineSuite
from tests.conformance.test_comfyui_engine import bench_of
from tests.fleet.conftest import fake, served
from tests.outpost.conftest import _short_waits, elsewhere, until

__all__ = ["_short_waits", "elsewhere", "fake", "served"]


class TestRemoteEngine(EngineSuite):
    @pytest.fixture
    async def bench(self, served, elsewhere, fake) -> AsyncIterator[Bench]:
        async with (
            served(engine="cpu", workers=0) as running,
            elsewhere(running.url, fake) as worker,
        ):
            await until(running, worker.id)
            hosts = running.services.stations._hosts
            yield bench_of(hosts.known[worker.id].engine)

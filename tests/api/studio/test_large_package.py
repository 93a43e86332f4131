"""A package of any size passes through little memory."""

import psutil
import pytest
from tests.api.studio.conftest import CALLER

from greenroom.domain.asset import Root
from greenroom.service.assets import FileName

pytestmark = pytest.mark.asyncio(loop_scope="module")

_MIB = 1024 * 1024
_SIZE_MIB = 384


class Zeros:
    def __init__(self, mib):
        self._mib = mib

    async def __aiter__(self):
        for _ in range(self._mib):
            yield bytes(_MIB)


async def test_a_package_streams_with_constant_memory(studio):
    record = await studio.run("film")
    name = FileName.checked(Root.OUTPUT, f"{record['output_dir']}/final", "large.bin")
    await studio.services.assets.upload(CALLER, name, Zeros(_SIZE_MIB), overwrite=False)
    process = psutil.Process()
    before = highest = process.memory_info().rss
    received = 0
    path = f"/api/admin/history/{record['prompt_id']}/package"
    async with studio.session.get(studio.url + path) as response:
        async for chunk in response.content.iter_chunked(_MIB):
            received += len(chunk)
            highest = max(highest, process.memory_info().rss)
    assert received > _SIZE_MIB * _MIB
    assert highest - before < 50 * _MIB
    await studio.post("/api/admin/history/delete", {"prompt_ids": [record["prompt_id"]]})

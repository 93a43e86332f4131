"""The built-in engine passes the suite of all engines."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.conformance.engine import Bench, EngineSuite
from tests.engine.cpu.graphs import hanging, make_run, node

from greenroom.engine.cpu.engine import CpuEngine


class TestCpuEngine(EngineSuite):
    @pytest.fixture
    async def bench(self, tmp_path: Path) -> AsyncIterator[Bench]:
        engine = CpuEngine(tmp_path / "engine")
        await engine.start()
        picture = node("EmptyImage", width=8, height=8, batch_size=1, color=255)
        preview = node("PreviewImage", images=["1", 0])
        graph = {
            "1": picture,
            "2": node("SaveImage", images=["1", 0], filename_prefix="a/b"),
            "3": preview,
        }
        broken = node("ImageBlur", image=["1", 0], blur_radius=31, sigma=1.0)
        late = node("PreviewImage", images=["4", 0])
        yield Bench(
            engine,
            good=make_run(graph),
            failing=make_run({"1": picture, "3": preview, "4": broken, "5": late}),
            endless=make_run(hanging()),
        )
        await engine.stop()

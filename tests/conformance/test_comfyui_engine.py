"""The ComfyUI engine passes the suite of all engines, against servers of every age."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.conformance.engine import Bench, EngineSuite
from tests.fakes.comfyui_server import FakeComfyUI

from greenroom.domain.ids import new_job_id
from greenroom.engine.base import Engine, Run
from greenroom.engine.comfyui.engine import ComfyEngine


class TestComfyEngine(EngineSuite):
    @pytest.fixture(params=["0.3.30", "0.3.64", "0.33.0"])
    async def bench(self, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
        async with FakeComfyUI(tmp_path / "comfyui", version=request.param) as fake:
            engine = ComfyEngine(fake.url)
            await engine.start()
            yield bench_of(engine)
            await engine.stop()


def bench_of(engine: Engine) -> Bench:
    """With graphs for a ComfyUI without models."""
    picture = {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8}}
    save = {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}}
    broken = {"class_type": "Fail", "inputs": {}}
    late = {"class_type": "PreviewImage", "inputs": {"images": ["3", 0]}}
    hold = {"class_type": "Hold", "inputs": {"gate": "never opened"}}
    show = {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}}
    return Bench(
        engine,
        good=_run({"1": picture, "2": save}, "2"),
        failing=_run({"1": picture, "2": save, "3": broken, "4": late}, "2", "4"),
        endless=_run({"1": hold, "2": show}, "2"),
    )


def _run(graph: dict, *outputs: str) -> Run:
    return Run(new_job_id(), 1, graph, outputs)

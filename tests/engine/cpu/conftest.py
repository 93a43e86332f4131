"""An engine for each test, and one that the tests of a module share where a cold one costs."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image

from greenroom.engine.cpu.engine import CpuEngine


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[CpuEngine]:
    engine = CpuEngine(tmp_path / "engine")
    await engine.start()
    yield engine
    await engine.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[CpuEngine]:
    engine = CpuEngine(tmp_path_factory.mktemp("engine") / "scratch")
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., Path]:
    """Writes a picture of random pixels; gives its path."""

    def write(name: str = "x.png", *, seed: int = 0, size: tuple[int, int] = (8, 6)) -> Path:
        shape = (size[1], size[0], 3)
        pixels = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
        path = tmp_path / f"{seed}-{name}"
        Image.fromarray(pixels).save(path)
        return path

    return write

"""Nodes called directly, in a real context."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from greenroom.domain.run import RunEvent
from greenroom.engine.cpu import nodes
from greenroom.engine.cpu.context import Context, RunContext
from greenroom.engine.cpu.naming import Naming
from greenroom.engine.cpu.node import CODE, Result
from greenroom.engine.cpu.sources import Sources

nodes.import_all()


class Workbench:
    """Runs one node at a time; its files lie under `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.events: list[RunEvent] = []
        run = RunContext(
            prompt={"1": {"class_type": "X", "inputs": {}}},
            extra_pnginfo={"workflow": {"nodes": []}},
            sources=Sources(()),
            naming=Naming(home),
            pixel_limit=10_000,
            emit=self.events.append,
            stop_requested=lambda: False,
        )
        self._context = Context(run, "1")

    def __call__(self, name: str, **inputs: Any) -> Any:
        """The node's outputs: the one, or the tuple of them; its Result when it has a ui."""
        code = CODE[name]
        returned = code.call(self._context, **inputs) if code.wants_context else code.call(**inputs)
        if isinstance(returned, Result) or len(returned) != 1:
            return returned
        return returned[0]

    def files(self, result: Result, key: str = "images") -> list[Path]:
        return [self.home / i["type"] / i["subfolder"] / i["filename"] for i in result.ui[key]]


@pytest.fixture
def call(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


@pytest.fixture
def random_images() -> Callable[..., np.ndarray]:
    """Pictures whose values fit into eight bits."""

    def make(*shape: int, seed: int = 0) -> np.ndarray:
        levels = np.random.default_rng(seed).integers(0, 256, shape)
        return (levels / 255).astype(np.float32)

    return make

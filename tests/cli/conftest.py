"""One server for the commands that only ask it something."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.processes import Served, served


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("shared") / "data") as running:
        yield running


@pytest.fixture
def workflow(tmp_path: Path) -> Callable[[Any], Path]:
    """Writes a workflow to a file."""

    def write(content: Any) -> Path:
        path = tmp_path / "workflow.json"
        path.write_text(json.dumps(content))
        return path

    return write

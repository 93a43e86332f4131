"""What a test needs and this machine lacks."""

import os
from typing import NoReturn

import pytest


def missing(told: str) -> NoReturn:
    """Skip the test and say why; in CI, where nothing may be missing, fail it."""
    if os.environ.get("CI") == "true":
        pytest.fail(told)
    pytest.skip(told)

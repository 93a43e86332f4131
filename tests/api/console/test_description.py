"""The description of the console API, and what is made from it, are in step with the code."""

import json
import subprocess
import sys
from pathlib import Path

from greenroom.api.console.statuses import STATUSES
from greenroom.domain.job import JobState

WEB = Path(__file__).parents[3] / "web"


def test_every_state_of_a_job_has_its_own_word():
    assert set(STATUSES) == set(JobState)
    assert len(set(STATUSES.values())) == len(JobState)


def test_the_description_is_what_the_types_say():
    made = subprocess.run(
        [sys.executable, "-m", "greenroom.api.console"], capture_output=True, check=True
    )
    kept = json.loads((WEB / "openapi.json").read_text())
    assert json.loads(made.stdout) == kept, "make web writes web/openapi.json anew"

"""Accepting jobs on a whole installation without HTTP, on both databases."""

import json

from tests.fakes.scripted_engine import GRAPH
from tests.worker.conftest import CALLER, engine, installation

from greenroom.domain.workflow.submission import Submission
from greenroom.service.job_views import JobViews

__all__ = ["engine", "installation"]

TEXT = json.dumps(GRAPH).encode()


async def test_a_new_job_is_shown_as_it_would_be_read_without_reading_it(installation, monkeypatch):
    views = JobViews(installation.database, installation.bus)
    for number, position in ((None, 1), (None, 2), (-1.0, 1), (0.5, 3)):
        submission = Submission(GRAPH, number=number, extra_data={"note": position})
        with monkeypatch.context() as patched:
            patched.setattr(installation.database, "read", None)
            shown = await installation.submit_service.submit_and_view(CALLER, submission, TEXT)
        assert shown == await views.get(CALLER, shown.detail.job.id)
        assert shown.position == position

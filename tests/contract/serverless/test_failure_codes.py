"""The numbers of failed requests."""

import pytest
from tests.factories import job_in

from greenroom.api.serverless.failure_codes import code_of, failure_code
from greenroom.domain.failure import Failure, FailureClass
from greenroom.domain.job import JobState
from greenroom.store.transitions import Outcome


@pytest.mark.parametrize("kind", FailureClass)
async def test_the_number_tells_the_class_of_the_failure(database, kind):
    outcome = Outcome(error=Failure(kind, "told").as_json())
    job = await job_in(database, JobState.FAILED, outcome=outcome)
    assert failure_code(job) == code_of(kind)


def test_what_the_request_is_to_blame_for_has_the_number_of_a_refusal():
    to_blame = {kind for kind in FailureClass if code_of(kind) == 422001}
    assert to_blame == {FailureClass.INVALID_GRAPH, FailureClass.INPUT_UNAVAILABLE}


async def test_a_request_that_nobody_began_in_time_and_one_that_says_nothing(database):
    assert failure_code(await job_in(database, JobState.EXPIRED)) == 408001
    assert failure_code(await job_in(database, JobState.LOST)) == 500001

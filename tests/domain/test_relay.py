"""Which requests are passed on to a worker's ComfyUI."""

import pytest

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.relay import LARGEST_BODY, RelayRequest, RelayRule


@pytest.mark.parametrize(
    "asked",
    ["GET object_info", "GET object_info/KSampler", "GET api/system_stats", "POST api/free"],
)
def test_what_changes_no_job_is_passed_on(asked):
    RelayRule.parse().check(RelayRequest(*asked.split()))


@pytest.mark.parametrize(
    "asked",
    [
        "POST prompt", "POST api/prompt", "POST interrupt", "GET history", "GET view", "POST queue",
        "GET free", "GET object_info/../history", "GET api/api/queue", "GET models/./x",
        "GET /queue",
        "GET object_info\\..\\history", "GET object_infos", "POST upload/image", "PUT free",
    ],
)  # fmt: skip
def test_everything_else_is_refused(asked):
    with pytest.raises(AppError) as told:
        RelayRule.parse().check(RelayRequest(*asked.split()))
    assert told.value.code is ErrorCode.FORBIDDEN


def test_an_operator_may_let_more_pass():
    rule = RelayRule.parse(["get /view", "POST api/manager/*"])
    rule.check(RelayRequest("GET", "view"))
    rule.check(RelayRequest("POST", "manager/reboot"))
    RelayRule.parse(["POST *"]).check(RelayRequest("POST", "prompt"))
    with pytest.raises(AppError, match="no method and path"):
        RelayRule.parse(["view"])


def test_a_body_has_its_limit():
    body = bytes(LARGEST_BODY + 1)
    with pytest.raises(AppError) as told:
        RelayRule.parse().check(RelayRequest("POST", "free", body=body))
    assert told.value.code is ErrorCode.TOO_LARGE

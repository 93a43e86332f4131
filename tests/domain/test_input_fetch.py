"""When a file that a job waits for is fetched again, and how it is spoken of."""

import pytest

from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DEFAULT_TENANT, JobId
from greenroom.domain.input_fetch import (
    LASTING,
    AwaitedFile,
    InputFetch,
    MissingInput,
    next_try,
    shown,
    waiting_for,
)
from greenroom.domain.workflow.file_inputs import FileKind
from greenroom.domain.workflow.refs import Place

FILE = AwaitedFile("https://a.example/x.png", FileKind.IMAGE, (Place("1", "image"),))
BROKEN = AppError(ErrorCode.UNAVAILABLE, "it broke off")


def fetch(tries, give_up_at=10**9):
    return InputFetch(JobId("job"), DEFAULT_TENANT, 0, FILE, "lease", tries, Millis(give_up_at))


def test_what_passes_is_tried_again_three_times_and_later_each_time():
    assert [next_try(fetch(n), BROKEN, Millis(0)) for n in (1, 2, 3, 4)] == [
        2_000, 10_000, 30_000, None,
    ]  # fmt: skip


def test_nothing_is_tried_again_after_the_time_for_all_of_it():
    assert next_try(fetch(1, give_up_at=500), BROKEN, Millis(499)) is not None
    assert next_try(fetch(1, give_up_at=500), BROKEN, Millis(500)) is None


@pytest.mark.parametrize("code", ["bad_request", "forbidden", "too_large", "unsupported_media"])
def test_what_would_end_the_same_way_again_is_not_tried_again(code):
    assert next_try(fetch(1), AppError(ErrorCode(code), "no"), Millis(0)) is None


def test_an_error_says_itself_that_it_lasts():
    gone = AppError(ErrorCode.UNAVAILABLE, "404", {LASTING: True})
    busy = AppError(ErrorCode.UNAVAILABLE, "503", {LASTING: False})
    assert next_try(fetch(1), gone, Millis(0)) is None
    assert next_try(fetch(1), busy, Millis(0)) == 2_000


def test_an_address_is_shown_without_what_may_be_secret():
    assert shown("https://me:pass@a.example:8443/f/x.mp4?sig=abc#t") == "a.example:8443/f/x.mp4"
    assert len(shown("https://a.example/" + "x" * 500)) == 120


def test_a_job_says_which_file_it_waits_for_and_how_often_it_broke():
    one, two = MissingInput("https://a.example/x.mp4", None), MissingInput("https://b.example", "?")
    broken = MissingInput("https://a.example/x.mp4", "'a.example' answered 503.")
    assert waiting_for([one]) == "inputs: a.example/x.mp4"
    assert waiting_for([one, two, two]) == "inputs: a.example/x.mp4 and 2 more"
    assert waiting_for([broken]) == (
        "inputs: a.example/x.mp4 (tried before: 'a.example' answered 503)"
    )

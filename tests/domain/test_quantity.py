import pytest

from greenroom.domain.errors import AppError
from greenroom.domain.quantity import milliseconds, size


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("90s", 90_000),
        ("15m", 900_000),
        ("1.5h", 5_400_000),
        ("7d", 604_800_000),
        ("2W", 2 * 604_800_000),
    ],
)
def test_lengths_of_time_are_read(text, told):
    assert milliseconds(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0", 0),
        ("12", 12),
        ("500MB", 500_000_000),
        ("200 GB", 200 * 10**9),
        ("1TiB", 2**40),
        ("1k", 1000),
    ],
)
def test_sizes_are_read(text, told):
    assert size(text) == told


@pytest.mark.parametrize("text", ["", "d", "7", "-1d", "7 parsecs", "1e9s"])
def test_other_texts_are_no_length_of_time(text):
    with pytest.raises(AppError, match="length of time"):
        milliseconds(text)


@pytest.mark.parametrize("text", ["", "GB", "-1", "7d", "1 000"])
def test_other_texts_are_no_size(text):
    with pytest.raises(AppError, match="size"):
        size(text)

"""The names of output files."""

import time
from pathlib import Path

import pytest
from tests.fakes.clock import FakeClock

from greenroom.engine.cpu.naming import Naming


@pytest.fixture
def naming(tmp_path: Path) -> Naming:
    return Naming(tmp_path, FakeClock())


def test_files_of_a_prefix_are_numbered_from_one(naming: Naming, tmp_path: Path):
    series = naming.series("output", "a")
    assert [series.next("png")[1]["filename"] for _ in range(2)] == ["a_00001_.png", "a_00002_.png"]
    assert naming.series("output", "a").next("png")[0] == tmp_path / "output" / "a_00003_.png"


def test_roots_and_sub_folders_are_numbered_apart(naming: Naming):
    naming.series("output", "a").next("png")
    assert naming.series("temp", "a").next("png")[1] == {
        "filename": "a_00001_.png", "subfolder": "", "type": "temp",
    }  # fmt: skip
    assert naming.series("output", "s/t/a").next("png")[1] == {
        "filename": "a_00001_.png", "subfolder": "s/t", "type": "output",
    }  # fmt: skip


def test_a_longer_prefix_does_not_count(naming: Naming):
    naming.series("output", "a_b").next("png")
    assert naming.series("output", "a").counter == 1


def test_tokens_are_filled_in(naming: Naming):
    now = time.localtime(FakeClock().now() / 1000)
    series = naming.series(
        "output", "%year%-%month%-%day%/%hour%%minute%%second%_%width%x%height%", 8, 6
    )
    assert series.subfolder == time.strftime("%Y-%m-%d", now)
    assert series.stem == time.strftime("%H%M%S", now) + "_8x6"


def test_the_number_in_the_batch_is_filled_in_for_each_file(naming: Naming):
    series = naming.series("output", "b%batch_num%")
    names = [series.next("png", batch=number)[1]["filename"] for number in range(2)]
    assert names == ["b0_00001_.png", "b1_00002_.png"]
    again = naming.series("output", "b%batch_num%").next("png")[1]["filename"]
    assert again not in names


def test_names_without_a_mark_after_the_number(naming: Naming):
    series = naming.series("output", "a")
    assert series.next("flac", mark="")[1]["filename"] == "a_00001.flac"
    assert naming.series("output", "a").counter == 2


def test_reserved_names_are_not_given_again(naming: Naming):
    item = {"filename": "a_00004_.png", "subfolder": "s", "type": "output"}
    naming.reserve({"images": [item], "text": ["a_00009_.png"]})
    assert naming.series("output", "s/a").counter == 5


@pytest.mark.parametrize("prefix", ["", ".", "a/.."])
def test_a_prefix_that_names_the_folder_itself_still_makes_a_file_in_it(
    naming: Naming, tmp_path: Path, prefix: str
):
    path, item = naming.series("output", prefix).next("png")
    assert path.parent == tmp_path / "output"
    assert item["filename"] == "._00001_.png"


@pytest.mark.parametrize("prefix", ["../a", "a/../../b", "/etc/a", "s/../../../t/u"])
def test_a_prefix_outside_the_folder_is_refused(naming: Naming, prefix: str):
    with pytest.raises(ValueError, match="outside the output folder"):
        naming.series("output", prefix)

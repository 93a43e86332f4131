"""Jobs whose graph a ComfyUI has run before, and answers from its cache."""

import pytest
from tests.fleet.conftest import CALLER

from greenroom.domain.job import JobState
from greenroom.service.assets import file_name

PICTURE = {
    "1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "a/b"}},
}
FILE = {"filename": "b_00001_.png", "subfolder": "a", "type": "output"}


async def outputs_of(running, graph):
    job = await running.submit(graph)
    assert (await running.ended(job)).state is JobState.SUCCEEDED
    return job, (await running.client.job(job)).outputs


@pytest.mark.parametrize("forgets", [False, True], ids=["repeats", "leaves out"])
async def test_the_later_job_shows_the_earlier_ones_file_and_keeps_it(served, fake, forgets):
    fake.forgets_cached_outputs = forgets
    async with served(fake) as running:
        first, made = await outputs_of(running, PICTURE)
        _, reused = await outputs_of(running, PICTURE)
        await running.services.records.delete(CALLER, [first])
        kept = await running.services.assets.find(CALLER, file_name("a/b_00001_.png [output]"))
    assert made == reused == {"2": {"images": [FILE]}}
    assert kept is not None


async def test_a_later_job_gets_files_of_its_own_where_the_earlier_run_is_forgotten(served, fake):
    fake.forgets_cached_outputs = True
    async with served(fake) as running:
        await outputs_of(running, PICTURE)
        fake.books.history.clear()
        _, made = await outputs_of(running, PICTURE)
    assert made == {"2": {"images": [{**FILE, "filename": "b_00002_.png"}]}}

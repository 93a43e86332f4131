"""What was used, as the console shows it."""

import pytest

from greenroom.domain.usage import DAY_MS

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_use_of_ended_jobs_is_shown_by_day_and_worker(console):
    (job_id,) = await console.run()
    job = await console.get(f"/jobs/{job_id}")
    used = await console.get("/usage?by=worker&utc_offset=-60")
    worker = next(one for one in used["names"] if one["name"] == job["worker"])
    assert worker["succeeded"] >= 1
    assert used["total"]["gpu_seconds"] >= job["card"]["duration"]
    assert all(day["at"] % DAY_MS == 0 for day in used["days"])
    assert sum(day["jobs"] for day in used["days"]) == used["total"]["jobs"]


@pytest.mark.parametrize("query", ["by=weather", "days=few", "utc_offset=east", "utc_offset=99999"])
async def test_a_report_that_cannot_be_made_is_refused(console, query):
    await console.get(f"/usage?{query}", status=400)

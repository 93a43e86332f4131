"""The queue page: what runs, what waits, and every order that can be given."""

import re

import pytest
from tests.web.graphs import plain, slow

_NUMBER = re.compile(r"^\d+$")
sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect


@pytest.fixture
def paused(site):
    """No worker takes anything until the test says so."""
    site.post("/workers", {"action": "pause"})
    yield
    ids = [one["card"]["id"] for one in site.get("/queue")["waiting"]]
    site.post("/jobs/cancel", {"ids": ids})
    site.post("/workers", {"action": "resume"})


@pytest.fixture
def waiting(site, paused):
    """Three jobs that wait, the first one first."""
    return [
        site.post("/run", {"name": f"Job {index}", "graph": plain(color=1000 + index)})["ids"][0]
        for index in range(3)
    ]


@pytest.fixture
def queue(page):
    page.goto("/admin/queue")
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    return page


def row(page, job_id):
    return page.locator(f'[data-job="{job_id}"]')


def order(page):
    return page.get_by_role("region", name="Waiting").locator("[data-job]")


def expect_order(page, ids):
    expect(order(page)).to_have_count(len(ids))
    for index, job_id in enumerate(ids):
        expect(order(page).nth(index)).to_have_attribute("data-job", job_id)


def test_an_empty_queue_says_so(queue):
    expect(queue.get_by_text("No jobs running")).to_be_visible()
    expect(queue.get_by_text("No jobs in queue")).to_be_visible()


def test_waiting_jobs_stand_in_order_with_their_places(waiting, queue):
    expect_order(queue, waiting)
    places = queue.get_by_test_id("position")
    expect(places).to_have_text(["1", "2", "3"])
    expect(queue.get_by_label("3 jobs wait or run")).to_be_visible()


def test_a_job_is_moved_to_the_front(waiting, queue):
    row(queue, waiting[2]).get_by_role("button", name="Front").click()
    expect_order(queue, [waiting[2], waiting[0], waiting[1]])


def test_a_job_is_dragged_before_another(waiting, queue):
    row(queue, waiting[2]).drag_to(row(queue, waiting[1]))
    expect_order(queue, [waiting[0], waiting[2], waiting[1]])


def test_a_job_is_moved_with_the_keyboard(waiting, queue):
    row(queue, waiting[0]).get_by_role("button", name="Move Job 0").press("ArrowDown")
    expect_order(queue, [waiting[1], waiting[0], waiting[2]])
    row(queue, waiting[0]).get_by_role("button", name="Move Job 0").press("ArrowDown")
    expect_order(queue, [waiting[1], waiting[2], waiting[0]])
    row(queue, waiting[0]).get_by_role("button", name="Move Job 0").press("ArrowUp")
    expect_order(queue, [waiting[1], waiting[0], waiting[2]])


def test_a_second_browser_sees_the_same_order_without_a_reload(waiting, queue, context):
    other = context.new_page()
    other.goto("/admin/queue")
    expect_order(other, waiting)
    row(queue, waiting[2]).get_by_role("button", name="Front").click()
    expect_order(other, [waiting[2], waiting[0], waiting[1]])


def test_selected_jobs_are_cancelled_together(waiting, queue):
    row(queue, waiting[0]).get_by_role("checkbox").check()
    row(queue, waiting[2]).get_by_role("checkbox").check()
    queue.get_by_role("button", name="Cancel selected").click()
    expect_order(queue, [waiting[1]])


def test_all_workers_are_paused_and_resumed(queue, site):
    queue.get_by_role("button", name="Pause all").click()
    expect(queue.get_by_role("button", name="Resume all")).to_be_visible()
    assert {one["status"] for one in site.get("/workers")["workers"]} == {"paused"}
    queue.get_by_role("button", name="Resume all").click()
    expect(queue.get_by_role("button", name="Pause all")).to_be_visible()
    assert {one["status"] for one in site.get("/workers")["workers"]} == {"up"}


def test_the_queue_is_paused_and_holds_what_comes(queue, site):
    queue.get_by_role("button", name="Pause queue").click()
    expect(queue.get_by_text("The queue is paused")).to_be_visible()
    (job_id,) = site.post("/run", {"name": "Held", "graph": plain(color=77)})["ids"]
    held = row(queue, job_id).get_by_test_id("waiting-for")
    expect(held).to_have_text("Waits for the queue to be resumed.")
    queue.get_by_role("button", name="Resume queue").click()
    expect(queue.get_by_text("The queue is paused")).to_have_count(0)
    site.until_ended(job_id)


def test_a_running_job_shows_its_node_and_progress_and_is_cancelled(queue, site):
    (job_id,) = site.post("/run", {"name": "Slow", "graph": slow()})["ids"]
    running = queue.get_by_role("region", name="Running").locator(f'[data-job="{job_id}"]')
    expect(running.get_by_test_id("node")).to_contain_text("Blur number")
    expect(running.get_by_test_id("progress")).to_contain_text("%")
    expect(running.get_by_role("progressbar")).to_have_attribute("aria-valuenow", _NUMBER)
    running.get_by_role("button", name="Cancel").click()
    expect(running).to_have_count(0)
    site.until_ended(job_id)
    assert site.get(f"/jobs/{job_id}")["card"]["status"] == "cancelled"

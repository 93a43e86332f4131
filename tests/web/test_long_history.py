"""The history page with a hundred thousand jobs."""

import shutil

import pytest
from tests.cli.processes import served
from tests.web.conftest import Site
from tests.web.graphs import plain
from tests.web.long_history import JOBS, fill

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect


@pytest.fixture(scope="module")
def site(tmp_path_factory, built_ui, sqlite_template):
    """Stands in for the other modules' server."""
    folder = tmp_path_factory.mktemp("long")
    shutil.copyfile(sqlite_template, folder / "greenroom.db")
    fill(folder / "greenroom.db")
    with served(folder) as server:
        yield Site(server.url)


def test_the_newest_of_a_hundred_thousand_jobs_stand_there_and_few_rows_are_drawn(page):
    page.goto("/admin/history")
    newest = f"{JOBS:08x}-0000-4000-8000-000000000000"
    expect(page.locator(f'[data-job="{newest}"]')).to_be_visible()
    assert page.locator("[data-job]").count() < 40
    page.get_by_role("checkbox", name="Select all").click()
    expect(page.get_by_test_id("selected")).to_contain_text("selected")


def test_scrolling_reaches_older_jobs_page_by_page(page):
    page.goto("/admin/history")
    expect(page.locator("[data-job]").first).to_be_visible()
    oldest_wanted = f"{JOBS - 400:08x}-0000-4000-8000-000000000000"
    for _ in range(100):
        if page.locator(f'[data-job="{oldest_wanted}"]').count():
            break
        page.get_by_role("region", name="Jobs").evaluate(
            "pane => new Promise(done => { pane.scrollBy(0, 2000); requestAnimationFrame(done) })"
        )
    expect(page.locator(f'[data-job="{oldest_wanted}"]')).to_have_count(1)


def test_rows_that_arrive_do_not_move_what_is_being_read(page, site):
    page.goto("/admin/history")
    expect(page.locator("[data-job]").first).to_be_visible()
    pane = page.get_by_role("region", name="Jobs")
    pane.evaluate("pane => pane.scrollTo(0, 840)")
    read = page.locator(f'[data-job="{JOBS - 12:08x}-0000-4000-8000-000000000000"]')
    expect(read).to_be_visible()
    before = read.bounding_box()["y"]
    site.run(plain(), "Fresh")
    expect(page.get_by_role("button", name="1 new")).to_be_visible()
    assert abs(read.bounding_box()["y"] - before) < 2
    page.get_by_role("button", name="1 new").click()
    expect(page.get_by_role("button", name="Fresh", exact=True)).to_be_visible()

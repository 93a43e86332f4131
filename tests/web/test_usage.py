"""The usage page: what ran, told apart and over a period, as plots and as a table."""

import pytest
from tests.web.graphs import plain

sync_api = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
expect = sync_api.expect


@pytest.fixture(scope="module")
def used(site):
    """Two jobs of a workflow of the library, and one of a graph alone."""
    site.post("/workflows", {"name": "Counted", "graph": plain(width=52)})
    for color in (1, 2):
        site.run(plain(width=52, color=color), "Counted", library_id="counted")
    site.run(plain(width=53), "Loose")


@pytest.fixture
def usage(page):
    page.goto("/admin/usage")
    expect(page.get_by_role("heading", name="Usage")).to_be_visible()
    return page


def row(page, name):
    return page.get_by_role("row").filter(has_text=name)


def test_a_server_on_which_nothing_ran_says_what_will_stand_here(usage):
    expect(usage.get_by_text("Nothing ran in the last 30 days")).to_be_visible()
    usage.get_by_label("Period").select_option("last 7 days")
    expect(usage.get_by_text("Nothing ran in the last 7 days")).to_be_visible()


def test_jobs_are_counted_by_workflow_with_a_plot_for_each_measure(used, usage):
    expect(row(usage, "Counted")).to_contain_text("2")
    expect(row(usage, "graphs without a workflow")).to_contain_text("1")
    for title in ("GPU time by day", "Jobs by day"):
        plot = usage.get_by_role("img", name=title)
        expect(plot.locator("[data-bar]")).to_have_count(30)
        assert plot.locator("[data-bar]").last.get_attribute("height") == "100"
    results = axe.Axe().run(usage)
    assert results.violations_count == 0, results.generate_report()


def test_what_was_used_is_told_apart_by_worker_key_and_tenant(used, usage, site):
    worker = site.get("/workers")["workers"][0]["id"]
    for kind, name in (("worker", worker), ("key", "without a key"), ("tenant", "default")):
        usage.get_by_label("Told apart by").select_option(f"by {kind}")
        expect(row(usage, name)).to_contain_text("3")


def test_another_period_is_plotted_with_all_its_days(used, usage):
    usage.get_by_label("Period").select_option("last 7 days")
    expect(usage.get_by_role("img", name="Jobs by day").locator("[data-bar]")).to_have_count(7)


def test_a_job_that_ends_is_added_by_itself(used, usage, site):
    total = row(usage, "Together").get_by_role("cell").first
    before = int(total.inner_text())
    site.run(plain(width=54), "Later")
    expect(total).to_have_text(str(before + 1))

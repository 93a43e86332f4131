"""The webhooks page: what was sent, why it did not arrive, another try, and the secret."""

import json

import pytest
from tests.cli.processes import served
from tests.fakes.webhook_target import target
from tests.web.conftest import Site
from tests.web.graphs import plain

sync_api = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
expect = sync_api.expect


@pytest.fixture
def hook():
    with target((410, b"not here any more")) as hook:
        yield hook


@pytest.fixture
def site(tmp_path, built_ui):
    with served(tmp_path, "--allow-address", "127.0.0.1") as server:
        site = Site(server.url)
        while not site.get("/info")["node_classes"]:
            pass
        yield site


def clean(page):
    results = axe.Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_a_delivery_that_failed_is_read_and_sent_again(page, site, hook):
    order = {"prompt": plain(16, 16, 0), "webhook_url": hook.url}
    site.request("/prompt", json.dumps(order).encode())
    message = hook.received.get(timeout=30)
    page.goto("/admin/webhooks")
    row = page.locator(f"[data-delivery={message}]")
    expect(row).to_contain_text("given up")
    expect(row).to_contain_text("It answered 410.")
    clean(page)

    row.get_by_role("button", name="succeeded", exact=True).click()
    story = page.get_by_role("dialog", name="job.succeeded")
    expect(story).to_contain_text("not here any more")
    expect(story.get_by_role("region", name="The body")).to_contain_text('"type": "job.succeeded"')
    clean(page)
    story.get_by_role("button", name="Send again").click()
    expect(row).to_contain_text("arrived")
    assert hook.received.get(timeout=30) == message
    page.get_by_role("combobox", name="Which deliveries").select_option("failed")
    expect(page.get_by_text("No such delivery.")).to_be_visible()


def test_all_deliveries_are_reached_page_by_page_and_those_of_a_job_from_its_page(page, site, hook):
    jobs = []
    for number in range(60):
        order = {"prompt": plain(16, 16, number % 2), "webhook_url": hook.url}
        jobs.append(json.loads(site.request("/prompt", json.dumps(order).encode()))["prompt_id"])
    for job in jobs:
        site.until_ended(job)
    page.goto("/admin/webhooks")
    rows = page.locator("[data-delivery]")
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(60)
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)

    page.goto(f"/admin/history?job={jobs[7]}")
    page.get_by_role("dialog").get_by_role("link", name="What was told").click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(jobs[7][:12])
    page.get_by_role("button", name=f"Job {jobs[7][:12]}").click()
    expect(rows).to_have_count(50)
    page.get_by_role("searchbox", name="Address").fill("https://app.example")
    expect(page.get_by_text("No such delivery.")).to_be_visible()
    page.get_by_role("searchbox", name="Address").fill("")
    expect(rows).to_have_count(50)
    rows.first.get_by_role("button", name="succeeded", exact=True).click()
    page.get_by_role("button", name="All to this address").click()
    expect(page.get_by_role("searchbox", name="Address")).to_have_value(hook.url[: -len("/hook")])
    expect(rows).to_have_count(50)
    clean(page)


def test_the_secret_is_shown_and_changed_after_a_question(page, site):
    page.goto("/admin/webhooks")
    expect(page.get_by_text("Nothing was sent yet")).to_be_visible()
    page.get_by_role("button", name="Secret").click()
    panel = page.get_by_role("dialog", name="Signing secret")
    shown = panel.get_by_test_id("secret")
    expect(shown).to_contain_text("whsec_")
    old = shown.inner_text()
    clean(page)
    panel.get_by_role("button", name="Make a new one").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Make it").click()
    expect(shown).not_to_have_text(old)
    expect(panel).to_contain_text("The one before signs too")

"""The deployments page: made, changed, switched off and deleted; their instances come and go."""

import json
import sys

import pytest
from tests.cli.processes import served
from tests.web.conftest import Site
from tests.web.graphs import plain

sync_api = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
expect = sync_api.expect

START = f"{sys.executable} -m tests.fakes.comfyui_server --port {{port}}"


@pytest.fixture(scope="module")
def site(tmp_path_factory, built_ui):
    """A server that starts instances, with one workflow in its library."""
    options = ("--provider", "process", "--provider-start", START, "--provider-limit", "1")
    with served(tmp_path_factory.mktemp("site"), *options) as server:
        site = Site(server.url)
        while not site.get("/info")["node_classes"]:
            pass
        site.post("/workflows", {"name": "Plain", "graph": plain(64, 64, 0)})
        yield site
        # Its instances outlive a kill, and end with a server that stops.
        assert server.stop() == 0


def make(page, name):
    page.goto("/admin/deployments")
    page.get_by_role("button", name="New deployment").click()
    dialog = page.get_by_role("dialog", name="New deployment")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("Workflow of the library").select_option(label="Plain")
    dialog.get_by_role("button", name="Make it").click()
    card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=name))
    expect(card).to_be_visible()
    return card


def test_a_deployment_is_made_shows_its_instance_and_runs_requests(page, site):
    card = make(page, "Portraits")
    expect(card.get_by_role("list", name="Instances of Portraits")).to_contain_text("idle")
    deployment = card.get_attribute("data-deployment")
    site.request(f"/prod/v2/deployments/{deployment}/inference", b"{}")
    card.get_by_text("Latest requests").click()
    requests = card.get_by_role("list", name="Latest requests of Portraits")
    expect(requests).to_contain_text("completed")
    results = axe.Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_limits_are_changed_and_what_cannot_be_is_told(page, site):
    card = make(page, "Landscapes")
    card.get_by_role("button", name="Change Landscapes").click()
    dialog = page.get_by_role("dialog", name="Change Landscapes")
    dialog.get_by_label("At least").fill("3")
    expect(dialog.get_by_role("alert")).to_contain_text("less than at least")
    expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
    dialog.get_by_label("At most").fill("5")
    dialog.get_by_label("At least").fill("0")
    dialog.get_by_label("Keep warm").fill("7")
    results = axe.Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    dialog.get_by_role("button", name="Save").click()
    expect(card).to_contain_text("(0 to 5)")
    deployment = card.get_attribute("data-deployment")
    told = json.loads(site.request(f"/prod/v2/deployments/{deployment}"))
    assert (told["max_instances"], told["keep_warm_duration_in_seconds"]) == (5, 7)


def test_a_deployment_is_switched_off_and_deleted_after_a_question(page, site):
    card = make(page, "Sketches")
    card.get_by_role("button", name="Switch Sketches off").click()
    expect(card.get_by_role("button", name="Switch Sketches on")).to_be_visible()
    expect(card).to_contain_text("off")
    card.get_by_role("button", name="Delete Sketches").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("Sketches")
    question.get_by_role("button", name="Delete").click()
    expect(card).to_have_count(0)

"""The workflows page: what the library holds, who could run it, and what can be done with it."""

import json

import pytest
from tests.web.graphs import plain

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect


@pytest.fixture
def workflows(page, tmp_path):
    """With one workflow, added as a file."""
    path = tmp_path / "Tide pool.json"
    path.write_text(json.dumps(plain(width=52)))
    page.goto("/admin/workflows")
    page.get_by_label("A file to keep").set_input_files(path)
    expect(page.get_by_role("link", name="Tide pool", exact=True)).to_be_visible()
    return page


def row(page):
    return page.get_by_role("listitem").filter(has_text="tide-pool")


def test_a_file_is_added_and_is_ready_to_run(workflows):
    expect(row(workflows)).to_contain_text("ready")
    workflows.get_by_role("link", name="Tide pool", exact=True).click()
    expect(workflows.get_by_label("Width")).to_have_value("52")


def test_a_workflow_is_exported(workflows):
    with workflows.expect_download() as download:
        row(workflows).get_by_role("button", name="API JSON").click()
    assert json.loads(download.value.path().read_text()) == plain(width=52)


def test_the_values_of_a_form_are_kept_as_a_new_version(workflows):
    workflows.get_by_role("link", name="Tide pool", exact=True).click()
    workflows.get_by_label("Width").fill("68")
    workflows.get_by_role("button", name="Save values").click()
    expect(workflows.get_by_text("A new version of Tide pool begins with these")).to_be_visible()
    workflows.reload()
    expect(workflows.get_by_label("Width")).to_have_value("68")
    workflows.goto("/admin/workflows")
    expect(row(workflows)).to_contain_text("version 2")


def test_a_workflow_with_unknown_nodes_says_what_is_missing(page, tmp_path):
    path = tmp_path / "Strange.json"
    graph = {**plain(), "9": {"class_type": "NeverHeardOf", "inputs": {"images": ["1", 0]}}}
    path.write_text(json.dumps(graph))
    page.goto("/admin/workflows")
    page.get_by_label("A file to keep").set_input_files(path)
    strange = page.get_by_role("listitem").filter(has_text="strange")
    expect(strange).to_contain_text("missing: NeverHeardOf")


def test_a_workflow_is_renamed_and_deleted(workflows):
    row(workflows).get_by_role("button", name="Rename").click()
    workflows.get_by_label("New name").fill("Rock pool")
    workflows.get_by_label("New name").press("Enter")
    expect(workflows.get_by_role("link", name="Rock pool", exact=True)).to_be_visible()
    row(workflows).get_by_role("button", name="Delete").click()
    asked = workflows.get_by_role("alertdialog")
    expect(asked).to_contain_text("Delete Rock pool with all its versions?")
    asked.get_by_role("button", name="Delete").click()
    expect(workflows.get_by_role("link", name="Rock pool", exact=True)).to_have_count(0)

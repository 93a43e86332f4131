"""The assets page: the grid, the lightbox, selection, deletion."""

import zipfile

import pytest
from tests.web.graphs import plain

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect


@pytest.fixture(scope="module")
def job(site):
    site.run(plain(color=21, prefix="other"), "Other")
    return site.run(plain(batch=3, color=20, prefix="three"), "Three")[0]


@pytest.fixture
def assets(page, job):
    page.goto("/admin/assets")
    expect(tiles(page).first).to_be_visible()
    return page


def tiles(page):
    return page.locator("[data-asset]")


def test_files_stand_newest_first_with_their_pictures(assets):
    expect(tiles(assets).first).to_contain_text("three_")
    picture = tiles(assets).first.locator("img")
    assert picture.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 0


def test_one_jobs_files_have_an_address(page, job):
    page.goto(f"/admin/assets?job={job}")
    expect(tiles(page)).to_have_count(3)
    page.get_by_role("button", name="Show all files").click()
    expect(tiles(page)).to_have_count(4)


def test_files_are_searched_and_filtered(assets):
    assets.get_by_label("Search files").fill("other")
    expect(tiles(assets)).to_have_count(1)
    assets.get_by_label("Kind").select_option("video")
    expect(assets.get_by_text("No file matches.")).to_be_visible()


def test_the_lightbox_is_walked_with_the_keyboard(assets):
    assets.get_by_role("button", name="Open three_").first.click()
    name = assets.get_by_test_id("shown-name")
    first = name.inner_text()
    assets.keyboard.press("ArrowRight")
    expect(name).not_to_have_text(first)
    assets.keyboard.press("ArrowLeft")
    expect(name).to_have_text(first)
    assets.keyboard.press("Escape")
    expect(name).to_have_count(0)


def test_a_file_leads_to_the_job_and_the_workflow_that_made_it(assets):
    assets.get_by_role("button", name="Open three_").first.click()
    assets.get_by_role("link", name="Which job made this").click()
    expect(assets.get_by_role("dialog").get_by_text("Three", exact=True).first).to_be_visible()
    assets.go_back()
    assets.get_by_role("button", name="Open three_").first.click()
    assets.get_by_role("link", name="Run its workflow").click()
    expect(assets.get_by_label("Width")).to_be_visible()


def test_selected_files_are_downloaded_as_one_zip(assets):
    boxes = assets.get_by_role("checkbox", name="Select three_")
    boxes.nth(0).check()
    boxes.nth(1).check()
    with assets.expect_download() as download:
        assets.get_by_role("link", name="Download as ZIP").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert len(archive.namelist()) == 2


def test_deleting_asks_and_deletes(assets, site):
    site.run(plain(color=22, prefix="doomed"), "Doomed")
    assets.get_by_role("checkbox", name="Select doomed_").check()
    assets.get_by_role("button", name="Delete").click()
    asked = assets.get_by_role("alertdialog")
    expect(asked).to_contain_text("Delete 1 file(s)? This cannot be undone.")
    asked.get_by_role("button", name="Delete").click()
    expect(assets.get_by_role("checkbox", name="Select doomed_")).to_have_count(0)
    assert site.get("/assets?text=doomed")["assets"] == []


def test_files_are_narrowed_to_a_workflow_and_a_time(page, site):
    site.post("/workflows", {"name": "Narrow", "graph": plain(color=23, prefix="narrow")})
    site.run({}, library_id="narrow")
    page.goto("/admin/assets")
    page.get_by_label("Workflow").select_option("Narrow")
    expect(tiles(page)).to_have_count(1)
    page.get_by_label("Date").select_option("Last 24 hours")
    expect(tiles(page)).to_have_count(1)
    page.reload()
    expect(page.get_by_label("Workflow")).to_have_value("narrow")
    expect(tiles(page)).to_have_count(1)

"""The API page: calls for the workflow at hand that do what they say."""

import json
import shutil
import subprocess
import sys

import pytest
from tests.missing import missing
from tests.web.graphs import plain

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

PROGRAMS = {
    "curl": ["bash", "-c"],
    "Python": [sys.executable, "-c"],
    "JavaScript": ["node", "--input-type=module", "-e"],
}


@pytest.fixture(scope="module")
def shelf(site):
    site.post("/workflows", {"name": "Api shelf", "graph": plain(width=44)})
    site.post("/deployments", {"name": "Api shelf", "workflow_id": "api-shelf"})


@pytest.mark.parametrize("language", PROGRAMS)
@pytest.mark.parametrize("dialect", ["ComfyUI", "API v2", "Comfy Cloud", "Studio", "Serverless"])
def test_a_copied_call_runs_the_workflow(page, site, shelf, dialect, language):
    if shutil.which(PROGRAMS[language][0]) is None:
        missing(f"{PROGRAMS[language][0]} is not on this machine")
    page.goto("/admin/api?workflow=library-api-shelf")
    page.get_by_role("tab", name=dialect).click()
    page.get_by_role("tab", name=language).click()
    text = page.get_by_role("tabpanel", name=f"{dialect}, {language}").inner_text()
    if language == "curl":
        text = text.partition("# How it went")[0]
    before = {one["id"] for one in site.get("/jobs?status=completed,running,queued")["jobs"]}
    done = subprocess.run([*PROGRAMS[language], text], capture_output=True, text=True, check=True)
    told = done.stdout
    after = site.get("/jobs?status=completed,running,queued")["jobs"]
    (made,) = [one["id"] for one in after if one["id"] not in before]
    site.until_ended(made)
    assert site.get(f"/jobs/{made}")["graph"]["1"]["inputs"]["width"] == 44
    if language == "curl":
        assert made in json.dumps(json.loads(told))


def test_the_form_leads_to_its_calls(page, site):
    page.goto("/run/sample")
    page.get_by_role("link", name="API", exact=True).last.click()
    expect(page.get_by_role("combobox", name="Workflow")).to_have_value("Sample: a plain picture")
    expect(page.get_by_role("tab", name="Studio")).to_have_count(0)
    expect(page.get_by_role("tabpanel")).to_contain_text(f"{site.url}/prompt")

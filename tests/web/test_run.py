"""The run pages: from any file to a form, from a form to pictures."""

import io
import json
import re

import pytest
from PIL import Image
from tests.web.graphs import blurred, plain

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect


def drop(page, name, data, kind):
    """What a browser does when a file is dragged onto the window and let go."""
    transfer = page.evaluate_handle(
        """({ bytes, name, kind }) => {
            const transfer = new DataTransfer()
            transfer.items.add(new File([new Uint8Array(bytes)], name, { type: kind }))
            return transfer
        }""",
        {"bytes": list(data), "name": name, "kind": kind},
    )
    page.dispatch_event("main", "dragenter", {"dataTransfer": transfer})
    expect(page.get_by_text("Drop it here")).to_be_visible()
    page.dispatch_event("main", "drop", {"dataTransfer": transfer})


def png(colour="orange"):
    data = io.BytesIO()
    Image.new("RGB", (90, 60), colour).save(data, "PNG")
    return data.getvalue()


def test_the_sample_runs_and_shows_its_picture(page):
    page.goto("/run")
    page.get_by_role("link", name="Sample").click()
    page.get_by_label("Width").fill("320")
    page.get_by_role("button", name="Run", exact=True).click()
    result = page.get_by_role("region", name="Result", exact=True)
    expect(result.locator("[data-status=completed]")).to_be_visible()
    picture = result.get_by_role("img").first
    assert picture.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 0


def test_several_runs_are_ordered_at_once(page):
    page.goto("/run/sample")
    page.get_by_label("Width").fill("96")
    page.get_by_label("How many runs").fill("3")
    page.get_by_role("button", name="Run 3").click()
    done = page.get_by_role("region", name="Result", exact=True).locator("[data-status=completed]")
    expect(done).to_have_count(3)


def test_ctrl_enter_runs_the_form(page):
    page.goto("/run/sample")
    page.get_by_label("Width").fill("112")
    page.get_by_label("Width").press("Control+Enter")
    expect(page.locator("[data-status=completed]")).to_be_visible()


def test_a_dropped_prompt_opens_as_a_form(page):
    page.goto("/admin/history")
    drop(page, "mine.json", json.dumps(plain(width=72)).encode(), "application/json")
    expect(page).to_have_url(re.compile("/run/dropped"))
    expect(page.get_by_role("heading", name="mine")).to_be_visible()
    expect(page.get_by_label("Width")).to_have_value("72")


def test_a_dropped_picture_opens_the_form_it_was_made_with(page, site):
    (job_id,) = site.run(plain(width=88), "Made before")
    (output,) = site.get(f"/jobs/{job_id}")["outputs"]
    page.goto("/admin/queue")
    drop(page, output["name"], site.request(output["url"]), "image/png")
    expect(page.get_by_label("Width")).to_have_value("88")
    page.get_by_label("Height").fill("40")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("[data-status=completed]")).to_be_visible()


def test_a_file_without_a_workflow_is_refused_with_words(page, complaints):
    page.goto("/run")
    drop(page, "notes.txt", b"no workflow at all", "text/plain")
    expect(page.get_by_role("status").filter(has_text="workflow")).to_be_visible()
    # The browser itself reports the refused request.
    complaints.clear()


def test_a_workflow_with_unknown_nodes_says_which(page):
    graph = {**plain(), "9": {"class_type": "NeverHeardOf", "inputs": {"images": ["1", 0]}}}
    page.goto("/run")
    drop(page, "x.json", json.dumps(graph).encode(), "application/json")
    expect(page.get_by_role("alert")).to_contain_text("NeverHeardOf")
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_disabled()


def test_an_input_picture_is_uploaded_from_the_form(page, tmp_path, complaints):
    path = tmp_path / "fresh.png"
    path.write_bytes(png("purple"))
    page.goto("/run")
    drop(page, "b.json", json.dumps(blurred("nothing.png")).encode(), "application/json")
    page.get_by_label("A file for Image").set_input_files(path)
    expect(page.get_by_text("fresh.png")).to_be_visible()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("[data-status=completed]")).to_be_visible()
    # The browser itself reports that nothing.png is not there.
    complaints.clear()


def test_an_earlier_picture_is_picked(page, site):
    site.upload("earlier.png", png("teal"))
    page.goto("/run")
    drop(page, "b.json", json.dumps(blurred("earlier.png")).encode(), "application/json")
    page.get_by_role("button", name="Earlier ones").click()
    page.get_by_role("dialog").get_by_role("button", name="earlier.png").click()
    expect(page.get_by_role("form").get_by_text("earlier.png")).to_be_visible()


def test_a_saved_workflow_stands_in_the_gallery(page):
    page.goto("/run/sample")
    page.get_by_label("Name of the workflow").fill("Kept for later")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved as Kept for later.")).to_be_visible()
    page.get_by_role("link", name="All workflows").click()
    page.get_by_role("link", name="Kept for later").click()
    expect(page.get_by_label("Width")).to_be_visible()


def test_a_job_of_the_history_is_run_again_with_its_values(page, site):
    (job_id,) = site.run(plain(width=120), "Once more")
    page.goto(f"/admin/history?job={job_id}")
    page.get_by_role("button", name="Re-run").click()
    expect(page).to_have_url(re.compile(f"/run/job-{job_id}"))
    expect(page.get_by_label("Width")).to_have_value("120")


def test_a_value_that_is_out_of_range_is_not_sent(page):
    page.goto("/run/sample")
    page.get_by_label("Width").fill("0")
    page.get_by_role("button", name="Run", exact=True).click()
    assert page.get_by_label("Width").evaluate("field => field.validity.rangeUnderflow")
    expect(page.get_by_role("region", name="In progress")).to_have_count(0)

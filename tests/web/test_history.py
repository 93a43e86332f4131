"""The history page: what a card shows, what a click does, what the overlay tells."""

import io
import json
import re

import pytest
from PIL import Image
from tests.web.graphs import blurred, plain, told

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

PROMPT = "a cat walking on the beach at dusk, volumetric light, long shadows, 35 mm film, grain"
TWO_LINES = f"{PROMPT}\n  and a second line"


SCENES = """
id: two-scenes
name: Two scenes
version: 1
date: "2026-11-23 10:00"
type: dynamic
pipeline:
  - {block: scene, repeat: scenes}
inputs:
  - {id: scenes, name: Scenes, type: scene_list, per_scene: [prompt, duration, seed]}
outputs:
  - {id: picture, name: Picture, type: image}
"""
SCENE = {
    "nodes": {
        "words": {
            "class_type": "PrimitiveString",
            "inputs": {"value": "{{prompt}}"},
            "_meta": {"title": "Prompt"},
        },
        "told": {"class_type": "PreviewAny", "inputs": {"source": ["words", 0]}},
        "picture": {
            "class_type": "EmptyImage",
            "inputs": {"width": 32, "height": 32, "batch_size": 1, "color": "{{seed}}"},
        },
        "save": {
            "class_type": "SaveImage",
            "inputs": {"images": ["picture", 0], "filename_prefix": "scene"},
        },
    },
    "imports": [],
    "exports": {},
    "variables": ["prompt", "seed"],
}


@pytest.fixture(scope="module")
def made(site):
    """Jobs by what they are for, the oldest first."""
    picture = io.BytesIO()
    Image.new("RGB", (90, 60), "orange").save(picture, "PNG")
    site.upload("cat.png", picture.getvalue())
    site.upload("broken.txt", b"not a picture")
    return {
        "plain": site.run(plain(), "Plain picture")[0],
        "cat": site.run(blurred(), "Blur a cat")[0],
        "four": site.run(plain(batch=4, color=1), "Four at once")[0],
        "told": site.run(told(TWO_LINES), "Told")[0],
        "error": site.run(blurred("broken.txt"), "Broken input")[0],
    }


@pytest.fixture
def history(page, made):
    page.goto("/admin/history")
    expect(page.get_by_role("heading", name="Job History")).to_be_visible()
    expect(card(page, made["plain"])).to_be_visible()
    return page


def card(page, job_id):
    return page.locator(f'[data-job="{job_id}"]')


def checkbox(page, job_id):
    return card(page, job_id).get_by_role("checkbox")


def selected(page):
    return page.get_by_test_id("selected")


def test_jobs_stand_newest_first(history, made):
    ids = history.locator("[data-job]").evaluate_all("cards => cards.map(c => c.dataset.job)")
    assert ids[-5:] == list(made.values())[::-1]


def test_a_card_shows_name_times_and_the_first_twelve_of_the_id(history, made):
    shown = card(history, made["plain"])
    expect(shown.get_by_role("button", name="Plain picture")).to_be_visible()
    expect(shown.get_by_test_id("job-id")).to_have_text(f"{made['plain'][:12]}...")
    assert re.search(r"Q \d\d:\d\d:\d\d\s+S \d\d:\d\d:\d\d\s+[\d.]+ m?s", shown.inner_text())


def test_a_card_shows_eighty_characters_of_the_prompt(history, made):
    shown = card(history, made["told"]).get_by_test_id("prompt")
    expect(shown).to_have_text(f"{PROMPT[:80]}...")


def test_badges_say_the_status_in_its_colour(history, made):
    good = card(history, made["plain"]).locator("[data-status=completed]")
    bad = card(history, made["error"]).locator("[data-status=error]")
    expect(good).to_have_text("completed")
    expect(bad).to_have_text("error")
    assert _colour(good) != _colour(bad)


def _colour(badge):
    return badge.evaluate("badge => getComputedStyle(badge).color")


def test_the_thumbnail_is_the_first_picture_at_60_by_60(history, made):
    picture = card(history, made["plain"]).get_by_test_id("thumbnail").locator("img")
    expect(picture).to_have_js_property("complete", value=True)
    assert picture.bounding_box()["width"] == 60
    assert picture.bounding_box()["height"] == 60
    assert picture.evaluate("picture => picture.naturalWidth") > 0


def test_a_badge_counts_several_pictures(history, made):
    expect(card(history, made["four"]).get_by_test_id("count")).to_have_text("4")
    expect(card(history, made["plain"]).get_by_test_id("count")).to_have_count(0)


def test_without_any_picture_a_play_icon_stands_there(history, made):
    expect(card(history, made["error"]).get_by_test_id("placeholder")).to_be_visible()


def test_a_click_on_the_checkbox_selects_and_opens_nothing(history, made):
    checkbox(history, made["plain"]).click()
    expect(selected(history)).to_have_text("1 selected")
    expect(history.get_by_role("dialog")).to_have_count(0)
    checkbox(history, made["plain"]).click()
    expect(selected(history)).to_have_text("0 selected")


def test_ctrl_click_on_a_card_selects_without_opening(history, made):
    card(history, made["plain"]).click(modifiers=["Control"])
    card(history, made["four"]).click(modifiers=["Meta"])
    expect(selected(history)).to_have_text("2 selected")
    expect(history.get_by_role("dialog")).to_have_count(0)


def test_shift_click_selects_all_between(history, made):
    card(history, made["plain"]).click(modifiers=["Control"])
    card(history, made["told"]).click(modifiers=["Shift"])
    expect(selected(history)).to_have_text("4 selected")
    expect(checkbox(history, made["cat"])).to_be_checked()
    expect(checkbox(history, made["error"])).not_to_be_checked()


def test_select_all_takes_every_job_and_gives_them_back(history, made):
    everything = history.get_by_role("checkbox", name="Select all")
    everything.click()
    count = history.locator("[data-job]").count()
    expect(selected(history)).to_have_text(f"{count} selected")
    everything.click()
    expect(selected(history)).to_have_text("0 selected")


def test_delete_asks_with_the_number_and_deletes_jobs_and_files(history, site):
    doomed = site.run(plain(prefix="doomed", color=99), "Doomed", count=1)
    doomed += site.run(plain(prefix="doomed", color=98), "Doomed", count=1)
    expect(history.get_by_role("button", name="Delete selected")).to_have_count(0)
    for job_id in doomed:
        checkbox(history, job_id).click()
    history.get_by_role("button", name="Delete selected").click()
    asked = history.get_by_role("alertdialog")
    expect(asked).to_contain_text("Delete 2 job(s) and their output files? This cannot be undone.")
    asked.get_by_role("button", name="Cancel").click()
    expect(card(history, doomed[0])).to_be_visible()
    history.get_by_role("button", name="Delete selected").click()
    asked.get_by_role("button", name="Delete").click()
    for job_id in doomed:
        expect(card(history, job_id)).to_have_count(0)
    names = [one["name"] for one in site.get("/assets?text=doomed")["assets"]]
    assert names == []
    expect(selected(history)).to_have_text("0 selected")


def test_retry_stands_on_failed_jobs_only_and_makes_a_new_one(history, made, site):
    expect(card(history, made["plain"]).get_by_role("button", name="Retry")).to_have_count(0)
    before = {job["id"] for job in site.get("/jobs")["jobs"]}
    retry = card(history, made["error"]).get_by_role("button", name="Retry")
    retry.click()
    expect(card(history, made["error"]).get_by_role("button", name="Queued")).to_be_visible()
    expect(history.locator("[data-job]").first).not_to_have_attribute("data-job", made["error"])
    first = history.locator("[data-job]").first.get_attribute("data-job")
    assert first not in before
    site.until_ended(first)
    assert site.get(f"/jobs/{first}")["graph"] == site.get(f"/jobs/{made['error']}")["graph"]


def test_an_idle_look_changes_nothing_on_the_page(history):
    history.evaluate("""() => {
        window.changes = 0
        new MutationObserver((all) => { window.changes += all.length }).observe(
            document.querySelector('[role=list]'),
            { subtree: true, childList: true, attributes: true })
    }""")
    with history.expect_response(lambda answer: "/api/console/jobs?" in answer.url):
        history.get_by_test_id("live").click()
    with history.expect_response(lambda answer: "/api/console/jobs?" in answer.url):
        pass
    assert history.evaluate("window.changes") == 0


def test_the_live_bar_counts_down_and_looks_again_by_itself(history):
    expect(history.get_by_test_id("live")).to_contain_text("LIVE")
    countdown = history.get_by_test_id("countdown")
    expect(countdown).to_have_css("animation-duration", "5s")
    expect(countdown).to_have_css("animation-name", "fill")
    with history.expect_response(lambda answer: "/api/console/jobs?" in answer.url):
        pass


def test_a_job_that_ends_appears_without_a_reload(history, site):
    (job_id,) = site.run(plain(color=7), "Fresh")
    expect(history.locator("[data-job]").first).to_have_attribute("data-job", job_id)


def test_the_overlay_tells_everything_about_a_job(history, made, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    card(history, made["cat"]).click()
    overlay = history.get_by_role("dialog")
    for name in (
        "Job ID", "Workflow ID", "Workflow", "Output directory", "Status", "Queued", "Started",
        "Finished", "Duration",
    ):  # fmt: skip
        expect(overlay.get_by_text(name, exact=True).first).to_be_visible()
    expect(overlay.get_by_text(made["cat"])).to_be_visible()
    overlay.get_by_role("button", name="Copy the job's ID").click()
    expect(overlay.get_by_text("Copied")).to_have_count(1)
    assert history.evaluate("navigator.clipboard.readText()") == made["cat"]
    history.keyboard.press("Escape")
    expect(overlay).to_have_count(0)


def test_the_input_picture_is_shown_on_hover_and_in_full_on_click(history, made):
    card(history, made["cat"]).click()
    overlay = history.get_by_role("dialog")
    name = overlay.get_by_role("button", name="cat.png")
    name.hover()
    preview = overlay.get_by_test_id("hover-preview")
    expect(preview).to_be_visible()
    assert preview.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 0
    name.click()
    expect(history.get_by_test_id("full-image")).to_be_visible()


def test_a_prompt_keeps_its_lines_and_can_be_copied(history, made, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    card(history, made["told"]).click()
    overlay = history.get_by_role("dialog")
    shown = overlay.get_by_text("and a second line").first
    assert shown.evaluate("text => getComputedStyle(text).whiteSpaceCollapse") == "preserve"
    row = overlay.get_by_role("row").filter(has_text="and a second line")
    row.get_by_role("button").click()
    expect(row.get_by_text("Copied")).to_have_count(1)
    assert history.evaluate("navigator.clipboard.readText()") == TWO_LINES


def test_the_overlay_of_a_failed_job_says_what_happened_and_what_to_try(history, made):
    card(history, made["error"]).click()
    failure = history.get_by_role("region", name="What went wrong")
    expect(failure).to_contain_text("LoadImage")
    expect(failure).to_contain_text("check its inputs")


def test_the_overlay_leads_to_the_jobs_files(history, made):
    card(history, made["plain"]).click()
    history.get_by_role("link", name="View in Assets").click()
    expect(history).to_have_url(re.compile(r"/admin/assets\?job="))


def test_the_job_is_exported_as_json_and_packed(history, made):
    card(history, made["plain"]).click()
    with history.expect_download() as download:
        history.get_by_role("button", name="Export JSON").click()
    assert download.value.suggested_filename == f"job_{made['plain'][:12]}.json"
    exported = json.loads(download.value.path().read_text())
    assert exported["card"]["id"] == made["plain"]
    with history.expect_download() as package:
        history.get_by_role("link", name="Package").click()
    assert package.value.suggested_filename == f"job_{made['plain'][:12]}.zip"


def test_an_overlay_has_an_address_of_its_own(page, made):
    page.goto(f"/admin/history?job={made['plain']}")
    expect(page.get_by_role("dialog").get_by_text(made["plain"])).to_be_visible()


def test_search_and_status_narrow_the_list(history, made):
    history.get_by_label("Search the history").fill("cat walking on the")
    expect(card(history, made["plain"])).to_have_count(0)
    expect(card(history, made["told"])).to_be_visible()
    history.get_by_label("Search the history").fill("")
    history.get_by_label("Status").select_option("error")
    expect(card(history, made["told"])).to_have_count(0)
    expect(card(history, made["error"])).to_be_visible()


@pytest.fixture(scope="module")
def film(site, tmp_path_factory):
    """A job of a workflow with two scenes."""
    folder = tmp_path_factory.mktemp("library") / "two-scenes"
    (folder / "blocks").mkdir(parents=True)
    (folder / "manifest.yaml").write_text(SCENES)
    (folder / "blocks" / "scene.json").write_text(json.dumps(SCENE))
    site.keep_folder(folder)
    scenes = [
        {"prompt": "a heron waits in the reeds", "duration": 2, "seed": 11},
        {"prompt": "the heron flies off", "duration": 3, "seed": 12},
    ]
    return site.run({}, library_id="two-scenes", values={"scenes": scenes})[0]


def test_a_card_of_scenes_shows_the_first_scenes_prompt(history, film):
    expect(card(history, film).get_by_test_id("prompt")).to_have_text("a heron waits in the reeds")


def test_the_overlay_shows_scenes_in_a_table_of_their_own(history, film):
    card(history, film).click()
    rows = history.get_by_role("dialog").locator("table table tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0).get_by_role("cell")).to_have_text(["a heron waits in the reeds", "2", "11"])
    expect(rows.nth(1).get_by_role("cell")).to_have_text(["the heron flies off", "3", "12"])


def test_assets_are_shown_by_the_jobs_output_directory(history, film, site):
    folder = site.get(f"/jobs/{film}")["output_directory"]
    card(history, film).click()
    expect(history.get_by_role("dialog").get_by_text(f"output/{folder}")).to_be_visible()
    history.get_by_role("link", name="View in Assets").click()
    expect(history).to_have_url(re.compile(f"subfolder={folder}"))
    expect(history.locator("[data-asset]")).to_have_count(2)


def test_ids_are_bisque_in_the_dark(history, made):
    shown = card(history, made["plain"]).get_by_test_id("job-id")
    assert _colour(shown) == "rgb(255, 228, 196)"


def test_two_jobs_parameters_are_compared(history, made):
    checkbox(history, made["plain"]).click()
    checkbox(history, made["four"]).click()
    history.get_by_role("button", name="Compare").click()
    row = history.get_by_role("row").filter(has_text="Batch size")
    expect(row).to_contain_text("1")
    expect(row).to_contain_text("4")


def test_nothing_yet_is_an_invitation(page):
    page.goto("/admin/history?text=nobody-wrote-this")
    expect(page.get_by_text("No job matches.")).to_be_visible()


def test_the_history_is_narrowed_to_a_workflow(page, site):
    site.post("/workflows", {"name": "Alone", "graph": plain(color=24, prefix="alone")})
    (job_id,) = site.run({}, library_id="alone")
    site.run(plain(color=25), "Another")
    page.goto("/admin/history")
    page.get_by_label("Workflow").select_option("Alone")
    expect(page.locator("[data-job]")).to_have_count(1)
    expect(page.locator(f'[data-job="{job_id}"]')).to_be_visible()

"""The fields of a form: sizes, scenes, models, masks, seeds, and fields that vary."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from tests.web.graphs import blurred, plain

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

EXAMPLES = Path(__file__).parents[2] / "examples" / "workflows"


@pytest.fixture(scope="module")
def films(site):
    """The two workflows of scenes that come as examples."""
    for name in ("scene-animation", "wan-scenes"):
        site.keep_folder(EXAMPLES / name)


@pytest.fixture
def animation(page, films):
    page.goto("/run/library-scene-animation")
    expect(page.get_by_role("heading", name="Scene animation")).to_be_visible()
    return page


@pytest.fixture
def wan(page, films):
    page.goto("/run/library-wan-scenes")
    expect(page.get_by_role("heading", name="Wan scenes")).to_be_visible()
    return page


@pytest.fixture
def picture(page, site):
    """A form with an orange picture in it."""
    data = io.BytesIO()
    Image.new("RGB", (96, 64), "orange").save(data, "PNG")
    site.upload("orange.png", data.getvalue())
    (job_id,) = site.run(blurred("orange.png"), "Orange")
    page.goto(f"/run/job-{job_id}")
    expect(page.get_by_role("form").get_by_role("img", name="orange.png")).to_be_visible()
    return page


def vary(page, field):
    page.locator(f'[data-field="{field}"]').get_by_role("button", name="Several values").click()


def run(page):
    page.get_by_role("button", name=re.compile("^Run")).click()


def test_scenes_are_added_moved_and_removed_and_run_as_a_film(animation, site):
    scenes = animation.locator("[data-scene]")
    expect(scenes).to_have_count(1)
    expect(animation.get_by_role("button", name="Remove scene 1")).to_be_disabled()
    animation.get_by_label("Duration of scene 1").fill("1")
    animation.get_by_role("button", name="Add a scene").click()
    animation.get_by_label("Duration of scene 2").fill("2")
    animation.get_by_label("Seed of scene 2").fill("7")
    animation.get_by_role("button", name="Move scene 2 up").click()
    expect(animation.get_by_label("Seed of scene 1")).to_have_value("7")
    expect(animation.get_by_text("2 scenes, 3 s")).to_be_visible()
    animation.get_by_role("button", name="Add a scene").click()
    animation.get_by_role("button", name="Remove scene 3").click()
    run(animation)
    result = animation.get_by_role("region", name="Result", exact=True)
    expect(result.locator("[data-status=completed]")).to_be_visible()
    job = site.get(f"/jobs/{result.get_attribute('data-job')}")
    told = {one["label"]: one["value"] for one in job["parameters"]}["Scenes"]
    assert [(one["duration"], one["seed"]) for one in told] == [(2, 7), (1, -1)]


def test_a_size_is_chosen_by_its_name_or_typed_or_swapped(animation):
    wide = animation.get_by_role("button", name=re.compile("^Wide"))
    wide.click()
    expect(wide).to_have_attribute("aria-pressed", "true")
    expect(animation.get_by_label("Size", exact=True)).to_have_value("320")
    animation.get_by_role("button", name="Swap Size").click()
    expect(animation.get_by_label("Size", exact=True)).to_have_value("128")
    expect(wide).to_have_attribute("aria-pressed", "false")


def test_loras_are_added_up_to_the_most_and_removed(wan):
    add = wan.get_by_role("button", name="Add a LoRA")
    for _ in range(5):
        add.click()
    expect(add).to_be_disabled()
    expect(wan.get_by_text("5 at most.")).to_be_visible()
    wan.get_by_label("Strength of LoRA 2").fill("0.6")
    wan.get_by_role("button", name="Remove LoRA 1").click()
    expect(wan.get_by_label("Strength of LoRA 1")).to_have_value("0.6")
    expect(add).to_be_enabled()


def test_what_no_worker_has_is_said_where_models_are_picked(wan):
    wan.get_by_role("button", name="Add a LoRA").click()
    wan.get_by_role("combobox", name="LoRA 1").click()
    expect(wan.get_by_text("No worker has any.")).to_be_visible()
    expect(wan.get_by_role("alert")).to_contain_text("Wan22ImageToVideoLatent")


def test_a_long_list_is_searched(page, site):
    graph = plain()
    graph["3"] = {
        "class_type": "ImageScale",
        "inputs": {
            "image": ["1", 0], "upscale_method": "lanczos", "width": 32, "height": 32,
            "crop": "disabled",
        },
    }  # fmt: skip
    graph["2"]["inputs"]["images"] = ["3", 0]
    site.post("/workflows", {"name": "Picked", "graph": graph})
    page.goto("/admin/api")
    picker = page.get_by_role("combobox", name="Workflow")
    picker.click()
    picker.fill("pick")
    page.get_by_role("option", name="Picked").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("lanczos")
    expect(page).to_have_url(re.compile("workflow=library-picked"))


def test_a_list_that_comes_late_leaves_what_was_typed(page, site):
    site.post("/workflows", {"name": "Late", "graph": plain()})
    held = []
    page.route(re.compile("/api/console/workflows$"), lambda route: held.append(route))  # noqa: PLW0108 - Playwright writes on the function
    with page.expect_request(re.compile("/api/console/workflows$")):
        page.goto("/admin/api")
    picker = page.get_by_role("combobox", name="Workflow")
    picker.fill("lat")
    expect(page.get_by_text("Nothing matches.")).to_be_visible()
    for route in held:
        route.continue_()
    page.get_by_role("option", name="Late").click()
    expect(page).to_have_url(re.compile("workflow=library-late"))


def test_a_field_that_varies_makes_a_run_for_each_value(page):
    page.goto("/run/sample")
    vary(page, "width")
    page.get_by_label("Values of Width").fill("32..64:16")
    expect(page.get_by_text("3 values")).to_be_visible()
    page.get_by_label("Height").fill("24")
    expect(page.get_by_role("button", name="Run 3")).to_be_visible()
    run(page)
    done = page.get_by_role("region", name="Result", exact=True)
    expect(done.locator("[data-status=completed]")).to_have_count(3)
    expect(page.get_by_test_id("batch")).to_contain_text("3 of 3 done")
    labels = page.get_by_test_id("varies").all_inner_texts()
    assert labels == ["Width 32", "Width 48", "Width 64"]


def test_values_that_cannot_be_are_told_and_not_run(page):
    page.goto("/run/sample")
    vary(page, "width")
    page.get_by_label("Values of Width").fill("some")
    expect(page.get_by_text("neither a number nor a range")).to_be_visible()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_disabled()
    page.get_by_label("Values of Width").fill("1..600")
    expect(page.get_by_text("At most 500 values.")).to_be_visible()
    vary(page, "width")
    expect(page.get_by_label("Width", exact=True)).to_have_value("768")


def test_the_rest_of_a_batch_is_cancelled(page, site):
    site.post("/workers", {"action": "pause"})
    page.goto("/run/sample")
    page.get_by_label("How many runs").fill("4")
    run(page)
    page.get_by_role("button", name="Cancel all 4").click()
    expect(page.get_by_test_id("batch")).to_contain_text("4 cancelled")
    site.post("/workers", {"action": "resume"})


def painted(page, at):
    """The opacity of the mask at a place of the picture, from 0 to 255."""
    return page.get_by_test_id("mask").evaluate(
        "(mask, [x, y]) => mask.getContext('2d').getImageData(x, y, 1, 1).data[3]", at
    )


def drag(page, start, end, button="left"):
    box = page.get_by_test_id("mask").bounding_box()
    scale = box["width"] / 96
    page.mouse.move(box["x"] + start[0] * scale, box["y"] + start[1] * scale)
    page.mouse.down(button=button)
    page.mouse.move(box["x"] + end[0] * scale, box["y"] + end[1] * scale, steps=4)
    page.mouse.up(button=button)


def test_a_mask_is_painted_erased_undone_and_stored_as_transparency(picture, site):
    picture.get_by_role("button", name="Mask").click()
    expect(picture.get_by_test_id("mask")).to_be_visible()
    picture.get_by_label("Size").fill("10")
    drag(picture, (20, 32), (80, 32))
    assert [painted(picture, (50, 32)), painted(picture, (50, 10))] == [255, 0]
    picture.get_by_role("button", name="Eraser").click()
    drag(picture, (60, 20), (60, 44))
    assert painted(picture, (60, 32)) == 0
    picture.keyboard.press("Control+z")
    expect(picture.get_by_role("button", name="Redo")).to_be_enabled()
    assert painted(picture, (60, 32)) == 255
    picture.get_by_role("button", name="Redo").click()
    picture.get_by_role("button", name="Use this mask").click()
    expect(picture.get_by_test_id("mask")).to_have_count(0)
    name = picture.get_by_role("form").get_by_role("img", name=re.compile("clipspace-mask"))
    stored = name.get_attribute("alt").removeprefix("clipspace/")
    data = site.request(f"/view?filename={stored}&subfolder=clipspace&type=input")
    with Image.open(io.BytesIO(data)) as masked:
        rgba = masked.convert("RGBA")
    assert rgba.size == (96, 64)
    assert rgba.getpixel((30, 32))[3] == 0
    assert rgba.getpixel((60, 32))[3] == 255
    assert rgba.getpixel((30, 10)) == (255, 165, 0, 255)
    picture.get_by_role("button", name="Mask").click()
    expect(picture.get_by_test_id("mask")).to_be_visible()
    assert [painted(picture, (30, 32)), painted(picture, (60, 32))] == [255, 0]


def test_a_mask_is_filled_inverted_and_emptied(picture):
    picture.get_by_role("button", name="Mask").click()
    picture.get_by_role("button", name="All").click()
    assert painted(picture, (2, 2)) == 255
    picture.get_by_role("button", name="Invert").click()
    assert painted(picture, (2, 2)) == 0
    drag(picture, (48, 32), (48, 32))
    drag(picture, (48, 32), (48, 32), button="right")
    assert painted(picture, (48, 32)) == 0


def test_a_picture_is_pasted_into_the_form(picture):
    picture.evaluate(
        """async () => {
            const canvas = new OffscreenCanvas(8, 8)
            canvas.getContext('2d').fillRect(0, 0, 8, 8)
            const transfer = new DataTransfer()
            const blob = await canvas.convertToBlob()
            transfer.items.add(new File([blob], 'pasted.png', { type: 'image/png' }))
            const paste = { clipboardData: transfer, cancelable: true }
            window.dispatchEvent(new ClipboardEvent('paste', paste))
        }"""
    )
    expect(picture.get_by_role("form").get_by_role("img", name="pasted.png")).to_be_visible()


def test_a_seed_is_rolled_kept_and_drawn_anew(animation):
    seed = animation.get_by_label("Seed", exact=True)
    keep = animation.get_by_role("button", name="Keep Seed")
    expect(keep).to_have_attribute("aria-pressed", "false")
    animation.get_by_role("button", name="Roll Seed").click()
    expect(keep).to_have_attribute("aria-pressed", "true")
    expect(seed).to_have_value(re.compile(r"^\d+$"))
    keep.click()
    expect(keep).to_have_attribute("aria-pressed", "false")


def test_a_latest_run_gives_its_values_back(page, site):
    site.run(plain(width=136), "Given back")
    (job_id,) = site.run(plain(width=144), "Given back")
    page.goto(f"/run/job-{job_id}")
    page.get_by_label("Width").fill("8")
    latest = page.get_by_role("region", name="Latest runs").get_by_role("button")
    expect(latest).to_have_count(2)
    latest.nth(1).click()
    expect(page.get_by_label("Width")).to_have_value("136")


def test_a_dropped_workflow_is_still_there_after_a_reload(page, site, tmp_path):
    path = tmp_path / "kept.json"
    path.write_text('{"1": {"class_type": "EmptyImage", "inputs": {"width": 76, "height": 8}}}')
    page.goto("/run")
    page.get_by_label("A file with a workflow").set_input_files(path)
    expect(page.get_by_label("Width")).to_have_value("76")
    page.reload()
    expect(page.get_by_label("Width")).to_have_value("76")

"""What all pages have: rail, search, keys, themes, the live stream, accessibility, size."""

import gzip
import io
import re
from pathlib import Path

import pytest
from PIL import Image
from tests.web.graphs import blurred, plain, told

import greenroom

sync_api = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
expect = sync_api.expect

PAGES = {
    "Run": "/run",
    "Queue": "/admin/queue",
    "History": "/admin/history",
    "Assets": "/admin/assets",
    "Workflows": "/admin/workflows",
    "Workers": "/admin/workers",
    "Webhooks": "/admin/webhooks",
    "Keys": "/admin/keys",
    "Usage": "/admin/usage",
    "API": "/admin/api",
    "Settings": "/admin/settings",
}
EVERYWHERE = [*PAGES.values(), "/run/sample"]
FIRST_LOAD_LIMIT = 300_000
EXAMPLES = Path(__file__).parents[2] / "examples" / "workflows"


@pytest.fixture(scope="module")
def job(site):
    return site.run(told("an owl above the harbour"), "Owl")[0]


def test_the_rail_leads_to_every_page(page):
    page.goto("/")
    rail = page.get_by_role("navigation", name="Pages")
    for name, path in PAGES.items():
        rail.get_by_role("link", name=name).click()
        expect(page).to_have_url(re.compile(f"{path}$"))
        expect(page).to_have_title(f"{name} · Greenroom")


def test_a_phone_reaches_every_page(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/run")
    rail = page.get_by_role("navigation", name="Pages")
    for name, path in PAGES.items():
        link = rail.get_by_role("link", name=name)
        if not link.is_visible():
            rail.get_by_role("button", name="More").click()
            link = page.get_by_role("dialog").get_by_role("link", name=name)
        link.click()
        expect(page).to_have_url(re.compile(f"{path}$"))


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("path", EVERYWHERE)
def test_axe_finds_no_violation(page, job, path, theme):
    page.add_init_script(f"localStorage.setItem('greenroom.theme', '{theme}')")
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("html.dark")).to_have_count(1 if theme == "dark" else 0)
    results = axe.Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_no_violation_in_a_form_with_everything(page, site, theme):
    site.keep_folder(EXAMPLES / "wan-scenes")
    page.add_init_script(f"localStorage.setItem('greenroom.theme', '{theme}')")
    page.goto("/run/library-wan-scenes")
    page.get_by_role("button", name="Add a LoRA").click()
    page.locator("summary").click()
    page.locator('[data-field="steps"]').get_by_role("button", name="Several values").click()
    results = axe.Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_axe_finds_no_violation_while_a_mask_is_painted(page, site):
    picture = io.BytesIO()
    Image.new("RGB", (32, 32)).save(picture, "PNG")
    site.upload("masked.png", picture.getvalue())
    (job_id,) = site.run(blurred("masked.png"), "Masked")
    page.goto(f"/run/job-{job_id}")
    page.get_by_role("button", name="Mask").click()
    expect(page.get_by_test_id("mask")).to_be_visible()
    results = axe.Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_axe_finds_no_violation_in_a_jobs_overlay(page, job):
    page.goto(f"/admin/history?job={job}")
    expect(page.get_by_role("dialog").get_by_text("Parameters")).to_be_visible()
    results = axe.Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("path", EVERYWHERE)
def test_a_page_fits_a_phone(page, job, path):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for name in ("document.documentElement", "document.querySelector('main')"):
        assert page.evaluate(f"{name}.scrollWidth <= {name}.clientWidth")


def test_the_theme_is_switched_and_remembered(page):
    page.goto("/run")
    page.get_by_role("button", name="Light theme").click()
    expect(page.locator("html.dark")).to_have_count(0)
    page.reload()
    expect(page.locator("html.dark")).to_have_count(0)
    page.keyboard.press("t")
    expect(page.locator("html.dark")).to_have_count(1)


def test_ctrl_k_finds_a_job_by_its_prompt_and_opens_it(page, job):
    page.goto("/run")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search").fill("owl above")
    expect(page.get_by_role("option").filter(has_text="Owl")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_text(job)).to_be_visible()


def test_ctrl_k_finds_pages(page):
    page.goto("/run")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Search")).to_be_focused()
    page.keyboard.type("workers")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/admin/workers$"))


def test_a_question_mark_lists_the_keys_and_g_goes(page):
    page.goto("/run")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Ctrl K")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page).to_have_url(re.compile("/admin/history$"))


def test_the_history_is_walked_with_the_keyboard_alone(page, job):
    page.goto("/admin/history")
    opener = page.locator(f'[data-job="{job}"]').get_by_role("button", name="Owl")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_text(job)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_lost_connection_is_told_and_found_again(page, context, complaints):
    page.goto("/admin/history")
    expect(page.get_by_test_id("live")).to_contain_text("LIVE")
    page.route("**/api/console/events", lambda route: route.abort())
    page.reload()
    expect(page.get_by_test_id("live")).to_contain_text("POLLING")
    page.unroute("**/api/console/events")
    expect(page.get_by_test_id("live")).to_contain_text("LIVE")
    # The browser itself reports the aborted requests.
    complaints.clear()


def test_a_page_whose_parts_are_gone_is_loaded_anew(page, complaints):
    page.goto("/run")
    page.route("**/ui/UsagePage*", lambda route: route.abort(), times=1)
    page.get_by_role("link", name="Usage").click()
    expect(page.get_by_role("heading", name="Usage")).to_be_visible()
    page.route("**/ui/KeysPage*", lambda route: route.abort())
    page.get_by_role("link", name="Keys").click()
    expect(page.get_by_text("This page cannot be loaded now")).to_be_visible()
    complaints.clear()


def test_a_worker_is_paused_and_resumed(page, site):
    page.goto("/admin/workers")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("paused", exact=True)).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_pages_come_with_a_strict_policy(page):
    policy = page.goto("/admin/history").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_all_pages_together_are_smaller_than_a_first_load_may_be(built_ui):
    built = Path(greenroom.__file__).parent / "web_dist" / "ui"
    plain = [file for file in built.iterdir() if file.suffix not in {".br", ".gz"}]
    sizes = [len(gzip.compress(file.read_bytes())) for file in plain]
    assert sizes
    assert sum(sizes) < FIRST_LOAD_LIMIT


def test_scripts_and_styles_come_compressed(page):
    with page.expect_response(re.compile(r"/ui/index-.*\.js$")) as script:
        page.goto("/run")
    assert script.value.headers["content-encoding"] in {"br", "gzip"}


def test_an_unknown_address_says_so(page):
    page.goto("/admin/nothing")
    expect(page.get_by_text("There is no such page")).to_be_visible()


def test_a_refresh_shows_the_same(page, site, job):
    site.run(plain(color=31), "Same")
    page.goto("/admin/history")
    expect(page.locator("[data-job]").first).to_be_visible()
    before = page.locator("[role=list]").inner_text()
    page.reload()
    expect(page.locator("[role=list]")).to_have_text(re.compile("Same"))
    assert page.locator("[role=list]").inner_text() == before

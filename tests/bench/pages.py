"""How long a page takes until it can be used, in a real Chromium."""

import shutil
import statistics
import tempfile
import time
from pathlib import Path

from tests.bench.figure import Figure
from tests.cli.processes import served
from tests.web.conftest import CHROMIUM_FLAGS
from tests.web.long_history import JOBS, fill

_ROUNDS = 5


def long_history() -> list[Figure]:
    """The history page over a hundred thousand jobs, from its address to a row that answers.

    Without a Chromium, or without Playwright, there is nothing to measure.
    """
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        return []
    folder = Path(tempfile.mkdtemp(prefix="greenroom-bench-"))
    with served(folder):
        pass  # makes the database
    fill(folder / "greenroom.db")
    with served(folder) as server:
        took = [_open(chromium, server.url) for _ in range(_ROUNDS)]
    shutil.rmtree(folder)
    what = f"history page with {JOBS:,} jobs, from its address to a selected row"
    return [Figure(what, statistics.median(took) * 1000, "ms", 1000, at_least=False)]


def _open(chromium: str, url: str) -> float:
    """Seconds; the browser is running already, its cache is empty."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto("about:blank")
        began = time.perf_counter()
        page.goto(f"{url}/admin/history")
        page.locator("[data-job]").first.get_by_role("checkbox").click()
        page.get_by_text("1 selected").wait_for()
        took = time.perf_counter() - began
        browser.close()
    return took


ALL = (long_history,)

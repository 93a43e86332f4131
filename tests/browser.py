"""A page in a real Chromium."""

import contextlib
import shutil
from collections.abc import AsyncIterator

from playwright.async_api import Page, async_playwright
from tests.missing import missing

_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@contextlib.asynccontextmanager
async def page(width: int = 1400, height: int = 900) -> AsyncIterator[Page]:
    """A fresh page; without a Chromium on the machine the test is skipped, and fails in CI."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        missing("no Chromium on this machine: install the package chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        try:
            yield await browser.new_page(viewport={"width": width, "height": height})
        finally:
            await browser.close()

"""From Greenroom into ComfyUI's own frontend, and back with what is on the canvas."""

import re

import pytest
from playwright.async_api import expect
from tests import browser

from greenroom.bootstrap import serving
from greenroom.config import Config

pytest.importorskip("comfyui_frontend_package")

_LOADED = "window.app?.graph?.nodes.some(node => node.type === 'EmptyImage')"


async def test_a_workflow_opens_in_the_editor_and_comes_back_as_a_form(tmp_path):
    config = Config(port=0, data_dir=tmp_path, drain_seconds=0, engine="cpu")
    async with serving(config) as server, browser.page() as page:
        await page.goto(f"{server.url}/run/sample")
        await page.get_by_role("link", name="Editor").click()
        await page.wait_for_function(_LOADED)
        await page.evaluate(
            "() => { const made = window.app.graph.nodes.find(one => one.type === 'EmptyImage');"
            " made.widgets.find(one => one.name === 'width').value = 333; }"
        )
        await page.get_by_role("button", name="Open as a form in Greenroom").click()
        await expect(page).to_have_url(re.compile("/run/dropped$"))
        await expect(page.get_by_label("Width")).to_have_value("333")

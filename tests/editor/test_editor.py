"""ComfyUI's own frontend, in a real browser, on a whole server."""

import contextlib
import json
import re

import aiohttp
import pytest
from playwright.async_api import Page, expect
from tests import browser
from tests.fakes.comfyui_server import FakeComfyUI

from greenroom.bootstrap import serving
from greenroom.config import Config
from greenroom.domain.principal import Principal

pytest.importorskip("comfyui_frontend_package")

_CALLER = Principal()


@contextlib.asynccontextmanager
async def editor_on(data_dir, port=0, **settings):
    config = Config(port=port, data_dir=data_dir, drain_seconds=0, **({"engine": "cpu"} | settings))
    async with (
        serving(config) as server,
        browser.page() as page,
    ):
        await page.goto(f"{server.url}/editor/")
        await page.wait_for_function("window.app?.extensionManager?.setting && window.app.graph")
        yield server, page


async def open_template(page: Page, title: str):
    await page.get_by_text(title).click()
    await expect(page.get_by_text("Sunset card")).to_have_count(0)
    await page.wait_for_function("window.app.graph.nodes.length > 0")


async def press_run(page: Page):
    await (
        page.get_by_test_id("queue-button")
        .or_(page.get_by_role("button", name="Run", exact=True))
        .first.click()
    )


async def wait_for_picture(page: Page):
    await page.wait_for_function("window.app.graph.nodes.some(node => node.imgs?.length > 0)")


async def jobs_of(server):
    async with (
        aiohttp.ClientSession(server.url) as session,
        session.get("/api/jobs") as response,
    ):
        return (await response.json())["jobs"]


async def test_a_template_runs_and_shows_its_progress_its_picture_and_its_history(tmp_path):
    async with editor_on(tmp_path) as (server, page):
        await page.evaluate(
            "() => { window.seen = [];"
            " for (const kind of ['execution_start', 'progress_state', 'executed'])"
            " window.app.api.addEventListener(kind, () => window.seen.push(kind)); }"
        )
        await open_template(page, "Sunset card")
        await press_run(page)
        await wait_for_picture(page)
        seen = await page.evaluate("window.seen")
        assert seen[0] == "execution_start"
        assert {"progress_state", "executed"} <= set(seen)
        jobs = await jobs_of(server)
        assert [job["status"] for job in jobs] == ["completed"]
        listed = await page.evaluate("window.app.api.getHistory(10)")
        assert jobs[0]["id"] in json.dumps(listed)


async def test_a_running_job_is_cancelled_from_the_editor(tmp_path):
    async with editor_on(tmp_path) as (server, page):
        await open_template(page, "Sunset card")
        await page.evaluate(
            "() => { const blur = window.app.graph.nodes.find(n => n.type === 'ImageBlur');"
            " for (const node of window.app.graph.nodes)"
            "   for (const widget of node.widgets ?? [])"
            "     if (['width', 'height'].includes(widget.name)) widget.value = 8192;"
            " blur.widgets[0].value = 31; }"
        )
        with server.services.watch.follow(_CALLER) as events:
            await press_run(page)
            async for event in events:
                if type(getattr(event, "body", None)).__name__ == "NodeStarted":
                    break
        await page.evaluate("window.app.api.interrupt(null)")
        with server.services.watch.follow(_CALLER) as events:
            if (await jobs_of(server))[0]["status"] != "cancelled":
                async for event in events:
                    if getattr(event, "event", None) == "stopped":
                        break
        assert [job["status"] for job in await jobs_of(server)] == ["cancelled"]


async def test_a_setting_and_a_saved_workflow_are_found_again_after_a_restart(tmp_path):
    async with editor_on(tmp_path) as (_, page):
        await open_template(page, "Colour strip")
        await page.evaluate(
            "window.app.extensionManager.setting.set('Comfy.Graph.CanvasInfo', false)"
        )
        async with page.expect_response(
            lambda answer: "/userdata/workflows" in answer.url and answer.request.method == "POST"
        ) as saved:
            await page.keyboard.press("Control+s")
            await page.get_by_role("textbox").last.fill("my strip")
            await page.keyboard.press("Enter")
        assert (await saved.value).ok
    async with editor_on(tmp_path) as (_, page):
        kept = await page.evaluate(
            "window.app.extensionManager.setting.get('Comfy.Graph.CanvasInfo')"
        )
        assert kept is False
        await page.keyboard.press("w")
        await expect(page.get_by_text(re.compile("my strip")).first).to_be_visible()


_SHINY = b"""
import { app } from "../../scripts/app.js";
import { app as same } from "/scripts/app.js";
import { label } from "./lib/label.js";
import { label as again } from "/extensions/shiny/lib/label.js";
app.registerExtension({
  name: "shiny",
  nodeCreated(node) {
    if (app === same) node.addWidget("button", label + again, null, () => {});
  },
});
"""


async def test_the_scripts_of_a_workers_custom_nodes_add_their_widgets(tmp_path):
    async with FakeComfyUI(tmp_path / "comfyui") as fake:
        shiny, label = "/extensions/shiny/shiny.js", "/extensions/shiny/lib/label.js"
        fake.listings = {"/extensions": [shiny, label]}
        fake.pages = {shiny: _SHINY, label: b"export const label = 'Shine';"}
        settings = {"engine": "auto", "comfyui": [fake.url]}
        async with editor_on(tmp_path / "data", **settings) as (_, page):
            widgets = await page.evaluate(
                "() => { const node = window.LiteGraph.createNode('Steps');"
                " window.app.graph.add(node); return node.widgets.map(one => one.name); }"
            )
    assert "ShineShine" in widgets

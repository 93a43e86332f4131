"""What custom nodes bring for the editor's page comes from a worker that has it, within limits."""

import asyncio
from urllib.parse import quote

import pytest
from tests.contract.native.conftest import Answer
from yarl import URL

from greenroom.domain.page_file import LARGEST
from greenroom.domain.worker import WorkerStatus
from greenroom.service import workers

UP, DOWN = WorkerStatus.UP, WorkerStatus.DOWN
SCRIPT, STYLE = b"export const label = 'Polish'", b"b { color: red }"
SHINY = "/extensions/shiny/shiny.js"


@pytest.fixture
def shiny(fake):
    """A ComfyUI with a pack of custom nodes."""
    fake.listings = {
        "/extensions": ["/extensions/core/groupNode.js", SHINY, "/extensions/shiny/lib/label.js"],
        "/workflow_templates": {"shiny": ["Two words"]},
        "/experiment/models/loras": [{"name": "sub/a.safetensors", "pathIndex": 2}],
    }
    fake.pages = {
        SHINY: SCRIPT,
        "/extensions/shiny/lib/label.js": SCRIPT,
        "/extensions/shiny/s.css": STYLE,
        "/extensions/shiny/a.svg": b"<svg/>",
        "/extensions/shiny/page.html": b"<script>alert(1)</script>",
        "/api/workflow_templates/shiny/Two words.json": b"{}",
        "/experiment/models/preview/loras/2/sub/a.safetensors": b"RIFF",
    }
    return fake


@pytest.fixture
def get(session):
    async def get(running, path, **headers):
        async with session.get(URL(running.url + path, encoded=True), headers=headers) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    return get


def kind_of(answer):
    return answer.headers["Content-Type"].partition(";")[0]


async def test_scripts_of_all_workers_are_listed_and_served_with_what_they_import(
    served, shiny, other, get
):
    other.listings = {"/extensions": ["/extensions/dull%20pack/x.js"]}
    other.pages = {"/extensions/dull pack/x.js": b"1"}
    own = ["/extensions/greenroom/form.js"]
    scripts = [SHINY, "/extensions/shiny/lib/label.js", "/extensions/dull%20pack/x.js"]
    async with served(shiny, other) as running:
        await running.until(UP, UP)
        for prefix in ("", "/api"):
            assert await running.client.ask("GET", f"{prefix}/extensions", list) == scripts
            listed = await running.client.ask("GET", f"/editor{prefix}/extensions", list)
            assert listed == own + scripts
            for each in (f"{prefix}", f"/editor{prefix}"):
                for path, kind in (
                    (SHINY, "text/javascript"),
                    ("/extensions/shiny/lib/label.js", "text/javascript"),
                    ("/extensions/shiny/s.css", "text/css"),
                    ("/extensions/dull%20pack/x.js", "text/javascript"),
                ):
                    answer = await get(running, each + path)
                    assert (answer.status, kind_of(answer)) == (200, kind)
                    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_only_what_a_script_needs_is_passed_on_and_a_drawing_cannot_act(served, shiny, get):
    shiny.pages |= {f"/extensions/shiny/{name}": b"x" for name in ("a.py", "a", "a.wasm", "a.zip")}
    async with served(shiny) as running:
        await running.until(UP)
        for name in ("page.html", "a.py", "a", "a.wasm", "a.zip"):
            assert (await get(running, f"/extensions/shiny/{name}")).status == 404
            assert f"GET /extensions/shiny/{name}" not in shiny.requests
        drawing = await get(running, "/extensions/shiny/a.svg")
        assert kind_of(drawing) == "image/svg+xml"
        assert "sandbox" in drawing.headers["Content-Security-Policy"]


async def test_a_path_that_leads_elsewhere_is_never_passed_on(served, shiny, get):
    async with served(shiny) as running:
        await running.until(UP)
        await running.client.ask("GET", "/extensions", list)
        before = len(shiny.requests)
        for path in (
            "shiny/%2e%2e/%2e%2e/secret.js", "shiny/..%2f..%2fsecret.js", "shiny%2f..%2f../x.js",
            "shiny/a%5c..%5cx.js", "shiny/a%00.js", "shiny//x.js", "shiny/c:/x.js", "%2e%2e/x.js",
            "shiny/" + "a" * 2000 + ".js", "shiny/.../x.js", "shiny/%20/x.js",
        ):  # fmt: skip
            assert (await get(running, f"/extensions/{path}")).status == 404, path
        asked = [line for line in shiny.requests[before:] if ".js" in line]
        assert asked == []


async def test_a_pack_of_two_workers_is_taken_whole_from_the_first(served, shiny, other, get):
    newer = "/extensions/shiny/newer.js"
    other.listings = {"/extensions": [SHINY, newer, "/extensions/more/m.js"]}
    other.pages = {SHINY: b"other", newer: b"other", "/extensions/more/m.js": b"other"}
    async with served(shiny, other) as running:
        await running.until(UP, UP)
        listed = await running.client.ask("GET", "/extensions", list)
        assert listed == [SHINY, "/extensions/shiny/lib/label.js", "/extensions/more/m.js"]
        assert (await get(running, SHINY)).body == SCRIPT
        assert (await get(running, newer)).status == 404
        await shiny.refuse()
        await running.until(DOWN, UP)
        for path in (SHINY, newer):
            assert (await get(running, path)).body == b"other"


async def test_a_file_is_fetched_again_only_when_it_has_changed(served, shiny, get):
    async with served(shiny) as running:
        await running.until(UP)
        first = await get(running, SHINY)
        again = await get(running, SHINY, **{"If-None-Match": first.headers["ETag"]})
        assert (again.status, again.body) == (304, b"")
        assert (await get(running, SHINY)).body == SCRIPT
        assert shiny.unchanged == [SHINY, SHINY]
        shiny.pages[SHINY] = b"new"
        changed = await get(running, SHINY, **{"If-None-Match": first.headers["ETag"]})
        assert (changed.status, changed.body) == (200, b"new")
        del shiny.pages[SHINY]
        assert (await get(running, SHINY)).status == 404


async def test_a_worker_too_busy_to_send_a_file_counts_with_what_it_sent_last(
    served, shiny, get, monkeypatch
):
    monkeypatch.setattr(workers, "_SENDING_S", 0.2)
    style = "/extensions/shiny/s.css"
    async with served(shiny) as running:
        await running.until(UP)
        assert (await get(running, SHINY)).status == 200
        shiny.page_gate = asyncio.Event()
        assert (await get(running, SHINY)).body == SCRIPT
        assert (await get(running, style)).status == 503
        shiny.page_gate.set()
        assert (await get(running, style)).status == 200


async def test_a_file_beyond_the_limit_is_refused_and_one_within_it_is_sent(served, shiny, get):
    shiny.pages[SHINY] = b"x" * LARGEST
    shiny.pages["/extensions/shiny/big.js"] = b"x" * (LARGEST + 1)
    async with served(shiny) as running:
        await running.until(UP)
        assert len((await get(running, SHINY)).body) == LARGEST
        assert (await get(running, "/extensions/shiny/big.js")).status == 413


async def test_a_worker_cannot_send_the_server_to_another_address(served, shiny, other, get):
    other.pages = {SHINY: b"other"}
    shiny.redirects = {SHINY: other.url + SHINY}
    async with served(shiny) as running:
        await running.until(UP)
        assert (await get(running, SHINY)).status == 503
    assert other.requests == []


async def test_workflows_of_custom_nodes_are_listed_and_opened(served, shiny, other, get):
    other.listings = {"/workflow_templates": {"shiny": ["Other"], "more": ["More"]}}
    wanted = {"shiny": ["Two words"], "more": ["More"]}
    path = f"/api/workflow_templates/shiny/{quote('Two words.json')}"
    async with served(shiny, other) as running:
        await running.until(UP, UP)
        for prefix in ("", "/editor"):
            listed = await running.client.ask("GET", f"{prefix}/workflow_templates", dict)
            assert listed == wanted
            answer = await get(running, prefix + path)
            assert (answer.status, kind_of(answer)) == (200, "application/json")
            missing = await get(running, f"{prefix}/api/workflow_templates/shiny/none.jpg")
            assert missing.status == 404


async def test_the_picture_beside_a_model_comes_from_the_worker_that_has_the_model(
    served, fake, shiny, get
):
    path = "/experiment/models/preview/loras"
    async with served(shiny) as running:
        await running.until(UP)
        shown = await get(running, f"{path}/0/sub/a.safetensors")
        assert (shown.status, kind_of(shown)) == (200, "image/webp")
        for absent in ("1/sub/a.safetensors", "0/none.safetensors", "0/%2e%2e/queue"):
            assert (await get(running, f"{path}/{absent}")).status == 404
        for bad in ("x/sub/a.safetensors", "0/"):
            assert (await get(running, f"{path}/{bad}")).status == 400


async def test_addresses_that_are_no_scripts_of_a_pack_are_not_listed(served, fake):
    fake.listings = {
        "/extensions": [
            "https://elsewhere.example/x.js", "/scripts/app.js", "/extensions/x.js",
            "/extensions/p/../../x.js", "/extensions/p/x.html", "/extensions/greenroom/x.js", 7,
        ],
        "/workflow_templates": {"p": "no list", "..": ["x"], "q": ["fine", 7]},
    }  # fmt: skip
    async with served(fake) as running:
        await running.until(UP)
        assert await running.client.ask("GET", "/extensions", list) == []
        assert await running.client.ask("GET", "/workflow_templates", dict) == {"q": ["fine"]}

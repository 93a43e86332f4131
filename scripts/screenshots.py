"""Takes the pictures of the web UI in docs/images: every page, dark, light and on a phone.

With names of pages, only theirs.
"""

import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

_REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(_REPOSITORY))

from tests.cli.processes import served  # noqa: E402 - found through the line above
from tests.fakes.webhook_target import target  # noqa: E402 - likewise
from tests.web.conftest import CHROMIUM_FLAGS, Site  # noqa: E402 - likewise
from tests.web.graphs import blurred, plain, slow, told  # noqa: E402 - likewise

_IMAGES = _REPOSITORY / "docs" / "images"
_PAGES = {
    "run": "/run",
    "form": "/run/library-harbour",
    "scenes": "/run/library-scene-animation",
    "queue": "/admin/queue",
    "history": "/admin/history",
    "assets": "/admin/assets",
    "workflows": "/admin/workflows",
    "deployments": "/admin/deployments",
    "workers": "/admin/workers",
    "webhooks": "/admin/webhooks",
    "keys": "/admin/keys",
    "usage": "/admin/usage",
    "api": "/admin/api?workflow=library-harbour",
    "settings": "/admin/settings",
}
_OPTIONS = (
    "--allow-address", "127.0.0.1",
    "--provider", "process", "--provider-limit", "2",
    "--provider-start", f"{sys.executable} -m tests.fakes.comfyui_server --port {{port}}",
)  # fmt: skip
_LOOKS = {"dark": (1280, 800), "light": (1280, 800), "phone": (390, 844)}
_COLOURS = 128


def main() -> None:
    _IMAGES.mkdir(parents=True, exist_ok=True)
    subprocess.run([str(_REPOSITORY / "scripts" / "web.sh")], check=True)  # noqa: S603 - a script of this repository
    folder = Path(tempfile.mkdtemp(prefix="greenroom-pictures-"))
    hooks = target((410, b"gone"))
    with hooks as hook, served(folder, *_OPTIONS) as server:
        site = Site(server.url)
        while not site.get("/info")["node_classes"]:
            pass
        _hook(site, hook)
        pages = {**_PAGES, "job": f"/admin/history?job={_fill(site)}"}
        wanted = {name: pages[name] for name in sys.argv[1:] or pages}
        key = json.loads(site.request("/api/admin/keys", b'{"name": "render farm"}'))["key"]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS
            )
            for look in _LOOKS:
                _take(browser, site.url, key, look, wanted)
            browser.close()
        server.stop()


def _take(browser: Browser, url: str, key: str, look: str, pages: dict[str, str]) -> None:
    width, height = _LOOKS[look]
    context = browser.new_context(
        base_url=url,
        viewport={"width": width, "height": height},
        extra_http_headers={"X-API-Key": key},
    )
    theme = "light" if look == "light" else "dark"
    context.add_init_script(f"localStorage.setItem('greenroom.theme', '{theme}')")
    page = context.new_page()
    for name, path in pages.items():
        page.goto(path)
        page.get_by_role("heading").first.wait_for()
        page.evaluate("Promise.all([...document.images].map(one => one.decode().catch(() => 0)))")
        page.wait_for_timeout(600)
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(_COLOURS)
        picture.save(_IMAGES / f"{name}-{look}.png", optimize=True)
    context.close()


def _deploy(site: Site) -> None:
    """Two deployments: one that works, and one that is switched off."""
    for name in ("Harbour at dusk", "Old harbour"):
        order = {"name": name, "workflow_id": "harbour"}
        (made,) = site.post("/deployments", order)["ids"]
        on = name == "Harbour at dusk"
        limits = {"min_instances": 1, "max_instances": 4, "enabled": on}
        site.post("/deployments", {"id": made, **limits})
        if not on:
            return
        hold = {
            "1": {"class_type": "Hold", "inputs": {"gate": "closed"}},
            "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}},
        }
        while "instance-" not in str(site.get("/workers")):
            pass
        while not site.get("/deployments")["deployments"][0]["instances"][0]["ready_at"]:
            pass
        for _ in range(3):
            body = json.dumps({"workflow_api_json": hold}).encode()
            site.request(f"/prod/v2/deployments/{made}/inference", body)


def _hook(site: Site, hook: Any) -> None:
    """Deliveries that wait, arrived and were given up, and a target that rests."""
    nobody = "http://127.0.0.1:9/orders"
    for url, count in ((nobody, 5), (f"{hook.url}/old", 1), (hook.url, 4)):
        order = {"prompt": told("a hook", 0x24405E), "webhook_url": url}
        for _ in range(count):
            site.request("/prompt", json.dumps(order).encode())
    for _ in range(5):
        hook.received.get()


def _fill(site: Site) -> str:
    """Jobs of every kind; gives the id of one worth a closer look."""
    data = io.BytesIO()
    Image.effect_mandelbrot((480, 320), (-2, -1.2, 1, 1.2), 90).convert("RGB").save(data, "PNG")
    site.upload("harbour.png", data.getvalue())
    site.upload("notes.txt", b"not a picture")
    for name in ("scene-animation", "wan-scenes"):
        site.keep_folder(_REPOSITORY / "examples" / "workflows" / name)
    harbour = {
        **blurred("harbour.png", "harbour"),
        "4": {
            "class_type": "PrimitiveString",
            "inputs": {"value": "a harbour at dusk, long exposure, calm water, soft grain"},
            "_meta": {"title": "Prompt"},
        },
        "5": {"class_type": "PreviewAny", "inputs": {"source": ["4", 0]}},
    }
    site.post("/workflows", {"name": "Harbour", "graph": harbour})
    site.run(plain(480, 320, 0x2F5D50), "Plain green")
    site.run(plain(320, 480, 0xC46A3B, batch=4), "Four at once")
    site.run(blurred("notes.txt"), "Broken input")
    site.run(told("an owl above the harbour, ink on paper", 0x24405E), "Owl")
    scenes = [{"duration": 1, "seed": 0x2F5D50}, {"duration": 2, "seed": 0xC46A3B}]
    site.run({}, library_id="scene-animation", values={"scenes": scenes})
    site.request("/api/console/workers/add", b'{"url": "127.0.0.1:9"}')
    _deploy(site)
    (job_id,) = site.run({}, library_id="harbour")
    site.post("/run", {"name": "Long exposure", "graph": slow(60)})
    for index in range(3):
        graph = told(f"waves, study number {index + 1}", 0x445566 + index)
        site.post("/run", {"name": "Waves", "graph": graph})
    return job_id


main()

"""The published requests, run as they are written; only the base URL is another."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from tests.contract.native.conftest import running
from tests.fakes.comfyui_server import FakeComfyUI

from greenroom.domain.asset import Root
from greenroom.service.assets import FileName

from .conftest import CALLER, KEY, Serverless
from .test_media import picture, uri

SEED = Path(__file__).parents[4] / "shared" / "seeds" / "004_dac4b8c6bc1b5fca.txt"

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not SEED.is_file(), reason="the examples are kept beside the checkout"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="the examples are commands of curl"),
]

PICTURES = {
    "189": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
    "136": {"class_type": "SaveImage", "inputs": {"images": ["189", 0], "filename_prefix": "C"}},
}
FLUX = {
    **PICTURES,
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "Add ASCII style text"}},
    "31": {"class_type": "KSampler", "inputs": {"seed": 736220757721744, "positive": ["6", 0]}},
    "10": {"class_type": "PartnerText", "inputs": {"prompt": "a cat"}},
    "7": {"class_type": "PreviewAny", "inputs": {"source": ["31", 0]}},
    "11": {"class_type": "PreviewAny", "inputs": {"source": ["10", 0]}},
}


def commands():
    """Every command of curl, in the order of the page."""
    found, current, quoted = [], None, False
    for line in SEED.read_text().splitlines() if SEED.is_file() else ():
        if current is None and not line.startswith("curl "):
            continue
        current = [*(current or []), line]
        quoted ^= line.count("'") % 2 == 1
        if not quoted and not line.endswith("\\"):
            found.append("\n".join(current))
            current = None
    return found


class Published:
    """The commands against one server."""

    def __init__(self, serverless, graph, deployment, site):
        self.serverless, self.graph = serverless, graph
        self.deployment, self.site = deployment, site

    async def run(self, command, request_id=""):
        """The status and the JSON of the answer."""
        for written, meant in {
            "https://api.runcomfy.net": self.serverless.server.url,
            "{deployment_id}": self.deployment["id"],
            "{request_id}": request_id,
            "<token>": KEY,
            "https://example.com/new-image.jpg": self.site,
            '"image": "..."': f'"image": "{uri(picture("blue"))}"',
            "{your-full-workflow-api-json-here}": json.dumps(PICTURES),
        }.items():
            command = command.replace(written, meant)
        command = f"{command} --silent --write-out '%{{http_code}}'"
        process = await asyncio.create_subprocess_shell(
            command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        printed, complaint = await process.communicate()
        assert process.returncode == 0, complaint
        return int(printed[-3:]), json.loads(printed[:-3])

    async def ended(self, sent):
        requests = self.serverless.services.deployment_requests
        await requests.ended(CALLER, self.deployment["id"], sent["request_id"], 60)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site():
    async def answer(_request):
        return web.Response(body=picture("green", kind="JPEG"), content_type="image/jpeg")

    app = web.Application()
    app.router.add_get("/new-image.jpg", answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/new-image.jpg"
    await runner.cleanup()


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["builtin", "comfyui"])
async def published(request, tmp_path_factory, site):
    folder = tmp_path_factory.mktemp(request.param)
    settings = {"api_key": KEY, "allow_address": ["127.0.0.1"]}
    async with FakeComfyUI(folder / "fake") as fake:
        if request.param == "comfyui":
            settings |= {"engine": "comfyui", "comfyui": [fake.url]}
        async with running(folder / "data", **settings) as native:
            serverless = Serverless(native)
            name = FileName(Root.INPUT, "", "example.png")
            assets = serverless.services.assets
            await assets.upload(CALLER, name, Once(picture()), overwrite=True)
            graph = FLUX if request.param == "comfyui" else PICTURES
            yield Published(serverless, graph, await serverless.deploy(graph, "flux"), site)


class Once:
    def __init__(self, data):
        self.data = data

    async def __aiter__(self):
        yield self.data


async def test_every_published_request_is_answered_as_published(published):
    sending = [one for one in commands() if "/inference" in one]
    asking = {name: one for one in commands() for name in ("status", "result", "cancel")
              if one.splitlines()[1].rstrip(" \\").endswith(f"/{name}")}  # fmt: skip
    assert (len(sending), sorted(asking)) == (5, ["cancel", "result", "status"])
    known = published.graph
    for command in sending:
        named = [node for node in ("6", "31", "10") if f'"{node}": {{' in command]
        status, sent = await published.run(command)
        if not set(named) <= set(known):
            # The built-in engine has no samplers.
            assert status == 422
            continue
        assert status == 200
        assert set(sent) == {"request_id", "status_url", "result_url", "cancel_url"}
        await published.ended(sent)
        if "987654321" in command:
            jobs = published.serverless.services.jobs
            graph = json.loads((await jobs.detail(CALLER, sent["request_id"])).payload.to_run)
            assert graph["31"]["inputs"] == {"seed": 987654321, "positive": ["6", 0]}
            assert graph["6"]["inputs"]["text"] == "futuristic cityscape"
        status, state = await published.run(asking["status"], sent["request_id"])
        assert (status, state["status"]) == (200, "completed")
        assert set(state) == {"request_id", "status", "status_url", "result_url", "instance_id"}
        status, result = await published.run(asking["result"], sent["request_id"])
        assert (status, result["status"]) == (200, "succeeded")
        (image,) = result["outputs"]["136"]["images"]
        assert set(image) == {"url", "filename", "subfolder", "type"}
        status, over = await published.run(asking["cancel"], sent["request_id"])
        assert (status, over["outcome"]) == (202, "not_cancellable")

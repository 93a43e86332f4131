"""Pictures and sounds in overrides: by address, as data, by the id of an asset."""

import asyncio
import base64
import io
import json

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from PIL import Image
from tests.contract.native.conftest import running

from greenroom.domain.address import AddressRule
from greenroom.domain.asset import Root
from greenroom.domain.errors import AppError
from greenroom.outbound.client import Outbound
from greenroom.service.media_fetch import MediaFetch, MediaLimits
from greenroom.service.media_inputs import MediaInputs

from .conftest import CALLER, KEY, Serverless

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOADING = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "same"}},
}


def picture(color="red", size=(8, 8), kind="PNG"):
    data = io.BytesIO()
    Image.new("RGB", size, color).save(data, kind)
    return data.getvalue()


def uri(data, mime="image/png"):
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


class Site:
    """A server on 127.0.0.1 with some files."""

    def __init__(self):
        self.asked = []
        self.files = {
            "/a.png": picture(), "/same.png": picture(),
            "/photo.jpeg": picture("green", kind="JPEG"),
            "/page.png": b"<html>no picture</html>", "/empty.png": b"",
            "/large.png": picture() + bytes(2 * 1024 * 1024),
        }  # fmt: skip
        self.silence = asyncio.Event()

    async def answer(self, request):
        self.asked.append(request.path)
        if request.path == "/inner":
            raise web.HTTPFound("http://169.254.169.254/latest/meta-data")
        if request.path == "/silent":
            await self.silence.wait()
        found = self.files.get(request.path)
        if found is None:
            raise web.HTTPNotFound
        return web.Response(body=found, content_type="application/octet-stream")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site():
    made, app = Site(), web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    tcp = web.TCPSite(runner, "127.0.0.1", 0)
    await tcp.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    made.silence.set()
    await runner.cleanup()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def loader(tmp_path_factory):
    folder = tmp_path_factory.mktemp("media")
    settings = {"api_key": KEY, "allow_address": ["127.0.0.1"], "fetch_image_mb": 1}
    async with running(folder, **settings) as native:
        serverless = Serverless(native)
        serverless.deployment = await serverless.deploy(LOADING, "loading")
        yield serverless


async def run(loader, body, status=200):
    path = f"/v2/deployments/{loader.deployment['id']}/runsync"
    return await loader.ask("POST", path, status, data=io.BytesIO(json.dumps(body).encode()))


async def load(loader, image, status=200):
    return await run(loader, {"overrides": {"1": {"inputs": {"image": image}}}}, status)


async def pixel(loader, result):
    (made,) = result["outputs"]["2"]["images"]
    async with loader.session.get(made["url"]) as answer:
        return Image.open(io.BytesIO(await answer.read())).convert("RGB").getpixel((1, 1))


async def inputs(loader):
    found = await loader.services.assets.in_folder(CALLER, Root.INPUT, "fetched")
    return sorted(asset.name for asset in found)


async def test_a_picture_comes_from_an_address_and_equal_bytes_are_kept_once(loader, site):
    for path in ("/a.png", "/same.png", "/a.png"):
        result = await load(loader, site.url + path)
        assert await pixel(loader, result) == (255, 0, 0)
    (kept,) = [name for name in await inputs(loader) if name.endswith(".png")]
    await load(loader, uri(picture()))
    assert [name for name in await inputs(loader) if name.endswith(".png")] == [kept]
    result = await load(loader, site.url + "/photo.jpeg")
    assert (await pixel(loader, result))[1] > 100
    assert any(name.endswith(".jpeg") for name in await inputs(loader))


async def test_a_picture_comes_as_data_or_as_an_asset(loader):
    blue = await load(loader, uri(picture("blue"), "IMAGE/PNG"))
    assert await pixel(loader, blue) == (0, 0, 255)
    form = aiohttp.FormData()
    form.add_field("file", picture("white"), filename="upload")
    form.add_field("content_type", "image/png")
    form.add_field("file_path", "white.png")
    url = f"{loader.server.url}/api/v2/assets"
    asset = await loader.ask("POST", url, 201, data=form)
    white = await load(loader, asset["id"])
    assert await pixel(loader, white) == (255, 255, 255)


async def test_a_workflow_that_comes_along_may_name_addresses_too(loader, site):
    graph = json.loads(json.dumps(LOADING))
    graph["1"]["inputs"]["image"] = site.url + "/a.png"
    assert await pixel(loader, await run(loader, {"workflow_api_json": graph})) == (255, 0, 0)


BAD = [
    ("{site}/missing.png", "url_unreachable", "404"),
    ("{site}/page.png", "wrong_kind_of_file", "image"),
    ("{site}/empty.png", "wrong_kind_of_file", "empty"),
    ("{site}/large.png", "file_too_large", "1048576"),
    ("{site}/inner", "url_refused", "169.254.169.254"),
    ("http://127.0.0.2:1/a.png", "url_refused", "127.0.0.2"),
    ("https://[::ffff:169.254.169.254]/", "url_refused", "not reached"),
    ("https://2852039166/latest", "url_refused", "not reached"),
    ("https://", "invalid_url", "no URL"),
    ("data:image/png,raw", "invalid_url", "base64"),
    ("data:image/png;base64,%%%", "invalid_url", "base64"),
    (uri(b"text"), "wrong_kind_of_file", "image/png"),
    ("data:image/png;base64," + "A" * 1_400_000, "file_too_large", "1048576"),
]


@pytest.mark.parametrize(("image", "kind", "told"), BAD, ids=range(len(BAD)))
async def test_a_file_that_cannot_be_had_is_refused_and_nothing_is_accepted(
    loader, site, image, kind, told
):
    before = await loader.services.jobs.active_counts()
    refused = await load(loader, image.replace("{site}", site.url), 422)
    (entry,) = refused["detail"]
    assert entry["loc"] == ["body", "overrides", "1", "inputs", "image"]
    assert (entry["type"], told in entry["msg"]) == (kind, True)
    assert refused["error_code"] == 422001
    assert await loader.services.jobs.active_counts() == before


async def test_an_unknown_asset_and_an_unknown_file_are_named(loader):
    missing = await load(loader, "00000000-0000-4000-8000-000000000000", 422)
    assert "not one of yours" in missing["error_message"]
    unknown = await load(loader, "nothing.png", 422)
    assert "nothing.png" in json.dumps(unknown["detail"])


async def test_a_source_that_stays_silent_is_cut(loader, site):
    outbound = Outbound(AddressRule.parse(["127.0.0.1"]))
    limits = MediaLimits(image=1024, other=1024, seconds=0.1)
    fetch = MediaFetch(loader.services.asset_records, outbound, limits)
    media = MediaInputs(fetch, lambda _tenant, _downloads: [], wait_s=60)
    graph = json.loads(json.dumps(LOADING))
    graph["1"]["inputs"]["image"] = site.url + "/silent"
    with pytest.raises(AppError, match="seconds") as refused:
        await media.take_in(CALLER, graph, loader.services.nodes.view(), "overrides")
    assert refused.value.details["problems"][0]["type"] == "url_unreachable"
    await outbound.close()


async def test_what_was_fetched_is_kept_for_a_week_and_left_unread_elsewhere(loader, site):
    asked = len(site.asked)
    graph = {"1": {"class_type": "PreviewAny", "inputs": {"source": site.url + "/a.png"}}}
    await run(loader, {"workflow_api_json": graph})
    assert len(site.asked) == asked
    await load(loader, uri(picture("black")))
    found = await loader.services.assets.in_folder(CALLER, Root.INPUT, "fetched")
    assert all(asset.expires_at for asset in found)

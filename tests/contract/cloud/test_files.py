"""Files: uploads with their limits, masks, and the ways to see a file."""

import asyncio
import io
import json
from urllib.parse import quote

import aiohttp
import pytest
from blake3 import blake3
from PIL import Image
from tests.contract.cloud.conftest import serving_cloud
from tests.contract.cloud.graphs import loaded, saved
from tests.contract.v2.graphs import picture
from yarl import URL

from greenroom.domain.asset import Root
from greenroom.domain.ids import TenantId
from greenroom.domain.principal import Principal
from greenroom.service.assets import FileName

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMAGE = "/api/upload/image"
MASK = "/api/upload/mask"


def opened(answer):
    return Image.open(io.BytesIO(answer.body))


async def viewed(cloud, query):
    """The bytes behind a redirect, read without any header of the caller's."""
    redirect = await cloud.get(f"/api/view?{query}")
    assert redirect.status == 302, redirect.body
    location = redirect.headers["Location"]
    async with aiohttp.ClientSession() as stranger, stranger.get(location) as answer:
        assert answer.status == 200
        return await answer.read()


async def test_an_upload_is_read_by_a_graph_and_by_everybody_with_a_link(cloud):
    data = picture((1, 2, 3))
    told = (await cloud.upload(IMAGE, data, "in.png")).json()
    assert told == {"name": "in.png", "subfolder": "", "type": "input"}
    assert await viewed(cloud, "filename=in.png&type=input") == data

    job = await cloud.run(loaded(told["name"]))
    (file,) = job["outputs"]["9"]["images"]
    copy = await viewed(cloud, f"filename={file['filename']}&subfolder={file['subfolder']}")
    assert Image.open(io.BytesIO(copy)).getpixel((0, 0)) == (1, 2, 3)


async def test_folder_and_type_are_given_back_and_decide_nothing(cloud):
    data = picture((4, 5, 6))
    told = (await cloud.upload(IMAGE, data, "placed.png", subfolder="a/b", type="temp")).json()
    assert told == {"name": "placed.png", "subfolder": "a/b", "type": "temp"}
    for query in ("", "&subfolder=a/b", "&type=temp", "&type=output&subfolder=nowhere"):
        assert await viewed(cloud, f"filename=placed.png{query}") == data
    for name in ("placed.png", "a/b/placed.png", "nowhere/placed.png [output]"):
        assert (await cloud.run(loaded(name)))["status"] == "completed"


async def test_what_is_there_is_never_replaced(cloud):
    first, second = picture("red"), picture("blue")
    names = [
        (await cloud.upload(IMAGE, data, "same.png", overwrite="true")).json()["name"]
        for data in (first, second, first)
    ]
    assert names == ["same.png", "same (1).png", "same.png"]
    assert await viewed(cloud, "filename=same.png") == first


@pytest.mark.parametrize("form", ["{}", "blake3:{}", "{}.png"])
async def test_a_hash_names_a_file_in_views_and_in_graphs(cloud, form):
    data = picture((7, 8, 9))
    await cloud.upload(IMAGE, data, "hashed.png")
    name = form.format(blake3(data).hexdigest())
    assert await viewed(cloud, f"filename={name}") == data
    job = await cloud.run(loaded(name, prefix="hash/x"))
    assert job["status"] == "completed"
    assert job["workflow"]["prompt"]["1"]["inputs"]["image"] == "hashed.png"


async def test_files_that_nobody_has_are_missing_in_a_graph(cloud):
    answer = await cloud.post("/api/prompt", {"prompt": loaded("f" * 64)})
    assert answer.status == 400
    assert "1" in answer.json()["node_errors"]


async def test_pictures_are_shown_small_and_by_channel(cloud):
    target = io.BytesIO()
    Image.new("RGBA", (200, 100), (10, 20, 30, 128)).save(target, format="PNG")
    await cloud.upload(IMAGE, target.getvalue(), "wide.png")

    small = await cloud.get("/api/view?filename=wide.png&res=64")
    assert small.headers["Content-Type"] == "image/jpeg"
    assert opened(small).size == (64, 32)
    assert opened(await cloud.get("/api/view?filename=wide.png&channel=rgb")).mode == "RGB"
    for channel in ("a", "alpha"):
        shown = opened(await cloud.get(f"/api/view?filename=wide.png&channel={channel}"))
        assert shown.getchannel("A").getpixel((0, 0)) == 128


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("filename=", 400),
        ("filename=none.png", 404),
        ("filename=..%2F..%2Fetc%2Fpasswd", 404),
        ("filename=a%00b", 404),
        ("filename=words.txt&res=64", 400),
        ("filename=words.txt&res=63", 400),
        ("filename=words.txt&res=1025", 400),
        ("filename=words.txt&channel=rgb", 400),
        ("filename=words.txt&channel=blue", 400),
    ],
)
async def test_views_that_cannot_be_are_refused(cloud, query, status):
    await cloud.upload(IMAGE, b"only words", "words.txt")
    assert (await cloud.get(f"/api/view?{query}")).status == status


async def test_files_of_somebody_else_are_not_found(cloud):
    async def chunks():
        yield b"theirs"

    them = Principal(TenantId("them"))
    name = FileName.checked(Root.INPUT, "", "theirs.bin")
    services = cloud.server.services
    asset = await services.assets.upload(them, name, chunks(), overwrite=False)
    for query in ("filename=theirs.bin&type=input", f"filename={asset.blob}"):
        assert (await cloud.get(f"/api/view?{query}")).status == 404
    assert (await cloud.get(f"/api/assets/{asset.id}")).status == 404
    assert (await cloud.send("HEAD", f"/api/assets/hash/blake3:{asset.blob}")).status == 404
    assert (await cloud.asset(b"mine", id=asset.id)).status == 400


async def test_links_are_valid_for_their_file_alone(cloud):
    await cloud.upload(IMAGE, picture("red"), "linked.png")
    location = (await cloud.get("/api/view?filename=linked.png")).headers["Location"]
    small = await cloud.get(f"{location}&res=64")
    assert small.headers["Content-Type"] == "image/jpeg"
    forged = await cloud.get(location.replace("signature=", "signature=0"))
    assert (forged.status, forged.json()["code"]) == (403, "FORBIDDEN")


def large(width, height):
    """A picture of one colour, which needs few bytes for many pixels."""
    target = io.BytesIO()
    Image.new("1", (width, height)).save(target, format="PNG")
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("edge.png", lambda: large(16_385, 1)),
        ("pixels.png", lambda: large(8193, 8193)),
        ("bytes.bin", lambda: bytes(50 * 1024 * 1024 + 1)),
        ("words.png", lambda: b"only words"),
        ("..", lambda: b"x"),
    ],
    ids=["edge", "pixels", "bytes", "no picture", "no name"],
)
async def test_uploads_beyond_a_limit_are_refused_and_nothing_is_kept(cloud, name, data):
    before = cloud.blobs()
    answer = await cloud.upload(IMAGE, data(), name)
    assert (answer.status, answer.json()["code"]) == (400, "BAD_REQUEST")
    assert cloud.blobs() == before


async def test_the_largest_pictures_are_taken(cloud):
    assert (await cloud.upload(IMAGE, large(16_384, 4096), "edge.png")).status == 200


HALF = b'--x\r\nContent-Disposition: form-data; name="{}"; filename="f"\r\n\r\nhalf of it'


@pytest.mark.parametrize("path", [IMAGE, MASK, "/api/assets"])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", HALF.replace(b"{}", b"image")),
        ("multipart/form-data; boundary=x", HALF.replace(b"{}", b"file")),
        ("multipart/form-data", b"x"),
        ("text/plain", b"x"),
        ("application/json", b"{}"),
    ],
)
async def test_uploads_that_are_no_whole_form_leave_nothing(cloud, path, kind, body):
    before = cloud.blobs()
    answer = await cloud.send("POST", path, data=io.BytesIO(body), headers={"Content-Type": kind})
    wrong_type = path == "/api/assets" and kind == "text/plain"
    assert answer.status == (415 if wrong_type else 400)
    assert cloud.blobs() == before


async def test_uploads_that_break_off_in_the_middle_leave_nothing(cloud):
    before = cloud.blobs()
    reader, writer = await _connected(cloud)
    head = (
        "POST /cloud/api/upload/image HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    writer.write(head.encode() + HALF.replace(b"{}", b"image"))
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await reader.read()
    assert (await cloud.get("/api/user")).status == 200
    assert cloud.blobs() == before


async def _connected(cloud):
    url = URL(cloud.server.url)
    return await asyncio.open_connection(url.host, url.port)


async def test_a_mask_makes_the_original_transparent_and_is_found_again(cloud):
    await cloud.upload(IMAGE, picture((9, 9, 9)), "base.png")
    mask = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 77)).save(mask, format="PNG")
    stamp = "1700000000001"
    for layer in ("mask", "paint", "painted"):
        await cloud.upload(IMAGE, picture("white"), f"clipspace-{layer}-{stamp}.png")
    ref = {"filename": "base.png", "type": "input"}
    told = await cloud.upload(
        MASK, mask.getvalue(), f"clipspace-painted-masked-{stamp}.png", original_ref=ref
    )

    name = told.json()["name"]
    made = Image.open(io.BytesIO(await viewed(cloud, f"filename={name}")))
    assert made.getpixel((0, 0)) == (9, 9, 9, 77)
    assert told.json()["metadata"]["is_mask"] is True
    wanted = {
        "mask": f"clipspace-mask-{stamp}.png",
        "paint": f"clipspace-paint-{stamp}.png",
        "painted": f"clipspace-painted-{stamp}.png",
        "painted_masked": name,
    }
    for layer in wanted.values():
        found = await cloud.get(f"/api/files/mask-layers?filename={layer}")
        assert found.json() == wanted
    assert (await cloud.get("/api/files/mask-layers?filename=base.png")).status == 404
    assert (await cloud.get("/api/files/mask-layers")).status == 404


@pytest.mark.parametrize(
    "ref", ["", "x", "[]", "{}", '{"filename": "none.png"}', '{"filename": "../x"}'], ids=str
)
async def test_masks_without_an_original_are_refused_and_nothing_is_kept(cloud, ref):
    before = cloud.blobs()
    answer = await cloud.upload(MASK, picture("red"), "m.png", original_ref=ref)
    assert answer.status == 400
    assert cloud.blobs() == before


async def test_expired_files_are_gone(tmp_path):
    async with serving_cloud(tmp_path) as cloud:
        form = aiohttp.FormData({
            "content_type": "image/png", "file_path": "short.png", "expires_in": "60",
        })  # fmt: skip
        form.add_field("file", picture("red"), filename="short.png")
        path = f"{cloud.server.url}/api/v2/assets"
        async with cloud.session.post(path, data=form) as answer:
            asset = json.loads(await answer.read())
        services = cloud.server.services
        later = _Later(services.clock)
        services.asset_records._db.clock = later
        assert (await cloud.get(f"/api/assets/{asset['id']}")).status == 404
        assert (await cloud.get("/api/assets")).json()["total"] == 0
        for name in ("short.png", asset["hash"]):
            query = f"filename={quote(name)}&type=input"
            assert (await cloud.get(f"/api/view?{query}")).status == 404


class _Later:
    def __init__(self, clock):
        self._clock = clock

    def now(self):
        return self._clock.now() + 61_000


async def test_bodies_that_are_too_large_are_refused(tmp_path):
    async with serving_cloud(tmp_path, body_limit_mb=1, upload_limit_mb=1) as cloud:
        before = cloud.blobs()
        big = bytes(2 * 1024 * 1024)
        assert (await cloud.asset(big)).status == 413
        prompt = await cloud.send("POST", "/api/prompt", data=io.BytesIO(big))
        assert (prompt.status, prompt.json()["error"]["type"]) == (413, "TOO_LARGE")
        assert (await cloud.send("POST", "/api/jobs/cancel", data=io.BytesIO(big))).status == 413
        assert cloud.blobs() == before


async def test_a_job_that_reads_a_kept_output_by_its_bare_name_runs(cloud):
    await cloud.run(saved(0x112233, prefix="bare/unusual"))
    job = await cloud.run(loaded("unusual_00001_.png", prefix="bare/copy"))
    assert job["status"] == "completed"
    assert job["workflow"]["prompt"]["1"]["inputs"]["image"] == "bare/unusual_00001_.png [output]"

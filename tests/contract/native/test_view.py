"""Files as browsers and scripts fetch them: ranges, revalidation, and nothing that would run."""

import pytest
import pytest_asyncio
from tests.contract.native.conftest import running

pytestmark = pytest.mark.asyncio(loop_scope="module")

DATA = bytes(range(256)) * 40
PATH = "/view?type=input&filename=data.png"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def native(tmp_path_factory):
    async with running(tmp_path_factory.mktemp("view")) as started:
        await started.upload("data.png", DATA)
        yield started


async def test_a_file_is_sent_whole_with_what_revalidation_needs(native):
    answer = await native.get(PATH)
    assert (answer.status, answer.body) == (200, DATA)
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Type"] == "image/png"
    again = await native.get(PATH, **{"If-None-Match": answer.headers["Etag"]})
    assert (again.status, again.body) == (304, b"")
    other = await native.get(PATH, **{"If-None-Match": '"other"'})
    assert other.status == 200
    since = await native.get(PATH, **{"If-Modified-Since": answer.headers["Last-Modified"]})
    assert since.status == 304


@pytest.mark.parametrize(
    ("wanted", "begin", "end"),
    [("bytes=0-9", 0, 10), ("bytes=100-", 100, None), ("bytes=-5", -5, None)],
)
async def test_a_part_is_sent_alone(native, wanted, begin, end):
    answer = await native.get(PATH, Range=wanted)
    assert (answer.status, answer.body) == (206, DATA[begin:end])
    assert answer.headers["Content-Range"].endswith(f"/{len(DATA)}")


async def test_a_part_of_another_version_is_not_sent(native):
    fresh = await native.get(
        PATH, Range="bytes=0-9", **{"If-Range": "Thu, 01 Jan 1970 00:00:00 GMT"}
    )
    assert (fresh.status, fresh.body) == (200, DATA)


async def test_a_head_tells_the_size_and_sends_nothing(native):
    answer = await native.send("HEAD", PATH)
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(DATA))


@pytest.mark.parametrize(
    "name",
    ["a.html", "A.HTML", "a.htm", "a.xhtml", "a.svg", "a.svgz", "a.xml", "a.xsl", "a.js", "a.mjs",
     "a.css", "a.html.gz", "a", "a.", "a.unknown", "a.shtml", "a.xht", "a.rdf", "a.vtt"],
)  # fmt: skip
async def test_what_a_browser_would_run_is_never_sent_as_such(native, name):
    await native.upload(name, b"<script>alert(1)</script>")
    for headers in ({}, {"Sec-Fetch-Dest": "document"}, {"Sec-Fetch-Dest": "iframe"}):
        answer = await native.get(f"/view?type=input&filename={name}", **headers)
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.jpg", "image/jpeg"), ("a.webp", "image/webp"), ("a.mp4", "video/mp4"),
     ("a.webm", "video/webm"), ("a.mp3", "audio/mpeg"), ("a.flac", "audio/flac"),
     ("a.glb", "model/gltf-binary"), ("a.txt", "text/plain"), ("a.json", "application/json")],
)  # fmt: skip
async def test_media_keep_their_type(native, name, kind):
    await native.upload(name, b"x")
    answer = await native.get(f"/view?type=input&filename={name}")
    assert answer.headers["Content-Type"].partition(";")[0] == kind
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_name_cannot_break_out_of_its_header(native):
    await native.upload("x%0d%0aSet-Cookie.png", b"x")
    for name in ("x%250d%250aSet-Cookie.png",):
        answer = await native.get(f"/view?type=input&filename={name}")
        assert answer.status == 200
        assert "Set-Cookie" not in answer.headers

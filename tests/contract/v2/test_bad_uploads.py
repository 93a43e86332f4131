"""Whatever goes wrong with an upload is told by its code, and leaves no byte behind."""

import asyncio
import contextlib
import io
import secrets

import pytest
import pytest_asyncio
from blake3 import blake3
from tests.contract.v2.conftest import serving_v2
from tests.contract.v2.graphs import copied, picture
from yarl import URL

from greenroom.domain.ids import TenantId, new_job_id
from greenroom.domain.principal import Principal

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASSETS = "/api/v2/assets"
HALF = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n' + bytes(300_000)
MULTIPART = "multipart/form-data; boundary=x"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def v2(tmp_path_factory):
    async with serving_v2(
        tmp_path_factory.mktemp("bad"), upload_limit_mb=1, body_limit_mb=1
    ) as started:
        yield started


def files(v2):
    """Every file that a server keeps, but its database and its log."""
    top = v2.server.services.assets._tree._folder
    folders = [top / name for name in ("blobs", "input", "output", "temp", "scratch")]
    return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())


@contextlib.contextmanager
def nothing_is_left_by(v2):
    before = files(v2)
    yield
    assert files(v2) == before


def fresh():
    return secrets.token_bytes(64)


@pytest.mark.parametrize(
    "sent", [HALF, HALF[:20], b""], ids=["in the file", "in its head", "at once"]
)
async def test_a_connection_that_is_cut_leaves_nothing(v2, sent):
    url = URL(v2.server.url)
    head = (
        f"POST {ASSETS} HTTP/1.1\r\nHost: {url.host}:{url.port}\r\n"
        f"Content-Type: {MULTIPART}\r\nContent-Length: {10**6}\r\n\r\n"
    )
    with nothing_is_left_by(v2):
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(head.encode() + sent)
        await writer.drain()
        writer.write_eof()
        await reader.read()
        writer.close()


@pytest.mark.parametrize(
    "kind",
    ["application/json", "text/plain", "application/octet-stream", "multipart/mixed; boundary=x",
     "multipart/form-data"],
)  # fmt: skip
async def test_an_upload_of_another_content_type_is_refused(v2, kind):
    with nothing_is_left_by(v2):
        answer = await v2.send("POST", ASSETS, data=HALF, headers={"Content-Type": kind})
    assert (answer.status, answer.code) == (422, "invalid_request")


@pytest.mark.parametrize("path", [f"{ASSETS}/from-hash", "/api/v2/jobs"])
async def test_a_body_that_is_no_json_is_refused(v2, path):
    with nothing_is_left_by(v2):
        answer = await v2.send("POST", path, data=HALF, headers={"Content-Type": MULTIPART})
    assert (answer.status, answer.code) == (422, "invalid_request")


async def test_a_wrong_hash_leaves_nothing(v2):
    with nothing_is_left_by(v2):
        wrong = f"blake3:{blake3(b'other').hexdigest()}"
        answer = await v2.upload(fresh(), expected_hash=wrong)
    assert (answer.status, answer.code) == (409, "hash_mismatch")


async def test_too_large_a_file_leaves_nothing(v2):
    with nothing_is_left_by(v2):
        answer = await v2.upload(bytes(2 * 1024 * 1024))
    assert (answer.status, answer.code) == (413, "too_large")


async def test_too_large_a_workflow_is_refused(v2):
    body = b'{"workflow": {"1": "%s"}}' % (b"x" * 1024 * 1024)
    answer = await v2.send("POST", "/api/v2/jobs", data=io.BytesIO(body))
    assert (answer.status, answer.code) == (413, "too_large")


async def test_of_uploads_with_one_key_at_once_only_the_winner_leaves_bytes(v2):
    before, key = files(v2), new_job_id()
    answers = await asyncio.gather(
        *(v2.upload(fresh(), f"{number}.bin", key=key) for number in range(6))
    )
    assert sorted(answer.status for answer in answers) == [201, *[422] * 5]
    assert {answer.code for answer in answers if answer.status == 422} == {"idempotency_key_reuse"}
    (won,) = [answer.json() for answer in answers if answer.status == 201]
    left = {path.name for path in set(files(v2)) - set(before)}
    assert left == {won["hash"].removeprefix("blake3:"), won["file_path"]}


async def test_of_submits_with_one_key_at_once_exactly_one_is_accepted(v2):
    asset = (await v2.upload(picture("red"), "red.png", "image/png")).json()
    key = new_job_id()
    answers = await asyncio.gather(*(v2.submit(copied(asset["id"]), key=key) for _ in range(6)))
    assert sorted(answer.status for answer in answers) == [201, *[422] * 5]
    (won,) = [answer.json() for answer in answers if answer.status == 201]
    assert (await v2.ended(won))["status"] == "succeeded"


async def test_what_is_somebody_elses_is_not_there(tmp_path):
    data = fresh()
    async with serving_v2(tmp_path) as v2:
        asset = (await v2.upload(data, "mine.bin")).json()
        other = await v2.server.services.keys.create(Principal(TenantId("other")), "other")
        v2.session.headers["X-API-Key"] = other.secret
        with nothing_is_left_by(v2):
            for method, path in (
                ("GET", f"{ASSETS}/{asset['id']}"), ("GET", f"{ASSETS}/{asset['id']}/content"),
                ("DELETE", f"{ASSETS}/{asset['id']}"),
                ("HEAD", f"{ASSETS}/by-hash/{asset['hash']}"),
            ):  # fmt: skip
                assert (await v2.send(method, path)).status == 404, (method, path)
            body = {"hash": asset["hash"]}
            minted = await v2.send("POST", f"{ASSETS}/from-hash", json=body)
            assert (minted.status, minted.code) == (404, "blob_not_found")
            submitted = await v2.submit(copied(asset["id"]))
            assert (submitted.status, submitted.code) == (422, "missing_asset")

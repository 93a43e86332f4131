"""Assets: bytes once, records as many as are asked for."""

import asyncio
import io
import secrets

import aiohttp
import pytest
from blake3 import blake3
from tests.contract.v2.conftest import serving_v2
from tests.contract.v2.graphs import copied, picture

from greenroom.domain.ids import new_job_id

pytestmark = pytest.mark.asyncio(loop_scope="module")


def hash_of(data):
    return f"blake3:{blake3(data).hexdigest()}"


def fresh(size=64):
    return secrets.token_bytes(size)


def blobs(v2):
    """Every file that holds bytes, finished or not."""
    folder = v2.server.services.assets._blobs._folder
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def test_new_bytes_are_made_an_asset(v2):
    data = fresh()
    answer = await v2.upload(data, "dir/photo.png", "image/png", tags=["input", "red"])

    assert answer.status == 201
    asset = answer.json()
    assert asset["hash"] == hash_of(data)
    assert asset["size_bytes"] == len(data)
    assert asset["file_path"] == "dir/photo.png"
    assert asset["content_type"] == "image/png"
    assert asset["created_new"] is True
    assert asset["tags"] == ["input", "red"]
    assert asset["expires_at"] is None
    shown = (await v2.get(f"/api/v2/assets/{asset['id']}")).json()
    assert shown["id"] == asset["id"]
    assert "created_new" not in shown


async def test_known_bytes_are_stored_once_and_get_a_record_of_their_own(v2):
    data = fresh()
    first = (await v2.upload(data, "a.bin")).json()
    count = len(blobs(v2))
    answer = await v2.upload(data, "a.bin")

    second = answer.json()
    assert answer.status == 200
    assert second["created_new"] is False
    assert second["id"] != first["id"]
    assert second["file_path"] == "a.bin"
    assert len(blobs(v2)) == count


async def test_deleting_a_record_leaves_the_others_over_the_same_bytes(v2):
    data = fresh()
    first, second = [(await v2.upload(data, "b.bin")).json()["id"] for _ in range(2)]

    assert (await v2.send("DELETE", f"/api/v2/assets/{first}")).status == 204
    again = await v2.send("DELETE", f"/api/v2/assets/{first}")
    assert (again.status, again.code) == (404, "not_found")
    assert (await v2.get(f"/api/v2/assets/{first}")).status == 404
    assert (await v2.get(f"/api/v2/assets/{first}/content")).status == 404
    assert (await v2.get(f"/api/v2/assets/{second}/content")).body == data


async def test_wrong_hashes_are_refused_and_nothing_is_kept(v2):
    before = blobs(v2)
    answer = await v2.upload(fresh(), expected_hash=hash_of(b"something else"))

    assert (answer.status, answer.code) == (409, "hash_mismatch")
    assert blobs(v2) == before


async def test_right_hashes_are_accepted(v2):
    data = fresh()
    assert (await v2.upload(data, expected_hash=hash_of(data))).status == 201


@pytest.mark.parametrize(
    "fields",
    [
        {"expires_in": 59},
        {"expires_in": 604_801},
        {"expires_in": "soon"},
        {"expected_hash": "md5:00"},
        {"kind": "picture"},
        {"file_path": ""},
        {"file_path": "a/"},
        {"tags": "[1]"},
    ],
    ids=str,
)
async def test_fields_that_cannot_be_are_refused_and_nothing_is_kept(v2, fields):
    before = blobs(v2)
    answer = await v2.upload(fresh(), **fields)
    assert (answer.status, answer.code) == (422, "invalid_request")
    assert blobs(v2) == before


async def test_paths_out_of_the_folder_are_refused(v2):
    answer = await v2.upload(fresh(), "../../escape.bin")
    assert (answer.status, answer.code) == (403, "forbidden")


async def test_forms_without_a_file_are_refused(v2):
    form = aiohttp.FormData({"content_type": "image/png", "file_path": "x.png"})
    answer = await v2.send("POST", "/api/v2/assets", data=form)
    assert (answer.status, answer.code) == (422, "invalid_request")


async def test_uploads_that_break_off_leave_nothing(v2):
    before = blobs(v2)
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nhalf of it'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await v2.send("POST", "/api/v2/assets", data=io.BytesIO(body), headers=headers)
    assert answer.status == 422
    assert blobs(v2) == before


async def test_bytes_at_hand_need_no_upload(v2):
    data = fresh()
    assert (await v2.send("HEAD", f"/api/v2/assets/by-hash/{hash_of(data)}")).status == 404
    first = (await v2.upload(data, "c.bin", "text/plain")).json()
    assert (await v2.send("HEAD", f"/api/v2/assets/by-hash/{hash_of(data)}")).status == 200

    body = {"hash": hash_of(data), "file_path": "other.bin", "tags": ["t"]}
    minted = await v2.send("POST", "/api/v2/assets/from-hash", json=body)
    assert minted.status == 201
    asset = minted.json()
    assert asset["id"] != first["id"]
    assert asset["content_type"] == "text/plain"
    assert (asset["file_path"], asset["tags"]) == ("other.bin", ["t"])

    same = await v2.send("POST", "/api/v2/assets/from-hash", json=body)
    assert same.status == 200
    assert same.json()["id"] == asset["id"]


async def test_an_equal_record_is_kept_longer_and_never_shorter(v2):
    data = fresh()
    asked = {"hash": hash_of(data), "file_path": "d.bin"}

    async def mint(seconds):
        answer = await v2.send(
            "POST", "/api/v2/assets/from-hash", json={**asked, "expires_in": seconds}
        )
        return answer.json()

    await v2.upload(data, "d.bin", expires_in=3600)
    longer = await mint(7200)
    assert (await mint(60))["expires_at"] == longer["expires_at"]
    assert (await v2.get(f"/api/v2/assets/{longer['id']}")).json()["expires_at"] == (
        longer["expires_at"]
    )


@pytest.mark.parametrize("unknown", [hash_of(b"nobody has this"), "blake3:zz", "sha256:00"])
async def test_unknown_bytes_are_not_found(v2, unknown):
    answer = await v2.send("POST", "/api/v2/assets/from-hash", json={"hash": unknown})
    assert (answer.status, answer.code) == (404, "blob_not_found")
    assert (await v2.send("HEAD", f"/api/v2/assets/by-hash/{unknown}")).status == 404


async def test_bodies_without_a_hash_are_refused(v2):
    answer = await v2.send("POST", "/api/v2/assets/from-hash", data=b"[]")
    assert (answer.status, answer.code) == (422, "invalid_request")


async def test_content_comes_whole_in_parts_and_not_again(v2):
    data = fresh(1024)
    asset = (await v2.upload(data, "page.html", "text/html")).json()
    path = f"/api/v2/assets/{asset['id']}/content"

    whole = await v2.get(path)
    assert whole.body == data
    part = await v2.get(path, Range="bytes=10-19")
    assert (part.status, part.body) == (206, data[10:20])
    assert part.headers["Content-Range"] == "bytes 10-19/1024"
    beyond = await v2.get(path, Range="bytes=5000-")
    assert beyond.status == 416
    async with v2.session.get(
        v2.server.url + path, headers={"If-None-Match": whole.headers["Etag"]}
    ) as unchanged:
        assert unchanged.status == 304


async def test_a_download_goes_on_after_the_same_bytes_came_again(v2):
    data = fresh(1024)
    asset = (await v2.upload(data, "resumed.bin")).json()
    path = f"/api/v2/assets/{asset['id']}/content"
    begun = await v2.get(path, Range="bytes=0-99")
    await v2.upload(data, "again.bin")

    rest = await v2.get(path, **{"Range": "bytes=100-", "If-Range": begun.headers["Etag"]})
    assert (rest.status, begun.body + rest.body) == (206, data)


async def test_signed_links_open_the_bytes_and_no_others(v2):
    data = fresh()
    one = (await v2.upload(data, "shown.png", "image/png")).json()
    other = (await v2.upload(fresh(), "other.png")).json()

    opened = await v2.get(one["url"])
    assert opened.body == data
    assert opened.headers["Content-Type"] == "image/png"
    forged = await v2.get(one["url"].replace(one["id"], other["id"]))
    assert forged.status == 403
    later = await v2.get(one["url"].replace("expires=1", "expires=2"))
    assert later.status == 403


async def test_a_key_opens_one_upload(v2):
    key = new_job_id()
    assert (await v2.upload(fresh(), key=key)).status == 201
    count = len(blobs(v2))
    again = await v2.upload(fresh(), key=key)
    assert (again.status, again.code) == (422, "idempotency_key_reuse")
    assert len(blobs(v2)) == count


async def test_a_failed_upload_gives_its_key_back(v2):
    key = new_job_id()
    refused = await v2.upload(fresh(), key=key, expected_hash=hash_of(b"other"))
    assert refused.code == "hash_mismatch"
    assert (await v2.upload(fresh(), key=key)).status == 201


async def test_of_uploads_with_one_key_at_once_exactly_one_wins(v2):
    key = new_job_id()
    answers = await asyncio.gather(*(v2.upload(fresh(), key=key) for _ in range(6)))
    assert sorted(answer.status for answer in answers) == [201, *[422] * 5]


async def test_equal_bytes_at_once_are_stored_once(v2):
    data = fresh(4096)
    count = len(blobs(v2))
    answers = await asyncio.gather(*(v2.upload(data, "same.bin") for _ in range(6)))
    assert len({answer.json()["id"] for answer in answers}) == 6
    assert len(blobs(v2)) == count + 1


async def test_assets_that_a_waiting_job_reads_cannot_be_deleted(v2):
    asset = (await v2.upload(picture("red"), "needed.png", "image/png")).json()
    async with v2.paused():
        job = (await v2.submit(copied(asset["id"]))).json()
        answer = await v2.send("DELETE", f"/api/v2/assets/{asset['id']}")
        assert (answer.status, answer.code) == (409, "asset_in_use")
        await v2.send("POST", job["urls"]["cancel"])
    assert (await v2.send("DELETE", f"/api/v2/assets/{asset['id']}")).status == 204


async def test_uploads_that_are_too_large_are_refused(tmp_path):
    async with serving_v2(tmp_path, upload_limit_mb=1) as v2:
        answer = await v2.upload(bytes(2 * 1024 * 1024))
        assert (answer.status, answer.code) == (413, "too_large")
        assert blobs(v2) == []

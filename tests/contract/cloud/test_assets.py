"""The asset library: bytes once, tags, names, metadata, pages."""

import secrets

import pytest
from blake3 import blake3
from tests.contract.cloud.graphs import loaded, saved
from tests.contract.v2.graphs import picture

from greenroom.domain.ids import new_asset_id

pytestmark = pytest.mark.asyncio(loop_scope="module")


def fresh():
    return secrets.token_bytes(32)


def hash_of(data):
    return f"blake3:{blake3(data).hexdigest()}"


async def made(cloud, filename="a.bin", data=None, **fields):
    answer = await cloud.asset(data or fresh(), filename, **fields)
    assert answer.status == 201, answer.body
    return answer.json()


async def listed(cloud, query):
    answer = await cloud.get(f"/api/assets?{query}")
    assert answer.status == 200, answer.body
    return [one["name"] for one in answer.json()["assets"]]


async def test_new_bytes_are_made_an_asset_with_what_is_said_of_it(cloud):
    data = picture("red")
    preview = await made(cloud)
    asset = await made(
        cloud, "upload.png", data, name="shown.png", mime_type="image/png",
        tags=["a", "b"], user_metadata={"n": 1}, preview_id=preview["id"],
    )  # fmt: skip
    assert asset["name"] == "shown.png"
    assert asset["asset_hash"] == hash_of(data)
    assert (asset["size"], asset["mime_type"]) == (len(data), "image/png")
    assert asset["tags"] == ["a", "b", "input"]
    assert asset["user_metadata"] == {"n": 1}
    assert asset["preview_id"] == preview["id"]
    assert asset["created_new"] is True
    shown = (await cloud.get(f"/api/assets/{asset['id']}")).json()
    assert {**shown, "preview_url": None} == {
        name: value for name, value in asset.items() if name != "created_new"
    } | {"preview_url": None}


async def test_the_preview_opens_without_a_key(cloud):
    asset = await made(cloud, "p.png", picture((3, 1, 4)))
    small = await cloud.get(asset["preview_url"])
    assert small.headers["Content-Type"] == "image/jpeg"


@pytest.mark.parametrize("tags", ['["x", "y"]', "x,y"])
async def test_tags_may_come_in_one_field(cloud, tags):
    assert (await made(cloud, tags=tags))["tags"] == ["x", "y", "input"]


async def test_a_name_may_have_a_folder(cloud):
    asset = await made(cloud, name="sub/dir/x.bin")
    assert asset["name"] == "sub/dir/x.bin"
    assert (await cloud.get("/api/view?filename=x.bin&type=input&subfolder=sub/dir")).status == 302


async def test_known_bytes_give_the_asset_that_has_them(cloud):
    data = fresh()
    first = await made(cloud, "one.bin", data)
    count = len(cloud.blobs())
    answer = await cloud.asset(data, "two.bin")
    assert answer.status == 200
    assert (answer.json()["id"], answer.json()["created_new"]) == (first["id"], False)
    assert len(cloud.blobs()) == count


async def test_an_id_of_ones_own_makes_an_upload_safe_to_repeat(cloud):
    asset_id = new_asset_id()
    first = await made(cloud, id=asset_id)
    again = await cloud.asset(fresh(), id=asset_id)
    assert first["id"] == asset_id
    assert (again.status, again.json()["asset_hash"]) == (200, first["asset_hash"])


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "x"},
        {"preview_id": "x"},
        {"mime_type": "picture"},
        {"user_metadata": "[]"},
        {"user_metadata": "{"},
        {"tags": "[1]"},
        {"tags": ["a", ""]},
        {"name": "../x"},
        {"name": "a/"},
    ],
    ids=str,
)
async def test_fields_that_cannot_be_are_refused_and_nothing_is_kept(cloud, fields):
    before = cloud.blobs()
    answer = await cloud.asset(fresh(), **fields)
    assert (answer.status, answer.json()["code"]) == (400, "BAD_REQUEST")
    assert cloud.blobs() == before


async def test_nothing_is_fetched_from_other_addresses(cloud):
    body = {"url": "http://127.0.0.1:1/x.png", "name": "x.png"}
    for path in ("/api/assets", "/api/assets/download"):
        answer = await cloud.post(path, body)
        assert answer.status == 400
        assert "upload it as a form" in answer.json()["message"]
    assert (await cloud.get("/api/assets/remote-metadata")).status == 400


async def test_bytes_at_hand_need_no_upload(cloud):
    data = fresh()
    body = {"hash": hash_of(data), "name": "named.bin", "tags": ["t"], "user_metadata": {"k": 2}}
    assert (await cloud.post("/api/assets/from-hash", body)).status == 404
    first = await made(cloud, "source.bin", data)
    minted = await cloud.post("/api/assets/from-hash", body)
    assert minted.status == 201
    assert minted.json()["id"] != first["id"]
    assert minted.json()["user_metadata"] == {"k": 2}
    same = await cloud.post("/api/assets/from-hash", body)
    assert (same.status, same.json()["id"]) == (200, minted.json()["id"])
    without = {"hash": hash_of(data), "tags": ["u"]}
    assert (await cloud.post("/api/assets/from-hash", without)).json()["name"] == "source.bin"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"hash": hash_of(b"nobody has this"), "tags": ["t"]}, 404),
        ({"hash": "sha256:" + "0" * 64, "tags": ["t"]}, 404),
        ({"hash": "blake3:zz", "tags": ["t"]}, 400),
        ({"hash": "md5:" + "0" * 64, "tags": ["t"]}, 400),
        ({"hash": hash_of(b"x"), "tags": []}, 400),
        ({"hash": hash_of(b"x")}, 400),
        ({"tags": ["t"]}, 400),
        ([], 400),
    ],
    ids=str,
)
async def test_hashes_that_lead_nowhere_are_told(cloud, body, status):
    assert (await cloud.post("/api/assets/from-hash", body)).status == status


async def test_hashes_are_asked_for(cloud):
    data = fresh()
    path = f"/api/assets/hash/{hash_of(data)}"
    assert (await cloud.send("HEAD", path)).status == 404
    await made(cloud, "h.bin", data)
    assert (await cloud.send("HEAD", path)).status == 200
    assert (await cloud.send("HEAD", "/api/assets/hash/blake3:zz")).status == 400


async def test_assets_are_found_by_tags_name_and_metadata_in_pages(cloud):
    mark = secrets.token_hex(4)
    for number, extra in enumerate(("left", "right", "left")):
        await made(cloud, f"{mark}-{number}.bin", tags=[mark, extra], user_metadata={"n": number})
    everything = f"include_tags={mark}&sort=name&order=asc"
    first, second, third = [f"{mark}-{n}.bin" for n in range(3)]
    assert await listed(cloud, everything) == [first, second, third]
    assert await listed(cloud, f"include_tags={mark},left&sort=name&order=asc") == [first, third]
    assert await listed(cloud, f"{everything}&exclude_tags=left") == [second]
    assert await listed(cloud, f"name_contains={mark.upper()}-1") == [second]
    assert await listed(cloud, f'include_tags={mark}&metadata_filter={{"n":2}}') == [third]
    assert await listed(cloud, f"include_tags={mark}") == [third, second, first]
    page = (await cloud.get(f"/api/assets?{everything}&limit=1&offset=1")).json()
    assert ([one["name"] for one in page["assets"]], page["total"], page["has_more"]) == (
        [second], 3, True,
    )  # fmt: skip
    for sort in ("updated_at", "size", "last_access_time"):
        assert len(await listed(cloud, f"include_tags={mark}&sort={sort}")) == 3
    counts = (await cloud.get(f"/api/assets/tags/refine?include_tags={mark}")).json()
    assert counts == {"tag_counts": {"input": 3, mark: 3, "left": 2, "right": 1}}


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "offset=-1", "sort=x", "order=x", "metadata_filter=1"]
)
async def test_queries_that_cannot_be_are_refused(cloud, query):
    assert (await cloud.get(f"/api/assets?{query}")).status == 400


async def test_outputs_are_assets_of_their_job(cloud):
    job = await cloud.run(saved(0xBEEF, prefix="lib/out"))
    (one,) = (await cloud.get(f"/api/jobs/{job['id']}/assets")).json()["assets"]
    asset = (await cloud.get(f"/api/assets/{one['id']}")).json()
    assert (asset["prompt_id"], asset["tags"]) == (job["id"], ["output"])
    assert asset["name"] in await listed(cloud, "include_tags=output")


async def test_what_is_said_of_an_asset_can_be_changed(cloud):
    asset = await made(cloud, "old.bin", tags=["old"])
    path = f"/api/assets/{asset['id']}"
    body = {"name": "new.bin", "tags": ["new"], "mime_type": "Text/Plain", "user_metadata": {}}
    changed = (await cloud.send("PUT", path, json=body)).json()
    assert (changed["name"], changed["tags"]) == ("new.bin", ["new", "input"])
    assert changed["mime_type"] == "text/plain"
    assert changed["updated_at"] >= asset["updated_at"]
    assert (await cloud.get(path)).json()["name"] == "new.bin"
    # What was not said stays.
    await cloud.send("PUT", path, json={"user_metadata": {"a": 1}})
    assert (await cloud.get(path)).json()["tags"] == ["new", "input"]


@pytest.mark.parametrize(
    "body", [{}, {"other": 1}, {"name": ""}, {"preview_id": new_asset_id()}, {"tags": "x"}, []]
)
async def test_changes_that_cannot_be_are_refused(cloud, body):
    asset = await made(cloud)
    answer = await cloud.send("PUT", f"/api/assets/{asset['id']}", json=body)
    assert answer.status == 400


async def test_tags_are_added_and_taken_away(cloud):
    mark = secrets.token_hex(4)
    path = f"/api/assets/{(await made(cloud, tags=['a']))['id']}/tags"
    added = (await cloud.post(path, {"tags": ["a", mark, mark]})).json()
    assert added == {
        "added": [mark], "already_present": ["a"], "total_tags": ["a", mark, "input"],
    }  # fmt: skip
    known = (await cloud.get(f"/api/tags?prefix={mark}")).json()
    assert known == {"tags": [{"name": mark, "count": 1}], "total": 1, "has_more": False}
    removed = (await cloud.send("DELETE", path, json={"tags": [mark, "z"]})).json()
    assert removed == {"removed": [mark], "not_present": ["z"], "total_tags": ["a", "input"]}
    assert (await cloud.get(f"/api/tags?prefix={mark}")).json()["total"] == 0
    names = [tag["name"] for tag in (await cloud.get("/api/tags?order=name_asc")).json()["tags"]]
    assert names == sorted(names)
    counts = [tag["count"] for tag in (await cloud.get("/api/tags")).json()["tags"]]
    assert counts == sorted(counts, reverse=True)
    one = (await cloud.get("/api/tags?limit=1")).json()
    assert (len(one["tags"]), one["has_more"]) == (1, True)


async def test_unknown_assets_are_not_found(cloud):
    for asset_id in (new_asset_id(), "x"):
        path = f"/api/assets/{asset_id}"
        assert (await cloud.get(path)).status == 404
        assert (await cloud.send("DELETE", path)).status == 404
        assert (await cloud.send("PUT", path, json={"name": "x"})).status == 404
        assert (await cloud.post(f"{path}/tags", {"tags": ["x"]})).status == 404


async def test_deleting_an_asset_leaves_others_over_the_same_bytes(cloud):
    data = fresh()
    first = await made(cloud, "one.bin", data)
    body = {"hash": first["asset_hash"], "name": "two.bin", "tags": ["t"]}
    second = (await cloud.post("/api/assets/from-hash", body)).json()
    assert (await cloud.send("DELETE", f"/api/assets/{first['id']}")).status == 204
    assert (await cloud.get(f"/api/assets/{first['id']}")).status == 404
    view = await cloud.get(f"/api/view?filename={hash_of(data)}")
    assert second["id"] in view.headers["Location"]


async def test_an_asset_that_a_job_needs_stays(cloud):
    asset = await made(cloud, "needed.png", picture((5, 5, 5)))
    async with cloud.paused():
        job = await cloud.submit(loaded({"__type": "core/ASSET", "info": {"id": asset["id"]}}))
        refused = await cloud.send("DELETE", f"/api/assets/{asset['id']}")
        assert (refused.status, refused.json()["code"]) == (409, "ASSET_IN_USE")
        await cloud.post(f"/api/jobs/{job}/cancel", {})

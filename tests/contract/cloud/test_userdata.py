"""Small files that a front end keeps for its user."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_user_data_is_listed_read_written_and_deleted(cloud):
    path = "/api/userdata/workflows%2Fdeep%2Fone.json"
    made = await cloud.send("POST", path, data=b'{"a": 1}')
    assert (made.json()["path"], made.json()["size"]) == ("workflows/deep/one.json", 8)
    taken = await cloud.send("POST", f"{path}?overwrite=false", data=b"x")
    assert (taken.status, taken.headers["Content-Type"]) == (409, "text/plain; charset=utf-8")
    assert (await cloud.get("/api/userdata?dir=workflows/")).json() == []
    deep = (await cloud.get("/api/userdata?dir=workflows/&recurse=true")).json()
    assert [(one["path"], one["size"]) for one in deep] == [("deep/one.json", 8)]
    found = await cloud.get(path)
    assert (found.body, found.headers["Content-Type"]) == (b'{"a": 1}', "application/octet-stream")
    assert (await cloud.send("DELETE", path)).status == 204
    assert (await cloud.send("DELETE", path)).status == 404
    assert (await cloud.get(path)).status == 404


async def test_user_data_stays_in_its_folder(cloud):
    out = "/api/userdata/..%2F..%2Fx"
    assert (await cloud.send("POST", out, data=b"x")).status == 403
    assert (await cloud.get(out)).status == 400
    assert (await cloud.send("DELETE", out)).status == 404
    assert (await cloud.get("/api/userdata?dir=../")).status == 400
    assert (await cloud.get("/api/userdata")).status == 400
    assert (await cloud.get("/api/userdata?dir=none/")).status == 404

"""Every operation of the contract, called once and answered as it declares."""

import aiohttp
import pytest
from blake3 import blake3
from tests.contract.cloud.conformance import NEWER, PUBLISHED, SERVED
from tests.contract.v2.graphs import picture, saved

from greenroom.domain.ids import new_job_id

pytestmark = pytest.mark.asyncio(loop_scope="module")


def form(field, data, **fields):
    made = aiohttp.FormData(fields)
    made.add_field(field, data, filename="one.png")
    return made


async def requests(cloud):
    """(method, template) -> (path, what is sent, status)."""
    job = await cloud.run(saved(prefix="operations/pic"))
    (file,) = job["outputs"]["9"]["images"]
    asset = (await cloud.asset(picture("red"))).json()
    spare = (await cloud.asset(picture("blue"))).json()["id"]
    old, many = await cloud.submit(saved(1)), await cloud.submit(saved(2))
    name, one = file["filename"], f"/api/assets/{asset['id']}"
    tags = {"json": {"tags": ["a"]}}
    missing = new_job_id()
    return {
        ("post", "/api/prompt"): ("/api/prompt", {"json": {"prompt": saved(3)}}, 200),
        ("get", "/api/prompt"): ("/api/prompt", {}, 200),
        ("get", "/api/object_info"): ("/api/object_info", {}, 200),
        ("get", "/api/features"): ("/api/features", {}, 200),
        ("get", "/api/workflow_templates"): ("/api/workflow_templates", {}, 200),
        ("get", "/api/global_subgraphs"): ("/api/global_subgraphs", {}, 200),
        ("get", "/api/global_subgraphs/{id}"): ("/api/global_subgraphs/x", {}, 404),
        ("get", "/api/experiment/models"): ("/api/experiment/models", {}, 200),
        ("get", "/api/experiment/models/{folder}"): ("/api/experiment/models/vae", {}, 200),
        ("get", "/api/experiment/models/preview/{folder}/{path_index}/{filename}"): (
            "/api/experiment/models/preview/vae/0/x.safetensors", {}, 404,
        ),
        ("get", "/api/jobs"): ("/api/jobs", {}, 200),
        ("get", "/api/jobs/{job_id}"): (f"/api/jobs/{job['id']}", {}, 200),
        ("get", "/api/jobs/{job_id}/assets"): (f"/api/jobs/{job['id']}/assets", {}, 200),
        ("get", "/api/job/{job_id}/status"): (f"/api/job/{job['id']}/status", {}, 200),
        ("get", "/api/history_v2"): ("/api/history_v2", {}, 200),
        ("get", "/api/history_v2/{prompt_id}"): (f"/api/history_v2/{job['id']}", {}, 200),
        ("get", "/api/queue"): ("/api/queue", {}, 200),
        ("post", "/api/queue"): ("/api/queue", {"json": {"delete": [missing]}}, 200),
        ("post", "/api/interrupt"): ("/api/interrupt", {}, 200),
        ("post", "/api/jobs/{job_id}/cancel"): (f"/api/jobs/{old}/cancel", {}, 200),
        ("post", "/api/jobs/cancel"): ("/api/jobs/cancel", {"json": {"job_ids": [many]}}, 200),
        ("get", "/api/view"): (f"/api/view?filename={name}&subfolder=operations", {}, 302),
        ("get", "/api/files/mask-layers"): (f"/api/files/mask-layers?filename={name}", {}, 404),
        ("post", "/api/upload/image"): (
            "/api/upload/image", {"data": form("image", picture("green"))}, 200,
        ),
        ("post", "/api/upload/mask"): (
            "/api/upload/mask",
            {"data": form("image", picture("green"), original_ref='{"filename": "photo.png"}')},
            200,
        ),
        ("get", "/api/assets"): ("/api/assets", {}, 200),
        ("post", "/api/assets"): ("/api/assets", {"data": form("file", b"operations")}, 201),
        ("post", "/api/assets/from-hash"): (
            "/api/assets/from-hash", {"json": {"hash": asset["asset_hash"], "tags": ["x"]}}, 201,
        ),
        ("get", "/api/assets/remote-metadata"): (
            "/api/assets/remote-metadata?url=http://x/y", {}, 400,
        ),
        ("post", "/api/assets/download"): (
            "/api/assets/download", {"json": {"source_url": "http://x/y"}}, 400,
        ),
        ("get", "/api/assets/tags/refine"): ("/api/assets/tags/refine", {}, 200),
        ("head", "/api/assets/hash/{hash}"): (
            f"/api/assets/hash/blake3:{blake3(picture('red')).hexdigest()}", {}, 200,
        ),
        ("get", "/api/assets/{id}"): (one, {}, 200),
        ("put", "/api/assets/{id}"): (one, {"json": {"name": "new.png"}}, 200),
        ("delete", "/api/assets/{id}"): (f"/api/assets/{spare}", {}, 204),
        ("post", "/api/assets/{id}/tags"): (f"{one}/tags", tags, 200),
        ("delete", "/api/assets/{id}/tags"): (f"{one}/tags", tags, 200),
        ("get", "/api/tags"): ("/api/tags", {}, 200),
        ("post", "/api/userdata/{file}"): ("/api/userdata/a%2Fb.json", {"data": b"{}"}, 200),
        ("get", "/api/userdata"): ("/api/userdata?dir=a/", {}, 200),
        ("get", "/api/userdata/{file}"): ("/api/userdata/a%2Fb.json", {}, 200),
        ("delete", "/api/userdata/{file}"): ("/api/userdata/a%2Fb.json", {}, 204),
        ("get", "/api/system_stats"): ("/api/system_stats", {}, 200),
        ("get", "/api/user"): ("/api/user", {}, 200),
        ("delete", "/api/jobs/{job_id}"): (f"/api/jobs/{job['id']}", {}, 204),
        ("post", "/api/history"): ("/api/history", {"json": {"clear": True}}, 200),
    }  # fmt: skip


async def test_every_operation_is_answered_as_declared(cloud):
    table = await requests(cloud)
    assert set(table) == set(PUBLISHED.operations) | NEWER == set(SERVED.operations)
    for (method, template), (path, sent, status) in table.items():
        answer = await cloud.send(method.upper(), path, **sent)
        assert answer.status == status, (method, template, answer.body)


async def test_addresses_that_no_operation_has_are_not_found(cloud):
    assert (await cloud.get("/api/nothing")).status == 404

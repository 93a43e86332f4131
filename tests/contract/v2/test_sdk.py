"""The published Python client of API v2, unchanged, against a whole server."""

import asyncio
import io
import json
import secrets

import comfy_sdk
import pytest
from comfy_sdk import AsyncComfy, Comfy
from comfy_sdk.events import OutputReady, Progress, StatusChange
from PIL import Image
from tests.contract.v2.conftest import serving_v2
from tests.contract.v2.graphs import copied, picture, saved

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOADED = {
    "10": {"class_type": "LoadImage", "inputs": {"image": "set by the client"}},
    "13": {
        "class_type": "SaveImage",
        "inputs": {"images": ["10", 0], "filename_prefix": "sdk/out"},
    },
}


@pytest.fixture(autouse=True)
def _base_url(v2, monkeypatch):
    """All that differs from code for Comfy Cloud."""
    monkeypatch.setenv(comfy_sdk.BASE_URL_ENV_VAR, v2.server.url)
    monkeypatch.setenv(comfy_sdk.API_KEY_ENV_VAR, "comfyui-any")


def read(data):
    return Image.open(io.BytesIO(data)).getpixel((0, 0))


async def test_the_quickstart_runs(v2, tmp_path):
    def quickstart():
        (tmp_path / "workflow_api.json").write_text(json.dumps(LOADED))
        (tmp_path / "photo.png").write_bytes(picture((10, 20, 30)))
        with Comfy() as client:
            wf = client.workflows.from_file(tmp_path / "workflow_api.json")
            asset = client.assets.from_file(tmp_path / "photo.png")
            wf.set_input("10", "image", asset)
            job = client.run(wf)
            return job.get_outputs("13")[0].to_file(tmp_path / "out.png").read_bytes()

    assert read(await asyncio.to_thread(quickstart)) == (10, 20, 30)


async def test_the_asynchronous_client_runs_follows_and_reads_in_parts(v2):
    async with AsyncComfy() as client:
        job = await client.submit(client.workflows.from_json(saved(0xABCDEF)))
        events = [event async for event in job.events()]
        await job.result()
        (output,) = job.outputs
        whole = await output.to_bytes()
        part = await output.to_bytes(range=(1, 3))
        graph = await job.get_workflow()

    assert events[-1] == StatusChange(status="succeeded")
    assert any(isinstance(event, Progress) for event in events)
    assert [event.output.id for event in events if isinstance(event, OutputReady)] == [output.id]
    assert read(whole) == (0xAB, 0xCD, 0xEF)
    assert part == b"PNG"
    assert (graph.graph, graph.format) == (saved(0xABCDEF), "api")


async def test_the_client_follows_a_job_and_stops_it(v2):
    def stop():
        with Comfy() as client:
            job = client.submit(client.workflows.from_json(saved()))
            job.cancel()
            return client.jobs.get(job.id).status, [event.status for event in job.events()]

    async with v2.paused():
        status, heard = await asyncio.to_thread(stop)
    assert (status, heard) == ("canceled", ["canceled"])


async def test_the_client_sends_known_bytes_only_once(v2):
    data = secrets.token_bytes(100)

    def twice():
        with Comfy() as client:
            first = client.assets.from_bytes(data, filename="a.bin")
            second = client.assets.from_bytes(data, filename="b.bin")
            first.commit()
            second.commit()
            first.delete()
            return first.created_new, second.created_new, client.assets.get(second.id).hash

    new, known, found = await asyncio.to_thread(twice)
    assert (new, known) == (True, False)
    assert found.startswith("blake3:")


async def test_the_client_lists_jobs_by_label(v2):
    team = secrets.token_hex(4)

    def listed():
        with Comfy() as client:
            wf = client.workflows.from_json(saved())
            ids = [client.submit(wf, metadata={"team": team}).id for _ in range(3)]
            found = list(client.list_jobs(metadata={"team": team}))
            return ids, [one.id for one in found], found[0]

    async with v2.paused():
        ids, found, one = await asyncio.to_thread(listed)
    assert found == ids[::-1]
    assert one.metadata == {"team": team}
    assert one.create_time is not None


@pytest.mark.parametrize(
    ("graph", "error"),
    [
        ({"1": {"class_type": "Nope", "inputs": {}}}, "InvalidWorkflow"),
        ({"nodes": [], "links": []}, "WorkflowFormatUI"),
    ],
)
async def test_the_client_knows_the_errors(v2, graph, error):
    def submit():
        with Comfy() as client:
            client.submit(client.workflows.from_json(graph))

    with pytest.raises(comfy_sdk.ComfyError) as caught:
        await asyncio.to_thread(submit)
    assert error.lower() in type(caught.value).__name__.lower()


async def test_the_asynchronous_client_stops_a_job(v2):
    async with v2.paused(), AsyncComfy() as client:
        job = await client.submit(client.workflows.from_json(saved()))
        await job.cancel()
        assert (await client.jobs.get(job.id)).status == "canceled"


async def test_the_client_tells_why_a_job_failed(v2):
    async with AsyncComfy() as client:
        broken = client.assets.from_bytes(b"no picture", filename="words.txt")
        workflow = client.workflows.from_json(LOADED)
        workflow.set_input("10", "image", broken)
        with pytest.raises(comfy_sdk.JobFailed) as caught:
            await client.run(workflow)
    assert caught.value.code == "node_execution_error"
    assert caught.value.error.node_id == "10"


async def test_the_client_may_use_a_key_once(v2):
    key = secrets.token_hex(8)
    async with AsyncComfy() as client:
        workflow = client.workflows.from_json(saved())
        await client.submit(workflow, idempotency_key=key)
        with pytest.raises(comfy_sdk.IdempotencyKeyReuse):
            await client.submit(workflow, idempotency_key=key)


async def test_the_client_knows_assets_that_are_missing(v2):
    graph = copied("00000000-0000-4000-8000-000000000000")
    async with AsyncComfy() as client:
        with pytest.raises(comfy_sdk.MissingAsset):
            await client.submit(client.workflows.from_json(graph))


async def test_the_client_hears_of_a_full_queue_and_of_a_wrong_key(tmp_path, monkeypatch):
    # It would try for a minute.
    monkeypatch.setattr("comfy_sdk.client._QUEUE_RETRY_BUDGET", 0.0)
    async with serving_v2(tmp_path, queue_limit=1, api_key="right") as v2, v2.paused():
        monkeypatch.setenv(comfy_sdk.BASE_URL_ENV_VAR, v2.server.url)
        async with AsyncComfy(api_key="right") as client:
            workflow = client.workflows.from_json(saved())
            await client.submit(workflow)
            with pytest.raises(comfy_sdk.QueueFull) as full:
                await client.submit(workflow)
        async with AsyncComfy(api_key="wrong") as client:
            with pytest.raises(comfy_sdk.Unauthorized):
                await client.submit(workflow)
    assert full.value.retry_after > 0


async def test_the_client_says_when_something_is_not_there(v2):
    def get():
        with Comfy() as client:
            client.jobs.get("0")

    with pytest.raises(comfy_sdk.NotFound):
        await asyncio.to_thread(get)

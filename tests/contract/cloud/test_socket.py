"""The socket: who is let in, what is heard, and in which order."""

import aiohttp
import pytest
from tests.contract.cloud.conformance import PUBLISHED
from tests.contract.cloud.conftest import serving_cloud
from tests.contract.cloud.graphs import broken, saved
from tests.contract.native.graphs import slow

from greenroom.api.cloud.voice import error_class

pytestmark = pytest.mark.asyncio(loop_scope="module")

_SCHEMAS = {
    "status": "WebSocketStatusMessage",
    "execution_start": "WebSocketExecutionStartMessage",
    "execution_cached": "WebSocketExecutionCachedMessage",
    "executing": "WebSocketExecutingMessage",
    "progress": "WebSocketProgressMessage",
    "progress_state": "WebSocketProgressStateMessage",
    "executed": "WebSocketExecutedMessage",
    "execution_success": "WebSocketExecutionSuccessMessage",
    "execution_error": "WebSocketExecutionErrorMessage",
    "execution_interrupted": "WebSocketExecutionInterruptedMessage",
}


def fits(message):
    """Whether a message keeps to the contract, which has none for notifications."""
    if message["type"] == "notification":
        return isinstance(message["data"]["value"], str)
    if message["type"] == "executing" and message["data"]["node"] is None:
        # The contract's prose has this null; its type forgot it.
        return True
    PUBLISHED.check_value(["components", "schemas", _SCHEMAS[message["type"]]], message)
    return True


def kinds(heard):
    return [one["type"] for one in heard if one["type"] not in {"status", "progress_state"}]


async def test_a_run_is_told_in_order_to_a_socket_of_any_name(cloud):
    async with cloud.socket(clientId="whatever", token="any") as ears:
        first = await ears.next()
        assert first["data"]["sid"] == "whatever"
        job_id = await cloud.submit(saved(0x010203))
        heard = [first, *await ears.until_done(job_id)]

    assert all(fits(message) for message in heard)
    assert kinds(heard) == [
        "notification", "notification", "execution_start", "execution_cached",
        "executing", "executing", "executed", "execution_success", "executing",
    ]  # fmt: skip
    ours = [one["data"] for one in heard if one["type"] != "status"]
    assert {data["prompt_id"] for data in ours} == {job_id}
    executed = next(one["data"] for one in heard if one["type"] == "executed")
    assert executed["output"]["images"][0]["type"] == "output"


async def test_every_socket_of_the_caller_hears_every_job(cloud):
    async with cloud.socket(clientId="a") as one, cloud.socket() as other:
        job_id = await cloud.submit(saved(5), client_id="somebody")
        heard = [await ears.until_done(job_id) for ears in (one, other)]
    assert kinds(heard[0][1:]) == kinds(heard[1][1:])


async def test_who_comes_late_hears_what_was_missed(cloud):
    async with cloud.socket() as first:
        job_id = await cloud.submit(slow(blurs=2))
        await first.until(lambda m: m["type"] == "executing")
        async with cloud.socket() as late:
            heard = await late.until_done(job_id)
    assert kinds(heard)[:2] == ["execution_start", "execution_cached"]


async def test_a_failure_is_told_in_the_classes_of_the_contract(cloud):
    await cloud.upload("/api/upload/image", b"no picture", "damaged.bin")
    async with cloud.socket() as ears:
        job_id = await cloud.submit(broken())
        heard = await ears.until_done(job_id)
    (error,) = [one for one in heard if one["type"] == "execution_error"]
    assert fits(error)
    assert error["data"]["exception_type"] == "ServiceError"
    assert error["data"]["node_type"] == "LoadImage"


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ("torch.cuda.OutOfMemoryError", "OOMError"),
        ("MemoryError", "OOMError"),
        ("greenroom.out_of_memory", "OOMError"),
        ("greenroom.invalid_graph", "ValidationError"),
        ("greenroom.worker_lost", "PanicError"),
        ("greenroom.gpu_fault", "PanicError"),
        ("greenroom.stalled", "DispatcherError"),
        ("greenroom.upload_failed", "ServiceError"),
        ("greenroom.expired", "ServiceError"),
        ("RuntimeError", "ServiceError"),
    ],
)
async def test_every_kind_of_failure_has_a_class(told, wanted):
    assert error_class(told) == wanted


async def test_the_token_in_the_address_is_the_key(tmp_path):
    async with serving_cloud(tmp_path, api_key="secret") as cloud:
        for query in ({}, {"token": "wrong"}):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                async with cloud.socket(**query):
                    pass
            assert refused.value.status == 401
        async with cloud.socket(clientId="x", token="secret") as ears:
            assert (await ears.next())["type"] == "status"


async def test_every_other_route_takes_the_key_from_its_header(tmp_path):
    async with serving_cloud(tmp_path, api_key="secret") as cloud:
        refused = await cloud.get("/api/jobs")
        assert (refused.status, refused.json()["code"]) == (401, "UNAUTHORIZED")
        assert (await cloud.get("/api/jobs", **{"X-API-Key": "secret"})).status == 200
        assert (await cloud.get("/api/userdata?dir=a/")).status == 401
        assert (await cloud.post("/api/prompt", {"prompt": {}})).status == 401

"""Requests that a ComfyUI accepts and then breaks of. Here each is refused, or does no harm."""

import asyncio
import gzip
import json
import zlib

import pytest
import pytest_asyncio
from tests.contract.native import graphs
from tests.contract.native.conftest import running
from tests.contract.native.recordings import ORACLE
from yarl import URL

pytestmark = pytest.mark.asyncio(loop_scope="module")

EMPTY = {
    "class_type": "EmptyImage",
    "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 0},
}


def with_node(node):
    return {"prompt": {**graphs.picture(), "9": node}}


def with_fields(**fields):
    return {"prompt": graphs.picture(), **fields}


def inverted(link):
    return {"class_type": "ImageInvert", "inputs": {"image": link}}


def cycle_of_two():
    return {"prompt": {**graphs.picture(), "8": inverted(["9", 0]), "9": inverted(["8", 0])}}


def second_output_invalid():
    bad = {"class_type": "PreviewImage", "inputs": {"images": ["77", 0]}}
    return {"prompt": {**graphs.picture(), "4": bad}}


REFUSED, RUNS = 400, 200

POISON = {
    "unreferenced node without 'inputs'": (with_node({"class_type": "EmptyImage"}), None),
    "unreferenced node with inputs null": (
        with_node({"class_type": "EmptyImage", "inputs": None}), REFUSED,
    ),
    "unreferenced node linking to a missing node": (with_node(inverted(["77", 0])), RUNS),
    "unreferenced node linking to a missing slot": (with_node(inverted(["1", 7])), RUNS),
    "unreferenced self cycle": (with_node(inverted(["9", 0])), RUNS),
    "unreferenced cycle of two": (cycle_of_two(), RUNS),
    "client_id is a list": (with_fields(client_id=["a"]), REFUSED),
    "client_id is an object": (with_fields(client_id={"a": 1}), REFUSED),
    "client_id is an int": (with_fields(client_id=5), RUNS),
    "extra_data.preview_method is a list": (
        with_fields(extra_data={"preview_method": ["x"]}), RUNS,
    ),
    "extra_data.extra_pnginfo is a string": (
        with_fields(extra_data={"extra_pnginfo": "x"}), REFUSED,
    ),
    "extra_data.extra_pnginfo.workflow null": (
        with_fields(extra_data={"extra_pnginfo": {"workflow": None}}), RUNS,
    ),
    "NaN number": (with_fields(number=float("nan")), REFUSED),
    "second output invalid with missing upstream": (second_output_invalid(), RUNS),
    "chain of 300 nodes": ({"prompt": graphs.chain(300)}, RUNS),
    "chain of 450 nodes": ({"prompt": graphs.chain(450)}, RUNS),
    "chain of 900 nodes": ({"prompt": graphs.chain(900)}, RUNS),
    "chain of 3000 nodes": ({"prompt": graphs.chain(3000)}, RUNS),
    "input value a 3-deep nested list": (
        {"prompt": {**graphs.picture(), "9": {**EMPTY, "inputs": {**EMPTY["inputs"],
         "bogus": [[[1]]]}}}}, RUNS,
    ),
}  # fmt: skip
"""What is sent, and whether it is refused; None where either will do."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def native(tmp_path_factory):
    async with running(tmp_path_factory.mktemp("poison")) as started:
        yield started


@pytest.mark.skipif(not ORACLE.is_dir(), reason="the recordings are not beside the checkout")
async def test_every_recorded_poison_is_sent():
    assert set(POISON) == set(json.loads((ORACLE / "poison.json").read_text()))


@pytest.mark.parametrize("name", POISON)
async def test_poison_is_refused_or_harmless_and_work_goes_on(native, name):
    body, wanted = POISON[name]
    answer = await native.post("/prompt", body)
    assert answer.status in ({wanted} if wanted else {REFUSED, RUNS})
    if answer.status == REFUSED:
        assert answer.json()["error"]["message"]
        assert set(answer.json()) == {"error", "node_errors"}
    await a_job_still_runs(native)
    if answer.status == RUNS:
        seen = await native.get(f"/history/{answer.json()['prompt_id']}")
        assert answer.json()["prompt_id"] in seen.json()
    for path in ("/api/jobs", "/queue", "/history", "/prompt"):
        assert (await native.get(path)).status == 200


async def a_job_still_runs(native):
    async with native.socket("canary") as ears:
        sent = await native.post("/prompt", with_fields(client_id="canary"))
        prompt_id = sent.json()["prompt_id"]
        await ears.until_done(prompt_id)
    entry = (await native.get(f"/history/{prompt_id}")).json()[prompt_id]
    assert entry["status"]["status_str"] == "success"


GRAPH = json.dumps(graphs.picture())

BAD_BODIES = {
    "not JSON": b"{bad",
    "empty": b"",
    "not UTF-8": b'{"prompt": {"\xff": 1}}',
    "UTF-16": '{"prompt": {}}'.encode("utf-16"),
    "half a surrogate pair": b'{"prompt": {"1": {"class_type": "\\ud800", "inputs": {}}}}',
    "NaN": b'{"prompt": {"1": {"class_type": "EmptyImage", "inputs": {"width": NaN}}}}',
    "infinity": b'{"prompt": {"1": {"class_type": "X", "inputs": {"width": -Infinity}}}}',
    "a number beyond all": b'{"prompt": {}, "number": 1e400}',
    "an integer of 5,000 digits": b'{"prompt": {}, "number": ' + b"9" * 5000 + b"}",
    "an integer over 64 bits": b'{"prompt": {}, "number": 18446744073709551616}',
    "a name twice": b'{"prompt": {"1": {"class_type": "A", "class_type": "B", "inputs": {}}}}',
    "nested too deeply": b'{"prompt": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"prompt": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}",
    "a prompt that is null": b'{"prompt": null}',
    "extra data that is a list": f'{{"prompt": {GRAPH}, "extra_data": []}}'.encode(),
    "a number that is none": f'{{"prompt": {GRAPH}, "number": "zz"}}'.encode(),
    "a NUL in the client's id": f'{{"prompt": {GRAPH}, "client_id": "a\\u0000b"}}'.encode(),
    "a NUL in a node's id": b'{"prompt": {"\\u0000": {"class_type": "X\\u0000", "inputs": {}}}}',
}


@pytest.mark.parametrize("name", BAD_BODIES)
async def test_bad_bodies_get_an_error_in_comfyuis_shape_and_store_nothing(native, name):
    before = (await native.get("/api/jobs")).json()["pagination"]["total"]
    for path in ("/prompt", "/api/prompt"):
        answer = await native.send("POST", path, BAD_BODIES[name])
        assert answer.status == 400
        assert set(answer.json()) == {"error", "node_errors"}
        assert {"type", "message", "details", "extra_info"} == set(answer.json()["error"])
    assert (await native.get("/api/jobs")).json()["pagination"]["total"] == before


async def test_a_refused_body_reaches_no_other_route_either(native):
    for path in ("/queue", "/history", "/free", "/settings", "/settings/x", "/users"):
        for body in (b"{bad", b"", b"[" * 100_000, b'"\xff"'):
            assert (await native.send("POST", path, body)).status == 400, (path, body[:9])


async def test_ids_that_no_job_can_have_are_unknown_everywhere(native):
    for odd in ("%00", "nope", "..", "x" * 2000, "%ff", "6F1C1B1E-0000-4000-8000-000000000001"):
        assert (await native.get(f"/history/{odd}")).json() == {}
        assert (await native.get(f"/api/jobs/{odd}")).status == 404
        cancelled = await native.send("POST", f"/api/jobs/{odd}/cancel")
        assert cancelled.json() == {"cancelled": False}
    body = {"delete": ["\0", 5, None, "x" * 2000]}
    assert (await native.post("/queue", body)).status == 200
    assert (await native.post("/history", body)).status == 200
    assert (await native.post("/interrupt", {"prompt_id": "\0"})).status == 200
    assert (await native.post("/settings", {"\0": 1})).status == 400
    assert (await native.send("POST", "/userdata/a%00b", b"x")).status == 403


async def test_a_graph_of_ten_thousand_nodes_is_accepted(native):
    async with native.socket("large") as ears:
        sent = await native.post("/prompt", {"prompt": graphs.chain(10_000), "client_id": "large"})
        assert sent.status == 200
        await native.post("/interrupt", {"prompt_id": sent.json()["prompt_id"]})
        await native.post("/queue", {"clear": True})
        del ears
    await a_job_still_runs(native)


async def test_a_long_graph_does_not_cost_quadratic_traffic(native):
    """A chain of 900 nodes was 166 MB of messages there."""
    sizes = []
    for length in (225, 900):
        async with native.socket(f"chain-{length}") as ears:
            body = {"prompt": graphs.chain(length, f"of {length}"), "client_id": f"chain-{length}"}
            sent = await native.post("/prompt", body)
            heard = await ears.until_done(sent.json()["prompt_id"])
        states = [m for m in heard if m["type"] == "progress_state"]
        seen = {
            node
            for m in states
            for node, s in m["data"]["nodes"].items()
            if s["state"] == "finished"
        }
        assert len(seen) == length
        sizes.append(sum(len(json.dumps(message)) for message in heard))
    assert sizes[1] < 5 * sizes[0]
    assert sizes[1] < 4_000_000


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_packed_body_counts_as_large_as_it_is_unpacked(native, encoding):
    pack = gzip.compress if encoding == "gzip" else zlib.compress
    bomb = pack(b" " * (101 * 1024 * 1024))
    assert len(bomb) < 1024 * 1024
    for path in ("/prompt", "/userdata/bomb.json"):
        answer = await native.send("POST", path, bomb, {"Content-Encoding": encoding})
        assert answer.status == 413
    packed = pack(json.dumps(with_fields()).encode())
    sent = await native.send("POST", "/prompt", packed, {"Content-Encoding": encoding})
    assert sent.status == RUNS


FORM = {"Content-Type": "multipart/form-data; boundary=x"}
PART = b'--x\r\nContent-Disposition: form-data; name="image"; filename="cut.png"\r\n\r\n'


async def test_an_upload_that_does_not_come_whole_stores_nothing(native):
    for body in (b"", b"--x\r\n", PART, PART + b"half", PART + b"no end\r\n"):
        assert (await native.send("POST", "/upload/image", body, FORM)).status == 400
    broken = await native.send("POST", "/upload/image", b"-", {**FORM, "Content-Encoding": "gzip"})
    assert broken.status == 400
    url = URL(native.server.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = f"POST /upload/image HTTP/1.1\r\nHost: {url.host}\r\nContent-Length: 9999\r\n"
    writer.write(f"{head}Content-Type: {FORM['Content-Type']}\r\n\r\n".encode() + PART + b"half")
    writer.write_eof()
    assert b" 200 " not in await reader.read()
    writer.close()
    assert (await native.get("/internal/files/input")).json() == []
    await a_job_still_runs(native)

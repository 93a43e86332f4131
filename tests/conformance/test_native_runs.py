"""Recorded runs of a real ComfyUI, sent to a whole server: answer, messages, history, job, files.

Compared as they are, but for what the recordings' own notes say differs from run to run: ids,
times, random parts of temporary names, and the order of nodes that do not depend on each other.
"""

import json
import re
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from tests.contract.native.conftest import running
from tests.contract.native.recordings import ORACLE, needs_recordings

pytestmark = [needs_recordings, pytest.mark.asyncio(loop_scope="module")]

RUNS = ORACLE / "runs"

NOT_OURS = {
    "text_overlay": "TextOverlay is not one of the built-in nodes",
}
"""Beside these, sd_* needs a sampler and tn_* ComfyUI's testing nodes; sc_* are scenarios."""

ANY_COUNTER = {
    "audio_all": "three nodes share one prefix, and which is first is open",
    "rt_blur_pad_too_big": "an earlier run there had used the prefix",
}
"""Runs whose file names are compared without their counters."""

ANY_BRANCH = {"image_to_mask_all": "which branches run before the one that fails is open"}

OTHER_WORDS = {
    "rt_math_div0": "tracebacks and words of exceptions are those of the code that raised them",
    "rt_blur_pad_too_big": "likewise",
    "rt_partial_success": "likewise",
}


def names():
    if not RUNS.is_dir():
        return []
    mine = [
        path.parent.name
        for path in RUNS.glob("*/request.json")
        if not path.parent.name.startswith(("sd_", "tn_")) and path.parent.name not in NOT_OURS
    ]
    return sorted(mine, key=recorded_at)


def recorded_at(name):
    """The cache goes from one run to the next, so they are sent in the order of the recording."""
    path = RUNS / name / "history.json"
    if not path.exists() or not (entries := json.loads(path.read_text())):
        return (1, 0, name)
    return (0, next(iter(entries.values()))["prompt"][3]["create_time"], name)


def read(name, file):
    return json.loads((RUNS / name / file).read_text())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def native(tmp_path_factory):
    async with running(tmp_path_factory.mktemp("runs")) as started:
        await started.upload_inputs()
        yield started


@pytest.mark.parametrize("name", names())
async def test_a_run_goes_like_the_recorded_one(native, name):
    request, recorded = read(name, "request.json"), read(name, "response.json")
    await bring_the_cache_to_where_it_was(native, name, request)
    async with native.socket(request["client_id"], {"supports_preview_metadata": True}) as ears:
        greeting = [await ears.next(), await ears.next()]
        answer = await native.post("/prompt", request)
        if recorded["status"] == 500:
            assert answer.status == 400
            assert answer.json()["error"]["message"]
            return
        assert answer.status == recorded["status"]
        if recorded["status"] != 200:
            assert refusal(answer.json()) == refusal(recorded["body"])
            return
        assert refusal(answer.json()) == refusal(recorded["body"])
        prompt_id = answer.json()["prompt_id"]
        heard = greeting + await ears.until_done(prompt_id)
    told = wanted_messages(name)
    assert frame_of(heard) == frame_of(told)
    if name in ANY_BRANCH:
        return
    assert by_node(name, heard, told) == by_node(name, told, told)
    history = (await native.get(f"/history/{prompt_id}")).json()[prompt_id]
    assert entry(name, history) == entry(name, next(iter(read(name, "history.json").values())))
    job = (await native.get(f"/api/jobs/{prompt_id}")).json()
    assert detail(name, job) == detail(name, read(name, "job.json")["body"])
    assert (await native.get("/queue")).json() == {"queue_running": [], "queue_pending": []}
    await outputs_can_be_fetched(native, name, history)


async def bring_the_cache_to_where_it_was(native, name, request):
    """Not every run of that day was kept: what it found in the cache is computed beforehand."""
    await native.post("/free", {"free_memory": True})
    found = [
        node
        for message in wanted_messages(name)
        if is_text(message) and message["type"] == "execution_cached"
        for node in message["data"]["nodes"]
    ]
    if not found:
        return
    primer = {node: request["prompt"][node] for node in found}
    for node in found:
        primer[f"shown {node}"] = {"class_type": "PreviewAny", "inputs": {"source": [node, 0]}}
    async with native.socket("primer") as ears:
        answer = await native.post("/prompt", {"prompt": primer, "client_id": "primer"})
        await ears.until_done(answer.json()["prompt_id"])


async def outputs_can_be_fetched(native, name, history):
    for node in history["outputs"].values():
        for items in node.values():
            for item in items if isinstance(items, list) else ():
                if not isinstance(item, dict) or "filename" not in item:
                    continue
                seen = await native.get(f"/view?{urlencode(item)}")
                assert seen.status == 200
                assert seen.body


def wanted_messages(name):
    lines = (RUNS / name / "ws.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    return [
        record.get("msg", record)
        for record in records
        if record["dir"] == "server" and ("msg" in record or record.get("kind") == "binary")
    ]


FRAME = {"status", "feature_flags", "execution_start", "execution_success", "execution_error",
         "execution_interrupted", "execution_cached"}  # fmt: skip


def frame_of(messages):
    """What happens around the nodes, in order, with the fields that each message has."""
    found = []
    for message in messages:
        if not is_text(message):
            continue
        data = message["data"]
        if message["type"] == "status":
            found.append(("status", data["status"]["exec_info"]["queue_remaining"], "sid" in data))
        elif message["type"] == "execution_cached":
            found.append(("execution_cached", sorted(data["nodes"]), sorted(data)))
        elif message["type"] == "executing" and data["node"] is None:
            found.append(("executing", sorted(data)))
        elif message["type"] in FRAME:
            found.append((message["type"], sorted(data)))
    return found


def by_node(name, messages, recorded):
    """Per node: what was told of it, in order; steps only of nodes that had some there."""
    stepped = {m["data"]["node"] for m in recorded if is_text(m) and m["type"] == "progress"}
    told, before = {}, {}
    for message in messages:
        if not is_text(message):
            node, kind = binary_of(message)
            told.setdefault(node, []).append(kind)
            continue
        data = message["data"]
        if message["type"] == "progress_state":
            for node, state in data["nodes"].items():
                now = {key: value for key, value in state.items() if key != "prompt_id"}
                quiet = node not in stepped and now["state"] == "running" and now["value"]
                if now != before.get(node) and not quiet:
                    told.setdefault(node, []).append(
                        ("state", now if node in stepped else plain(now))
                    )
                before[node] = now
        elif message["type"] in {"executing", "executed", "progress"} and data["node"] is not None:
            if message["type"] == "progress" and data["node"] not in stepped:
                continue
            shown = {key: value for key, value in data.items() if key != "prompt_id"}
            told.setdefault(data["node"], []).append((message["type"], named(name, shown)))
    return told


def plain(state):
    """A node of ours may count steps where the recorded one did not."""
    return {**state, "value": bool(state["value"]), "max": 1}


def is_text(message):
    return isinstance(message, dict) and "type" in message


def binary_of(message):
    """(node, kind) of a binary frame, of ours as bytes and of the recorded as its description."""
    if isinstance(message, dict):
        node = message.get("node_id") or message["metadata"]["node_id"]
        return node, ("binary", message["event"])
    event = int.from_bytes(message[:4], "big")
    length = int.from_bytes(message[4:8], "big")
    text = message[8 : 8 + length].decode()
    return (json.loads(text)["node_id"] if event == 4 else text), ("binary", event)


def refusal(body):
    """Without ids, and without what a server's own code says of its exceptions."""
    shown = {**body, "prompt_id": None, "number": None}
    errors = {
        node: {
            **value,
            "dependent_outputs": sorted(value["dependent_outputs"]),
            "errors": sorted((error_of(error) for error in value["errors"]), key=str),
        }
        for node, value in body["node_errors"].items()
    }
    shown["node_errors"] = errors
    if "error" in shown:
        shown["error"] = {
            **shown["error"],
            "details": sorted(shown["error"]["details"].split("\n")),
        }
    return shown


def error_of(error):
    info = {key: value for key, value in error["extra_info"].items() if key != "traceback"}
    return {**error, "extra_info": info}


def named(name, value):
    """With the same name for every temporary file."""
    text = re.sub(r"ComfyUI_temp_[a-z]{5}_\d{5}_?", "ComfyUI_temp_x", json.dumps(value))
    if name in ANY_COUNTER:
        text = re.sub(r"_\d{5}(_?\.)", r"_00001\1", text)
    return json.loads(text)


def entry(name, history):
    number, _, prompt, extra, outputs = history["prompt"]
    assert isinstance(number, int | float)
    return {
        "prompt": [prompt, sorted(extra), sorted(outputs)],
        "outputs": named(name, history["outputs"]),
        "status": status(name, history["status"]),
        "meta": history["meta"],
    }


def status(name, told):
    messages = [(kind, message_of(name, kind, data)) for kind, data in told["messages"]]
    return {**told, "messages": messages}


def message_of(name, kind, data):
    if kind == "execution_error":
        return error_fields(name, data)
    gone = {"prompt_id", "timestamp"}
    shown = {key: value for key, value in data.items() if key not in gone}
    return {**shown, "nodes": sorted(shown["nodes"])} if "nodes" in shown else shown


def error_fields(name, data):
    assert name in OTHER_WORDS
    return {
        "fields": sorted(data),
        "node_id": data["node_id"],
        "node_type": data["node_type"],
        "executed": sorted(data["executed"]),
        "exception_type": data["exception_type"].rpartition(".")[2],
        "current_inputs": sorted(data["current_inputs"]),
    }


def detail(name, job):
    gone = {"id", "priority", "create_time", "execution_start_time", "execution_end_time"}
    assert gone <= set(job)
    shown = {key: value for key, value in job.items() if key not in gone}
    if "execution_error" in shown:
        shown["execution_error"] = error_fields(name, shown["execution_error"])
    shown["execution_status"] = status(name, shown["execution_status"])
    shown["workflow"] = {**shown["workflow"], "extra_data": sorted(shown["workflow"]["extra_data"])}
    if len(shown["outputs"]) > 1:
        # The first of several is shown, and which ran first is open.
        shown["preview_output"] = sorted(shown["preview_output"])
    return named(name, shown)

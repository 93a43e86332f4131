"""Every recorded POST /prompt of a real ComfyUI, answered the same way by validation."""

import copy
import json
from pathlib import Path

import pytest

from greenroom.domain.errors import AppError
from greenroom.domain.workflow.graph import parse_graph
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.submission import parse_submission, runnable_extra_data
from greenroom.domain.workflow.validate import validate

ORACLE = Path(__file__).parents[3] / "shared" / "oracle"
pytestmark = pytest.mark.skipif(
    not ORACLE.is_dir(), reason="the recordings are kept beside the checkout, and are not here"
)


def recorded_runs():
    return sorted(
        path.name
        for path in (ORACLE / "runs").glob("*")
        if (path / "request.json").exists() and (path / "response.json").exists()
    )


def recorded_routes():
    return sorted(
        path.stem
        for path in (ORACLE / "routes").glob("p_*.json")
        if "json" in json.loads(path.read_text())["request"]
    )


@pytest.fixture(scope="module")
def object_info():
    raw = json.loads((ORACLE / "object_info_with_testing_nodes.json").read_text())
    # The recordings with a sampler were made on a server that had one checkpoint.
    checkpoints = raw["CheckpointLoaderSimple"]["input"]["required"]["ckpt_name"]
    checkpoints[0] = ["tiny_random_sd15.safetensors"]
    return ObjectInfo(raw)


def uploaded_files():
    return {path.name for path in (ORACLE / "inputs").iterdir()} | {"sub/dir/grad.png"}


def answer(body, object_info):
    try:
        submission = parse_submission(body)
        graph = parse_graph(submission.prompt)
        validated = validate(graph, object_info, files=uploaded_files(), targets=submission.targets)
    except AppError as error:
        return 400, error.details, None
    return 200, {"node_errors": validated.node_errors}, validated


def comparable(value):
    """The body with what differs between runs of ComfyUI itself put in one order or left out."""
    if isinstance(value, dict):
        return {
            key: comparable(inner)
            for key, inner in value.items()
            if key not in {"traceback", "prompt_id", "number"}
        }
    if isinstance(value, list):
        parts = [comparable(inner) for inner in value]
        errors_or_ids = all(isinstance(part, (dict, str)) for part in parts)
        return sorted(parts, key=repr) if errors_or_ids else parts
    return value


@pytest.mark.parametrize("name", recorded_runs())
def test_a_recorded_run_is_answered_with_the_recorded_body(name, object_info):
    folder = ORACLE / "runs" / name
    request = json.loads((folder / "request.json").read_text())
    response = json.loads((folder / "response.json").read_text())

    status, body, validated = answer(copy.deepcopy(request), object_info)

    if response["status"] == 500:
        assert status == 400
        assert set(body) == {"error", "node_errors"}
        return
    assert (status, comparable(body)) == (response["status"], comparable(response["body"]))
    history = folder / "history.json"
    if status == 200 and history.exists():
        entry = next(iter(json.loads(history.read_text()).values()), None)
        if entry is not None:
            _, _, prompt, _, outputs = entry["prompt"]
            assert validated.graph_to_run == prompt
            assert sorted(validated.outputs) == sorted(outputs)


@pytest.mark.parametrize("name", recorded_routes())
def test_a_recorded_request_is_answered_with_the_recorded_body(name, object_info):
    exchange = json.loads((ORACLE / "routes" / f"{name}.json").read_text())

    status, body, _ = answer(exchange["request"]["json"], object_info)

    if exchange["response"]["status"] == 500:
        assert status == 400
        assert set(body) == {"error", "node_errors"}
        return
    recorded = exchange["response"]
    assert (status, comparable(body)) == (recorded["status"], comparable(recorded["body"]))


GOOD = {
    "1": {
        "class_type": "EmptyImage",
        "inputs": {"width": 16, "height": 16, "batch_size": 1, "color": 0},
    },
    "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
}


def beside(**nodes):
    """The good graph with further nodes that no output needs."""
    return {"prompt": {**GOOD, **nodes}}


def invert(source, slot=0):
    return {"class_type": "ImageInvert", "inputs": {"image": [source, slot]}}


def chain(length):
    nodes = {"1": GOOD["1"]}
    for index in range(1, length):
        nodes[f"{index + 1}"] = invert(f"{index}")
    nodes["end"] = {"class_type": "PreviewImage", "inputs": {"images": [f"{length}", 0]}}
    return {"prompt": nodes}


def with_value(value):
    inputs = {**GOOD["2"]["inputs"], "bogus": value}
    return {"prompt": {**GOOD, "2": {**GOOD["2"], "inputs": inputs}}}


POISON = {
    "unreferenced node without 'inputs'": (200, beside(x={"class_type": "ImageInvert"})),
    "unreferenced node with inputs null": (
        400,
        beside(x={"class_type": "ImageInvert", "inputs": None}),
    ),
    "unreferenced node linking to a missing node": (200, beside(x=invert("77"))),
    "unreferenced node linking to a missing slot": (200, beside(x=invert("1", 9))),
    "unreferenced self cycle": (200, beside(x=invert("x"))),
    "unreferenced cycle of two": (200, beside(x=invert("y"), y=invert("x"))),
    "client_id is a list": (400, {"prompt": GOOD, "client_id": ["a"]}),
    "client_id is an object": (400, {"prompt": GOOD, "client_id": {}}),
    "client_id is an int": (200, {"prompt": GOOD, "client_id": 5}),
    "extra_data.preview_method is a list": (
        200,
        {"prompt": GOOD, "extra_data": {"preview_method": ["auto"]}},
    ),
    "extra_data.extra_pnginfo is a string": (
        400,
        {"prompt": GOOD, "extra_data": {"extra_pnginfo": "x"}},
    ),
    "extra_data.extra_pnginfo.workflow null": (
        200,
        {"prompt": GOOD, "extra_data": {"extra_pnginfo": {"workflow": None}}},
    ),
    "NaN number": (400, {"prompt": GOOD, "number": float("nan")}),
    "second output invalid with missing upstream": (
        200,
        beside(x={"class_type": "PreviewImage", "inputs": {"images": ["77", 0]}}),
    ),
    "chain of 300 nodes": (200, chain(300)),
    "chain of 450 nodes": (200, chain(450)),
    "chain of 900 nodes": (200, chain(900)),
    "chain of 3000 nodes": (200, chain(3000)),
    "input value a 3-deep nested list": (200, with_value([[[1]]])),
}


def test_every_poison_of_the_recordings_has_an_answer():
    assert POISON.keys() == json.loads((ORACLE / "poison.json").read_text()).keys()


@pytest.mark.parametrize("name", POISON)
def test_poison_is_refused_or_made_harmless(name, object_info):
    expected, body = POISON[name]

    status, answered, validated = answer(body, object_info)

    assert status == expected
    if status == 400:
        assert set(answered) == {"error", "node_errors"}
        return
    # What would end a worker's queue is gone from what will run.
    assert all("inputs" in node for node in validated.graph_to_run.values())
    extra_data = runnable_extra_data(parse_submission(body).extra_data)
    assert extra_data.get("extra_pnginfo", {}).get("workflow", {}) is not None
